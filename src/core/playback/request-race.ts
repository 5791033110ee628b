// Decides how one request runs over several pathways: a sans-I/O machine, one per request.
//
// It opens the first candidate. A failure opens the next one at once. Silence (no first byte, or no further bytes,
// for `patienceMs`) opens the next one beside it: whoever delivers a first byte leads, and the silent one is kept
// without reading only to learn whether it ever answers, since that tells a slow pathway from a dead one. At most
// one body is downloaded at a time. Not-found and refusals are blamed on a pathway only when another one had the
// object. Idea: Dean and Barroso, "The Tail at Scale" (hedged requests).

import type { FailureReason } from './failover.ts';

export type RaceLimits = {
  /** Silence after which the next candidate is opened too. */
  readonly patienceMs: number;
  /** Silence after which an attempt is given up and its pathway blamed. */
  readonly silenceMaxMs: number;
  /** The same for the last attempt when no other is left: slow is then better than failed. */
  readonly lastSilenceMaxMs: number;
  /** Time for the whole request over all attempts. */
  readonly totalMaxMs: number;
};

export type Attempt = {
  readonly candidate: string;
  readonly startedAtMs: number;
  readonly heardAtMs: number;
  readonly hasBytes: boolean;
  readonly isLate: boolean;
  readonly condition: 'running' | 'watched' | 'ended';
};

export type RaceState = {
  readonly candidates: readonly string[];
  readonly limits: RaceLimits;
  readonly startedAtMs: number;
  readonly attempts: readonly Attempt[];
  readonly excused: readonly { readonly candidate: string; readonly reason: FailureReason }[];
  readonly isSettled: boolean;
  readonly lastReason: FailureReason;
};

export type RaceEvent =
  | { readonly type: 'heard'; readonly attempt: number }
  | { readonly type: 'failed'; readonly attempt: number; readonly reason: FailureReason }
  | { readonly type: 'done'; readonly attempt: number }
  | { readonly type: 'lost'; readonly candidate: string }
  | { readonly type: 'wake' }
  | { readonly type: 'abort' };

export type RaceEffect =
  | { readonly type: 'open'; readonly attempt: number; readonly candidate: string }
  | { readonly type: 'cancel'; readonly attempt: number }
  | { readonly type: 'report-late'; readonly candidate: string }
  | { readonly type: 'report-answered'; readonly candidate: string; readonly firstByteMs: number }
  | { readonly type: 'report-failed'; readonly candidate: string; readonly reason: FailureReason }
  | { readonly type: 'succeed'; readonly attempt: number }
  | { readonly type: 'fail'; readonly reason: FailureReason };

export type RaceStep = {
  readonly state: RaceState;
  readonly effects: readonly RaceEffect[];
  readonly wakeAtMs: number;
};

type Draft = { state: RaceState; effects: RaceEffect[] };

/** A race over the candidates, best first; opens the first. */
export function startRace(candidates: readonly string[], limits: RaceLimits, nowMs: number): RaceStep {
  const draft: Draft = {
    state: {
      candidates,
      limits,
      startedAtMs: nowMs,
      attempts: [],
      excused: [],
      isSettled: false,
      lastReason: { code: 'unreachable' },
    },
    effects: [],
  };
  if (!openNext(draft, nowMs)) settle(draft, { type: 'fail', reason: draft.state.lastReason });
  return close(draft);
}

/** One step: the next state, what the shell must do, and when to wake the machine. */
export function stepRace(state: RaceState, event: RaceEvent, nowMs: number): RaceStep {
  const draft: Draft = { state, effects: [] };
  switch (event.type) {
    case 'heard':
      hear(draft, event.attempt, nowMs);
      break;
    case 'failed':
      fail(draft, event.attempt, event.reason, nowMs);
      break;
    case 'done':
      finish(draft, event.attempt);
      break;
    case 'lost':
      lose(draft, event.candidate, nowMs);
      break;
    case 'wake':
      wake(draft, nowMs);
      break;
    case 'abort':
      abort(draft);
      break;
  }
  return close(draft);
}

