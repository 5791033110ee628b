import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { backoffMs, DEFAULT_BACKOFF, decideRetry } from './backoff.ts';

test('the delay doubles with each attempt and stays within its upper half', () => {
  for (const [attempt, low, high] of [
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [3, 2_000, 4_000],
    [20, 150_000, 300_000],
  ] as const) {
    assert.equal(backoffMs(attempt, DEFAULT_BACKOFF, 0), low);
    assert.ok(backoffMs(attempt, DEFAULT_BACKOFF, 0.999_999) <= high);
    assert.ok(backoffMs(attempt, DEFAULT_BACKOFF, 0.999_999) > low);
  }
});

test('jobs that fail together come back apart', () => {
  const prng = createPrng(7);
  const delays = Array.from({ length: 50 }, () => backoffMs(4, DEFAULT_BACKOFF, prng()));
  assert.ok(new Set(delays).size > 40);
});

test('the last attempt is buried, earlier ones are retried', () => {
  assert.deepEqual(decideRetry(5, 5, DEFAULT_BACKOFF, 0), { kind: 'bury', attempts: 5 });
  assert.deepEqual(decideRetry(4, 5, DEFAULT_BACKOFF, 0), { kind: 'retry', delayMs: 4_000, attemptsLeft: 1 });
  assert.equal(decideRetry(9, 5, DEFAULT_BACKOFF, 0).kind, 'bury');
});
