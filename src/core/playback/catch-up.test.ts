import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CATCH_UP_BUFFER_MS, CATCH_UP_RATE, catchUpRate } from './catch-up.ts';

test('a viewer behind the aim hurries, in two steps, and stops at the aim', () => {
  const at = (behindMs: number, rate = 1) => catchUpRate({ behindMs, bufferedMs: 900, rate });
  assert.deepEqual([at(-100), at(0), at(60), at(61), at(200), at(201)], [1, 1, 1, 1.05, 1.05, CATCH_UP_RATE]);
  assert.deepEqual([at(10, 1.05), at(0, 1.05)], [1.05, 1], 'once begun it goes on to the aim');
});

test('nobody hurries into an empty buffer, or after a viewer who went back', () => {
  const hurrying = { behindMs: 500, bufferedMs: 900, rate: 1 };
  assert.equal(catchUpRate({ ...hurrying, bufferedMs: CATCH_UP_BUFFER_MS - 1, rate: 1.1 }), 1);
  assert.equal(catchUpRate({ ...hurrying, behindMs: 60_000 }), 1);
});

test('with a second of hold-back and parts of a third, a late viewer reaches the aim within fifteen seconds', () => {
  // What is published ends at each third of a second; the position moves by the rate.
  const stepMs = 20;
  let positionMs = -1_500;
  let rate = 1;
  for (let nowMs = 0; nowMs < 15_000; nowMs += stepMs) {
    const publishedMs = Math.floor(nowMs / 333) * 333;
    rate = catchUpRate({ behindMs: nowMs - positionMs - 1_000, bufferedMs: publishedMs - positionMs, rate });
    positionMs += rate * stepMs;
  }
  assert.ok(Math.abs(15_000 - positionMs - 1_000) <= 61, `${15_000 - positionMs - 1_000} ms off`);
});