function update(draft: Draft, index: number, change: Partial<Attempt>): void {
  draft.state = {
    ...draft.state,
    attempts: draft.state.attempts.map((attempt, i) => (i === index ? { ...attempt, ...change } : attempt)),
  };
}

function openNext(draft: Draft, nowMs: number): boolean {
  const candidate = draft.state.candidates[draft.state.attempts.length];
  if (candidate === undefined) return false;
  const attempt: Attempt = {
    candidate,
    startedAtMs: nowMs,
    heardAtMs: nowMs,
    hasBytes: false,
    isLate: false,
    condition: 'running',
  };
  draft.state = { ...draft.state, attempts: [...draft.state.attempts, attempt] };
  draft.effects.push({ type: 'open', attempt: draft.state.attempts.length - 1, candidate });
  return true;
}

function isRunning(draft: Draft): boolean {
  return draft.state.attempts.some((attempt) => attempt.condition === 'running');
}

function settle(draft: Draft, effect: RaceEffect): void {
  draft.state = { ...draft.state, isSettled: true };
  draft.effects.push(effect);
}

function hear(draft: Draft, index: number, nowMs: number): void {
  const attempt = draft.state.attempts[index];
  if (attempt === undefined || attempt.condition === 'ended') return;
  if (!attempt.hasBytes) {
    const firstByteMs = nowMs - attempt.startedAtMs;
    draft.effects.push({ type: 'report-answered', candidate: attempt.candidate, firstByteMs });
  }
  if (attempt.condition === 'watched') {
    update(draft, index, { condition: 'ended' });
    draft.effects.push({ type: 'cancel', attempt: index });
    return;
  }
  update(draft, index, { hasBytes: true, heardAtMs: nowMs, isLate: false });
  // The first to deliver leads: younger silent attempts are dropped, older ones only watched.
  for (const [other, rival] of draft.state.attempts.entries()) {
    if (other === index || rival.condition !== 'running') continue;
    if (rival.isLate && !rival.hasBytes) {
      update(draft, other, { condition: 'watched' });
      continue;
    }
    update(draft, other, { condition: 'ended' });
    draft.effects.push({ type: 'cancel', attempt: other });
    if (!rival.isLate) continue;
    // It stopped in mid-body and was overtaken.
    const reason: FailureReason = { code: 'no-progress', waitedMs: nowMs - rival.heardAtMs };
    draft.effects.push({ type: 'report-failed', candidate: rival.candidate, reason });
  }
}

function isExcusable(reason: FailureReason): boolean {
  return reason.code === 'status' && [401, 403, 404].includes(reason.status);
}

function fail(draft: Draft, index: number, reason: FailureReason, nowMs: number): void {
  const attempt = draft.state.attempts[index];
  if (attempt === undefined || attempt.condition === 'ended') return;
  update(draft, index, { condition: 'ended' });
  draft.state = { ...draft.state, lastReason: reason };
  if (isExcusable(reason)) {
    draft.state = {
      ...draft.state,
      excused: [...draft.state.excused, { candidate: attempt.candidate, reason }],
    };
  } else {
    draft.effects.push({ type: 'report-failed', candidate: attempt.candidate, reason });
  }
  if (draft.state.isSettled || isRunning(draft)) return;
  if (openNext(draft, nowMs)) return;
  // Nothing is left to open: those only watched may still answer, but nobody would read them.
  for (const [other, rival] of draft.state.attempts.entries()) {
    if (rival.condition !== 'watched') continue;
    update(draft, other, { condition: 'ended' });
    draft.effects.push({ type: 'cancel', attempt: other });
  }
  settle(draft, { type: 'fail', reason });
}

function finish(draft: Draft, index: number): void {
  const attempt = draft.state.attempts[index];
  if (attempt === undefined || attempt.condition !== 'running') return;
  update(draft, index, { condition: 'ended' });
  for (const [other, rival] of draft.state.attempts.entries()) {
    if (rival.condition !== 'running') continue;
    update(draft, other, { condition: 'ended' });
    draft.effects.push({ type: 'cancel', attempt: other });
  }
  for (const { candidate, reason } of draft.state.excused)
    draft.effects.push({ type: 'report-failed', candidate, reason });
  settle(draft, { type: 'succeed', attempt: index });
}

