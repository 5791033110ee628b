// All objectives and their budgets: takes points of series, finds those that each objective counts, keeps one ledger for
// every set of values of its labels, and says which budgets burn. A point costs as many steps as there are objectives
// that count it; the others are not looked at.

import { type AlertSignal, KEEP_MS, type Labels } from '../alerting/alert.ts';
import { type BudgetReading, type FiredAt, judgeBudget, type TierReading } from './judge.ts';
import { BudgetLedger, type LedgerState } from './ledger.ts';
import type { Selector, SloDefinition } from './slo.ts';

/** An increment of a series in one slice. */
export interface SloPoint {
  readonly atMs: number;
  readonly name: string;
  readonly labels: Labels;
  readonly count: number;
  readonly sum?: number;
  readonly buckets?: Readonly<Record<number, number>>;
}

export interface Budget {
  readonly labels: Labels;
  /** Place of its set of labels among those of the objective; those of the first raise alerts. */
  readonly group: number;
  readonly ledger: BudgetLedger;
  readonly firedAt: FiredAt;
  reading: BudgetReading;
}

interface Kept {
  readonly slo: SloDefinition;
  readonly budgets: Map<string, Budget>;
  refused: number;
  /** The last point that was looked at for it, so that two selectors do not count one point twice. */
  seen: number;
}

type Write = (ledger: BudgetLedger, good: number, total: number) => void;

/** Budgets of one objective: more come of a label that is not bounded. */
export const BUDGETS_PER_SLO_MAX = 500;
/** Budgets of all: some 40 kB each. */
export const BUDGETS_MAX = 10_000;

const NOTHING: BudgetReading = { tiers: [], usedShare: 0, events: 0, bad: 0, allowed: 0 };

export class SloBook {
  readonly #kept = new Map<string, Kept>();
  /** Objectives by series, and by series with one of the labels that they ask for. */
  readonly #index = new Map<string, Set<Kept>>();
  readonly #bucketOf: (value: number) => number;
  #budgets = 0;
  #points = 0;

  /** @param bucketOf the bucket of a histogram that holds a value */
  constructor(bucketOf: (value: number) => number) {
    this.#bucketOf = bucketOf;
  }

  /** Adds an objective, or puts it in the place of the one with its name; its budgets begin anew. */
  put(slo: SloDefinition): void {
    this.remove(slo.name);
    const kept = { slo, budgets: new Map<string, Budget>(), refused: 0, seen: 0 };
    this.#kept.set(slo.name, kept);
    for (const key of selectorsOf(slo).flatMap(keysOf)) {
      const found = this.#index.get(key);
      if (found === undefined) this.#index.set(key, new Set([kept]));
      else found.add(kept);
    }
  }

  remove(name: string): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) return;
    this.#kept.delete(name);
    this.#budgets -= kept.budgets.size;
    for (const key of selectorsOf(kept.slo).flatMap(keysOf)) {
      const found = this.#index.get(key);
      found?.delete(kept);
      if (found?.size === 0) this.#index.delete(key);
    }
  }

  definition(name: string): SloDefinition | undefined {
    return this.#kept.get(name)?.slo;
  }

  names(): readonly string[] {
    return [...this.#kept.keys()];
  }

  /** Budgets of an objective, as of the last round. */
  budgets(name: string): readonly Budget[] {
    return [...(this.#kept.get(name)?.budgets.values() ?? [])];
  }

  /** Points of an objective that found no room for a budget of their own. */
  refusedOf(name: string): number {
    return this.#kept.get(name)?.refused ?? 0;
  }

  /** Takes a point as it comes. */
  add(point: SloPoint): void {
    this.#take(point, (ledger, good, total) => ledger.add(point.atMs, good, total));
  }

  /** Takes points that are told again from the rollups; budgets leave out what they knew before a restart. */
  recall(points: readonly SloPoint[], isWanted: (name: string) => boolean): void {
    for (const point of points)
      this.#take(point, (ledger, good, total) => ledger.recall(point.atMs, good, total), isWanted);
  }

  #take(point: SloPoint, write: Write, isWanted?: (name: string) => boolean): void {
    this.#points += 1;
    this.#consider(this.#index.get(point.name), point, write, isWanted);
    for (const label in point.labels) {
      const key = `${point.name}\n${label}\n${point.labels[label]}`;
      this.#consider(this.#index.get(key), point, write, isWanted);
    }
  }

  #consider(
    found: ReadonlySet<Kept> | undefined,
    point: SloPoint,
    write: Write,
    isWanted: ((name: string) => boolean) | undefined,
  ): void {
    if (found === undefined) return;
    for (const kept of found) {
      if (kept.seen === this.#points || isWanted?.(kept.slo.name) === false) continue;
      kept.seen = this.#points;
      const counted = this.measure(kept.slo, point);
      if (counted === null) continue;
      for (const { ledger } of this.#budgetsOf(kept, point.labels))
        write(ledger, counted.good, counted.total);
    }
  }

  /** What a point counts for an objective; null when it is none of its points. */
  measure({ indicator }: SloDefinition, point: SloPoint): { good: number; total: number } | null {
    if (indicator.kind === 'threshold') {
      if (!selects(indicator.metric, point)) return null;
      return { good: point.sum ?? point.count, total: point.count };
    }
    const isTotal = selects(indicator.total, point);
    const total = isTotal ? this.#countOf(indicator.total, point) : 0;
    const part = 'good' in indicator ? indicator.good : indicator.bad;
    const isPart = selects(part, point);
    if (!isTotal && !isPart) return null;
    const counted = isPart ? this.#countOf(part, point) : 0;
    return { total, good: 'good' in indicator ? counted : total - counted };
  }

  #countOf({ atMost }: Selector, { count, buckets }: SloPoint): number {
    if (atMost === undefined) return count;
    const last = this.#bucketOf(atMost);
    let counted = 0;
    for (const index in buckets) if (Number(index) <= last) counted += buckets[Number(index)] ?? 0;
    return counted;
  }

  #budgetsOf(kept: Kept, labels: Labels): Budget[] {
    return kept.slo.groups.flatMap((group, index) => {
      const key = budgetKey(index, group, labels);
      return kept.budgets.get(key) ?? this.#open(kept, key, index, pick(group, labels)) ?? [];
    });
  }

  #open(kept: Kept, key: string, group: number, labels: Labels): Budget | undefined {
    if (kept.budgets.size >= BUDGETS_PER_SLO_MAX || this.#budgets >= BUDGETS_MAX) {
      kept.refused += 1;
      return undefined;
    }
    const ledger = new BudgetLedger(kept.slo);
    const made = { labels, group, ledger, firedAt: new Map(), reading: NOTHING };
    kept.budgets.set(key, made);
    this.#budgets += 1;
    return made;
  }

  /** Opens a budget with what an earlier process knew of it. */
  restore(name: string, group: number, labels: Labels, state: LedgerState, firedAt: FiredAt): void {
    const kept = this.#kept.get(name);
    const names = kept?.slo.groups[group];
    if (kept === undefined || names === undefined) return;
    const key = budgetKey(group, names, labels);
    const budget = kept.budgets.get(key) ?? this.#open(kept, key, group, pick(names, labels));
    if (budget?.ledger.restore(state) !== true) return;
    for (const [tier, atMs] of firedAt) budget.firedAt.set(tier, atMs);
  }

  /** Judges every budget, and says which tiers burn. */
  round(nowMs: number): readonly AlertSignal[] {
    const signals: AlertSignal[] = [];
    for (const { slo, budgets } of this.#kept.values())
      for (const budget of budgets.values()) {
        budget.ledger.advance(nowMs);
        budget.reading = judgeBudget(slo, budget.ledger, budget.firedAt, nowMs);
        if (budget.group !== 0) continue;
        for (const tier of budget.reading.tiers)
          if (tier.verdict === 'burning') signals.push(burnSignal(slo, budget, tier));
      }
    return signals;
  }
}

