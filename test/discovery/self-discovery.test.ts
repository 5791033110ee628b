// The platform notices by itself: one seed of the bench's faults (bench/groups/self-discovery.ts), those that are found
// within minutes of virtual time, with a small crowd.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { discover, watchQuietly } from '../scenarios/discovery/discover.ts';
import { FAULT_KINDS } from '../scenarios/discovery/fault-kinds.ts';

const CROWD = { videoViewers: 5, liveViewers: 3 } as const;
const SEED = 1;
/** Smaller shares take their time, as the burn table says; the bench waits for them. */
const SLOW: readonly string[] = ['one answer in ten is an error', 'one video fails'];

for (const kind of FAULT_KINDS.filter(({ name }) => !SLOW.includes(name)))
  test(`somebody is paged with the right place when ${kind.name}`, () => {
    const { siteId, page, detectionMs, formulaMs, isInTime, misplaced } = discover(kind, SEED, CROWD);
    const times = `${siteId}: found after ${detectionMs / 1_000} s, by the formula ${formulaMs / 1_000} s`;
    assert.ok(page !== undefined, `nobody was paged for ${siteId}`);
    assert.ok(isInTime, `${times}: ${page.summary}`);
    assert.deepEqual(misplaced, [], times);
  });

test('nobody is paged while all is well', () => {
  assert.deepEqual(watchQuietly(SEED, CROWD, 300_000), []);
});
