import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeMoves, movesBetween, type PlanShares } from './describe-moves.ts';
import { distanceOf, placeOf, type Topology, withPlace } from './place.ts';
import { type ChangeFacts, concerns, rankChanges } from './rank-changes.ts';

const topology: Topology = {
  regionOfSite: new Map([
    ['dublin-1', 'dublin'],
    ['dublin-2', 'dublin'],
    ['singapore-1', 'singapore'],
  ]),
  siteOfNode: new Map([
    ['dublin-1-a', 'dublin-1'],
    ['dublin-1-b', 'dublin-1'],
    ['singapore-1-a', 'singapore-1'],
  ]),
};
const MINUTE_MS = 60_000;

test('a node implies its site and region, and distances follow from what both sides name', () => {
  assert.deepEqual(placeOf({ node: 'dublin-1-a' }, topology), {
    region: 'dublin',
    site: 'dublin-1',
    node: 'dublin-1-a',
  });
  const cases = [
    [{ node: 'dublin-1-a' }, { node: 'dublin-1-a' }, 'node'],
    [{ node: 'dublin-1-a' }, { node: 'dublin-1-b' }, 'site'],
    [{ node: 'dublin-1-a' }, { site: 'dublin-1' }, 'site'],
    [{ site: 'dublin-2' }, { site: 'dublin-1' }, 'region'],
    [{ node: 'dublin-1-a' }, { region: 'dublin' }, 'region'],
    [{ node: 'singapore-1-a' }, { region: 'dublin' }, 'elsewhere'],
    [{ target: 'dublin' }, { site: 'dublin-1' }, 'region'],
    [{ target: 'dublin-1' }, { site: 'dublin-1' }, 'site'],
    [{ target: 'unheard-of' }, { site: 'dublin-1' }, 'world'],
    [{ node: 'unheard-of' }, { region: 'dublin' }, 'elsewhere'],
    [{}, { region: 'dublin' }, 'world'],
    [{ slo: 'vod' }, {}, 'world'],
  ] as const;
  for (const [one, other, distance] of cases) {
    assert.equal(distanceOf(placeOf(one, topology), placeOf(other, topology)), distance);
    assert.equal(distanceOf(placeOf(other, topology), placeOf(one, topology)), distance);
  }
});

function ranked(changes: readonly ChangeFacts[], labels: Record<string, string> = { site: 'dublin-1' }) {
  return rankChanges(changes, { atMs: 100 * MINUTE_MS, labels }, topology);
}

test('the deploy of a minute ago on the broken site outranks all others', () => {
  const deploy = { kind: 'deploy', labels: { node: 'dublin-1-a' }, atMs: 99 * MINUTE_MS } as const;
  const elsewhere = { kind: 'deploy', labels: { node: 'singapore-1-a' }, atMs: 99.9 * MINUTE_MS } as const;
  const old = { kind: 'deploy', labels: { node: 'dublin-1-a' }, atMs: 40 * MINUTE_MS } as const;
  const generation = { kind: 'generation', labels: {}, atMs: 99.9 * MINUTE_MS } as const;
  assert.deepEqual(
    ranked([generation, old, elsewhere, deploy]).map(({ change }) => change),
    [deploy, generation, elsewhere, old],
  );
});

test('each rank tells the numbers that made it, and their product is the score', () => {
  const [first] = ranked([{ kind: 'config', labels: { region: 'dublin' }, atMs: 90 * MINUTE_MS }]);
  assert.deepEqual(first?.reasons, [
    { code: 'before', subject: 'time', values: { apartMs: 600_000, weight: 0.5 } },
    { code: 'place', subject: 'region', values: { weight: 0.7 } },
    { code: 'kind', subject: 'config', values: { weight: 1 } },
  ]);
  assert.ok(Math.abs((first?.score ?? 0) - 0.35) < 1e-9);
});

test('what came long after cannot be a cause, what came shortly after may be one that was written down late', () => {
  const late = { kind: 'deploy', labels: {}, atMs: 101 * MINUTE_MS } as const;
  const later = { kind: 'deploy', labels: {}, atMs: 103 * MINUTE_MS } as const;
  const [only, ...rest] = ranked([later, late]);
  assert.equal(only?.change, late);
  assert.equal(only?.reasons[0]?.code, 'after');
  assert.equal(rest.length, 0);
});

test('a change of another project hardly counts', () => {
  const own = { kind: 'config', labels: { project: 'news' }, atMs: 95 * MINUTE_MS } as const;
  const other = { kind: 'config', labels: { project: 'sport' }, atMs: 99 * MINUTE_MS } as const;
  const [first, second] = ranked([other, own], { project: 'news' });
  assert.equal(first?.change, own);
  assert.equal(second?.reasons.at(-1)?.code, 'project');
});

test('a timeline takes what concerns the place or the whole world, whenever it happens', () => {
  assert.equal(concerns({ labels: { node: 'dublin-1-a' } }, { region: 'dublin' }, topology), true);
  assert.equal(concerns({ labels: {} }, { region: 'dublin' }, topology), true);
  assert.equal(concerns({ labels: { site: 'singapore-1' } }, { region: 'dublin' }, topology), false);
  assert.equal(concerns({ labels: { project: 'a' } }, { project: 'b' }, topology), false);
  assert.deepEqual(withPlace({ node: 'dublin-1-a', slo: 'vod' }, topology), {
    node: 'dublin-1-a',
    slo: 'vod',
    site: 'dublin-1',
    region: 'dublin',
  });
});

function planOf(shares: Record<string, number>): PlanShares {
  const own = Object.entries(shares).map(([pathwayId, share]) => ({ pathwayId, share }));
  return { groups: [{ id: 'dublin', order: Object.keys(shares), shares: own }] };
}

test('moves of a plan are told with the largest first; crumbs are left out', () => {
  const moves = movesBetween(planOf({ a: 1 }), planOf({ a: 0.201, b: 0.5, c: 0.299, d: 0.001 }));
  assert.deepEqual(
    moves.map(({ pathwayId }) => pathwayId),
    ['a', 'b', 'c'],
  );
  assert.equal(describeMoves(moves), 'viewers near dublin: a 100 % → 20 %, b 0 % → 50 %, c 0 % → 30 %');
  assert.match(describeMoves(movesBetween(planOf({ a: 1 }), planOf({ a: 1 }))), /order of pathways/);
});

test('a group that comes or goes moves all of its shares', () => {
  assert.deepEqual(movesBetween({ groups: [] }, planOf({ a: 1 })), [
    { groupId: 'dublin', pathwayId: 'a', shareBefore: 0, shareAfter: 1 },
  ]);
});
