// A database that goes away: requests are refused quickly, nodes go on, nothing is lost, and everything heals by
// itself. The link between control and the database is cut (connections are reset) and silenced (nothing answers).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { createLink, type Link } from '../database/servers.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, encoding, makeRecord, onEveryDatabase, settle } from './support.ts';

async function withLink(socketPath: string | null, run: (link: Link) => Promise<void>): Promise<void> {
  // A server that was given by address is reached by that address alone; it cannot be cut off here.
  if (socketPath === null) return;
  const link = await createLink(socketPath);
  try {
    await run(link);
  } finally {
    await link.close();
  }
}

onEveryDatabase('a database that is away', (suite) => {
  for (const how of ['cut', 'silence'] as const)
    test(`when the link is ${how === 'cut' ? 'cut' : 'silent'}, control says so at once and heals by itself`, async () => {
      await withLink(suite.socketPath(), async (link) => {
        const world = await suite.start({
          address: (database) => ({ url: link.url.replace(/\/postgres$/, `/${database}`) }),
        });
        const [node] = await world.settledNodes('dublin-1');
        assert.ok(node);
        const record = makeRecord();
        await node.api.call('POST /node/v1/uploads', { body: { record } });
        const job = defined((await node.claim())[0], 'a job');
        const term = defined(node.snapshot, 'a snapshot').term;

        await link[how]();
        await waitFor('control to notice', async () => (await fetch(`${world.url}/readyz`)).status === 503);
        const startedAtMs = performance.now();
        const late = makeRecord();
        assert.equal(await codeOf(world.admin.call('GET /v1/assets')), 'unavailable');
        assert.equal(
          await codeOf(node.api.call('POST /node/v1/uploads', { body: { record: late } })),
          'unavailable',
        );
        assert.equal(await codeOf(node.claim({ waitMs: 20_000 })), 'unavailable');
        assert.ok(performance.now() - startedAtMs < 1_500, `${performance.now() - startedAtMs} ms`);
        await waitFor('health to say why', async () => {
          const health = (await (await fetch(`${world.url}/healthz`)).json()) as { reasons: string[] };
          return health.reasons[0]?.startsWith('the database cannot be reached');
        });

        const before = defined(node.snapshot, 'a snapshot').sequence;
        world.clock.advance(10_000);
        await waitFor('snapshots to go on', async () => {
          await node.beat();
          return defined(node.snapshot, 'a snapshot').sequence > before;
        });

        await link.mend();
        await waitFor(
          'control to be ready again',
          async () => (await fetch(`${world.url}/readyz`)).ok,
          20_000,
        );
        await node.api.call('POST /node/v1/jobs/{jobId}/heartbeat', {
          params: { jobId: job.id },
          body: { fence: job.fence, progress: encoding(0.5) },
        });
        await node.api.call('POST /node/v1/uploads', { body: { record: late } });
        const { assets } = await world.admin.call('GET /v1/assets');
        assert.deepEqual(
          assets.map(({ id }) => id),
          [late.assetId, record.assetId],
        );
        await settle([node]);
        assert.equal(node.snapshot?.term, term, 'nobody led in between');
      });
    });

  test('thirty seconds without a database cost nobody a lease, an upload or the lead', async () => {
    await withLink(suite.socketPath(), async (link) => {
      const world = await suite.start({
        address: (database) => ({ url: link.url.replace(/\/postgres$/, `/${database}`) }),
      });
      const [node] = await world.settledNodes('dublin-1');
      assert.ok(node);
      const record = makeRecord();
      await node.api.call('POST /node/v1/uploads', { body: { record } });
      const job = defined((await node.claim())[0], 'a job');
      const heartbeat = () =>
        node.api.call('POST /node/v1/jobs/{jobId}/heartbeat', {
          params: { jobId: job.id },
          body: { fence: job.fence, progress: encoding(0.5) },
        });
      const { term } = defined(node.snapshot, 'a snapshot');

      await link.cut();
      const late = makeRecord();
      for (const endAtMs = performance.now() + 30_000; performance.now() < endAtMs; ) {
        await node.beat();
        assert.equal(await codeOf(heartbeat()), 'unavailable');
        const refused: Promise<unknown> = node.api.call('POST /node/v1/uploads', { body: { record: late } });
        assert.equal(await codeOf(refused), 'unavailable');
        await setTimeout(1_000);
      }
      await link.mend();
      await waitFor('control to be ready again', async () => (await fetch(`${world.url}/readyz`)).ok, 20_000);
      // Three seconds after the mend, as an encoder's next heartbeat would come.
      await setTimeout(3_000);
      assert.equal((await heartbeat()).isCancelled, false, 'the job is still its own');
      await node.api.call('POST /node/v1/uploads', { body: { record: late } });
      const { assets } = await world.admin.call('GET /v1/assets');
      assert.deepEqual(
        assets.map(({ id, stage }) => [id, stage]),
        [
          [late.assetId, 'queued'],
          [record.assetId, 'encoding'],
        ],
      );
      await settle([node]);
      assert.equal(node.snapshot?.term, term, 'nobody led in between');
    });
  });

  test('requests that wait on a silent database are let go', async () => {
    await withLink(suite.socketPath(), async (link) => {
      const world = await suite.start({
        address: (database) => ({ url: link.url.replace(/\/postgres$/, `/${database}`) }),
      });
      link.silence();
      const startedAtMs = performance.now();
      assert.equal(await codeOf(world.admin.call('GET /v1/assets')), 'unavailable');
      assert.ok(performance.now() - startedAtMs < 6_000, `${performance.now() - startedAtMs} ms`);
      await link.mend();
    });
  });
});
