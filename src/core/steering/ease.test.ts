// Easing a site: a part of its share goes elsewhere, and nobody is overloaded for it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPlan } from './check-plan.ts';
import { plan } from './plan.ts';
import { DEFAULT_STEERING_POLICY, type SteeringSite, type SteeringView } from './types.ts';

function site(siteId: string, longitude: number, changes: Partial<SteeringSite> = {}): SteeringSite {
  return {
    siteId,
    regionId: siteId,
    pathwayId: siteId,
    latitude: 0,
    longitude,
    state: 'up',
    isHealthy: true,
    capacityBps: 1_000,
    egressBps: 0,
    costPerGb: 0,
    ...changes,
  };
}

function shares(sites: readonly SteeringSite[], demandBps = 100): Record<string, number> {
  const view: SteeringView = {
    sites,
    groups: [{ id: 'near', latitude: 0, longitude: 0, demandBps }],
    previous: null,
  };
  const made = plan(view, DEFAULT_STEERING_POLICY, 0);
  assert.deepEqual(checkPlan(made, view), []);
  return Object.fromEntries(made.groups[0]?.shares.map(({ pathwayId, share }) => [pathwayId, share]) ?? []);
}

test('an eased site keeps its part, and the next best gets the rest', () => {
  assert.deepEqual(shares([site('a', 0, { keep: 0.25 }), site('b', 40), site('c', 90)]), {
    a: 0.25,
    b: 0.75,
  });
  assert.deepEqual(shares([site('a', 0, { keep: 0 }), site('b', 40)]), { b: 1 });
  assert.deepEqual(shares([site('a', 0, { keep: 0.5 }), site('b', 40)], 0), { a: 0.5, b: 0.5 });
});

test('what does not fit elsewhere stays: easing overloads nobody, and the plan says so', () => {
  assert.deepEqual(shares([site('a', 0, { keep: 0 }), site('b', 40, { capacityBps: 50 })]), { a: 1 });
  const view: SteeringView = {
    sites: [site('a', 0, { keep: 0 })],
    groups: [{ id: 'near', latitude: 0, longitude: 0, demandBps: 1 }],
    previous: null,
  };
  const [group] = plan(view, DEFAULT_STEERING_POLICY, 0).groups;
  assert.deepEqual(group?.shares, [{ pathwayId: 'a', share: 1 }]);
  assert.ok(group?.reasons.some(({ code, subject }) => code === 'ease_without_others' && subject === 'a'));
});
