// The steering plan: for each viewer group an order of pathways and the shares in which sessions start.
//
// Every site gets a score per group (distance, cost, load; see score.ts). Sites that are down or unhealthy are left
// out, those that drain come last and get no share, those over capacity get no share while the others can carry the
// demand. Shares fill the best sites up to the headroom and spill the rest (water-fill.ts). Order and shares change
// only for a gain above a margin, and shares for soft reasons at a bounded rate (settle.ts); what would push a site
// past its capacity is not soft. When nothing is healthy, viewers are sent to the nearest site anyway: the planner
// may be the one that is cut off.

import { defined } from '#base/assert.ts';
import { easeShares } from './ease.ts';
import { orderSites } from './order.ts';
import { type SiteScore, scoreSite } from './score.ts';
import { roundShares, type Shares, settleShares } from './settle.ts';
import type {
  PlannedGroup,
  SteeringGroup,
  SteeringPlan,
  SteeringPolicy,
  SteeringReason,
  SteeringSite,
  SteeringView,
} from './types.ts';
import { type FillResult, waterFill } from './water-fill.ts';

/** A player never walks further; with 64 groups an order of this length keeps the plan under 100 kB. */
const ORDER_LENGTH_MAX = 32;
/** Reasons per group: with 64 groups of 150 bytes each they stay under 200 kB of the snapshot's 1 MiB. */
const REASONS_PER_GROUP_MAX = 16;

/** Which sites may carry what, decided once for all groups. */
interface Standing {
  readonly eligible: readonly SteeringSite[];
  readonly overCapacity: readonly SteeringSite[];
  readonly draining: readonly SteeringSite[];
  readonly reasons: readonly SteeringReason[];
}

interface GroupDraft {
  readonly group: SteeringGroup;
  readonly order: readonly SiteScore[];
  readonly choices: readonly string[];
  readonly reasons: SteeringReason[];
}

/** Makes the next plan. Pure: equal views, policies and times give equal plans. */
export function plan(view: SteeringView, policy: SteeringPolicy, nowMs: number): SteeringPlan {
  const standing = judgeSites(view, policy);
  const hasServing = standing.eligible.length > 0;
  return {
    generation: (view.previous?.generation ?? 0) + 1,
    createdAtMs: nowMs,
    ttlMs: policy.ttlMs,
    groups: hasServing
      ? planGroups(view, standing, policy, nowMs)
      : view.groups.map((group) => planLastResort(group, view.sites, policy)),
  };
}

function judgeSites(view: SteeringView, policy: SteeringPolicy): Standing {
  const serving = view.sites.filter((site) => site.state === 'up' && site.isHealthy);
  const demandBps = view.groups.reduce((sum, group) => sum + group.demandBps, 0);
  const isOver = (site: SteeringSite): boolean => site.egressBps >= site.capacityBps;
  const wasOver = overCapacityBefore(view.previous);
  // A site comes back only when it is below the headroom again, else it would be let in and out at every plan.
  const isStillOver = (site: SteeringSite): boolean =>
    isOver(site) || (wasOver.has(site.pathwayId) && site.egressBps >= site.capacityBps * policy.headroom);

  const reasons: SteeringReason[] = [];
  let eligible = serving;
  for (const isLeftOut of [isStillOver, isOver]) {
    const rest = serving.filter((site) => !isLeftOut(site));
    const restBps = rest.reduce((sum, site) => sum + site.capacityBps, 0);
    if (rest.length === 0 || restBps < demandBps) continue;
    eligible = rest;
    break;
  }
  const eligibleIds = new Set(eligible.map((site) => site.pathwayId));
  const overCapacity = serving.filter((site) => !eligibleIds.has(site.pathwayId));
  for (const site of overCapacity) {
    const { egressBps, capacityBps } = site;
    reasons.push({ code: 'over_capacity', subject: site.pathwayId, values: { egressBps, capacityBps } });
  }
  for (const site of view.sites) {
    if (site.state === 'down') reasons.push({ code: 'down', subject: site.pathwayId, values: {} });
    else if (!site.isHealthy) reasons.push({ code: 'unhealthy', subject: site.pathwayId, values: {} });
    else if (site.state === 'draining')
      reasons.push({ code: 'draining', subject: site.pathwayId, values: {} });
  }
  const draining = view.sites.filter((site) => site.state === 'draining' && site.isHealthy);
  return { eligible, overCapacity, draining, reasons };
}

