// Spreads the demand of all groups over sites with limited capacity. In round k every group asks its k-th choice
// for what it still needs; a site that is asked for more than it has left gives each group the same fraction.
// So the result does not depend on the order of the groups. First sites are filled up to the headroom; only when
// demand is left after all rounds, up to their capacity; what is then still left is spread in proportion to
// capacity, since every site is overloaded anyway and none should be more so than the others.

import { defined } from '#base/assert.ts';

export interface FillGroup {
  readonly id: string;
  readonly demandBps: number;
  /** Pathways, most wanted first. */
  readonly choices: readonly string[];
}

export interface FillResult {
  /** Group → pathway → share of the group's demand; each group's shares sum to 1. */
  readonly shares: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Demand for which no capacity was left. */
  readonly unmetBps: number;
}

/** A group without demand still needs shares for its next viewer: it is planned as one bit per second. */
const DEMAND_BPS_MIN = 1;
/** Below this, what is left is rounding. */
const REST_BPS_MIN = 1e-6;

/** Plans shares; `capacityBps` holds every pathway that may get any. */
export function waterFill(
  groups: readonly FillGroup[],
  capacityBps: ReadonlyMap<string, number>,
  headroom: number,
): FillResult {
  const given = new Map(groups.map((group) => [group.id, new Map<string, number>()]));
  const rest = new Map(groups.map((group) => [group.id, Math.max(DEMAND_BPS_MIN, group.demandBps)]));
  const used = new Map<string, number>();

  for (const fraction of [headroom, 1]) {
    const roundCount = Math.max(0, ...groups.map((group) => group.choices.length));
    for (let round = 0; round < roundCount; round += 1) {
      fillRound(groups, round, (pathwayId) => (capacityBps.get(pathwayId) ?? 0) * fraction, {
        given,
        rest,
        used,
      });
    }
  }
  const unmetBps = spreadRest(groups, capacityBps, given, rest);
  return { shares: toShares(groups, given), unmetBps };
}

interface FillState {
  readonly given: Map<string, Map<string, number>>;
  readonly rest: Map<string, number>;
  readonly used: Map<string, number>;
}

function fillRound(
  groups: readonly FillGroup[],
  round: number,
  limitBps: (pathwayId: string) => number,
  state: FillState,
): void {
  const asked = new Map<string, number>();
  for (const group of groups) {
    const pathwayId = group.choices[round];
    const rest = state.rest.get(group.id) ?? 0;
    if (pathwayId !== undefined && rest > REST_BPS_MIN) {
      asked.set(pathwayId, (asked.get(pathwayId) ?? 0) + rest);
    }
  }
  for (const group of groups) {
    const pathwayId = group.choices[round];
    const rest = state.rest.get(group.id) ?? 0;
    if (pathwayId === undefined || rest <= REST_BPS_MIN) continue;
    const free = Math.max(0, limitBps(pathwayId) - (state.used.get(pathwayId) ?? 0));
    const fraction = Math.min(1, free / defined(asked.get(pathwayId), 'what was asked of the pathway'));
    const bps = rest * fraction;
    if (bps <= 0) continue;
    const own = defined(state.given.get(group.id), 'the group');
    own.set(pathwayId, (own.get(pathwayId) ?? 0) + bps);
    state.rest.set(group.id, rest - bps);
  }
  for (const [pathwayId, askedBps] of asked) {
    const usedBps = state.used.get(pathwayId) ?? 0;
    const free = Math.max(0, limitBps(pathwayId) - usedBps);
    state.used.set(pathwayId, usedBps + Math.min(free, askedBps));
  }
}

function spreadRest(
  groups: readonly FillGroup[],
  capacityBps: ReadonlyMap<string, number>,
  given: Map<string, Map<string, number>>,
  rest: ReadonlyMap<string, number>,
): number {
  let unmetBps = 0;
  for (const group of groups) {
    const left = rest.get(group.id) ?? 0;
    if (left <= REST_BPS_MIN || group.choices.length === 0) continue;
    unmetBps += left;
    const own = defined(given.get(group.id), 'the group');
    const total = group.choices.reduce((sum, pathwayId) => sum + (capacityBps.get(pathwayId) ?? 0), 0);
    for (const pathwayId of group.choices) {
      const weight =
        total > 0 ? (capacityBps.get(pathwayId) ?? 0) / total : 1 / Math.max(1, group.choices.length);
      if (weight > 0) own.set(pathwayId, (own.get(pathwayId) ?? 0) + left * weight);
    }
  }
  return unmetBps;
}

function toShares(
  groups: readonly FillGroup[],
  given: ReadonlyMap<string, ReadonlyMap<string, number>>,
): Map<string, Map<string, number>> {
  const shares = new Map<string, Map<string, number>>();
  for (const group of groups) {
    const own = defined(given.get(group.id), 'the group');
    const total = [...own.values()].reduce((sum, bps) => sum + bps, 0);
    shares.set(
      group.id,
      new Map([...own].filter(([, bps]) => bps > 0).map(([pathwayId, bps]) => [pathwayId, bps / total])),
    );
  }
  return shares;
}
