// Runs one viewing: opens what the viewer machine wants opened, tells it what comes of it, wakes it when it asks.

import { estimatedBps } from './bandwidth-estimate.ts';
import type { PlaylistCache } from './playlist-cache.ts';
import type { Content } from './presentation.ts';
import {
  reportOf,
  startViewer,
  stepViewer,
  type ViewerEffect,
  type ViewerEvent,
  type ViewerOptions,
  type ViewerReport,
  type ViewerState,
  type ViewerStep,
} from './viewer.ts';
import type { ViewerHttp } from './viewer-http.ts';

export type ViewingOptions = {
  readonly viewer: ViewerOptions;
  readonly http: ViewerHttp;
  readonly cache: PlaylistCache;
  readonly nowMs: () => number;
  readonly onReceived: (pathwayId: string, bytes: number) => void;
  readonly onEnded: (report: ViewerReport, throughputBps: number) => void;
};

export type RunningViewing = {
  readonly report: () => ViewerReport;
  readonly leave: () => void;
};

/** Longest timer; later wakes are found by the next one. */
const TIMER_MS_MAX = 60_000;

/** Starts a viewing at once. */
export function runViewing(options: ViewingOptions): RunningViewing {
  const { nowMs } = options;
  const cancels = new Map<string, () => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let state: ViewerState;

  function step(event: ViewerEvent): void {
    perform(stepViewer(state, event, nowMs()));
  }

  function perform(next: ViewerStep): void {
    state = next.state;
    for (const effect of next.effects) act(effect);
    // Only the newest state decides about the timer; an effect may have stepped the machine again.
    if (state !== next.state) return;
    clearTimeout(timer);
    if (!Number.isFinite(next.wakeAtMs)) return;
    const waitMs = Math.min(TIMER_MS_MAX, Math.max(0, next.wakeAtMs - nowMs()));
    // Node cuts fractions off; a wake that comes early would only ask for another one.
    timer = setTimeout(() => step({ type: 'wake' }), Math.ceil(waitMs));
  }

  function act(effect: ViewerEffect): void {
    if (effect.type === 'open') cancels.set(keyOf(effect), openAttempt(options, effect, forgetting(effect)));
    else if (effect.type === 'ask')
      cancels.set(keyOf(effect), openQuestion(options, effect, forgetting(effect)));
    else if (effect.type === 'cancel' || effect.type === 'cancel-ask') cancel(keyOf(effect));
    else {
      clearTimeout(timer);
      const { playback } = state;
      const throughputBps = playback === undefined ? 0 : estimatedBps(playback.estimate);
      options.onEnded(reportOf(state, nowMs()), throughputBps);
    }
  }

  /** Steps the machine; what ends a request makes its cancel useless. */
  function forgetting(effect: RequestEffect): (event: ViewerEvent) => void {
    return (event) => {
      if (event.type !== 'heard') cancels.delete(keyOf(effect));
      step(event);
    };
  }

  function cancel(key: string): void {
    cancels.get(key)?.();
    cancels.delete(key);
  }

  const first = startViewer(options.viewer, nowMs());
  state = first.state;
  perform(first);
  return {
    report: () => reportOf(state, nowMs()),
    leave: () => step({ type: 'leave' }),
  };
}

type RequestEffect = Extract<ViewerEffect, { type: 'open' | 'cancel' | 'ask' | 'cancel-ask' }>;

function keyOf(effect: RequestEffect): string {
  return 'question' in effect ? `steering ${effect.question}` : `${effect.id} ${effect.attempt}`;
}

function openAttempt(
  { http, cache, onReceived }: ViewingOptions,
  { id, attempt, kind, pathwayId, url }: Extract<ViewerEffect, { type: 'open' }>,
  step: (event: ViewerEvent) => void,
): () => void {
  const contentOf = (text: string): Content => {
    if (kind === 'media') return undefined;
    return kind === 'manifest' ? cache.multivariant(text, url) : cache.media(text);
  };
  return http.fetch(url, kind !== 'media', {
    onReceived: (bytes) => onReceived(pathwayId, bytes),
    onHeard: (loadedBytes, totalBytes) => step({ type: 'heard', id, attempt, loadedBytes, totalBytes }),
    onDone: (bytes, text) => step({ type: 'done', id, attempt, bytes, content: contentOf(text) }),
    onFailed: (reason) => step({ type: 'failed', id, attempt, reason }),
  });
}

function openQuestion(
  { http }: ViewingOptions,
  { question, address }: Extract<ViewerEffect, { type: 'ask' }>,
  step: (event: ViewerEvent) => void,
): () => void {
  const answer = (value: unknown): void => step({ type: 'answered', question, url: address, value });
  return http.fetch(address, true, {
    onReceived: () => undefined,
    onHeard: () => undefined,
    onDone: (_, text) => answer(parseJson(text)),
    onFailed: () => answer(undefined),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
