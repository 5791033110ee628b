// The ledger of one budget: what was good and bad in the newest slices, and running sums over every window that its
// objective looks at. A new slice costs the same whether a window is five minutes or thirty days; a late point corrects
// its slice and every sum that the slice is part of.
//
// Slices of the last hour are kept as they came, since of a slice that is judged as a whole (Timeslices) a late point
// changes the verdict. Longer windows stand on coarser slots: what leaves them is off by a part in 240, what enters
// them is not. Older points than an hour are added as they are, which is exact for Occurrences.

import { defined } from '#base/assert.ts';
import type { BurnTier, SloDefinition } from './slo.ts';
import { SlotRing, type SlotRingState, type WindowReading } from './slot-ring.ts';

/** Slices whose points can still be corrected exactly: an hour of rollups. */
export const RAW_SLICES = 720;
/** Slots of the longest window on a ring of its own. */
const SLOTS_PER_WINDOW = 240;
/** A tier's newest stretch, by which its end is seen: this part of its short window. */
const RECENTS_PER_SHORT = 5;
/** Windows of a tier, by their place on its ring. */
const LONG = 0;
const SHORT = 1;
const RECENT = 2;

export interface TierWindows {
  readonly tier: BurnTier;
  readonly long: WindowReading;
  readonly short: WindowReading;
  readonly recent: WindowReading;
}

/**
 * What a ledger knows of the time before its newest hour, for a restart. The hour itself is told again from the rollups
 * (`recall`, which leaves out what lies before `settledUntilMs`), so that nothing is counted twice and late points still find their slices.
 */
export interface LedgerState {
  readonly firstAtMs: number | null;
  readonly settledUntilMs: number;
  /** Of the rings that reach back further, in their order. */
  readonly rings: readonly SlotRingState[];
}

type LedgerShape = Pick<
  SloDefinition,
  'method' | 'sliceMs' | 'sliceTarget' | 'periodMs' | 'tiers' | 'indicator'
>;

export class BudgetLedger {
  readonly #slo: LedgerShape;
  readonly #rawSlice = new Float64Array(RAW_SLICES).fill(-1);
  readonly #rawGood = new Float64Array(RAW_SLICES);
  readonly #rawTotal = new Float64Array(RAW_SLICES);
  readonly #tierRings: readonly SlotRing[];
  readonly #periodRing: SlotRing;
  readonly #rings: readonly SlotRing[];
  #firstAtMs: number | null = null;
  #newestSlice = -1;
  /** Up to here an earlier ledger has counted everything. */
  #settledUntilMs = Number.NEGATIVE_INFINITY;

