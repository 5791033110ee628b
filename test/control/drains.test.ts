// Draining sites and regions, and what steering makes of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, type FakeNode, onEveryDatabase, settle, type TestControl } from './support.ts';

const drain = (world: TestControl, target: string, isForced = false) =>
  world.admin.call('POST /v1/drains/{target}', { params: { target }, body: { isForced } });

async function start(suite: { start(): Promise<TestControl> }) {
  const world = await suite.start();
  return { world, nodes: await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1') };
}

function shareOf(node: FakeNode, groupId: string, pathwayId: string): number {
  const group = node.snapshot?.steering.groups.find(({ id }) => id === groupId);
  return group?.shares.find((share) => share.pathwayId === pathwayId)?.share ?? 0;
}

onEveryDatabase('drains', (suite) => {
  test('a draining site loses its viewers and comes back when the drain ends', async () => {
    const { world, nodes } = await start(suite);
    const node = defined(nodes[0], 'a node');
    assert.equal(shareOf(node, 'dublin', 'dublin-1'), 1);
    const { sites, warnings } = await drain(world, 'dublin');
    assert.deepEqual(sites, [{ id: 'dublin-1', state: 'draining' }]);
    assert.deepEqual(warnings, []);
    await waitFor('the drain to reach all', async () => {
      await settle(nodes);
      return node.snapshot?.sites.find(({ id }) => id === 'dublin-1')?.state === 'draining';
    });
    const site = defined(
      node.snapshot?.sites.find(({ id }) => id === 'dublin-1'),
      'the site',
    );
    assert.ok(Math.abs(defined(site.drainStartedAtMs, 'a time') - world.clock.nowMs()) < 60_000);
    assert.equal(shareOf(node, 'dublin', 'dublin-1'), 0);
    const again = await drain(world, 'dublin-1');
    assert.deepEqual(again.sites, [{ id: 'dublin-1', state: 'draining' }]);
    const rows = await world.database.selectFrom('drains').selectAll().execute();
    assert.equal(rows.length, 1);

    const restored = await world.admin.call('DELETE /v1/drains/{target}', { params: { target: 'dublin' } });
    assert.deepEqual(restored.sites, [{ id: 'dublin-1', state: 'up' }]);
    await waitFor('the site to be up for all', async () => {
      await settle(nodes);
      return node.snapshot?.sites.every(({ state }) => state === 'up');
    });
    const { findings } = await world.admin.call('GET /v1/steering');
    assert.deepEqual(findings, []);
  });

  test('the last healthy site is drained only by force, also when two drains come at once', async () => {
    const { world, nodes } = await start(suite);
    const outcomes = await Promise.all(
      ['dublin-1', 'singapore', 'los-angeles-1'].map((target) => codeOf(drain(world, target))),
    );
    assert.deepEqual(outcomes.sort(), ['accepted', 'accepted', 'conflict']);
    const { regions } = await world.admin.call('GET /v1/world');
    const left = regions.flatMap(({ sites }) => sites).filter(({ state }) => state === 'up');
    assert.equal(left.length, 1);
    const target = defined(left[0], 'the last site').id;
    const forced = await drain(world, target, true);
    assert.equal(forced.warnings.length, 1);
    await settle(nodes);
    const { plan } = await world.admin.call('GET /v1/steering');
    for (const group of plan.groups) assert.ok(group.order.length > 0, 'somebody still serves');
  });

  test('a site that is down does not count as the one that is left', async () => {
    const { world, nodes } = await start(suite);
    world.clock.advance(6_500);
    await defined(nodes[0], 'a node').beat();
    assert.equal(await codeOf(drain(world, 'dublin-1')), 'conflict');
    await defined(nodes[1], 'a node').beat();
    const { warnings } = await drain(world, 'dublin-1');
    assert.deepEqual(warnings, ['Only singapore-1 is left to serve viewers.']);
    assert.equal(await codeOf(drain(world, 'atlantis')), 'not_found');
  });
});
