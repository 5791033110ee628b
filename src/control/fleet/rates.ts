// From cumulative counters to rates. A node counts since its boot and says which boot and which beat, so a lost
// report costs nothing, a repeated one counts once, and a restart begins at zero instead of going backwards.
// Pure: time is a parameter.

import { RATE_WINDOW_MS } from '../limits.ts';

/** What is counted of each node: the totals since it booted. */
export interface Totals {
  readonly bytesSent: number;
  readonly requests: number;
  /** Objects answered from memory or disk, those of them from disk, and those that had to be fetched. */
  readonly hits: number;
  readonly diskHits: number;
  readonly misses: number;
  /** Fetches of an edge: from another of its site, from origins, and from a second origin to be safe. */
  readonly mateFetches: number;
  readonly originFetches: number;
  readonly hedges: number;
  readonly shed: number;
  readonly cut: number;
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
  readonly diskHitsPerSecond: number;
  readonly missesPerSecond: number;
  readonly mateFetchesPerSecond: number;
  readonly originFetchesPerSecond: number;
  readonly hedgesPerSecond: number;
  readonly shedPerSecond: number;
  readonly cutPerSecond: number;
}

export const ZERO_TOTALS: Totals = {
  bytesSent: 0,
  requests: 0,
  hits: 0,
  diskHits: 0,
  misses: 0,
  mateFetches: 0,
  originFetches: 0,
  hedges: 0,
  shed: 0,
  cut: 0,
};
const KEYS = Object.keys(ZERO_TOTALS) as (keyof Totals)[];

const SERIES: ReadonlyMap<string, keyof Totals> = new Map([
  ['edge_bytes_sent_total', 'bytesSent'],
  ['edge_requests_total', 'requests'],
  ['edge_hits_total', 'hits'],
  ['edge_disk_hits_total', 'diskHits'],
  ['edge_misses_total', 'misses'],
  ['edge_mate_fetches_total', 'mateFetches'],
  ['edge_origin_fetches_total', 'originFetches'],
  ['edge_shed_total', 'shed'],
  ['edge_viewers_cut_total', 'cut'],
]);

function keyOf(series: string): keyof Totals | undefined {
  const [name = '', labels = ''] = series.split('{', 2);
  return name === 'edge_origin_fetches_total' && labels.includes('kind="hedge"')
    ? 'hedges'
    : SERIES.get(name);
}

/** Totals, each made of those of the same name. */
function eachTotal(make: (key: keyof Totals) => number): Totals {
  return Object.fromEntries(KEYS.map((key) => [key, make(key)])) as unknown as Totals;
}

/** Sums the counters that rates are made of, over all their labels. */
export function totalsOf(counters: Readonly<Record<string, number>>): Totals {
  const totals: Record<keyof Totals, number> = { ...ZERO_TOTALS };
  for (const [series, value] of Object.entries(counters)) {
    const key = keyOf(series);
    if (key !== undefined && Number.isFinite(value) && value > 0) totals[key] += value;
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
  const done = eachTotal((key) => Math.max(0, report.totals[key] - before[key]));
  const steps = [...track.steps, { fromMs: last.atMs, atMs: report.atMs, totals: done }].filter(
    ({ atMs }) => report.atMs - atMs < RATE_WINDOW_MS,
  );
  return { track: { last: report, steps }, done };
}

/** Rates over the window that ends now; a silent node fades to zero. */
export function ratesOf(track: RateTrack | undefined, nowMs: number): Rates {
  const steps = (track?.steps ?? []).filter(({ atMs }) => nowMs - atMs < RATE_WINDOW_MS);
  const first = steps[0];
  const seconds = first === undefined ? 1 : Math.max(1, (nowMs - first.fromMs) / 1_000);
  const sums = eachTotal((key) => steps.reduce((sum, { totals }) => sum + totals[key], 0) / seconds);
  return {
    egressBps: Math.round(sums.bytesSent * 8),
    requestsPerSecond: sums.requests,
    hitsPerSecond: sums.hits,
    diskHitsPerSecond: sums.diskHits,
    missesPerSecond: sums.misses,
    mateFetchesPerSecond: sums.mateFetches,
    originFetchesPerSecond: sums.originFetches,
    hedgesPerSecond: sums.hedges,
    shedPerSecond: sums.shed,
    cutPerSecond: sums.cut,
  };
}
