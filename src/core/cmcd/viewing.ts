// What one viewing has gone through, as its CMCD events tell it: states (starting, playing, rebuffering), responses, errors,
// bitrate, latency. A pure step from event to figures; whoever holds many viewings bounds them. Events may be missing, come
// twice or out of order: time between two of them counts for the state of the earlier one, up to a limit.
// Source: CTA-5004-B, keys e, sta, msd, bsd, br, bl, ltc, rc, ttlb, dl, ec.

import { type CmcdPairs, numberOf, textOf } from './parse-cmcd.ts';

/** A gap between two events that is longer than this says nothing of what happened meanwhile. */
const GAP_MS_MAX = 60_000;
/** A start that takes longer is told as this. */
const STARTUP_MS_MAX = 600_000;
/** Who leaves after waiting this long for a first picture had none; who leaves sooner may just have swiped on. */
const START_PATIENCE_MS = 5_000;
/** Kinds of objects whose lateness is judged: what is shown. */
const MEDIA = 'media';
/** A response that made its deadline by less is not called late: below it a stall is not seen. */
const LATE_SLACK_MS = 100;

/** Names of CMCD's player states. */
const STATES: Readonly<Record<string, string>> = {
  s: 'starting',
  p: 'playing',
  k: 'seeking',
  r: 'rebuffering',
  a: 'paused',
  w: 'waiting',
  e: 'ended',
  f: 'failed',
  q: 'left',
  d: 'preloading',
};
const ENDS: ReadonlySet<string> = new Set(['e', 'f', 'q']);

export interface ViewingFigures {
  /** CMCD's letter for the state; empty before the first. */
  sta: string;
  startedAtMs: number;
  updatedAtMs: number;
  endedAtMs: number | null;
  hasStarted: boolean;
  /** null also when it began before it was first heard of. */
  startupMs: number | null;
  hasFailedToStart: boolean;
  playMs: number;
  stallMs: number;
  stalls: number;
  errors: number;
  requests: number;
  badRequests: number;
  pathwayChanges: number;
  bitrateKbps: number | null;
  latencyMs: number | null;
}

/** Figures of a viewing of which nothing is known. */
export function beginFigures(atMs: number): ViewingFigures {
  return {
    sta: '',
    startedAtMs: atMs,
    updatedAtMs: atMs,
    endedAtMs: null,
    hasStarted: false,
    startupMs: null,
    hasFailedToStart: false,
    playMs: 0,
    stallMs: 0,
    stalls: 0,
    errors: 0,
    requests: 0,
    badRequests: 0,
    pathwayChanges: 0,
    bitrateKbps: null,
    latencyMs: null,
  };
}

/** What an event adds to the series. */
export interface Gains {
  playMs: number;
  stallMs: number;
  stalls: number;
  errors: number;
  start: 'ok' | 'failed' | null;
  startupMs: number | null;
  bitrateKbps: number | null;
  latencyMs: number | null;
}

export const STATE_NAMES = STATES;

/** Takes one event in; changes the figures and returns what it adds. `atMs` is when it happened. */
export function takeEvent(figures: ViewingFigures, pairs: CmcdPairs, atMs: number): Gains {
  const gains: Gains = {
    playMs: 0,
    stallMs: 0,
    stalls: 0,
    errors: 0,
    start: null,
    startupMs: null,
    bitrateKbps: null,
    latencyMs: null,
  };
  pass(figures, gains, atMs);
  const event = textOf(pairs, 'e');
  const sta = textOf(pairs, 'sta');
  if (sta !== undefined && sta !== figures.sta && Object.hasOwn(STATES, sta))
    enter(figures, gains, sta, pairs, atMs);
  if (event === 'e') {
    figures.errors += 1;
    gains.errors += 1;
  }
  const bitrateKbps = numberOf(pairs, 'br');
  if (bitrateKbps !== undefined && bitrateKbps > 0) figures.bitrateKbps = bitrateKbps;
  const latencyMs = numberOf(pairs, 'ltc');
  if (latencyMs !== undefined && latencyMs >= 0) figures.latencyMs = latencyMs;
  // Sampled by the clock, not by requests, so that every viewer counts alike.
  if (event === 't' && figures.hasStarted && figures.sta === 'p') {
    gains.bitrateKbps = figures.bitrateKbps;
    gains.latencyMs = latencyMs ?? null;
  }
  return gains;
}

/** Time goes by in the state of before. */
function pass(figures: ViewingFigures, gains: Gains, atMs: number): void {
  const passedMs = Math.min(GAP_MS_MAX, atMs - figures.updatedAtMs);
  if (passedMs <= 0) return;
  figures.updatedAtMs = atMs;
  if (figures.sta === 'p') {
    figures.playMs += passedMs;
    gains.playMs = passedMs;
  } else if (figures.sta === 'r' && figures.hasStarted) {
    figures.stallMs += passedMs;
    gains.stallMs = passedMs;
  }
}

function enter(figures: ViewingFigures, gains: Gains, sta: string, pairs: CmcdPairs, atMs: number): void {
  const isStarting = !figures.hasStarted;
  if (sta === 's' && isStarting && figures.sta !== 's') figures.startedAtMs = atMs;
  if (sta === 'p' && isStarting) {
    figures.hasStarted = true;
    // Who was first heard of while playing began at another edge, and was counted there.
    if (pairs.has('msd') || figures.sta === 's') {
      const toldMs = numberOf(pairs, 'msd') ?? atMs - figures.startedAtMs;
      figures.startupMs = Math.min(STARTUP_MS_MAX, Math.max(0, toldMs));
      gains.start = 'ok';
      gains.startupMs = figures.startupMs;
    }
  }
  if (sta === 'r' && !isStarting) {
    figures.stalls += 1;
    gains.stalls = 1;
  }
  const hasGivenUp = sta === 'q' && figures.sta === 's' && atMs - figures.startedAtMs >= START_PATIENCE_MS;
  if ((sta === 'f' || hasGivenUp) && isStarting && !figures.hasFailedToStart) {
    figures.hasFailedToStart = true;
    gains.start = 'failed';
  }
  figures.endedAtMs = ENDS.has(sta) ? atMs : null;
  figures.sta = sta;
}

export type ViewerOutcome = 'ok' | 'failed' | 'late';

/** How a response event says its request ended. */
export function outcomeOf(pairs: CmcdPairs, object: string): ViewerOutcome {
  const verdict = textOf(pairs, 'meridian-verdict');
  if (verdict === 'late' || verdict === 'failed') return verdict;
  const status = numberOf(pairs, 'rc');
  // No answer, an error of the server, a request that took it too long. What the viewer may not have or what there is
  // not is an answer: links are wrong at times, and no site is to blame for it.
  if (status === 0 || (status !== undefined && (status >= 500 || status === 408))) return 'failed';
  const deadlineMs = numberOf(pairs, 'dl');
  const tookMs = numberOf(pairs, 'ttlb');
  const waitedMs = numberOf(pairs, 'ttfb') ?? tookMs;
  // Bytes that came slowly are the viewer's line; a first byte that took half of the time is the site.
  const isLate =
    object === MEDIA &&
    deadlineMs !== undefined &&
    deadlineMs > 0 &&
    tookMs !== undefined &&
    tookMs > deadlineMs + LATE_SLACK_MS &&
    waitedMs !== undefined &&
    waitedMs > deadlineMs / 2;
  return isLate ? 'late' : 'ok';
}
