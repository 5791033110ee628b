// From cumulative counters to rates. A node counts since its boot and says which boot and which beat, so a lost
// report costs nothing, a repeated one counts once, and a restart begins at zero instead of going backwards.
// Pure: time is a parameter.

import { RATE_WINDOW_MS } from '../limits.ts';

/** What is counted of each node: the totals since it booted. */
export interface Totals {
  readonly bytesSent: number;
  readonly requests: number;
  /** Objects answered from memory, and those that had to be fetched. */
  readonly hits: number;
  readonly misses: number;
}

export interface Report {
  readonly bootId: string;
  readonly sequence: number;
  readonly atMs: number;
  readonly totals: Totals;
}

/** What one node has done lately. */
export interface RateTrack {
  readonly last: Report;
  /** Steps of the last window, oldest first. */
  readonly steps: readonly Step[];
}

interface Step {
  readonly fromMs: number;
  readonly atMs: number;
  readonly totals: Totals;
}

export interface Rates {
  readonly egressBps: number;
  readonly requestsPerSecond: number;
  readonly hitsPerSecond: number;
  readonly missesPerSecond: number;
}

export const ZERO_TOTALS: Totals = { bytesSent: 0, requests: 0, hits: 0, misses: 0 };

/** Sums the counters that rates are made of, over all their labels. */
export function totalsOf(counters: Readonly<Record<string, number>>): Totals {
  const totals = { bytesSent: 0, requests: 0, hits: 0, misses: 0 };
  for (const [series, value] of Object.entries(counters)) {
    if (!Number.isFinite(value) || value < 0) continue;
    const name = series.split('{', 1)[0];
    if (name === 'edge_bytes_sent_total') totals.bytesSent += value;
    else if (name === 'edge_requests_total') totals.requests += value;
    else if (name === 'edge_hits_total') totals.hits += value;
    else if (name === 'edge_misses_total') totals.misses += value;
  }
  return totals;
}

/** Takes a report in; returns the new track and what was done since the last one. */
export function advanceRates(
  track: RateTrack | undefined,
  report: Report,
): { track: RateTrack; done: Totals } {
  if (track === undefined) return { track: { last: report, steps: [] }, done: ZERO_TOTALS };
  const { last } = track;
  const isSameBoot = last.bootId === report.bootId;
  if (isSameBoot && report.sequence <= last.sequence) return { track, done: ZERO_TOTALS };
  const before = isSameBoot ? last.totals : ZERO_TOTALS;
  const done = {
    bytesSent: Math.max(0, report.totals.bytesSent - before.bytesSent),
    requests: Math.max(0, report.totals.requests - before.requests),
    hits: Math.max(0, report.totals.hits - before.hits),
    misses: Math.max(0, report.totals.misses - before.misses),
  };
  const steps = [...track.steps, { fromMs: last.atMs, atMs: report.atMs, totals: done }].filter(
    ({ atMs }) => report.atMs - atMs < RATE_WINDOW_MS,
  );
  return { track: { last: report, steps }, done };
}

/** Rates over the window that ends now; a silent node fades to zero. */
export function ratesOf(track: RateTrack | undefined, nowMs: number): Rates {
  const steps = (track?.steps ?? []).filter(({ atMs }) => nowMs - atMs < RATE_WINDOW_MS);
  const first = steps[0];
  if (first === undefined)
    return { egressBps: 0, requestsPerSecond: 0, hitsPerSecond: 0, missesPerSecond: 0 };
  const seconds = Math.max(1, (nowMs - first.fromMs) / 1_000);
  const sum = (pick: (totals: Totals) => number): number =>
    steps.reduce((total, { totals }) => total + pick(totals), 0) / seconds;
  return {
    egressBps: Math.round(sum((totals) => totals.bytesSent) * 8),
    requestsPerSecond: sum((totals) => totals.requests),
    hitsPerSecond: sum((totals) => totals.hits),
    missesPerSecond: sum((totals) => totals.misses),
  };
}
