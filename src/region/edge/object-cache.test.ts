import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import type { AssetGate } from './asset-gates.ts';
import { type CachedObject, createCachedObject } from './cached-object.ts';
import { NEGATIVE_MAX, NEGATIVE_MS, OBJECT_OVERHEAD_BYTES } from './limits.ts';
import { createNegativeCache, createObjectCache } from './object-cache.ts';

const gate = { projectId: 'p', assetId: 'a' } as AssetGate;
const BODY_BYTES = 100_000;
const ENTRY_BYTES = BODY_BYTES + OBJECT_OVERHEAD_BYTES;

function objectOf(key: string, bytes = BODY_BYTES): CachedObject {
  const content = {
    body: Buffer.alloc(bytes),
    etag: '"x"',
    contentType: 'x',
    cacheClass: 'immutable' as const,
    isLive: false,
  };
  return createCachedObject(key, content, gate, 0);
}

test('a cache never holds more than its budget', () => {
  const cache = createObjectCache(10 * ENTRY_BYTES);
  for (let number = 0; number < 1_000; number += 1) {
    cache.set(objectOf(`${number}`));
    assert.ok(cache.bytes() <= 10 * ENTRY_BYTES);
  }
  assert.equal(cache.count(), 10);
});

test('an object that was asked for again outlives a flood of others', () => {
  const cache = createObjectCache(10 * ENTRY_BYTES);
  cache.set(objectOf('watched'));
  for (let number = 0; number < 1_000; number += 1) {
    const watched = cache.get('watched');
    assert.ok(watched !== undefined, `gone after ${number}`);
    watched.isVisited = true;
    cache.set(objectOf(`${number}`));
  }
});

test('an object that was popular once leaves when others are', () => {
  const cache = createObjectCache(10 * ENTRY_BYTES);
  const object = objectOf('old');
  cache.set(object);
  object.isVisited = true;
  for (let number = 0; number < 100; number += 1) {
    const other = objectOf(`${number}`);
    cache.set(other);
    other.isVisited = number % 2 === 0;
  }
  assert.equal(object.isCached, false);
});

test('a replaced object takes the room of the one before', () => {
  const cache = createObjectCache(10 * ENTRY_BYTES);
  for (let round = 0; round < 5; round += 1) cache.set(objectOf('same'));
  assert.equal(cache.count(), 1);
  assert.equal(cache.bytes(), ENTRY_BYTES);
  cache.delete('same');
  assert.equal(cache.bytes(), 0);
});

test('an object larger than an eighth of the budget is passed on, not kept', () => {
  const cache = createObjectCache(8 * ENTRY_BYTES);
  cache.set(objectOf('large', ENTRY_BYTES + 1));
  assert.equal(cache.count(), 0);
});

test('any order of reads, writes and removals keeps the books right (seed 7)', () => {
  const prng = createPrng(7);
  const cache = createObjectCache(10 * ENTRY_BYTES);
  const kept = new Map<string, CachedObject>();
  for (let step = 0; step < 20_000; step += 1) {
    const key = String(Math.floor(prng() * 40));
    const choice = prng();
    if (choice < 0.5) {
      const object = cache.get(key);
      assert.equal(object?.isCached ?? true, true);
      if (object !== undefined) object.isVisited = true;
    } else if (choice < 0.95) {
      const object = objectOf(key, 1_000 + Math.floor(prng() * 100_000));
      cache.set(object);
      kept.set(key, object);
    } else cache.delete(key);
  }
  const bytes = [...kept.values()]
    .filter(({ isCached }) => isCached)
    .reduce((sum, object) => sum + object.bytes, 0);
  assert.equal(cache.bytes(), bytes);
  assert.ok(bytes <= 10 * ENTRY_BYTES && bytes > 0);
});

test('absences are forgotten in time and bounded in number', () => {
  const negatives = createNegativeCache();
  negatives.add('x', 0);
  assert.equal(negatives.has('x', NEGATIVE_MS - 1), true);
  assert.equal(negatives.has('x', NEGATIVE_MS), false);
  for (let number = 0; number < NEGATIVE_MAX + 50; number += 1) negatives.add(`${number}`, 0);
  assert.equal(negatives.count(), NEGATIVE_MAX);
  assert.equal(negatives.has('0', 1), false);
});
