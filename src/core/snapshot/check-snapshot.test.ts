import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSnapshot, compareVersions, type SnapshotView } from './check-snapshot.ts';

function world(changes: Partial<SnapshotView> = {}, names = ['a', 'b', 'c', 'd']): SnapshotView {
  return {
    term: 1,
    sequence: 1,
    removalIsMeant: false,
    regions: names.map((id) => ({ id })),
    sites: names.map((id) => ({ id: `${id}-1`, regionId: id })),
    nodes: names.map((id) => ({ id: `${id}-1-a`, siteId: `${id}-1`, regionId: id })),
    pathways: names.map((id) => ({ id: `${id}-1`, regionId: id, siteId: `${id}-1` })),
    steering: {
      groups: names.map((id) => ({ id, order: [`${id}-1`], shares: [{ pathwayId: `${id}-1`, share: 1 }] })),
    },
    keys: [{ id: 'key-1' }],
    ...changes,
  };
}

const current = world();

const accepted: [string, SnapshotView, SnapshotView | null][] = [
  ['the first one', world(), null],
  ['a later sequence', world({ sequence: 2 }), current],
  ['a higher term with a lower sequence', world({ term: 2 }), world({ sequence: 99 })],
  ['the removal of a quarter of the pathways', world({ sequence: 2 }, ['a', 'b', 'c']), current],
  ['a removal of more that is meant', world({ sequence: 2, removalIsMeant: true }, ['a']), current],
  ['a first one without keys', world({ keys: [] }), null],
  [
    'a pathway without a site, as a CDN is',
    world({
      sequence: 2,
      pathways: [...current.pathways, { id: 'cdn', regionId: 'a', siteId: null }],
    }),
    current,
  ],
];
for (const [what, next, before] of accepted)
  test(`a node adopts ${what}`, () => {
    assert.deepEqual(checkSnapshot(next, before), { isAccepted: true });
  });

const later = { sequence: 2 };
const refused: [string, SnapshotView, string, RegExp][] = [
  ['the same version', world(), 'not_newer', /\(1, 1\) is not newer than \(1, 1\)/],
  ['an older term', world({ term: 0, sequence: 500 }), 'not_newer', /\(0, 500\)/],
  ['the removal of half the pathways', world(later, ['a', 'b']), 'mass_removal', /2 of 4 pathways/],
  ['an empty world', world({ ...later, keys: current.keys }, []), 'mass_removal', /4 of 4/],
  ['the removal of every key', world({ ...later, keys: [] }), 'no_keys', /all 1 keys/],
  [
    'a node twice',
    world({ ...later, nodes: [...current.nodes, ...current.nodes.slice(0, 1)] }),
    'contradiction',
    /nodes name a-1-a twice/,
  ],
  [
    'a node without a site',
    world({ ...later, nodes: [{ id: 'x', siteId: 'nowhere', regionId: 'a' }] }),
    'contradiction',
    /unknown site nowhere/,
  ],
  [
    'a node whose site lies elsewhere',
    world({ ...later, nodes: [{ id: 'x', siteId: 'b-1', regionId: 'a' }] }),
    'contradiction',
    /its site b-1 says b/,
  ],
  [
    'a site without a region',
    world({ ...later, sites: [...current.sites, { id: 'x-1', regionId: 'x' }] }),
    'contradiction',
    /unknown region x/,
  ],
  [
    'a pathway without a region',
    world({ ...later, pathways: [...current.pathways, { id: 'cdn', regionId: 'x', siteId: null }] }),
    'contradiction',
    /pathway cdn lies in unknown region x/,
  ],
  [
    'an order with an unknown pathway',
    world({ ...later, steering: { groups: [{ id: 'a', order: ['z-1'], shares: [] }] } }),
    'contradiction',
    /orders unknown pathway z-1/,
  ],
  [
    'a share at an unknown pathway',
    world({
      ...later,
      steering: { groups: [{ id: 'a', order: [], shares: [{ pathwayId: 'z-1', share: 1 }] }] },
    }),
    'contradiction',
    /share to unknown pathway z-1/,
  ],
  [
    'too many rows',
    world({ ...later, keys: Array.from({ length: 10_001 }, (_, index) => ({ id: `key-${index}` })) }),
    'too_many_rows',
    /10001 keys/,
  ],
];
for (const [what, next, code, reason] of refused)
  test(`a node refuses ${what}`, () => {
    const verdict = checkSnapshot(next, current);
    assert.ok(!verdict.isAccepted);
    assert.equal(verdict.code, code);
    assert.match(verdict.reason, reason);
  });

test('a node refuses a text above the limit', () => {
  const verdict = checkSnapshot(world(later), current, (1 << 20) + 1);
  assert.ok(!verdict.isAccepted);
  assert.equal(verdict.code, 'too_large');
  assert.deepEqual(checkSnapshot(world(later), current, 1 << 20), { isAccepted: true });
});

test('a term counts before a sequence', () => {
  assert.ok(compareVersions({ term: 2, sequence: 1 }, { term: 1, sequence: 9 }) > 0);
  assert.ok(compareVersions({ term: 1, sequence: 2 }, { term: 1, sequence: 9 }) < 0);
  assert.equal(compareVersions({ term: 1, sequence: 2 }, { term: 1, sequence: 2 }), 0);
});
