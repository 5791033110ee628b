import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { type OriginView, orderOrigins } from './origin-order.ts';

const PLACES = {
  singapore: [1, 104],
  dublin: [53, -6],
  'los-angeles': [34, -118],
  tokyo: [36, 140],
} as const;

function snapshotOf(changes: { dead?: string; draining?: string; down?: string } = {}): WorldSnapshot {
  const ids = Object.keys(PLACES) as (keyof typeof PLACES)[];
  const stateOf = (id: string) =>
    id === changes.draining ? 'draining' : id === changes.down ? 'down' : 'up';
  return {
    regions: ids.map((id) => ({
      id,
      name: id,
      latitude: PLACES[id][0],
      longitude: PLACES[id][1],
      costPerGb: 0,
    })),
    sites: ids.map((id) => ({
      id: `${id}-1`,
      regionId: id,
      state: stateOf(id),
      drainStartedAtMs: null,
      capacityBps: 1,
    })),
    nodes: ids.map((id) => ({
      id,
      siteId: `${id}-1`,
      regionId: id,
      roles: ['origin'],
      nodeUrl: `http://${id}`,
      isAlive: id !== changes.dead,
    })),
  } as unknown as WorldSnapshot;
}

function order(view: Partial<OriginView>): string[] {
  return orderOrigins({
    snapshot: snapshotOf(),
    ownRegionId: 'singapore',
    holders: undefined,
    probes: new Map(),
    isFailing: () => false,
    ...view,
  }).map(({ regionId, isSuspect }) => (isSuspect ? `${regionId}?` : regionId));
}

test('origins are asked in an order that follows the holders, distance and health', () => {
  const probe = { siteId: 'tokyo-1', failures: 2, roundTripMs: null, probedAtMs: 0 };
  const table: readonly (readonly [string, Partial<OriginView>, string[]])[] = [
    ['by distance', {}, ['singapore', 'tokyo', 'dublin', 'los-angeles']],
    [
      'the own region holds it',
      { holders: ['los-angeles', 'singapore'] },
      ['singapore', 'los-angeles', 'tokyo', 'dublin'],
    ],
    [
      'only others hold it',
      { holders: ['los-angeles', 'dublin'] },
      ['dublin', 'los-angeles', 'singapore', 'tokyo'],
    ],
    [
      'a node without a beat',
      { snapshot: snapshotOf({ dead: 'tokyo' }) },
      ['singapore', 'dublin', 'los-angeles', 'tokyo?'],
    ],
    [
      'a failure a moment ago',
      { isFailing: (id) => id === 'singapore' },
      ['tokyo', 'dublin', 'los-angeles', 'singapore?'],
    ],
    [
      'probes that fail',
      { probes: new Map([['tokyo-1', probe]]) },
      ['singapore', 'dublin', 'los-angeles', 'tokyo?'],
    ],
  ];
  for (const [what, view, expected] of table) assert.deepEqual(order(view), expected, what);
});

test('draining sites of other regions come after those that are up, the own region stays first', () => {
  const draining = (id: string) => order({ snapshot: snapshotOf({ draining: id }) });
  assert.deepEqual(draining('tokyo'), ['singapore', 'dublin', 'los-angeles', 'tokyo']);
  assert.deepEqual(draining('singapore'), ['singapore', 'tokyo', 'dublin', 'los-angeles']);
  assert.deepEqual(order({ snapshot: snapshotOf({ down: 'tokyo' }) }), [
    'singapore',
    'dublin',
    'los-angeles',
    'tokyo?',
  ]);
});

test('nodes without the origin role are not asked', () => {
  const snapshot = snapshotOf();
  const nodes = snapshot.nodes.map((node) => ({
    ...node,
    roles: node.id === 'dublin' ? ['edge' as const] : node.roles,
  }));
  assert.ok(!order({ snapshot: { ...snapshot, nodes } }).includes('dublin'));
});
