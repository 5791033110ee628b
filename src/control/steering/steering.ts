// Runs the planner each second and keeps the plan in force. A plan that its checker finds fault with is not
// published: the last good one stays, and the findings are shown. Equal decisions keep their generation.

import type { SteeringPlan } from '#contract/snapshot.ts';
import { checkPlan, type Finding } from '#core/steering/check-plan.ts';
import { plan } from '#core/steering/plan.ts';
import { shareDistance } from '#core/steering/settle.ts';
import { DEFAULT_STEERING_POLICY, type SteeringPolicy, type SteeringView } from '#core/steering/types.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';

export interface Steering {
  /** Plans from the fleet of now. */
  tick(): void;
  /** Goes on from an earlier plan, for its hysteresis and its generation. */
  resume(previous: SteeringPlan): void;
  /** The plan in force. */
  current(): SteeringPlan;
  /** What the checker says of the newest plan; empty when it is in force. */
  findings(): readonly Finding[];
}

/** At the planner's bounded rate this much moves in about the time that one wave takes. */
const SHARE_STEP_MIN = 0.02;

/** Creates steering; until the first tick the plan is empty. `eased`: site → the part of its traffic that it is to keep. */
export function createSteering(
  { config, clock, log }: ControlContext,
  fleet: Fleet,
  eased: () => ReadonlyMap<string, number> = () => new Map(),
): Steering {
  const policy: SteeringPolicy = { ...DEFAULT_STEERING_POLICY, ttlMs: config.steering.ttlMs };
  let current: SteeringPlan = { generation: 0, createdAtMs: clock.nowMs(), ttlMs: policy.ttlMs, groups: [] };
  let findings: readonly Finding[] = [];

  return {
    tick() {
      const view = steeringView(config, fleet, current.generation === 0 ? null : current, eased());
      // Before anybody has joined there is nothing to steer to, and nobody to steer.
      if (view.sites.length === 0) return;
      const planned = plan(view, policy, clock.nowMs());
      const moved = changeOf(current, planned);
      // Shares creep towards their target; a step too small for a wave of snapshots waits until it has grown.
      if (moved > 0 && moved < SHARE_STEP_MIN) return;
      const next: SteeringPlan = moved === 0 ? { ...planned, generation: current.generation } : planned;
      const found = checkPlan(next, view);
      if (found.length > 0 && findings.length === 0)
        log.warn({ findings: found }, 'the checker refuses the new steering plan; the last good one stays');
      findings = found;
      if (found.length === 0) current = next;
    },
    resume(previous) {
      current = previous;
    },
    current: () => current,
    findings: () => findings,
  };
}

/**
 * How much a plan decides otherwise than the one before: the largest share that moves in any group, 1 when an order,
 * the groups or the TTL change. Reasons do not count: their numbers move all the time.
 */
export function changeOf(before: SteeringPlan, after: SteeringPlan): number {
  const frame = ({ ttlMs, groups }: SteeringPlan): string =>
    JSON.stringify([
      ttlMs,
      groups.map(({ id, order, shares }) => [id, order, shares.map(({ pathwayId }) => pathwayId).sort()]),
    ]);
  if (frame(before) !== frame(after)) return 1;
  const sharesOf = (group: SteeringPlan['groups'][number] | undefined): Map<string, number> =>
    new Map(group?.shares.map(({ pathwayId, share }) => [pathwayId, share]));
  return Math.max(
    0,
    ...after.groups.map((group, index) => shareDistance(sharesOf(before.groups[index]), sharesOf(group))),
  );
}

/** The world as the planner sees it: one pathway per site with an edge, one viewer group per region. */
export function steeringView(
  config: ControlContext['config'],
  fleet: Pick<Fleet, 'sites'>,
  previous: SteeringPlan | null,
  eased: ReadonlyMap<string, number> = new Map(),
): SteeringView {
  const regions = new Map(config.regions.map((region) => [region.id, region]));
  const sites = fleet.sites().flatMap((site) => {
    const region = regions.get(site.regionId);
    if (region === undefined || site.edgeUrl === null) return [];
    return [
      {
        siteId: site.id,
        regionId: site.regionId,
        pathwayId: site.id,
        latitude: region.latitude,
        longitude: region.longitude,
        state: site.state,
        isHealthy: site.isHealthy,
        capacityBps: site.capacityBps,
        egressBps: site.nodes.reduce((sum, node) => sum + (node.isAlive ? node.rates.egressBps : 0), 0),
        costPerGb: region.costPerGb,
        keep: eased.get(site.id) ?? 1,
      },
    ];
  });
  // Edges do not tell yet which group drew what: a region's egress stands for the demand of its own viewers.
  const groups = config.regions.map(({ id, latitude, longitude }) => ({
    id,
    latitude,
    longitude,
    demandBps: sites
      .filter(({ regionId }) => regionId === id)
      .reduce((sum, { egressBps }) => sum + egressBps, 0),
  }));
  return { sites, groups, previous };
}
