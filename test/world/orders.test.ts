// Orders in a real world: a node that restarts when it is told to and is back, and a purge that every edge proves.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitFor } from '../support/wait-for.ts';
import { startWorld } from '../support/world.ts';

test('a node restarts by order through its supervisor, and every edge of the world proves a purge', async () => {
  const world = await startWorld({
    args: ['--no-demo', '--no-wan'],
    // Players of this world would ask again each second: a restart waits that long for them.
    config: { steering: { ttlMs: 1_000 } },
  });
  try {
    const before = world.pids()['dublin-1'];
    const restarted = await world.run('nodes', 'restart', 'dublin-1-a', '--wait', '--json');
    assert.equal(restarted.code, 0, restarted.stderr);
    const { order } = JSON.parse(restarted.stdout) as { order: { id: string; isDone: boolean } };
    assert.equal(order.isDone, true);
    const after = world.pids()['dublin-1'];
    assert.ok(typeof after === 'number' && after !== before, `${after} after ${before}`);
    const { children } = JSON.parse(readFileSync(join(world.dataDirectory, 'runtime.json'), 'utf8')) as {
      children: { name: string; lastReason: string | null; restarts: number }[];
    };
    const child = children.find(({ name }) => name === 'dublin-1');
    assert.deepEqual([child?.lastReason, child?.restarts], ['it was told to restart', 1]);
    await waitFor('the node to be ready', async () => {
      const { regions } = await world.client.call('GET /v1/world', {});
      return regions.every(({ sites }) => sites.every(({ nodes }) => nodes.every(({ isReady }) => isReady)));
    });

    const purged = await world.run('purge', 'default', '--wait', '--json');
    assert.equal(purged.code, 0, purged.stderr);
    const proof = JSON.parse(purged.stdout) as { order: { reports: { nodeId: string }[] } };
    assert.deepEqual(proof.order.reports.map(({ nodeId }) => nodeId).toSorted(), [
      'dublin-1-a',
      'los-angeles-1-a',
      'singapore-1-a',
    ]);
    const wrong = await world.run('purge', 'default/ast_1');
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /is not PROJECT, PROJECT\/ASSET or PROJECT\/ASSET\/vN/);
  } finally {
    await world.stop();
    await world.remove();
  }
});
