import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_PLACEMENT_POLICY,
  inTurn,
  type PlacementClaimant,
  type PlacementJob,
  type PlacementView,
  placeJobs,
} from './placement.ts';

const NOW_MS = 100_000;

function job(id: string, sourceRegionIds: string[], waitedMs = 0): PlacementJob {
  return { id, projectId: 'default', sourceRegionIds, readySinceMs: NOW_MS - waitedMs };
}

function claimant(nodeId: string, options: Partial<PlacementClaimant> = {}): PlacementClaimant {
  return { nodeId, regionId: nodeId.replace(/-\d+$/, ''), isDrained: false, freeSlots: 1, ...options };
}

function place(view: Partial<PlacementView>) {
  const full = {
    jobs: [],
    runningByProject: new Map<string, number>(),
    claimants: [],
    liveRegionIds: new Set(['dublin', 'singapore']),
    ...view,
  };
  const placement = placeJobs(full, DEFAULT_PLACEMENT_POLICY, NOW_MS);
  return {
    given: placement.assignments.map(({ jobId, nodeId, reason }) => `${jobId}>${nodeId}:${reason.code}`),
    reasons: placement.reasons.map(({ code, subject }) => `${subject}:${code}`),
    wakeAtMs: placement.wakeAtMs,
  };
}

test('a node in a region that holds the source comes first', () => {
  assert.deepEqual(
    place({ jobs: [job('a', ['dublin'])], claimants: [claimant('singapore-1'), claimant('dublin-1')] }).given,
    ['a>dublin-1:holds_source'],
  );
});

test('a fresh job waits for its own region, and says until when', () => {
  const placed = place({ jobs: [job('a', ['dublin'], 400)], claimants: [claimant('singapore-1')] });
  assert.deepEqual(placed.given, []);
  assert.deepEqual(placed.reasons, ['a:prefers_holder']);
  assert.equal(placed.wakeAtMs, NOW_MS + 600);
});

test('a job that has waited longer than the preference goes anywhere', () => {
  assert.deepEqual(
    place({ jobs: [job('a', ['dublin'], 1_001)], claimants: [claimant('singapore-1')] }).given,
    ['a>singapore-1:waited'],
  );
  assert.deepEqual(
    place({ jobs: [job('a', ['dublin'], 1_000)], claimants: [claimant('singapore-1')] }).given,
    [],
  );
});

test('when no node of a holding region lives, another gets the job at once', () => {
  assert.deepEqual(
    place({
      jobs: [job('a', ['dublin'])],
      claimants: [claimant('singapore-1')],
      liveRegionIds: new Set(['singapore']),
    }).given,
    ['a>singapore-1:no_holder_alive'],
  );
});

test('a drained site gets no work, even when nobody else asks', () => {
  const placed = place({
    jobs: [job('a', ['dublin'], 60_000)],
    claimants: [claimant('dublin-1', { isDrained: true })],
    liveRegionIds: new Set(),
  });
  assert.deepEqual(placed.given, []);
  assert.deepEqual(placed.reasons, ['dublin-1:drained', 'a:no_free_node']);
});

test('jobs are given oldest first and never more than a node has slots', () => {
  const placed = place({
    jobs: ['a', 'b', 'c', 'd'].map((id) => job(id, ['dublin'])),
    claimants: [claimant('dublin-1', { freeSlots: 2 }), claimant('dublin-2')],
  });
  assert.deepEqual(placed.given, [
    'a>dublin-1:holds_source',
    'b>dublin-1:holds_source',
    'c>dublin-2:holds_source',
  ]);
  assert.deepEqual(placed.reasons, ['d:no_free_node']);
});

test('projects share the encoders, whatever one of them has waiting', () => {
  const many = Array.from({ length: 6 }, (_, index) => job(`a${index}`, ['dublin'], 1_000 - index));
  const other = { ...job('b', ['dublin'], 10), projectId: 'other' };
  const jobs = [...many, other, { ...other, id: 'c', readySinceMs: NOW_MS - 5 }];
  assert.deepEqual(
    inTurn({ jobs, runningByProject: new Map() }).map(({ id }) => id),
    ['a0', 'b', 'a1', 'c', 'a2', 'a3', 'a4', 'a5'],
  );
  assert.deepEqual(
    inTurn({ jobs, runningByProject: new Map([['default', 2]]) }).map(({ id }) => id),
    ['b', 'c', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5'],
    'what runs already counts',
  );
  const { given } = place({ jobs, claimants: [claimant('dublin-1', { freeSlots: 2 })] });
  assert.deepEqual(given, ['a0>dublin-1:holds_source', 'b>dublin-1:holds_source']);
});
