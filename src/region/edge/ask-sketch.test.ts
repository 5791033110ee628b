// The sketch of requests: never too few, rarely too many, and what was long ago does not count.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAskSketch } from './ask-sketch.ts';
import { SKETCH_HALVING_MS } from './limits.ts';

test('requests are counted, and halved with time', () => {
  const sketch = createAskSketch();
  assert.deepEqual([sketch.note('a', 1_000), sketch.note('a', 1_001), sketch.note('a', 1_002)], [1, 2, 3]);
  assert.deepEqual([sketch.count('a'), sketch.count('b')], [3, 0]);
  assert.equal(sketch.note('a', 1_000 + SKETCH_HALVING_MS), 2);
  assert.equal(sketch.note('a', 1_000 + SKETCH_HALVING_MS * 10), 1);
});

test('20,000 objects asked for once are told from one asked for twice', () => {
  const sketch = createAskSketch();
  let mistaken = 0;
  for (let number = 0; number < 20_000; number += 1)
    if (sketch.note(`/m/default/ast/v1/a1/v720/${number}.m4s`, 5) > 1) mistaken += 1;
  assert.ok(mistaken < 200, `${mistaken} mistaken`);
  assert.ok(sketch.note('/m/default/ast/v1/a1/v720/77.m4s', 6) >= 2);
});
