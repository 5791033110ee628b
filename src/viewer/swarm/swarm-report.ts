// What a swarm has measured, added up over viewers and viewings; pure.

import type { LatencyFigures } from './latency-histogram.ts';
import { STARTUPS_MAX, WORST_STALLS_MAX } from './limits.ts';
import type { Stall } from './playback-state.ts';
import type { Outcome, ViewerReport } from './viewer.ts';

/** With this much ahead a viewer may not notice the loss of a region. */
export const AMPLE_BUFFER_MS = 3_000;

export type SwarmTotals = {
  viewings: number;
  readonly outcomes: Record<Exclude<Outcome, 'watching'>, number>;
  readonly startupsMs: number[];
  stalls: number;
  stallMs: number;
  longestStallMs: number;
  stallsWithAmpleBuffer: number;
  viewingsWithStalls: number;
  readonly worstStalls: Stall[];
  levelSwitches: number;
  reloads: number;
  jumps: number;
  readonly pathwaySwitches: Map<string, number>;
  readonly errors: Map<string, number>;
  readonly lostReasons: Map<string, number>;
  loadedSeconds: number;
  loadedBits: number;
};

export type PathwayFigures = {
  readonly pathwayId: string;
  readonly regionId: string;
  readonly bytes: number;
  readonly viewers: number;
};

export type SwarmReport = {
  readonly elapsedMs: number;
  readonly viewers: {
    readonly wanted: number;
    readonly arrived: number;
    readonly watching: number;
    readonly stalledNow: number;
    readonly lost: number;
    /** Not let in, since the swarm's own memory was at its limit. */
    readonly refused: number;
  };
  readonly viewings: {
    readonly begun: number;
    readonly finished: number;
    readonly left: number;
    readonly lost: number;
  };
  readonly startupMs: {
    readonly count: number;
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
  };
  readonly stalls: {
    readonly count: number;
    readonly totalMs: number;
    readonly longestMs: number;
    readonly withAmpleBuffer: number;
    readonly viewings: number;
    readonly worst: readonly Stall[];
  };
  readonly switches: {
    readonly rendition: number;
    readonly pathway: number;
    readonly pathwayByReason: Readonly<Record<string, number>>;
  };
  /** Starts from the same place after nothing arrived for a while: the player's last resort. */
  readonly reloads: number;
  /** Behind the clock, while the picture moved; null for video on demand. */
  readonly latency: LatencyFigures | null;
  /** Times that live viewers were put back to the edge, since what came next was gone. */
  readonly jumps: number;
  /** Attempts that went wrong, by `pathway code`; most were mended by another pathway. */
  readonly errors: Readonly<Record<string, number>>;
  readonly lostReasons: Readonly<Record<string, number>>;
  readonly meanBitrateBps: number;
  readonly bytes: number;
  readonly pathways: readonly PathwayFigures[];
  /** The swarm's own process: with a busy loop its figures are its own, not the servers'. */
  readonly self: { readonly loopDelayMsMax: number; readonly cpuShare: number; readonly rssBytes: number };
};

/** Totals of nothing. */
export function emptyTotals(): SwarmTotals {
  return {
    viewings: 0,
    outcomes: { finished: 0, left: 0, lost: 0 },
    startupsMs: [],
    stalls: 0,
    stallMs: 0,
    longestStallMs: 0,
    stallsWithAmpleBuffer: 0,
    viewingsWithStalls: 0,
    worstStalls: [],
    levelSwitches: 0,
    reloads: 0,
    jumps: 0,
    pathwaySwitches: new Map(),
    errors: new Map(),
    lostReasons: new Map(),
    loadedSeconds: 0,
    loadedBits: 0,
  };
}

function countUp(counts: Map<string, number>, key: string, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

/** Adds one viewing, which may still go on. */
export function addViewing(totals: SwarmTotals, report: ViewerReport): void {
  totals.viewings += 1;
  if (report.outcome !== 'watching') totals.outcomes[report.outcome] += 1;
  if (report.startupMs !== undefined && totals.startupsMs.length < STARTUPS_MAX)
    totals.startupsMs.push(report.startupMs);
  for (const stall of report.stalls) addStall(totals, stall);
  totals.viewingsWithStalls += Number(report.stalls.length > 0);
  totals.levelSwitches += report.levelSwitches;
  totals.reloads += report.reloads;
  totals.jumps += report.live?.jumps ?? 0;
  for (const { reason } of report.pathwaySwitches) countUp(totals.pathwaySwitches, reason.code);
  for (const [key, count] of report.errors) countUp(totals.errors, key, count);
  if (report.lostReason !== undefined) countUp(totals.lostReasons, report.lostReason);
  totals.loadedSeconds += report.loadedSeconds;
  totals.loadedBits += report.loadedBits;
}

function addStall(totals: SwarmTotals, stall: Stall): void {
  totals.stalls += 1;
  totals.stallMs += stall.durationMs;
  totals.longestStallMs = Math.max(totals.longestStallMs, stall.durationMs);
  totals.stallsWithAmpleBuffer += Number(stall.bufferedMs > AMPLE_BUFFER_MS);
  totals.worstStalls.push(stall);
  totals.worstStalls.sort((a, b) => b.durationMs - a.durationMs);
  totals.worstStalls.splice(WORST_STALLS_MAX);
}

/** A copy to which viewings that go on are added for one report. */
export function copyTotals(totals: SwarmTotals): SwarmTotals {
  return {
    ...totals,
    outcomes: { ...totals.outcomes },
    startupsMs: [...totals.startupsMs],
    worstStalls: [...totals.worstStalls],
    pathwaySwitches: new Map(totals.pathwaySwitches),
    errors: new Map(totals.errors),
    lostReasons: new Map(totals.lostReasons),
  };
}

/** The value below which the share of the values lies; 0 without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? sorted[0] ?? 0;
}

/** The report of a run. */
export function toReport(
  totals: SwarmTotals,
  run: Pick<SwarmReport, 'elapsedMs' | 'viewers' | 'pathways' | 'self' | 'latency'>,
): SwarmReport {
  const switches = [...totals.pathwaySwitches.values()];
  return {
    ...run,
    viewings: { begun: totals.viewings, ...totals.outcomes },
    startupMs: {
      count: totals.startupsMs.length,
      p50: quantile(totals.startupsMs, 0.5),
      p95: quantile(totals.startupsMs, 0.95),
      max: quantile(totals.startupsMs, 1),
    },
    stalls: {
      count: totals.stalls,
      totalMs: totals.stallMs,
      longestMs: totals.longestStallMs,
      withAmpleBuffer: totals.stallsWithAmpleBuffer,
      viewings: totals.viewingsWithStalls,
      worst: totals.worstStalls,
    },
    switches: {
      rendition: totals.levelSwitches,
      pathway: switches.reduce((sum, count) => sum + count, 0),
      pathwayByReason: Object.fromEntries(totals.pathwaySwitches),
    },
    reloads: totals.reloads,
    jumps: totals.jumps,
    errors: Object.fromEntries([...totals.errors].sort()),
    lostReasons: Object.fromEntries(totals.lostReasons),
    meanBitrateBps: totals.loadedSeconds > 0 ? Math.round(totals.loadedBits / totals.loadedSeconds) : 0,
    bytes: run.pathways.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
