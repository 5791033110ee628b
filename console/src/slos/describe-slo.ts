// What the pages of objectives say of them: how a budget stands in one word, the worst one, the order of a list, and the
// budget over its period. Pure, so that tests need no browser.

import type { BudgetView, SloView } from '../../../src/contract/api/slos.ts';
import type { Tone } from '../world/derive.ts';

export type Objective = SloView['objectives'][number];
export type Tier = BudgetView['tiers'][number];
export type BudgetState = 'page' | 'ticket' | 'missed' | 'low' | 'calm' | 'silent';

/** Worst first: the order of the list. */
const RANKS: readonly BudgetState[] = ['page', 'ticket', 'missed', 'low', 'silent', 'calm'];

export const STATE_LABELS: Readonly<Record<BudgetState, string>> = {
  page: 'Burning fast',
  ticket: 'Burning',
  missed: 'Missed',
  low: 'Nearly used up',
  calm: 'On target',
  silent: 'No data',
};

export const STATE_TONES: Readonly<Record<BudgetState, Tone | ''>> = {
  page: 'bad',
  ticket: 'warn',
  missed: 'bad',
  low: 'warn',
  calm: 'good',
  silent: '',
};

/** A budget of which less than this is left deserves a look before it is gone. */
const LOW_SHARE = 0.25;

/** How a budget stands. */
export function stateOf(budget: BudgetView): BudgetState {
  const burning = budget.tiers.filter(({ verdict }) => verdict === 'burning');
  if (burning.some(({ severity }) => severity === 'page')) return 'page';
  if (burning.length > 0) return 'ticket';
  if (budget.newestAtMs === null || budget.events === 0) return 'silent';
  if (budget.usedShare >= 1) return 'missed';
  return 1 - budget.usedShare < LOW_SHARE ? 'low' : 'calm';
}

/** One line of the list: an objective by its worst budget. */
export interface SloRow {
  readonly slo: SloView;
  readonly objective: Objective;
  /** Counted from one, as the API does. */
  readonly number: number;
  readonly worst: BudgetView | null;
  readonly state: BudgetState;
}

function isWorse(left: BudgetView, right: BudgetView): boolean {
  const ranks = [RANKS.indexOf(stateOf(left)), RANKS.indexOf(stateOf(right))] as const;
  return ranks[0] === ranks[1] ? left.usedShare > right.usedShare : ranks[0] < ranks[1];
}

/** The budget that is worst off; those that raise alerts count before sums for people. */
export function worstOf(budgets: readonly BudgetView[]): BudgetView | null {
  const watched = budgets.filter(({ isWatched }) => isWatched);
  const among = watched.length > 0 ? watched : budgets;
  return among.reduce<BudgetView | null>(
    (worst, budget) => (worst === null || isWorse(budget, worst) ? budget : worst),
    null,
  );
}

/** Lines of all objectives. */
export function rowsOf(slos: readonly SloView[]): SloRow[] {
  return slos.flatMap((slo) =>
    slo.objectives.map((objective, index): SloRow => {
      const worst = worstOf(objective.budgets);
      return { slo, objective, number: index + 1, worst, state: worst === null ? 'silent' : stateOf(worst) };
    }),
  );
}

export type SloFilter = 'all' | 'burning' | 'attention';
export type SloSort = 'state' | 'budget' | 'name' | 'service';

