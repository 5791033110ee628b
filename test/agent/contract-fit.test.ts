// core/ may not import the contract, so it declares its own types. These tests hold the two equal: they fail to
// compile when a field drifts apart.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PATHWAY_REMOVAL_SHARE_MAX, SNAPSHOT_BYTES_MAX } from '#contract/limits.ts';
import {
  type Reason,
  type SteeringPlan,
  steeringPlanSchema,
  type WorldSnapshot,
} from '#contract/snapshot.ts';
import { checkSnapshot, DEFAULT_SNAPSHOT_LIMITS, type SnapshotView } from '#core/snapshot/check-snapshot.ts';
import { adjust, DEFAULT_ADJUST_POLICY } from '#core/steering/adjust.ts';
import { plan } from '#core/steering/plan.ts';
import {
  type SteeringPlan as CorePlan,
  DEFAULT_STEERING_POLICY,
  type SteeringReason,
} from '#core/steering/types.ts';
import type { SiteProbe } from '#region/shared/node-context.ts';
import { makeWorld } from './world.ts';

test('a plan of core is a plan of the contract, and back', () => {
  const made: CorePlan = plan(
    {
      sites: [
        {
          siteId: 'dublin-1',
          regionId: 'dublin',
          pathwayId: 'dublin-1',
          latitude: 53,
          longitude: -6,
          state: 'up',
          isHealthy: true,
          capacityBps: 1_000,
          egressBps: 0,
          costPerGb: 0,
        },
      ],
      groups: [{ id: 'dublin', latitude: 53, longitude: -6, demandBps: 10 }],
      previous: null,
    },
    DEFAULT_STEERING_POLICY,
    1,
  );
  const travelling: SteeringPlan = made;
  const returned: CorePlan = travelling;
  const reason: Reason | undefined = returned.groups[0]?.reasons[0];
  const back: SteeringReason | undefined = reason;
  assert.equal(back?.code, 'score');
  assert.deepEqual(steeringPlanSchema.parse(made), made);
});

test("the checker of core reads the contract's snapshot and holds its limits", () => {
  const world: WorldSnapshot = makeWorld();
  const view: SnapshotView = world;
  assert.deepEqual(checkSnapshot(view, null), { isAccepted: true });
  assert.equal(DEFAULT_SNAPSHOT_LIMITS.bytesMax, SNAPSHOT_BYTES_MAX);
  assert.equal(DEFAULT_SNAPSHOT_LIMITS.removalShareMax, PATHWAY_REMOVAL_SHARE_MAX);
});

test("the edge's correction reads the contract's plan and the node's probes", () => {
  const world = makeWorld();
  const probe: SiteProbe = { siteId: 'dublin-1', failures: 2, roundTripMs: null, probedAtMs: 1 };
  const made = adjust({
    group: world.steering.groups[1],
    pathways: world.pathways.map(({ id, ...rest }) => ({ ...rest, pathwayId: id, state: 'up' })),
    probes: new Map([[probe.siteId, probe]]),
    ownPathwayId: 'singapore-1',
    sessionHash: 1,
    currentPathwayId: null,
    nowMs: 1,
    policy: DEFAULT_ADJUST_POLICY,
  });
  assert.deepEqual(made.priority, ['singapore-1', 'los-angeles-1', 'dublin-1']);
});
