// Arrivals, networks and viewing: drawn from a seed, read from the command line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import {
  arrivalTimes,
  drawNetwork,
  drawStayMs,
  NETWORKS,
  parseArrival,
  parseNetwork,
  parseViewing,
} from './profiles.ts';

test('viewers arrive at once, evenly, or by chance at the rate that was asked for', () => {
  assert.deepEqual(arrivalTimes({ kind: 'at-once' }, 3, createPrng(1)), [0, 0, 0]);
  assert.deepEqual(arrivalTimes({ kind: 'ramp', durationMs: 900 }, 3, createPrng(1)), [0, 300, 600]);
  const times = arrivalTimes({ kind: 'poisson', viewersPerSecond: 10 }, 2_000, createPrng(1));
  const lastMs = times.at(-1) ?? 0;
  assert.ok(Math.abs(lastMs - 200_000) < 15_000, `${lastMs}`);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.deepEqual(times, arrivalTimes({ kind: 'poisson', viewersPerSecond: 10 }, 2_000, createPrng(1)));
});

test('lines are drawn by their shares', () => {
  const prng = createPrng(3);
  const mix = NETWORKS.mix ?? [];
  const drawn = Array.from({ length: 4_000 }, () => drawNetwork(mix, prng)?.name);
  for (const { name, share } of mix) {
    const found = drawn.filter((candidate) => candidate === name).length / drawn.length;
    assert.ok(Math.abs(found - share) < 0.03, `${name}: ${found}`);
  }
});

test('swipers stay within their bounds, others to the end', () => {
  const prng = createPrng(5);
  const viewing = { kind: 'swipe', leastMs: 2_000, mostMs: 9_000 } as const;
  const stays = Array.from({ length: 500 }, () => drawStayMs(viewing, prng) ?? 0);
  assert.ok(Math.min(...stays) >= 2_000 && Math.max(...stays) <= 9_000);
  assert.equal(drawStayMs({ kind: 'full' }, prng), undefined);
});

test('profiles are read from text, and nonsense is refused', () => {
  assert.deepEqual(parseArrival('ramp:30s'), { kind: 'ramp', durationMs: 30_000 });
  assert.deepEqual(parseArrival('poisson:2.5'), { kind: 'poisson', viewersPerSecond: 2.5 });
  assert.deepEqual(parseViewing('swipe:1s-4s'), { kind: 'swipe', leastMs: 1_000, mostMs: 4_000 });
  assert.deepEqual(parseNetwork('4mbps/80ms'), [
    { name: '4mbps/80ms', share: 1, bitsPerSecond: 4_000_000, roundTripMs: 80 },
  ]);
  for (const text of ['', 'ramp', 'ramp:x', 'poisson:0', 'poisson:-1', 'later'])
    assert.equal(parseArrival(text), undefined);
  for (const text of ['', 'swipe:4s-1s', 'swipe:1s', 'watch']) assert.equal(parseViewing(text), undefined);
  for (const text of ['', '0mbps/1ms', 'constructor', '4mbps']) assert.equal(parseNetwork(text), undefined);
});