/** Those that are asked for, in the order that is asked for. */
export function chooseRows(
  rows: readonly SloRow[],
  { filter, sort, search }: { readonly filter: SloFilter; readonly sort: SloSort; readonly search: string },
): SloRow[] {
  const wanted = search.trim().toLowerCase();
  const used = ({ worst }: SloRow): number => worst?.usedShare ?? Number.NEGATIVE_INFINITY;
  const compare: Readonly<Record<SloSort, (left: SloRow, right: SloRow) => number>> = {
    state: (left, right) =>
      RANKS.indexOf(left.state) - RANKS.indexOf(right.state) || used(right) - used(left),
    budget: (left, right) => used(right) - used(left),
    name: (left, right) => left.slo.name.localeCompare(right.slo.name),
    service: (left, right) => left.slo.service.localeCompare(right.slo.service),
  };
  return rows
    .filter(
      ({ slo, state }) =>
        (filter === 'all' ||
          state === 'page' ||
          state === 'ticket' ||
          (filter === 'attention' && (state === 'missed' || state === 'low'))) &&
        `${slo.name} ${slo.displayName} ${slo.service}`.toLowerCase().includes(wanted),
    )
    .sort((left, right) => compare[sort](left, right) || left.slo.name.localeCompare(right.slo.name));
}

/** "dublin, dublin-1", or "everything together". */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const values = Object.values(labels);
  return values.length === 0 ? 'all together' : values.join(' · ');
}

/** For the query of the history. */
export function labelsQuery(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** "14.4×"; a burn of 1 uses up the budget in its period. */
export function formatBurn(burn: number): string {
  const digits = burn === 0 || burn >= 99.5 ? 0 : burn >= 9.95 ? 1 : 2;
  return `${Number(burn.toFixed(digits))}×`;
}

/** "99.9 %", with the digits that a target needs. */
export function formatTarget(target: number): string {
  return `${Number((target * 100).toFixed(4))} %`;
}

/** "30 days", "6 h". */
export function formatPeriod(periodMs: number): string {
  const hours = periodMs / 3_600_000;
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  return hours >= 1 ? `${Math.round(hours)} h` : `${Math.round(periodMs / 60_000)} min`;
}

export interface HistoryPoint {
  readonly atMs: number;
  readonly good: number;
  readonly total: number;
  readonly burn: number;
}

/** Steps of a graph that has some three hundred of them, as the API takes them. */
export function stepFor(rangeMs: number): number {
  const steps = [
    5_000, 10_000, 30_000, 60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000,
  ];
  return steps.find((stepMs) => rangeMs / stepMs <= 400) ?? 86_400_000;
}

export interface History {
  readonly timesMs: readonly number[];
  /** Share of good events; null where nothing was counted. */
  readonly good: readonly (number | null)[];
  readonly burn: readonly (number | null)[];
}

/** Every step of the range, with gaps where nobody reported. */
export function historyOf(
  points: readonly HistoryPoint[],
  fromMs: number,
  toMs: number,
  stepMs: number,
): History {
  const byTime = new Map(points.map((point) => [point.atMs, point]));
  const first = Math.ceil(fromMs / stepMs) * stepMs;
  const timesMs = Array.from(
    { length: Math.max(0, Math.ceil((toMs - first) / stepMs)) },
    (_, index) => first + index * stepMs,
  );
  const found = timesMs.map((atMs) => {
    const point = byTime.get(atMs);
    return point === undefined || point.total === 0 ? undefined : point;
  });
  return {
    timesMs,
    good: found.map((point) => (point === undefined ? null : point.good / point.total)),
    burn: found.map((point) => point?.burn ?? null),
  };
}

/**
 * Share of the budget that was left at each step of a whole period, ending with what control says is left now: graphs
 * are sums of wide steps, the budget itself is counted by slices.
 */
export function budgetLeft(
  points: readonly HistoryPoint[],
  timesMs: readonly number[],
  objective: Pick<Objective, 'method'>,
  budget: Pick<BudgetView, 'usedShare'>,
): number[] {
  const byTime = new Map(points.map((point) => [point.atMs, point]));
  const spent = timesMs.map((atMs) => {
    const point = byTime.get(atMs);
    if (point === undefined) return 0;
    // Occurrences count events; slices count time, whatever went on in it.
    return objective.method === 'Occurrences' ? point.total - point.good : point.burn;
  });
  const sum = spent.reduce((total, value) => total + value, 0);
  let soFar = 0;
  return spent.map((value) => {
    soFar += value;
    return 1 - (sum === 0 ? 0 : (soFar / sum) * budget.usedShare);
  });
}