function overCapacityBefore(previous: SteeringPlan | null): Set<string> {
  const found = new Set<string>();
  for (const group of previous?.groups ?? [])
    for (const reason of group.reasons) if (reason.code === 'over_capacity') found.add(reason.subject);
  return found;
}

function planGroups(
  view: SteeringView,
  standing: Standing,
  policy: SteeringPolicy,
  nowMs: number,
): PlannedGroup[] {
  const drafts = view.groups.map((group) => draftGroup(group, view.previous, standing, policy));
  const capacityBps = new Map(standing.eligible.map((site) => [site.pathwayId, site.capacityBps]));
  const wanted = drafts.map(({ group, choices }) => ({ id: group.id, demandBps: group.demandBps, choices }));
  const keep = new Map(standing.eligible.map((site) => [site.pathwayId, site.keep ?? 1]));
  const filled = waterFill(wanted, capacityBps, policy.headroom);
  const { fill, reasons: easings } = easeShares(wanted, filled, keep, capacityBps, policy.headroom);
  const shares = settleGroups(view, drafts, fill, capacityBps, policy, nowMs);
  return drafts.map((draft) => {
    const own = defined(shares.get(draft.group.id), 'shares of the group');
    const isUnmet = fill.unmetBps > 0;
    const reasons = isUnmet
      ? [
          {
            code: 'capacity_exhausted',
            subject: 'group',
            values: { unmetBps: Math.round(fill.unmetBps), demandBps: draft.group.demandBps },
          },
        ]
      : [];
    return {
      id: draft.group.id,
      order: limitOrder(draft.order, own),
      shares: roundShares(own),
      reasons: [...reasons, ...easings, ...draft.reasons].slice(0, REASONS_PER_GROUP_MAX),
    };
  });
}

function draftGroup(
  group: SteeringGroup,
  previous: SteeringPlan | null,
  standing: Standing,
  policy: SteeringPolicy,
): GroupDraft {
  const before = previous?.groups.find(({ id }) => id === group.id)?.order ?? [];
  const score = (sites: readonly SteeringSite[]): SiteScore[] =>
    sites.map((site) => scoreSite(group, site, policy));
  const usable = orderSites(score(standing.eligible), before, policy.marginMs);
  const over = orderSites(score(standing.overCapacity), before, policy.marginMs);
  const draining = orderSites(score(standing.draining), before, policy.marginMs);
  return {
    group,
    order: [...usable.ordered, ...over.ordered, ...draining.ordered],
    choices: usable.ordered.map(({ site }) => site.pathwayId),
    reasons: [...standing.reasons, ...usable.reasons, ...scoreReasons(usable.ordered)],
  };
}

/** Says why the first four stand where they stand; further ones are hardly ever used. */
function scoreReasons(ordered: readonly SiteScore[]): SteeringReason[] {
  const round = (value: number): number => Math.round(value * 10) / 10;
  return ordered.slice(0, 4).map(({ site, distanceMs, costMs, loadMs, scoreMs }) => ({
    code: 'score',
    subject: site.pathwayId,
    values: {
      scoreMs: round(scoreMs),
      distanceMs: round(distanceMs),
      costMs: round(costMs),
      loadMs: round(loadMs),
    },
  }));
}

/** Settles the shares of all groups; a group whose slow shift would overload a site goes to its target at once. */
function settleGroups(
  view: SteeringView,
  drafts: readonly GroupDraft[],
  fill: FillResult,
  capacityBps: ReadonlyMap<string, number>,
  policy: SteeringPolicy,
  nowMs: number,
): Map<string, Shares> {
  const eligible = new Set(capacityBps.keys());
  const elapsedMs = view.previous === null ? 0 : nowMs - view.previous.createdAtMs;
  const shares = new Map<string, Shares>();
  const slow = new Set<GroupDraft>();
  for (const draft of drafts) {
    const target = defined(fill.shares.get(draft.group.id), 'a target of the group');
    const before = view.previous?.groups.find(({ id }) => id === draft.group.id);
    if (before === undefined || before.shares.length === 0) {
      shares.set(draft.group.id, target);
      continue;
    }
    const previous = new Map(before.shares.map(({ pathwayId, share }) => [pathwayId, share]));
    const settled = settleShares(target, previous, eligible, elapsedMs, policy);
    draft.reasons.unshift(...settled.reasons);
    shares.set(draft.group.id, settled.shares);
    if (settled.shares !== target) slow.add(draft);
  }
  relieveOverload(drafts, slow, shares, fill, capacityBps);
  return shares;
}

