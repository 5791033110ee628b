// An independent judge of steering plans: it shares types with the planner and no code, so that a mistake in one
// is seen by the other. It says what is wrong, not what would be better. Where a rule cannot be kept (nothing is
// healthy, demand above all capacity), the rule is suspended, and only that rule.

import type { PlannedGroup, SteeringPlan, SteeringSite, SteeringView } from './types.ts';

export interface Finding {
  readonly code: string;
  readonly message: string;
}

/** Players that keep an answer longer than this would sit out a failure; shorter than this they would flood edges. */
const TTL_MS_MAX = 300_000;
const TTL_MS_MIN = 1_000;
/** Shares are rounded to six digits; 64 of them may be off by this much. */
const SUM_TOLERANCE = 1e-4;
/** Rounding of shares may overfill a small site by this much. */
const LOAD_TOLERANCE = 1.01;

interface Facts {
  readonly sites: ReadonlyMap<string, SteeringSite>;
  /** Up and healthy. */
  readonly serving: readonly SteeringSite[];
  /** Serving, or draining and still answering. */
  readonly answering: readonly SteeringSite[];
  /** Whether sites over capacity can be left out: the others can carry the whole demand. */
  readonly canSpareFull: boolean;
}

/** Everything that is wrong with a plan for this view; empty when nothing is. */
export function checkPlan(plan: SteeringPlan, view: SteeringView): Finding[] {
  const findings: Finding[] = [];
  const report = (code: string, message: string): void => {
    findings.push({ code, message });
  };
  const facts = gatherFacts(view);
  checkFrame(plan, view, report);
  for (const group of plan.groups) {
    checkIds(group, facts, report);
    checkShares(group, facts, report);
    checkOrder(group, facts, report);
  }
  checkLoads(plan, view, facts, report);
  return findings;
}

type Report = (code: string, message: string) => void;

function gatherFacts(view: SteeringView): Facts {
  const serving = view.sites.filter((site) => site.state === 'up' && site.isHealthy);
  const answering = view.sites.filter((site) => site.state !== 'down' && site.isHealthy);
  let demand = 0;
  for (const group of view.groups) demand += group.demandBps;
  let spare = 0;
  let spareCount = 0;
  for (const site of serving) {
    if (site.egressBps >= site.capacityBps) continue;
    spare += site.capacityBps;
    spareCount += 1;
  }
  return {
    sites: new Map(view.sites.map((site) => [site.pathwayId, site])),
    serving,
    answering,
    canSpareFull: spareCount > 0 && spare >= demand,
  };
}

function checkFrame(plan: SteeringPlan, view: SteeringView, report: Report): void {
  if (!Number.isInteger(plan.ttlMs) || plan.ttlMs < TTL_MS_MIN || plan.ttlMs > TTL_MS_MAX)
    report('ttl', `ttlMs is ${plan.ttlMs}, not a whole number from ${TTL_MS_MIN} to ${TTL_MS_MAX}`);
  const before = view.previous;
  if (before !== null && plan.generation < before.generation)
    report('generation', `generation ${plan.generation} comes after ${before.generation}`);
  // The same decision made again may keep its number; another one under the same number would not be noticed.
  if (before !== null && plan.generation === before.generation && !decidesTheSame(plan, before))
    report('generation', `generation ${plan.generation} is given to two different plans`);
  const planned = new Set<string>();
  for (const group of plan.groups) {
    if (planned.has(group.id)) report('group_twice', `group ${group.id} is planned twice`);
    planned.add(group.id);
    if (!view.groups.some(({ id }) => id === group.id))
      report('group_unknown', `group ${group.id} does not exist`);
  }
  for (const group of view.groups)
    if (!planned.has(group.id)) report('group_missing', `group ${group.id} has no plan`);
}

function decidesTheSame(left: SteeringPlan, right: SteeringPlan): boolean {
  const decision = ({ groups }: SteeringPlan): string =>
    JSON.stringify(groups.map(({ id, order, shares }) => ({ id, order, shares })));
  return left.ttlMs === right.ttlMs && decision(left) === decision(right);
}

