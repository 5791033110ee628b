// Runs one viewing: opens what the viewer machine wants opened, tells it what comes of it, wakes it when it asks.

import { estimatedBps } from './bandwidth-estimate.ts';
import type { PlaylistCache } from './playlist-cache.ts';
import type { Content } from './presentation.ts';
import { PROCESS_TIMERS, type Timers } from './timers.ts';
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
import { tellEdges, type ViewerTelling } from './viewer-telling.ts';

export type ViewingOptions = {
  readonly viewer: ViewerOptions;
  readonly http: ViewerHttp;
  readonly cache: PlaylistCache;
  readonly nowMs: () => number;
  readonly onReceived: (pathwayId: string, bytes: number) => void;
  /** The clock's time when `nowMs` was 0, for the events that the edges are told; undefined: they are told nothing. */
  readonly tellsEpochMs?: number;
  readonly onEnded: (report: ViewerReport, throughputBps: number) => void;
  /** Those of the process by default. */
  readonly timers?: Timers;
};

export type RunningViewing = {
  readonly report: () => ViewerReport;
  readonly leave: () => void;
  /** Resolves when the edges have been told of the end. */
  readonly told: Promise<void>;
};

/** Longest timer; later wakes are found by the next one. */
const TIMER_MS_MAX = 60_000;

/** Starts a viewing at once. */
export function runViewing(options: ViewingOptions): RunningViewing {
  const { nowMs, timers = PROCESS_TIMERS } = options;
  const cancels = new Map<string, () => void>();
  let forgetWake = (): void => undefined;
  let state: ViewerState;

  function step(event: ViewerEvent): void {
    perform(stepViewer(state, event, nowMs()));
  }

  function perform(next: ViewerStep): void {
    state = next.state;
    telling?.look();
    for (const effect of next.effects) act(effect);
    // Only the newest state decides about the timer; an effect may have stepped the machine again.
    if (state !== next.state) return;
    forgetWake();
    if (!Number.isFinite(next.wakeAtMs)) return;
    const waitMs = Math.min(TIMER_MS_MAX, Math.max(0, next.wakeAtMs - nowMs()));
    // Node cuts fractions off; a wake that comes early would only ask for another one.
    forgetWake = timers.after(Math.ceil(waitMs), () => step({ type: 'wake' }));
  }

  function act(effect: ViewerEffect): void {
    if (effect.type === 'open') cancels.set(keyOf(effect), openAttempt(options, effect, forgetting(effect)));
    else if (effect.type === 'ask')
      cancels.set(keyOf(effect), openQuestion(options, telling, effect, forgetting(effect)));
    else if (effect.type === 'cancel' || effect.type === 'cancel-ask') cancel(keyOf(effect));
    else if (effect.type === 'told-answer' || effect.type === 'told-verdict') telling?.effect(effect);
    else {
      void telling?.close().then(told.resolve);
      forgetWake();
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
  const told = Promise.withResolvers<void>();
  const telling =
    options.tellsEpochMs === undefined
      ? undefined
      : tellEdges(options.viewer, () => state, {
          nowMs,
          epochMs: options.tellsEpochMs,
          timers,
          post: options.http.post,
        });
  if (telling === undefined) told.resolve();
  perform(first);
  return {
    report: () => reportOf(state, nowMs()),
    leave: () => step({ type: 'leave' }),
    told: told.promise,
  };
}

type RequestEffect = Extract<ViewerEffect, { type: 'open' | 'cancel' | 'ask' | 'cancel-ask' }>;

function keyOf(effect: RequestEffect): string {
  return 'question' in effect ? `steering ${effect.question}` : `${effect.id} ${effect.attempt}`;
}

function openAttempt(
  { viewer, http, cache, onReceived }: ViewingOptions,
  { id, attempt, kind, pathwayId, url }: Extract<ViewerEffect, { type: 'open' }>,
  step: (event: ViewerEvent) => void,
): () => void {
  const contentOf = (text: string): Content => {
    if (kind === 'media') return undefined;
    if (kind === 'manifest') return cache.multivariant(text, url);
    return viewer.live === undefined ? cache.media(text) : cache.live(text);
  };
  return http.fetch(url, kind !== 'media', {
    onReceived: (bytes) => onReceived(pathwayId, bytes),
    onHeard: (loadedBytes, totalBytes) => step({ type: 'heard', id, attempt, loadedBytes, totalBytes }),
    onDone: (bytes, text) => step({ type: 'done', id, attempt, bytes, content: contentOf(text) }),
    onFailed: (reason) => step({ type: 'failed', id, attempt, reason }),
  });
}

function openQuestion(
  { http, nowMs }: ViewingOptions,
  telling: ViewerTelling | undefined,
  { question, address }: Extract<ViewerEffect, { type: 'ask' }>,
  step: (event: ViewerEvent) => void,
): () => void {
  const startedAtMs = nowMs();
  const answer = (value: unknown): void => {
    telling?.steering(address, startedAtMs, value !== undefined);
    step({ type: 'answered', question, url: address, value });
  };
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
