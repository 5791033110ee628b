import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advancePace, estimateEndMs, type Pace } from './pace.ts';

/** Reports every three seconds at a rate, from a share on. */
function run(pace: Pace | undefined, fromMs: number, reports: number, share: number, perMs: number) {
  let now = pace;
  let nowMs = fromMs;
  for (let index = 0; index < reports; index += 1) {
    now = advancePace(now, { stage: 'encoding', share: share + index * 3_000 * perMs }, nowMs);
    nowMs += 3_000;
  }
  return { pace: now as Pace, nowMs: nowMs - 3_000 };
}

test('before anything has moved nobody can tell when it ends', () => {
  const { pace, nowMs } = run(undefined, 0, 1, 0, 0);
  assert.equal(estimateEndMs(pace, nowMs), null);
});

test('at a steady rate the end is where it should be', () => {
  const { pace, nowMs } = run(undefined, 0, 20, 0, 1 / 600_000);
  const end = estimateEndMs(pace, nowMs) ?? 0;
  assert.ok(Math.abs(end - 600_000) < 10, `${end}`);
});

test('encoders that join bring the end nearer within a minute', () => {
  const alone = run(undefined, 0, 20, 0, 1 / 600_000);
  const joined = run(alone.pace, alone.nowMs + 3_000, 20, alone.pace.share + 3_000 / 200_000, 1 / 200_000);
  const end = estimateEndMs(joined.pace, joined.nowMs) ?? 0;
  const exact = joined.nowMs + (1 - joined.pace.share) * 200_000;
  assert.ok(Math.abs(end - exact) < 20_000, `${end} instead of ${exact}`);
});

test('a new stage and work that is done again begin anew', () => {
  const { pace, nowMs } = run(undefined, 0, 20, 0, 1 / 600_000);
  for (const report of [
    { stage: 'replicating', share: 0.5 },
    { stage: 'encoding', share: 0.01 },
  ])
    assert.equal(estimateEndMs(advancePace(pace, report, nowMs + 3_000), nowMs + 3_000), null);
});

test('work that has not moved for a minute has no end', () => {
  const { pace, nowMs } = run(undefined, 0, 20, 0, 1 / 600_000);
  assert.equal(estimateEndMs(pace, nowMs + 61_000), null);
});
