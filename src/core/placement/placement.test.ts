import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_PLACEMENT_POLICY,
  HELPERS_MAX_AT_START,
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

const RECIPE = 'ffmpeg 5.1';

function encoder(
  nodeId: string,
  options: { sources?: string[]; speed?: number } & Partial<PlacementClaimant> = {},
) {
  const { sources = [], speed = null, ...rest } = options;
  const facts = { recipe: RECIPE, megapixelsPerSecond: speed, sources };
  return claimant(nodeId, { encoder: facts, ...rest });
}

function chunk(
  index: number,
  options: Partial<NonNullable<PlacementJob['chunk']>> = {},
  more: Partial<PlacementJob> = {},
) {
  return {
    ...job(`long/${index}`, ['dublin']),
    source: { sha256: 'abc', bytes: 2e9 },
    chunk: {
      jobId: 'long',
      recipe: RECIPE,
      helperNodeIds: [],
      helpersMax: HELPERS_MAX_AT_START,
      openCount: 20,
      ...options,
    },
    ...more,
  };
}

const three = ['dublin-1', 'singapore-1', 'los-angeles-1'];

test('chunks go to nodes near the source first, then to those with a copy, then to whom a copy pays', () => {
  const claimants = [
    encoder('singapore-1'),
    encoder('dublin-1'),
    encoder('los-angeles-1', { sources: ['abc'] }),
  ];
  const jobs = [0, 1, 2].map((index) => chunk(index, { helpersMax: 9 }));
  assert.deepEqual(place({ jobs, claimants }).given, [
    'long/0>dublin-1:holds_source',
    'long/1>los-angeles-1:has_copy',
    'long/2>singapore-1:worth_copy',
  ]);
});

test('a copy does not pay for the last chunks, and the reason tells what it would cost', () => {
  const view = {
    jobs: [chunk(0, { openCount: 5, helperNodeIds: ['dublin-1'] })],
    claimants: [encoder('singapore-1')],
    runningByProject: new Map<string, number>(),
    liveRegionIds: new Set(['dublin']),
    costPerGbByRegion: new Map([['dublin', 0.05]]),
  };
  const { reasons } = placeJobs(view, DEFAULT_PLACEMENT_POLICY, NOW_MS);
  assert.equal(reasons[0]?.code, 'not_worth_copy');
  assert.deepEqual([reasons[0]?.values.sourceGb, reasons[0]?.values.egressCost], [2, 0.1]);
});

test('of far nodes the one whose region sends results back cheapest helps', () => {
  const view = {
    jobs: [chunk(0)],
    claimants: [encoder('singapore-1', { speed: 900 }), encoder('los-angeles-1', { speed: 100 })],
    runningByProject: new Map<string, number>(),
    liveRegionIds: new Set(['dublin']),
    costPerGbByRegion: new Map([
      ['singapore', 0.08],
      ['los-angeles', 0.05],
    ]),
  };
  assert.equal(placeJobs(view, DEFAULT_PLACEMENT_POLICY, NOW_MS).assignments[0]?.nodeId, 'los-angeles-1');
});

test('of equally near nodes the faster one gets the work', () => {
  const claimants = [encoder('dublin-1', { speed: 100 }), encoder('dublin-2', { speed: 400 })];
  assert.deepEqual(place({ jobs: [chunk(0)], claimants }).given, ['long/0>dublin-2:holds_source']);
});

test('no more nodes help than a job may have, but those that do may take more', () => {
  const jobs = [0, 1, 2, 3].map((index) =>
    chunk(index, {}, { sourceRegionIds: three.map((id) => id.slice(0, -2)) }),
  );
  const claimants = three.map((id) => encoder(id, { freeSlots: 1 }));
  const placed = place({ jobs, claimants });
  assert.equal(placed.given.length, HELPERS_MAX_AT_START);
  assert.ok(placed.reasons.includes('long/2:enough_helpers'));
  const one = [chunk(0, { helpersMax: 1, helperNodeIds: ['dublin-1'] })];
  assert.deepEqual(place({ jobs: one, claimants: [encoder('dublin-1')] }).given, [
    'long/0>dublin-1:holds_source',
  ]);
});

test('a node with another recipe, or of an earlier version, gets no chunk', () => {
  const other = claimant('dublin-1', {
    encoder: { recipe: 'node-av 8.1', megapixelsPerSecond: null, sources: [] },
  });
  assert.deepEqual(place({ jobs: [chunk(0)], claimants: [other, claimant('dublin-2')] }).given, []);
});

test('work does not go back to the node at which it failed while another one lives', () => {
  const failed = { ...job('a', ['dublin'], 2_000), avoidsNodeId: 'dublin-1' };
  const view = { jobs: [failed], claimants: [claimant('dublin-1')] };
  assert.deepEqual(place({ ...view, liveNodeIds: new Set(['dublin-1', 'dublin-2']) }).given, []);
  assert.deepEqual(place({ ...view, liveNodeIds: new Set(['dublin-1']) }).given, ['a>dublin-1:holds_source']);
  const late = { ...failed, readySinceMs: NOW_MS - 20_000 };
  const both = new Set(['dublin-1', 'dublin-2']);
  assert.deepEqual(place({ ...view, jobs: [late], liveNodeIds: both }).given, ['a>dublin-1:holds_source']);
});

test('priority comes first, then whole jobs before chunks; waiting raises it, so that nothing waits for ever', () => {
  const jobs = [
    { ...job('low', ['dublin']), priority: 2 },
    chunk(0),
    job('normal', ['dublin']),
    { ...job('high', ['dublin']), priority: 0 },
    { ...job('old', ['dublin'], DEFAULT_PLACEMENT_POLICY.agingMs * 2), priority: 2 },
  ];
  assert.deepEqual(
    inTurn({ jobs, runningByProject: new Map() }, DEFAULT_PLACEMENT_POLICY, NOW_MS).map(({ id }) => id),
    ['old', 'high', 'normal', 'long/0', 'low'],
  );
});

test('a paused region gets no work', () => {
  const placed = place({
    jobs: [job('a', ['dublin'])],
    claimants: [claimant('dublin-1', { isPaused: true })],
  });
  assert.deepEqual(placed.reasons, ['dublin-1:paused', 'a:no_free_node']);
});

test('a region that is scaled takes no more than it has room for, and other regions the rest', () => {
  const jobs = [job('a', ['dublin'], 5_000), job('b', ['dublin'], 4_000), job('c', ['dublin'], 3_000)];
  const claimants = [claimant('dublin-1', { freeSlots: 3 }), claimant('singapore-1', { freeSlots: 3 })];
  const placed = place({ jobs, claimants, roomByRegion: new Map([['dublin', 1]]) });
  assert.deepEqual(placed.given, ['a>dublin-1:holds_source', 'b>singapore-1:waited', 'c>singapore-1:waited']);
  const full = place({
    jobs: jobs.slice(0, 1),
    claimants: claimants.slice(0, 1),
    // More may be at work than was ordered since.
    roomByRegion: new Map([['dublin', -1]]),
  });
  assert.deepEqual([full.given, full.reasons], [[], ['a:no_free_node']]);
});