function relieveOverload(
  drafts: readonly GroupDraft[],
  slow: Set<GroupDraft>,
  shares: Map<string, Shares>,
  fill: FillResult,
  capacityBps: ReadonlyMap<string, number>,
): void {
  // Every round hurries at least one group, and with all of them at their targets nothing is overloaded that need
  // not be, so this ends.
  for (;;) {
    const loads = plannedLoads(drafts, shares);
    const hurried = [...slow].filter((draft) =>
      [...defined(shares.get(draft.group.id), 'shares').keys()].some(
        (pathwayId) => (loads.get(pathwayId) ?? 0) > (capacityBps.get(pathwayId) ?? 0),
      ),
    );
    if (hurried.length === 0) return;
    for (const draft of hurried) {
      const [pathwayId, loadBps] = fullest(loads, capacityBps);
      draft.reasons.unshift({
        code: 'shift_not_bounded',
        subject: pathwayId,
        values: { loadBps: Math.round(loadBps), capacityBps: capacityBps.get(pathwayId) ?? 0 },
      });
      shares.set(draft.group.id, defined(fill.shares.get(draft.group.id), 'a target'));
      slow.delete(draft);
    }
  }
}

function plannedLoads(
  drafts: readonly GroupDraft[],
  shares: ReadonlyMap<string, Shares>,
): Map<string, number> {
  const loads = new Map<string, number>();
  for (const { group } of drafts)
    for (const [pathwayId, share] of shares.get(group.id) ?? [])
      loads.set(pathwayId, (loads.get(pathwayId) ?? 0) + share * group.demandBps);
  return loads;
}

function fullest(loads: ReadonlyMap<string, number>, capacityBps: ReadonlyMap<string, number>) {
  let found: [string, number] = ['', 0];
  let most = 0;
  for (const [pathwayId, loadBps] of loads) {
    const load = loadBps / (capacityBps.get(pathwayId) ?? 0);
    if (load > most) {
      most = load;
      found = [pathwayId, loadBps];
    }
  }
  return found;
}

/** Cuts a long order, but never a pathway that has a share. */
function limitOrder(order: readonly SiteScore[], shares: Shares): string[] {
  const ids = order.map(({ site }) => site.pathwayId);
  return ids.filter((pathwayId, index) => index < ORDER_LENGTH_MAX || (shares.get(pathwayId) ?? 0) > 0);
}

/** Nothing is healthy: those that drain but answer first, then by distance, those called down at the end. */
function planLastResort(
  group: SteeringGroup,
  sites: readonly SteeringSite[],
  policy: SteeringPolicy,
): PlannedGroup {
  const rank = (site: SteeringSite): number => {
    if (site.state === 'down') return 2;
    return site.isHealthy ? 0 : 1;
  };
  const ordered = sites
    .map((site) => scoreSite(group, site, policy))
    .sort(
      (a, b) =>
        rank(a.site) - rank(b.site) ||
        a.distanceMs - b.distanceMs ||
        (a.site.pathwayId < b.site.pathwayId ? -1 : 1),
    )
    .slice(0, ORDER_LENGTH_MAX);
  const first = ordered[0];
  return {
    id: group.id,
    order: ordered.map(({ site }) => site.pathwayId),
    shares: first === undefined ? [] : [{ pathwayId: first.site.pathwayId, share: 1 }],
    reasons:
      first === undefined
        ? [{ code: 'no_sites', subject: 'group', values: {} }]
        : [
            {
              code: 'last_resort',
              subject: first.site.pathwayId,
              values: { distanceMs: Math.round(first.distanceMs), siteCount: sites.length },
            },
          ],
  };
}
