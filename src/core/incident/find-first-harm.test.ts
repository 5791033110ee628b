import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_HARM_POLICY, findFirstHarm, type HarmSlice } from './find-first-harm.ts';

const ALERT_MS = 10_000_000;

/** Slices of five seconds before the alert, the newest first: bad events of `total`. */
function before(bad: readonly number[], total = 1_000): HarmSlice[] {
  return bad.map((count, index) => ({ atMs: ALERT_MS - 5_000 * (index + 1), bad: count, total }));
}

const ordinary = (count: number): number[] => Array.from({ length: count }, (_, index) => index % 2);

test('the first harm is the first slice above the ordinary level that goes on up to the alert', () => {
  const found = findFirstHarm(
    before([300, 280, 250, 200, 90, ...ordinary(100)]),
    ALERT_MS,
    'viewer_requests',
  );
  assert.equal(found.atMs, ALERT_MS - 25_000);
  const [reason] = found.reasons;
  assert.equal(reason?.code, 'first_bad_slice');
  assert.deepEqual(reason?.values.bad, 90);
  assert.equal(reason?.values.beforeAlertMs, 25_000);
  assert.ok((reason?.values.limit ?? 0) < 90, 'the limit that it passed is told');
});

test('a short pause is part of it; what was over a minute earlier is another trouble', () => {
  const pause = (slices: number): number[] => Array.from({ length: slices }, () => 0);
  const shortly = findFirstHarm(before([300, ...pause(8), 300, ...ordinary(100)]), ALERT_MS, 's');
  assert.equal(shortly.atMs, ALERT_MS - 50_000);
  const long = findFirstHarm(before([300, ...pause(20), 300, ...ordinary(100)]), ALERT_MS, 's');
  assert.equal(long.atMs, ALERT_MS - 5_000);
});

test('a level that is always bad is ordinary: only what rises above it counts', () => {
  const noisy = Array.from({ length: 200 }, (_, index) => 50 + (index % 5));
  const found = findFirstHarm(before([400, 400, ...noisy]), ALERT_MS, 's');
  assert.equal(found.atMs, ALERT_MS - 10_000);
  const calm = findFirstHarm(before(noisy), ALERT_MS, 's');
  assert.equal(calm.atMs, null);
  assert.equal(calm.reasons[0]?.code, 'nothing_stood_out');
});

test('trouble that fills half of the look-back is found at its beginning', () => {
  const found = findFirstHarm(
    before([...Array.from({ length: 360 }, () => 500), ...ordinary(359)]),
    ALERT_MS,
    's',
  );
  assert.equal(found.atMs, ALERT_MS - 360 * 5_000);
});

test('single bad events, events after the alert, and those before the look-back say nothing', () => {
  assert.equal(findFirstHarm(before([1, 1, 0, 0, 0, 0, 0, 0]), ALERT_MS, 's').atMs, null);
  const far = [
    { atMs: ALERT_MS + 5_000, bad: 500, total: 1_000 },
    { atMs: ALERT_MS - DEFAULT_HARM_POLICY.lookBackMs - 5_000, bad: 500, total: 1_000 },
  ];
  const found = findFirstHarm(far, ALERT_MS, 's');
  assert.equal(found.atMs, null);
  assert.equal(found.reasons[0]?.code, 'no_events');
});
