// A viewing as a strip of time: from the steps that its edges told, stretches of state and place, and lines of bitrate, buffer
// and latency. Steps are moments; a stretch lasts until the next word of its kind. Pure.

import type { Viewing, ViewingStep } from '../../../src/contract/telemetry.ts';

export interface Stretch {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Point {
  readonly atMs: number;
  readonly value: number;
}

export interface Track {
  readonly fromMs: number;
  readonly toMs: number;
  readonly states: readonly Stretch[];
  /** By site. */
  readonly places: readonly Stretch[];
  readonly bitrateKbps: readonly Point[];
  readonly bufferedMs: readonly Point[];
  /** Behind the live origin. */
  readonly latencyMs: readonly Point[];
  readonly requests: readonly RequestMark[];
  readonly errors: readonly Stretch[];
}

export interface RequestMark {
  /** Its place among the steps. */
  readonly number: number;
  readonly atMs: number;
  readonly object: string;
  readonly outcome: 'ok' | 'late' | 'failed';
  readonly siteId: string | null;
  readonly tookMs: number | null;
}

/** Words of states that edges tell. */
const STATE_WORDS = new Set([
  'starting',
  'playing',
  'seeking',
  'rebuffering',
  'paused',
  'waiting',
  'ended',
  'failed',
  'left',
  'preloading',
]);
const OUTCOMES = ['failed', 'late'] as const;

/** The strip of a viewing. */
export function trackOf(session: Viewing, steps: readonly ViewingStep[]): Track {
  const fromMs = Math.min(session.startedAtMs, steps[0]?.atMs ?? session.startedAtMs);
  const toMs = Math.max(
    session.endedAtMs ?? session.updatedAtMs,
    steps.at(-1)?.atMs ?? fromMs,
    fromMs + 1_000,
  );
  return {
    fromMs,
    toMs,
    states: stretches(
      steps.flatMap(({ kind, text, atMs }) =>
        (kind === 'state' || kind === 'interval') && STATE_WORDS.has(text) ? [{ atMs, text }] : [],
      ),
      toMs,
    ),
    places: stretches(placesOf(session, steps, fromMs), toMs),
    bitrateKbps: points(steps, ({ bitrateKbps }) => bitrateKbps),
    bufferedMs: points(steps, ({ bufferedMs }) => bufferedMs),
    latencyMs: points(steps, ({ kind, latencyMs }) => (kind === 'request' ? null : latencyMs)),
    requests: steps.flatMap(requestOf),
    errors: steps.flatMap(({ kind, text, atMs }) =>
      kind === 'error' ? [{ text, fromMs: atMs, toMs: atMs }] : [],
    ),
  };
}

/** Where it was served from. Requests name the site that was asked, all others the one in use. */
function placesOf(
  session: Viewing,
  steps: readonly ViewingStep[],
  fromMs: number,
): { atMs: number; text: string }[] {
  const told = steps.flatMap(({ kind, siteId, atMs }) =>
    kind === 'request' || siteId === null ? [] : [{ atMs, text: siteId }],
  );
  const first = told[0]?.text ?? session.siteId;
  return [{ atMs: fromMs, text: first }, ...told];
}

function stretches(moments: readonly { atMs: number; text: string }[], endMs: number): Stretch[] {
  const found: { text: string; fromMs: number; toMs: number }[] = [];
  for (const { atMs, text } of moments) {
    const last = found.at(-1);
    if (last !== undefined && last.text === text) continue;
    if (last !== undefined) last.toMs = atMs;
    found.push({ text, fromMs: atMs, toMs: endMs });
  }
  return found;
}

function points(steps: readonly ViewingStep[], read: (step: ViewingStep) => number | null): Point[] {
  return steps.flatMap((step) => {
    const value = read(step);
    return value === null ? [] : [{ atMs: step.atMs, value }];
  });
}

/** "media late 504": an object, how it ended, a status. */
function requestOf({ kind, text, atMs, siteId, latencyMs }: ViewingStep, number: number): RequestMark[] {
  if (kind !== 'request') return [];
  const [object = '', ...rest] = text.split(' ');
  return [
    {
      number,
      atMs,
      object,
      outcome: OUTCOMES.find((outcome) => rest.includes(outcome)) ?? 'ok',
      siteId,
      tookMs: latencyMs,
    },
  ];
}

export interface Moment {
  readonly state: string | null;
  readonly siteId: string | null;
  readonly bitrateKbps: number | null;
  readonly bufferedMs: number | null;
  readonly latencyMs: number | null;
}

/** What was so at a moment: the last word of each kind. */
export function momentAt(track: Track, atMs: number): Moment {
  return {
    state: stretchAt(track.states, atMs),
    siteId: stretchAt(track.places, atMs),
    bitrateKbps: valueAt(track.bitrateKbps, atMs),
    bufferedMs: valueAt(track.bufferedMs, atMs),
    latencyMs: valueAt(track.latencyMs, atMs),
  };
}

function stretchAt(list: readonly Stretch[], atMs: number): string | null {
  return list.findLast(({ fromMs }) => fromMs <= atMs)?.text ?? null;
}

function valueAt(list: readonly Point[], atMs: number): number | null {
  return list.findLast((point) => point.atMs <= atMs)?.value ?? null;
}
