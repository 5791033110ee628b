import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advanceWaves,
  dueVersion,
  NO_WAVES,
  offerVersion,
  releaseVersion,
  type Version,
  type WaveNode,
  type WaveState,
} from './waves.ts';

const STAGE_MS_MAX = 10_000;
const v = (sequence: number): Version => ({ term: 1, sequence });

function node(id: string, adopted: number | null, options: Partial<WaveNode> = {}): WaveNode {
  const siteId = id.slice(0, -2);
  return {
    id,
    siteId,
    regionId: siteId.slice(0, -2),
    isAlive: true,
    adopted: adopted === null ? null : v(adopted),
    refused: null,
    ...options,
  };
}

/** Two sites in dublin, one in singapore; sites take turns by sequence, and 3 begins at dublin-1. */
function world(dublin1: number, dublin2: number, singapore1: number): WaveNode[] {
  return [node('dublin-1-a', dublin1), node('dublin-2-a', dublin2), node('singapore-1-a', singapore1)];
}

function start(sequence = 3): WaveState {
  return offerVersion(releaseVersion(v(2)), v(sequence), false, world(2, 2, 2), 0);
}

function dueOf(state: WaveState, nodes: WaveNode[]): number[] {
  return nodes.map((each) => dueVersion(state, each, v(99)).sequence);
}

test('a wave goes to one site, then its region, then everybody, each when the stage before has adopted it', () => {
  let state = start();
  assert.deepEqual(dueOf(state, world(2, 2, 2)), [3, 2, 2]);
  state = advanceWaves(state, world(2, 2, 2), STAGE_MS_MAX, 1_000);
  assert.deepEqual(dueOf(state, world(2, 2, 2)), [3, 2, 2]);
  state = advanceWaves(state, world(3, 2, 2), STAGE_MS_MAX, 2_000);
  assert.deepEqual(dueOf(state, world(3, 2, 2)), [3, 3, 2]);
  state = advanceWaves(state, world(3, 3, 2), STAGE_MS_MAX, 4_000);
  assert.deepEqual(dueOf(state, world(3, 3, 2)), [3, 3, 3]);
  assert.deepEqual(state.full, v(2));
  state = advanceWaves(state, world(3, 3, 3), STAGE_MS_MAX, 6_000);
  assert.deepEqual(state, { full: v(3), wave: null, waiting: null, stopped: null });
});

test('a dead node holds nothing up', () => {
  const nodes = [node('dublin-1-a', 3), node('dublin-2-a', 2, { isAlive: false }), node('singapore-1-a', 3)];
  assert.deepEqual(advanceWaves(start(), nodes, STAGE_MS_MAX, 100).full, v(3));
});

test('a silent live node holds a stage up for a bounded time only', () => {
  let state = advanceWaves(start(), world(2, 2, 2), STAGE_MS_MAX, 9_999);
  assert.equal(state.wave?.stage, 1);
  state = advanceWaves(state, world(2, 2, 2), STAGE_MS_MAX, 10_000);
  assert.equal(state.wave?.stage, 2);
});

test('a refusal stops the wave, and everybody else keeps the version before', () => {
  const refused = { version: v(3), reason: 'mass_removal' };
  const nodes = [node('dublin-1-a', 2, { refused }), node('dublin-2-a', 2), node('singapore-1-a', 2)];
  const state = advanceWaves(start(), nodes, STAGE_MS_MAX, 2_000);
  assert.deepEqual(state.stopped, {
    version: v(3),
    nodeId: 'dublin-1-a',
    reason: 'mass_removal',
    atMs: 2_000,
  });
  assert.deepEqual(dueOf(state, nodes), [2, 2, 2]);
  const later = advanceWaves(state, nodes, STAGE_MS_MAX, 100_000);
  assert.deepEqual(dueOf(later, nodes), [2, 2, 2]);
});

test('an old refusal does not stop a newer wave', () => {
  const refused = { version: v(2), reason: 'oversized' };
  const nodes = [node('dublin-1-a', 3, { refused }), node('dublin-2-a', 3), node('singapore-1-a', 3)];
  assert.deepEqual(advanceWaves(start(), nodes, STAGE_MS_MAX, 1_000).full, v(3));
});

test('a change waits for the running wave, and only the newest waits', () => {
  let state = start();
  state = offerVersion(state, v(4), false, world(2, 2, 2), 500);
  state = offerVersion(state, v(5), false, world(2, 2, 2), 900);
  assert.deepEqual(dueOf(state, world(2, 2, 2)), [3, 2, 2]);
  state = advanceWaves(state, world(3, 3, 3), STAGE_MS_MAX, 4_000);
  assert.deepEqual(state.full, v(3));
  assert.deepEqual(state.wave?.version, v(5));
  assert.equal(state.waiting, null);
});

test('a refresh makes way for a change at once, but not for another refresh', () => {
  const refresh = offerVersion(releaseVersion(v(2)), v(3), true, world(2, 2, 2), 0);
  assert.deepEqual(offerVersion(refresh, v(4), true, world(2, 2, 2), 1).wave?.version, v(3));
  assert.deepEqual(offerVersion(refresh, v(4), false, world(2, 2, 2), 1).wave?.version, v(4));
});

test('sites take turns to be first, and only live ones', () => {
  const nodes = [node('dublin-1-a', 2), node('singapore-1-a', 2), node('tokyo-1-a', 2, { isAlive: false })];
  const first = (sequence: number) =>
    offerVersion(releaseVersion(v(2)), v(sequence), false, nodes, 0).wave?.siteId;
  assert.deepEqual([first(4), first(5), first(6)], ['dublin-1', 'singapore-1', 'dublin-1']);
});

test('with no live node a wave ends at once, and before any full version the newest is due', () => {
  assert.equal(dueVersion(NO_WAVES, node('dublin-1-a', null), v(7)).sequence, 7);
  const state = advanceWaves(offerVersion(NO_WAVES, v(7), false, [], 0), [], STAGE_MS_MAX, 0);
  assert.deepEqual(state.full, v(7));
});
