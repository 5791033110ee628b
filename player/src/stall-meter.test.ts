// What counts as a stall.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initialStallMeter, type Sample, type StallMeter, sampleStall, stallsOf } from './stall-meter.ts';

function run(...samples: readonly (readonly [number, number, Partial<Sample>?])[]): StallMeter {
  return samples.reduce(
    (meter, [nowMs, positionSeconds, more]) =>
      sampleStall(
        meter,
        { positionSeconds, isPlayingWanted: true, playbackRate: 1, bufferedMs: 5_000, ...more },
        nowMs,
      ),
    initialStallMeter(),
  );
}

const durations = (meter: StallMeter, nowMs: number) =>
  stallsOf(meter, nowMs).map((stall) => stall.durationMs);

test('a position that stands still for longer than a tenth of a second is a stall', () => {
  const meter = run([0, 1], [50, 1.05], [100, 1.05], [400, 1.05], [450, 1.08]);
  assert.deepEqual(durations(meter, 450), [370]);
});

test('a stall that goes on is counted so far', () => {
  assert.deepEqual(durations(run([0, 1], [50, 1.05], [700, 1.05]), 900), [850]);
});

test('a page too busy to look is no stall when the position did advance', () => {
  assert.deepEqual(durations(run([0, 1], [800, 1.78]), 800), []);
});

test('a pause, a seek and the end are no stalls', () => {
  const meter = run([0, 1], [50, 1.05], [100, 1.05, { isPlayingWanted: false }], [5_000, 1.05], [5_050, 1.1]);
  assert.deepEqual(durations(meter, 5_050), []);
});

test('double speed must advance twice as far', () => {
  const meter = run([0, 1, { playbackRate: 2 }], [1_000, 2, { playbackRate: 2 }]);
  assert.deepEqual(durations(meter, 1_000), [500]);
});

test('a stall says how little was buffered, so that a busy machine can be told from a starved one', () => {
  const meter = run([0, 1], [50, 1, { bufferedMs: 30 }], [600, 1, { bufferedMs: 4_000 }], [650, 1.02]);
  assert.equal(stallsOf(meter, 650)[0]?.bufferedMs, 30);
});
