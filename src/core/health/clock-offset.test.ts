import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addSample, bestSample, certainOffsetMs, type OffsetSample, offsetSample } from './clock-offset.ts';

test('an even round trip gives the offset exactly', () => {
  // Own clock 300 ms ahead, 80 ms each way.
  assert.deepEqual(offsetSample(1_300, 160, 1_080), { offsetMs: 300, roundTripMs: 160 });
});

test('the shortest round trip is believed', () => {
  let samples: OffsetSample[] = [];
  samples = addSample(samples, { offsetMs: 60, roundTripMs: 200 });
  samples = addSample(samples, { offsetMs: 5, roundTripMs: 20 });
  samples = addSample(samples, { offsetMs: -40, roundTripMs: 180 });
  assert.deepEqual(bestSample(samples), { offsetMs: 5, roundTripMs: 20 });
});

test('a stepped clock is noticed at the first sample', () => {
  let samples: OffsetSample[] = [{ offsetMs: 2, roundTripMs: 10 }];
  samples = addSample(samples, { offsetMs: 900, roundTripMs: 160 });
  assert.deepEqual(samples, [{ offsetMs: 900, roundTripMs: 160 }]);
});

test('eight samples are kept', () => {
  let samples: OffsetSample[] = [];
  for (let index = 0; index < 20; index += 1)
    samples = addSample(samples, { offsetMs: 0, roundTripMs: 100 + index });
  assert.equal(samples.length, 8);
  assert.equal(bestSample(samples)?.roundTripMs, 112);
});

test('a slow answer alone does not prove a wrong clock', () => {
  // The answer came late by 1.6 s: the offset may be anything from 0 to 1.6 s.
  assert.equal(certainOffsetMs({ offsetMs: 800, roundTripMs: 1_600 }), 0);
  assert.equal(certainOffsetMs({ offsetMs: -800, roundTripMs: 100 }), 750);
});
