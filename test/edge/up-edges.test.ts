// meridian up --edges 3: three edge processes behind the one address of a site, and a kill that nobody notices.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorld } from '../support/world.ts';

test('three edges share the address of a site, know each other, and a killed one is not missed', async () => {
  const world = await startWorld({ args: ['--edges', '3', '--no-demo', '--no-wan'] });
  try {
    const region = defined(
      world.regions.find(({ id }) => id === 'dublin'),
      'the region',
    );
    const names = ['dublin-1', 'dublin-1-b', 'dublin-1-c'];
    const pids = names.map((name) => world.pids()[name]);
    assert.equal(new Set(pids).size, 3);
    assert.ok(
      pids.every((pid) => typeof pid === 'number'),
      JSON.stringify(world.pids()),
    );
    const { nodes, pathways } = await world.client.call('GET /v1/world', {}).then(({ regions }) => {
      const sites = regions.flatMap(({ sites: all }) => all).filter(({ id }) => id === 'dublin-1');
      return { nodes: sites.flatMap((site) => site.nodes.map(({ id }) => id)), pathways: sites.length };
    });
    assert.deepEqual([nodes.toSorted(), pathways], [['dublin-1-a', 'dublin-1-b', 'dublin-1-c'], 1]);
    await waitFor('the edges to know each other', async () =>
      /^edge_mates 3$/m.test(await (await fetch(`${region.nodeUrl}/metrics`)).text()),
    );
    world.signal('dublin-1-b', 'SIGKILL');
    await waitFor('the end of an edge', () => world.pids()['dublin-1-b'] !== pids[1]);
    for (let asked = 0; asked < 50; asked += 1) {
      const answer = await fetch(`${region.edgeUrl}/probe`, { headers: { connection: 'close' } });
      assert.equal(answer.status, 204);
    }
    await waitFor('its return', () => typeof world.pids()['dublin-1-b'] === 'number');
  } finally {
    await world.stop();
    await world.remove();
  }
});