  constructor(slo: LedgerShape) {
    this.#slo = slo;
    this.#tierRings = slo.tiers.map(({ longMs, shortMs }) => {
      const slotMs = slotMsOf(longMs, slo.sliceMs);
      return new SlotRing(slotMs, [longMs, shortMs, recentMsOf(shortMs)]);
    });
    this.#periodRing = new SlotRing(slotMsOf(slo.periodMs, slo.sliceMs), [slo.periodMs]);
    this.#rings = [...this.#tierRings, this.#periodRing];
  }

  /** When its first slice began; null while nothing was heard. */
  get firstAtMs(): number | null {
    return this.#firstAtMs;
  }

  /** Begin of the newest slice that was heard of; null while nothing was. */
  get newestAtMs(): number | null {
    return this.#newestSlice < 0 ? null : this.#newestSlice * this.#slo.sliceMs;
  }

  /** Lets time pass: windows end at the slice before this moment, the newest that can be complete. */
  advance(nowMs: number): void {
    for (const ring of this.#rings) ring.advance(nowMs - this.#slo.sliceMs);
  }

  /** Adds to the slice of a moment. */
  add(atMs: number, good: number, total: number): void {
    const slice = Math.floor(atMs / this.#slo.sliceMs);
    const index = slice % RAW_SLICES;
    const held = this.#rawSlice[index] ?? -1;
    if (held > slice) {
      // Older than what is kept as it came.
      this.#spread(atMs, Math.max(0, badOf(this.#slo, good, total)), total);
      return;
    }
    if (held < slice) this.#begin(index, slice);
    this.#put(index, slice, (this.#rawGood[index] ?? 0) + good, (this.#rawTotal[index] ?? 0) + total);
  }

  /** Adds what is told again after a restart; what its state covers already changes nothing. */
  recall(atMs: number, good: number, total: number): void {
    if (atMs >= this.#settledUntilMs) this.add(atMs, good, total);
  }

  #begin(index: number, slice: number): void {
    this.#rawSlice[index] = slice;
    this.#rawGood[index] = 0;
    this.#rawTotal[index] = 0;
    this.#newestSlice = Math.max(this.#newestSlice, slice);
    const atMs = slice * this.#slo.sliceMs;
    this.#firstAtMs = Math.min(this.#firstAtMs ?? atMs, atMs);
  }

  #put(index: number, slice: number, good: number, total: number): void {
    const goodBefore = this.#rawGood[index] ?? 0;
    const totalBefore = this.#rawTotal[index] ?? 0;
    this.#rawGood[index] = good;
    this.#rawTotal[index] = total;
    const badMore = badOf(this.#slo, good, total) - badOf(this.#slo, goodBefore, totalBefore);
    this.#spread(slice * this.#slo.sliceMs, badMore, total - totalBefore);
  }

  #spread(atMs: number, bad: number, events: number): void {
    for (const ring of this.#rings) ring.add(atMs, bad, events);
  }

  /** The windows of every tier. */
  tiers(): readonly TierWindows[] {
    return this.#slo.tiers.map((tier, index) => {
      const ring = defined(this.#tierRings[index], 'a ring for each tier');
      return { tier, long: ring.read(LONG), short: ring.read(SHORT), recent: ring.read(RECENT) };
    });
  }

  /** The whole period. */
  period(): WindowReading {
    return this.#periodRing.read(0);
  }

  /** What is to be kept at this moment. */
  state(nowMs: number): LedgerState {
    const { sliceMs } = this.#slo;
    const settledUntilMs = (Math.floor(nowMs / sliceMs) - RAW_SLICES) * sliceMs;
    const settled = this.#longRings().map((ring) => {
      const copy = ring.copy();
      for (const [index, slice] of this.#rawSlice.entries()) {
        if (slice * sliceMs < settledUntilMs) continue;
        const good = this.#rawGood[index] ?? 0;
        const total = this.#rawTotal[index] ?? 0;
        copy.add(slice * sliceMs, -badOf(this.#slo, good, total), -total);
      }
      return copy.state();
    });
    return { firstAtMs: this.#firstAtMs, settledUntilMs, rings: settled };
  }

  /** Takes over what an earlier ledger of the same objective held; false when its shape is another. */
  restore(state: LedgerState): boolean {
    const rings = this.#longRings();
    if (state.rings.length !== rings.length) return false;
    for (const [index, ring] of rings.entries()) if (state.rings[index]?.slotMs !== ring.slotMs) return false;
    this.#firstAtMs = state.firstAtMs;
    this.#settledUntilMs = state.settledUntilMs;
    for (const [index, ring] of rings.entries()) ring.restore(defined(state.rings[index], 'a ring'));
    return true;
  }

  /** Those that hold more than what is kept as it came. */
  #longRings(): SlotRing[] {
    return this.#rings.filter((ring) => ring.slotMs > this.#slo.sliceMs);
  }
}

/** What a slice takes from the budget: bad events, or the bad part of one slice. */
function badOf({ method, indicator, sliceTarget }: LedgerShape, good: number, total: number): number {
  if (total <= 0) return 0;
  if (indicator.kind === 'threshold') return keeps(indicator.op, good / total, indicator.limit) ? 0 : 1;
  if (method === 'Occurrences') return total - good;
  const share = Math.min(1, Math.max(0, good / total));
  return method === 'RatioTimeslices' ? 1 - share : share < sliceTarget ? 1 : 0;
}

function keeps(op: 'lte' | 'lt' | 'gte' | 'gt', value: number, limit: number): boolean {
  if (op === 'lte') return value <= limit;
  if (op === 'lt') return value < limit;
  return op === 'gte' ? value >= limit : value > limit;
}

/** How long the newest stretch of a tier is, ms. */
export function recentMsOf(shortMs: number): number {
  return shortMs / RECENTS_PER_SHORT;
}

function slotMsOf(windowMs: number, sliceMs: number): number {
  if (windowMs / sliceMs <= RAW_SLICES) return sliceMs;
  return Math.ceil(windowMs / SLOTS_PER_WINDOW / sliceMs) * sliceMs;
}
