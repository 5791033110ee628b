import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMediaClock, SHIFT_MS_MAX, START_MS } from './media-clock.ts';

const near = (value: number, wanted: number): void =>
  assert.ok(Math.abs(value - wanted) < 0.01, `${value} instead of ${wanted}`);

test('tracks are placed by their first arrival, and from then on by their own clocks', () => {
  const clock = createMediaClock();
  near(clock.timeMs('audio', 5_000, 100), START_MS);
  near(clock.timeMs('video', 900_000, 130), START_MS + 30);
  near(clock.timeMs('video', 903_000, 999), START_MS + 30 + 3_000 / 90);
  near(clock.timeMs('audio', 5_960, 999), START_MS + 20);
});

test('timestamps of 32 bits wrap without anybody noticing, and may step back', () => {
  const clock = createMediaClock();
  near(clock.timeMs('video', 2 ** 32 - 90, 0), START_MS);
  near(clock.timeMs('video', 0, 0), START_MS + 1);
  near(clock.timeMs('video', 2 ** 32 - 90, 0), START_MS);
  near(clock.timeMs('video', 90_000, 0), START_MS + 1_001);
});

test('sender reports of both tracks move the sound to the picture, wherever the clocks begin', () => {
  const clock = createMediaClock();
  clock.timeMs('video', 0, 0);
  clock.timeMs('audio', 48_000, 0);
  clock.report('audio', 1_000_000, 48_000);
  assert.equal(clock.shiftMs(), null);
  near(clock.timeMs('audio', 48_000, 0), START_MS);
  // The first picture was taken 80 ms before the first sound.
  clock.report('video', 999_920, 0);
  near(clock.shiftMs() ?? 0, 80);
  near(clock.timeMs('audio', 48_000, 0), START_MS + 80);
  near(clock.timeMs('video', 0, 0), START_MS);
});

test('clocks that run apart are followed', () => {
  const clock = createMediaClock();
  clock.timeMs('video', 0, 0);
  clock.timeMs('audio', 0, 0);
  for (let second = 1; second <= 600; second += 1) {
    // Sound of 48,005 samples a second by the picture's clock.
    clock.timeMs('audio', second * 48_005, 0);
    clock.timeMs('video', second * 90_000, 0);
    clock.report('video', second * 1_000, second * 90_000);
    clock.report('audio', second * 1_000, second * 48_005);
  }
  near(clock.timeMs('audio', 600 * 48_005, 0), START_MS + 600_000);
});

test('reports that cannot be true, and those before any packet, change nothing', () => {
  const clock = createMediaClock();
  clock.report('video', 0, 0);
  clock.timeMs('video', 0, 0);
  clock.timeMs('audio', 0, 0);
  clock.report('audio', 0, 0);
  assert.equal(clock.shiftMs(), null);
  clock.report('video', SHIFT_MS_MAX + 1, 0);
  assert.equal(clock.shiftMs(), null);
  clock.report('audio', Number.NaN, 0);
  near(clock.timeMs('audio', 480, 0), START_MS + 10);
});
