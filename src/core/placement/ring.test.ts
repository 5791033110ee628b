// Ownership at a site: even, stable when nodes come and go, and bounded under load.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '../../base/prng.ts';
import { createRing, owners, type Ring, ringShares } from './ring.ts';

const KEYS = Array.from({ length: 20_000 }, (_, index) => `p/ast/v1/a1/v${index % 5}/${index}.m4s`);
const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `site-1-${index}`);
const IDLE: ReadonlyMap<string, number> = new Map();
const ownerOf = (ring: Ring, key: string): string => owners(ring, key, IDLE).nodeIds[0] ?? '';

/** Share of the keys whose owner is another one. */
function moved(before: Ring, after: Ring): number {
  return KEYS.filter((key) => ownerOf(before, key) !== ownerOf(after, key)).length / KEYS.length;
}

test('an edge that joins or leaves a site of eight moves at most 1.3 eighths of the objects', () => {
  const eight = createRing(ids(8));
  for (const gone of ids(8)) {
    const seven = createRing(ids(8).filter((id) => id !== gone));
    assert.ok(moved(eight, seven) <= 1.3 / 8, `without ${gone}: ${moved(eight, seven)}`);
    const kept = KEYS.filter((key) => ownerOf(eight, key) !== gone);
    assert.ok(kept.every((key) => ownerOf(eight, key) === ownerOf(seven, key)));
  }
});

test('the edge that owns most of eight owns at most 1.25 times the mean', () => {
  const ring = createRing(ids(8));
  const counts = new Map<string, number>();
  for (const key of KEYS) counts.set(ownerOf(ring, key), (counts.get(ownerOf(ring, key)) ?? 0) + 1);
  assert.equal(counts.size, 8);
  const hottest = Math.max(...counts.values());
  assert.ok(hottest <= (1.25 * KEYS.length) / 8, `${hottest}`);
});

test('whoever asks and in whatever order the nodes are listed, the owner is the same', () => {
  const one = createRing(['c', 'a', 'b']);
  const two = createRing(['b', 'c', 'a', 'a']);
  for (const key of KEYS.slice(0, 500)) assert.deepEqual(owners(one, key, IDLE), owners(two, key, IDLE));
});

test('popular objects do not load one edge past the bound', () => {
  const ring = createRing(ids(8));
  const policy = { ownersMax: 1, loadFactor: 1.25, loadMin: 1 };
  const loads = new Map<string, number>();
  const prng = createPrng(7);
  for (let request = 0; request < 8_000; request += 1) {
    // The first of the objects draws a third of all requests.
    const key = KEYS[Math.floor(prng() ** 6 * 1_000)] ?? '';
    const [id = ''] = owners(ring, key, loads, policy).nodeIds;
    loads.set(id, (loads.get(id) ?? 0) + 1);
  }
  assert.ok(Math.max(...loads.values()) <= 1.25 * 1_000 + 1, JSON.stringify([...loads]));
});

test('an edge past its bound comes last, with the numbers', () => {
  const ring = createRing(['a', 'b', 'c']);
  const [first = ''] = owners(ring, 'key', IDLE).nodeIds;
  const found = owners(ring, 'key', new Map([[first, 40]]));
  assert.equal(found.nodeIds.at(-1), first);
  assert.equal(new Set(found.nodeIds).size, 3);
  assert.deepEqual(found.reasons.at(-1), {
    code: 'past_bound',
    subject: first,
    values: { load: 40, bound: 32 },
  });
  assert.deepEqual(
    found.reasons.map(({ code }) => code),
    ['owner', 'next', 'past_bound'],
  );
});

test('a site without edges has no owners', () => {
  assert.deepEqual(owners(createRing([]), 'key', IDLE), { nodeIds: [], reasons: [] });
});

test('the share of a node is what it owns of many objects, and all shares are the whole', () => {
  const ring = createRing(ids(3));
  const shares = ringShares(ring);
  assert.ok(Math.abs([...shares.values()].reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  for (const [id, share] of shares) {
    const owned = KEYS.filter((key) => ownerOf(ring, key) === id).length / KEYS.length;
    assert.ok(Math.abs(owned - share) < 0.02, `${id} owns ${owned}, told ${share}`);
  }
  assert.deepEqual([...ringShares(createRing(['alone']))], [['alone', 1]]);
  assert.equal(ringShares(createRing([])).size, 0);
});