function burnSignal(
  slo: SloDefinition,
  { labels, reading }: Budget,
  { tier, ...burns }: TierReading,
): AlertSignal {
  const where = Object.entries(labels).map(([name, value]) => `${name} ${value}`);
  const place = where.length === 0 ? '' : ` (${where.join(', ')})`;
  const times = burns.longBurn >= 10 ? burns.longBurn.toFixed(0) : burns.longBurn.toFixed(1);
  const limit = Math.round(tier.burn * 100) / 100;
  return {
    labels: { alertname: 'SloBurn', slo: slo.name, service: slo.service, tier: tier.name, ...labels },
    severity: tier.severity,
    annotations: {
      summary: `${slo.displayName}: the error budget burns ${times} times too fast${place}`,
      description: `Over ${tier.name} it burns at ${times}, over the short window at ${burns.shortBurn.toFixed(1)}; the limit is ${limit}. Of the period's budget ${(reading.usedShare * 100).toFixed(1)} % is used.`,
      ...(slo.runbook === null ? {} : { runbook: slo.runbook }),
    },
    evidence: [
      { name: `burn over ${tier.name}`, value: burns.longBurn, limit: tier.burn, unit: '' },
      { name: 'burn over the short window', value: burns.shortBurn, limit: tier.burn, unit: '' },
      { name: 'bad', value: burns.bad, limit: burns.expected * (1 - slo.target) * tier.burn, unit: '' },
      { name: 'events', value: burns.events, limit: slo.eventsMin, unit: '' },
      {
        name: 'budget burnt',
        value: (burns.longBurn * tier.longMs) / slo.periodMs,
        limit: (tier.burn * tier.longMs) / slo.periodMs,
        unit: '',
      },
      { name: 'budget used', value: reading.usedShare, limit: 1, unit: '' },
    ],
    isActive: true,
    afterMs: tier.afterMs,
    keepMs: KEEP_MS,
  };
}

function budgetKey(group: number, names: readonly string[], labels: Labels): string {
  let key = String(group);
  for (const name of names) key += `\n${labels[name] ?? ''}`;
  return key;
}

function pick(names: readonly string[], labels: Labels): Labels {
  return Object.fromEntries(names.map((name) => [name, labels[name] ?? '']));
}

/** The series that an objective counts. */
export function seriesOf(slo: SloDefinition): ReadonlySet<string> {
  return new Set(selectorsOf(slo).flatMap(({ series }) => series));
}

function selectorsOf({ indicator }: SloDefinition): readonly Selector[] {
  if (indicator.kind === 'threshold') return [indicator.metric];
  return [indicator.total, 'good' in indicator ? indicator.good : indicator.bad];
}

/** Where a selector stands in the index: under its rarest kind of label, else under the series alone. */
function keysOf({ series, labels }: Selector): string[] {
  const [narrowest] = Object.entries(labels).sort(([, left], [, right]) => left.length - right.length);
  if (narrowest === undefined) return [...series];
  const [label, values] = narrowest;
  return series.flatMap((name) => values.map((value) => `${name}\n${label}\n${value}`));
}

/** Whether a point counts. */
export function selects({ series, labels }: Selector, point: SloPoint): boolean {
  if (!series.includes(point.name)) return false;
  for (const name in labels) if (labels[name]?.includes(point.labels[name] ?? '') !== true) return false;
  return true;
}