/** Another request found the pathway dead: do not wait for this one's own timeout. */
function lose(draft: Draft, candidate: string, nowMs: number): void {
  for (const [index, attempt] of draft.state.attempts.entries()) {
    // An attempt whose bytes are arriving proves that the pathway still serves it; it may finish.
    const isServing = attempt.hasBytes && nowMs - attempt.heardAtMs < draft.state.limits.patienceMs;
    if (attempt.candidate !== candidate || attempt.condition !== 'running' || isServing) continue;
    update(draft, index, { isLate: true });
    if (!draft.state.isSettled && !hasPrompt(draft)) openNext(draft, nowMs);
  }
}

/** Whether an attempt runs that nothing is held against. */
function hasPrompt(draft: Draft): boolean {
  return draft.state.attempts.some((attempt) => attempt.condition === 'running' && !attempt.isLate);
}

function wake(draft: Draft, nowMs: number): void {
  const { limits, startedAtMs } = draft.state;
  if (!draft.state.isSettled && nowMs - startedAtMs >= limits.totalMaxMs) {
    abort(draft);
    settle(draft, { type: 'fail', reason: { code: 'no-progress', waitedMs: limits.totalMaxMs } });
    return;
  }
  for (const [index, attempt] of draft.state.attempts.entries()) {
    if (attempt.condition === 'ended') continue;
    const waitedMs = nowMs - attempt.heardAtMs;
    if (waitedMs >= silenceMaxOf(draft.state, index)) {
      draft.effects.push({ type: 'cancel', attempt: index });
      const code = attempt.hasBytes ? 'no-progress' : 'no-first-byte';
      fail(draft, index, { code, waitedMs }, nowMs);
    } else if (waitedMs >= limits.patienceMs && !attempt.isLate && attempt.condition === 'running') {
      update(draft, index, { isLate: true });
      draft.effects.push({ type: 'report-late', candidate: attempt.candidate });
      if (!hasPrompt(draft)) openNext(draft, nowMs);
    }
  }
}

function silenceMaxOf(state: RaceState, index: number): number {
  const isLastHope =
    !state.isSettled &&
    state.attempts.length === state.candidates.length &&
    !state.attempts.some((attempt, other) => other !== index && attempt.condition === 'running');
  return isLastHope ? state.limits.lastSilenceMaxMs : state.limits.silenceMaxMs;
}

function abort(draft: Draft): void {
  for (const [index, attempt] of draft.state.attempts.entries()) {
    if (attempt.condition === 'ended') continue;
    update(draft, index, { condition: 'ended' });
    draft.effects.push({ type: 'cancel', attempt: index });
  }
  draft.state = { ...draft.state, isSettled: true };
}

function close(draft: Draft): RaceStep {
  const { limits, attempts, isSettled, startedAtMs } = draft.state;
  let wakeAtMs = isSettled ? Number.POSITIVE_INFINITY : startedAtMs + limits.totalMaxMs;
  for (const [index, attempt] of attempts.entries()) {
    if (attempt.condition === 'ended') continue;
    const isDue = attempt.isLate || attempt.condition === 'watched';
    const silenceMs = isDue ? silenceMaxOf(draft.state, index) : limits.patienceMs;
    wakeAtMs = Math.min(wakeAtMs, attempt.heardAtMs + silenceMs);
  }
  return { state: draft.state, effects: draft.effects, wakeAtMs };
}

/** Shortest patience: below it, ordinary network variance would double every request. */
export const PATIENCE_MIN_MS = 300;
/** Longest patience: with a full buffer there is no hurry, yet a dead pathway should be known within 1.2 s. */
export const PATIENCE_MAX_MS = 1_200;

/**
 * How long a media request may be silent before a second one is opened. A quarter of the buffer leaves room for
 * two further tries; three usual first-byte times keep far viewers from doubling every request.
 */
export function patienceFor(bufferedMs: number, usualFirstByteMs: number): number {
  const wanted = Math.max(bufferedMs / 4, usualFirstByteMs * 3);
  return Math.round(Math.min(PATIENCE_MAX_MS, Math.max(PATIENCE_MIN_MS, wanted)));
}
