// Histograms of fixed logarithmic buckets: error, merging, bounds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addBuckets, BUCKET_INDEX_MAX, bucketOf, countAbove, quantileOf } from './log-buckets.ts';
import { createPrng } from './prng.ts';

function bucketsOf(values: readonly number[]): Record<number, number> {
  const buckets: Record<number, number> = {};
  for (const value of values) addBuckets(buckets, { [bucketOf(value)]: 1 });
  return buckets;
}

test('quantiles of the sum of two histograms are within 2 % of those of all values', () => {
  const prng = createPrng(7);
  const values = Array.from({ length: 5_000 }, () => Math.exp(prng() * 15) + 1);
  const sum = bucketsOf(values.slice(0, 2_000));
  addBuckets(sum, bucketsOf(values.slice(2_000)));
  const sorted = [...values].sort((one, other) => one - other);
  for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
    const exact = sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    const found = quantileOf(sum, share) ?? 0;
    assert.ok(Math.abs(found - exact) <= exact * 0.0201, `share ${share}: ${found} for ${exact}`);
  }
});

test('whatever the value, the buckets are bounded', () => {
  assert.equal(bucketOf(Number.NaN), 0);
  assert.equal(bucketOf(-5), 0);
  assert.equal(bucketOf(1), 0);
  assert.equal(bucketOf(Number.POSITIVE_INFINITY), BUCKET_INDEX_MAX);
  assert.equal(bucketOf(1e12), BUCKET_INDEX_MAX);
  assert.ok(BUCKET_INDEX_MAX < 500);
});

test('counts above a limit leave out the bucket of the limit, and an empty histogram has no quantile', () => {
  const buckets = bucketsOf([100, 1_000, 2_000, 5_000]);
  assert.equal(countAbove(buckets, 1_000), 2);
  assert.equal(countAbove(buckets, 10_000), 0);
  assert.equal(quantileOf({}, 0.5), undefined);
});
