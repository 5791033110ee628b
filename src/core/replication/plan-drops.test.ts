import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DropView, planDrops } from './plan-drops.ts';

const NOW = 10_000_000;
const GRACE = { graceMs: 3_600_000 };
const OLD = NOW - GRACE.graceMs;

const view = (changes: Partial<DropView>): DropView => ({
  assetId: 'ast_x',
  servedVersion: 2,
  servedAttempt: 3,
  readyAtMs: OLD,
  replacedAtMs: new Map([[1, OLD]]),
  holdings: [],
  ...changes,
});
const plan = (changes: Partial<DropView>): string[] =>
  planDrops(view(changes), GRACE, NOW).map(
    ({ version, attempt, reason }) => `v${version} a${attempt} ${reason.code}`,
  );

test('a replaced version goes when its grace is over, not before', () => {
  const holdings = [
    { version: 1, attempt: 0 },
    { version: 1, attempt: 1 },
  ];
  assert.deepEqual(plan({ holdings }), ['v1 anull version_replaced']);
  assert.deepEqual(plan({ holdings, replacedAtMs: new Map([[1, OLD + 1]]) }), []);
});

test('a version of which control knows nothing stays', () => {
  assert.deepEqual(plan({ holdings: [{ version: 1, attempt: 1 }], replacedAtMs: new Map() }), []);
});

test('attempts before the complete one go when it has been complete for the grace', () => {
  const holdings = [1, 2, 3, 4].map((attempt) => ({ version: 2, attempt }));
  assert.deepEqual(plan({ holdings }), ['v2 a1 attempt_outdone', 'v2 a2 attempt_outdone']);
  assert.deepEqual(plan({ holdings, readyAtMs: OLD + 1 }), []);
});

test('the source, the served attempt, later attempts and later versions never go', () => {
  const holdings = [
    { version: 2, attempt: 0 },
    { version: 2, attempt: 3 },
    { version: 2, attempt: 9 },
    { version: 3, attempt: 0 },
    { version: 3, attempt: 1 },
    { version: 0, attempt: 0 },
  ];
  assert.deepEqual(plan({ holdings }), []);
  assert.deepEqual(plan({ holdings, servedAttempt: null }), []);
});
