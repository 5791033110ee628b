// Which level is chosen, and when a download is given up.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canEstimate,
  estimatedBps,
  estimatedFirstByteMs,
  initialEstimate,
  withDownload,
  withWait,
} from './bandwidth-estimate.ts';
import { abandonFor, type LevelView, nextLevel } from './choose-level.ts';

const LEVELS = [400_000, 900_000, 1_800_000].map((bandwidthBps) => ({
  bandwidthBps,
  averageBandwidthBps: bandwidthBps * 0.9,
  segmentSeconds: 2,
}));

/** An estimate of one download that took a second. */
function measured(bitsPerSecond: number): ReturnType<typeof initialEstimate> {
  return withDownload(initialEstimate(3_000_000), 1_000, bitsPerSecond / 8);
}

function view(change: Partial<LevelView>): LevelView {
  return {
    levels: LEVELS,
    estimate: measured(2_000_000),
    lastLevel: 1,
    loadLevel: 1,
    segmentSeconds: 2,
    bufferedSeconds: 10,
    playlistSeconds: 0,
    ...change,
  };
}

test('the estimate is the default until something was downloaded, then the lesser of two averages', () => {
  const fresh = initialEstimate(3_000_000);
  assert.equal(canEstimate(fresh), false);
  assert.equal(estimatedBps(fresh), 3_000_000);
  const once = measured(2_000_000);
  assert.ok(Math.abs(estimatedBps(once) - 2_000_000) < 1);
  // Fast to fall: the short average has moved further.
  const fallen = withDownload(withDownload(once, 3_000, 750_000), 2_000, 100_000);
  assert.ok(estimatedBps(fallen) < 1_300_000, `${estimatedBps(fallen)}`);
  // Slow to rise: the long average holds back.
  const risen = withDownload(measured(1_000_000), 2_000, 2_500_000);
  assert.ok(estimatedBps(risen) < 7_300_000, `${estimatedBps(risen)}`);
});

test('a usual first byte takes 100 ms until one was measured', () => {
  const fresh = initialEstimate(1);
  assert.equal(estimatedFirstByteMs(fresh), 100);
  assert.ok(Math.abs(estimatedFirstByteMs(withWait(fresh, 40)) - 40) < 0.001);
});

test('the level fits the estimate: 95 % of it on the same level or below, 70 % above', () => {
  const table = [
    [3_000_000, 2],
    [2_400_000, 2],
    [2_300_000, 1],
    [1_200_000, 1],
    [900_000, 1],
    [800_000, 0],
    [100_000, 0],
  ] as const;
  for (const [bitsPerSecond, level] of table)
    assert.equal(nextLevel(view({ estimate: measured(bitsPerSecond) })), level, `${bitsPerSecond}`);
});

test('the first level follows the default estimate in full', () => {
  const first = { lastLevel: undefined, bufferedSeconds: 0, segmentSeconds: 0 };
  assert.equal(nextLevel(view({ ...first, estimate: initialEstimate(1_800_000) })), 2);
  assert.equal(nextLevel(view({ ...first, estimate: initialEstimate(1_799_999) })), 1);
  assert.equal(nextLevel(view({ ...first, estimate: initialEstimate(1) })), 0);
});

test('a short buffer takes a level that arrives in time, though the line would carry more', () => {
  assert.equal(nextLevel(view({ lastLevel: 2, bufferedSeconds: 1.2 })), 1);
  assert.equal(nextLevel(view({ lastLevel: 2, bufferedSeconds: 4 })), 2);
});

test('a download that outlasts the buffer is given up for a smaller one', () => {
  const slow = {
    level: 2,
    durationSeconds: 2,
    loadingMs: 1_600,
    firstByteMs: 50,
    loadedBytes: 80_000,
    totalBytes: 0,
  };
  const found = abandonFor(view({ bufferedSeconds: 2.2 }), slow);
  assert.equal(found?.level, 0);
  assert.ok(found !== undefined && estimatedBps(found.estimate) < 1_000_000);
  assert.equal(abandonFor(view({ bufferedSeconds: 20 }), slow), undefined, 'the buffer outlasts it');
  assert.equal(
    abandonFor(view({ bufferedSeconds: 2.2 }), { ...slow, loadingMs: 900 }),
    undefined,
    'too early',
  );
  assert.equal(
    abandonFor(view({ bufferedSeconds: 2.2 }), { ...slow, level: 0 }),
    undefined,
    'nothing is lower',
  );
});