function checkIds(group: PlannedGroup, facts: Facts, report: Report): void {
  const listed = new Set<string>();
  for (const pathwayId of group.order) {
    if (!facts.sites.has(pathwayId))
      report('pathway_unknown', `${group.id} orders unknown pathway ${pathwayId}`);
    if (listed.has(pathwayId)) report('pathway_twice', `${group.id} orders ${pathwayId} twice`);
    listed.add(pathwayId);
  }
  const shared = new Set<string>();
  for (const { pathwayId } of group.shares) {
    if (!facts.sites.has(pathwayId))
      report('pathway_unknown', `${group.id} gives a share to unknown ${pathwayId}`);
    else if (!listed.has(pathwayId))
      report('share_without_order', `${group.id} gives ${pathwayId} a share but no place in the order`);
    if (shared.has(pathwayId)) report('pathway_twice', `${group.id} gives ${pathwayId} two shares`);
    shared.add(pathwayId);
  }
}

function checkShares(group: PlannedGroup, facts: Facts, report: Report): void {
  let sum = 0;
  for (const { pathwayId, share } of group.shares) {
    sum += share;
    if (!(share >= 0 && share <= 1)) report('share_range', `${group.id} gives ${pathwayId} ${share}`);
    const site = facts.sites.get(pathwayId);
    if (site === undefined || share <= 0) continue;
    const name = `${group.id} gives ${pathwayId} a share of ${share}`;
    if (facts.serving.length > 0) {
      if (site.state === 'down') report('share_down', `${name}, which is down`);
      else if (!site.isHealthy) report('share_unhealthy', `${name}, which is not healthy`);
      else if (site.state === 'draining') report('share_draining', `${name}, which drains`);
      else if (site.egressBps >= site.capacityBps && facts.canSpareFull)
        report('share_over_capacity', `${name}, which is over its capacity`);
    } else if (!facts.answering.includes(site) && facts.answering.length > 0) {
      report('share_unanswered', `${name}, which does not answer, while a draining site does`);
    }
  }
  if (facts.sites.size > 0 && Math.abs(sum - 1) > SUM_TOLERANCE)
    report('share_sum', `shares of ${group.id} sum to ${sum}`);
}

function checkOrder(group: PlannedGroup, facts: Facts, report: Report): void {
  const reachable = group.order.filter((pathwayId) =>
    facts.answering.some((site) => site.pathwayId === pathwayId),
  );
  const wanted = Math.min(2, facts.answering.length);
  if (new Set(reachable).size < wanted)
    report('too_few_pathways', `${group.id} reaches ${reachable.length} pathways that answer, not ${wanted}`);
  if (group.order.length === 0 && facts.sites.size > 0) report('order_empty', `${group.id} has no order`);
  if (facts.serving.length === 0) return;
  let hasDrainingBefore = false;
  for (const pathwayId of group.order) {
    const site = facts.sites.get(pathwayId);
    if (site === undefined) continue;
    if (site.state === 'down' || !site.isHealthy)
      report('order_dead', `${group.id} orders ${pathwayId}, which does not serve`);
    else if (site.state === 'draining') hasDrainingBefore = true;
    else if (hasDrainingBefore)
      report('order_draining', `${group.id} orders ${pathwayId} after a draining site`);
  }
}

function checkLoads(plan: SteeringPlan, view: SteeringView, facts: Facts, report: Report): void {
  let demand = 0;
  for (const group of view.groups) demand += group.demandBps;
  let capacity = 0;
  for (const site of facts.serving) capacity += site.capacityBps;
  if (demand > capacity) return;
  for (const site of facts.serving) {
    let load = 0;
    for (const group of view.groups) {
      const planned = plan.groups.find(({ id }) => id === group.id);
      for (const entry of planned?.shares ?? [])
        if (entry.pathwayId === site.pathwayId) load += entry.share * group.demandBps;
    }
    if (load > site.capacityBps * LOAD_TOLERANCE + 1)
      report('load', `${site.pathwayId} is planned to carry ${load} bit/s of ${site.capacityBps}`);
  }
}
