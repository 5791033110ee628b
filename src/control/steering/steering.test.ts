import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SteeringPlan } from '#contract/snapshot.ts';
import { changeOf } from './steering.ts';

function planOf(shares: Record<string, number>, order = ['a', 'b'], reasonValue = 0): SteeringPlan {
  return {
    generation: 1,
    createdAtMs: 0,
    ttlMs: 5_000,
    groups: [
      {
        id: 'dublin',
        order,
        shares: Object.entries(shares).map(([pathwayId, share]) => ({ pathwayId, share })),
        reasons: [{ code: 'load', subject: 'a', values: { egressBps: reasonValue } }],
      },
    ],
  };
}

test('equal decisions do not count as a change, whatever the numbers in their reasons', () => {
  assert.equal(changeOf(planOf({ a: 0.5, b: 0.5 }), planOf({ b: 0.5, a: 0.5 }, ['a', 'b'], 99)), 0);
});

test('a change is as large as the share that moves', () => {
  assert.ok(Math.abs(changeOf(planOf({ a: 0.5, b: 0.5 }), planOf({ a: 0.49, b: 0.51 })) - 0.01) < 1e-9);
});

test('another order, or a pathway that gains or loses its last share, is a whole change', () => {
  assert.equal(changeOf(planOf({ a: 1 }), planOf({ a: 1 }, ['b', 'a'])), 1);
  assert.equal(changeOf(planOf({ a: 1 }), planOf({ a: 0.999, b: 0.001 })), 1);
});
