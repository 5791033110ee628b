// What a ledger says: how fast each tier burns, which tiers fire, and what is left of the budget, with the numbers.
//
// burn = (bad / events) / (1 − target). Two things keep a thin history from looking like a disaster. Of slices, the
// window counts as many as it has room for, heard of or not. Of events, a series that is younger than the window is
// taken to have run all along at its own pace. And a window with fewer events than `eventsMin` says nothing.
//
// A tier fires when long and short window burn faster than its limit, unless its newest stretch (a fifth of the short
// window) has events enough and does not burn: then it is over, and nobody has to wait until the short window has
// forgotten. A slower tier is held back while a faster one fires, since it would only say the same thing again, and
// afterwards unless it burns on in a newest stretch that began after that.
// Source: The Site Reliability Workbook, chapter 5; OpenSLO v1, "budgetingMethod".

import { type BudgetLedger, recentMsOf, type TierWindows } from './ledger.ts';
import type { BurnTier, SloDefinition } from './slo.ts';
import type { WindowReading } from './slot-ring.ts';

export type TierVerdict =
  /** Both windows burn. */
  | 'burning'
  /** It burns, and a faster tier says so already. */
  | 'held-back'
  /** Both windows burn, but the newest stretch does not. */
  | 'over'
  /** Too few events to say anything. */
  | 'too-few-events'
  | 'calm';

export interface TierReading {
  readonly tier: BurnTier;
  readonly verdict: TierVerdict;
  readonly longBurn: number;
  readonly shortBurn: number;
  readonly recentBurn: number;
  /** Of the long window. */
  readonly events: number;
  readonly bad: number;
  /** What its burn is measured by: events, or slices that the window has room for. */
  readonly expected: number;
}

export interface BudgetReading {
  readonly tiers: readonly TierReading[];
  /** Share of the period's budget that is used; above 1 when the objective is missed. */
  readonly usedShare: number;
  readonly events: number;
  readonly bad: number;
  /** Bad events or slices that the period allows. */
  readonly allowed: number;
}

/** When tiers fired, for holding back the slower ones: by the tier's name, ms. */
export type FiredAt = Map<string, number>;

type JudgedSlo = Pick<
  SloDefinition,
  'method' | 'indicator' | 'sliceMs' | 'target' | 'eventsMin' | 'periodMs'
>;

/** Judges a ledger that has been advanced to `nowMs`; notes in `firedAt` which tiers fire. */
export function judgeBudget(
  slo: JudgedSlo,
  ledger: BudgetLedger,
  firedAt: FiredAt,
  nowMs: number,
): BudgetReading {
  const ageMs = ledger.firstAtMs === null ? 0 : Math.max(slo.sliceMs, nowMs - ledger.firstAtMs);
  const tiers: TierReading[] = [];
  let fasterFiredAtMs = Number.NEGATIVE_INFINITY;
  for (const windows of ledger.tiers()) {
    const reading = judgeTier(slo, windows, ageMs, fasterFiredAtMs, nowMs);
    tiers.push(reading);
    if (reading.verdict === 'burning') firedAt.set(windows.tier.name, nowMs);
    fasterFiredAtMs = Math.max(fasterFiredAtMs, firedAt.get(windows.tier.name) ?? Number.NEGATIVE_INFINITY);
  }
  const { bad, events } = ledger.period();
  const allowed = expectedOf(slo, events, slo.periodMs, ageMs) * (1 - slo.target);
  return { tiers, events, bad, allowed, usedShare: allowed > 0 ? bad / allowed : 0 };
}

function judgeTier(
  slo: JudgedSlo,
  { tier, long, short, recent }: TierWindows,
  ageMs: number,
  fasterFiredAtMs: number,
  nowMs: number,
): TierReading {
  const burnOf = ({ bad, events }: WindowReading, windowMs: number): number => {
    const expected = expectedOf(slo, events, windowMs, ageMs);
    return expected > 0 ? bad / expected / (1 - slo.target) : 0;
  };
  const recentMs = recentMsOf(tier.shortMs);
  const longBurn = burnOf(long, tier.longMs);
  const shortBurn = burnOf(short, tier.shortMs);
  const recentBurn = burnOf(recent, recentMs);
  const verdictOf = (): TierVerdict => {
    if (longBurn <= tier.burn || shortBurn <= tier.burn) return 'calm';
    if (long.events < slo.eventsMin) return 'too-few-events';
    if (recent.events >= slo.eventsMin && recentBurn <= tier.burn) return 'over';
    const isTold = nowMs - fasterFiredAtMs <= tier.longMs;
    if (isTold && (nowMs - fasterFiredAtMs <= recentMs || recentBurn <= tier.burn)) return 'held-back';
    return 'burning';
  };
  const expected = expectedOf(slo, long.events, tier.longMs, ageMs);
  return {
    tier,
    verdict: verdictOf(),
    longBurn,
    shortBurn,
    recentBurn,
    events: long.events,
    bad: long.bad,
    expected,
  };
}

/** By what the bad of a window is divided. */
function expectedOf(
  { method, indicator, sliceMs }: JudgedSlo,
  events: number,
  windowMs: number,
  ageMs: number,
): number {
  if (method !== 'Occurrences' || indicator.kind === 'threshold') return windowMs / sliceMs;
  return ageMs > 0 && ageMs < windowMs ? (events * windowMs) / ageMs : events;
}
