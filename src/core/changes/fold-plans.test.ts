import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foldPlans, spanOf } from './fold-plans.ts';

const change = (id: number, kind: 'generation' | 'drain', atMs: number) => ({ id, kind, atMs });
const CHANGES = [
  change(9, 'generation', 200_000),
  change(8, 'generation', 194_000),
  change(7, 'generation', 188_000),
  change(6, 'drain', 187_000),
  change(5, 'generation', 186_000),
  // Another movement: more than a minute before.
  change(4, 'generation', 120_000),
  change(3, 'drain', 100_000),
  change(2, 'drain', 99_000),
];
const idsOf = (...given: Parameters<typeof foldPlans<(typeof CHANGES)[number]>>) =>
  foldPlans(...given).map(({ changes }) => changes.map(({ id }) => id));

test('steering plans of one movement are one change, with how many and from when to when', () => {
  const folds = foldPlans(CHANGES);
  assert.deepEqual(idsOf(CHANGES), [[9, 8, 7], [6], [5], [4], [3], [2]]);
  assert.deepEqual(folds[0] && spanOf(folds[0]), { count: 3, firstAtMs: 188_000, lastAtMs: 200_000 });
});

test('a page that begins within a movement leaves out what was told with the page before', () => {
  assert.deepEqual(idsOf(CHANGES.slice(1), CHANGES[0]), [[6], [5], [4], [3], [2]]);
  assert.deepEqual(idsOf(CHANGES.slice(3), CHANGES[2]), [[6], [5], [4], [3], [2]]);
  assert.deepEqual(idsOf([], CHANGES[0]), []);
});
