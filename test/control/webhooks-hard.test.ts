// Webhooks under strain: a kill between sending and writing down, a clean stop in the middle, a lead that is lost,
// and ten thousand events for an endpoint that is dead.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { sql } from 'kysely';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import { createDispatcher } from '#control/events/dispatcher.ts';
import { createSender } from '#control/outbox/send.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { waitFor } from '../support/wait-for.ts';
import { addressOf, adminOf, startChild } from './child.ts';
import type { ChildOptions } from './control-child.ts';
import { onEveryDatabaseInTurn } from './support.ts';
import { startReceiver } from './webhook-receiver.ts';
import { ALLOW_PRIVATE, startWebhookWorld, type WebhookWorld } from './webhook-world.ts';

const DEAD_COUNT = 10_000;
const WELL_COUNT = 2_000;

/** Events that wait at a webhook, as many assets or one, without ten thousand uploads. */
async function fill(
  { world }: WebhookWorld,
  webhookId: string,
  lanes: number,
  count = DEAD_COUNT,
): Promise<void> {
  const nowMs = world.clock.nowMs();
  await sql`
    with made as (
      insert into events (id, type, subject, project_id, at_ms, data)
      select 'evt_' || lpad(n::text, 26, '0'), 'asset.renamed', 'ast_' || lpad((n % ${lanes}::int)::text, 26, '0'), 'default',
        ${nowMs}::bigint, '{}'
      from generate_series(1, ${count}::int) n
      returning sequence, subject
    )
    insert into webhook_deliveries (webhook_id, event_sequence, lane, state, queued_at_ms, due_at_ms)
    select ${webhookId}::text, sequence, subject, 'waiting', ${nowMs}::bigint, ${nowMs}::bigint from made
  `.execute(world.database);
}

async function medianMs(times: number, run: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  for (let index = 0; index < times; index += 1) {
    const startedAtMs = performance.now();
    await run();
    taken.push(performance.now() - startedAtMs);
  }
  return defined(taken.sort((left, right) => left - right)[Math.floor(times / 2)], 'a median');
}

onEveryDatabaseInTurn('webhooks under strain', (suite) => {
  test('a kill between sending and writing down means a repetition with the same id, and nothing is lost', async () => {
    let address: ChildOptions['address'] | undefined;
    const world = await suite.start({
      config: ALLOW_PRIVATE,
      address: (database) => {
        address = addressOf(suite, database);
        return address;
      },
    });
    await world.stop();
    const options = {
      address: defined(address, 'an address'),
      dataDirectory: world.dataDirectory,
      config: ALLOW_PRIVATE,
    };
    const receiver = await startReceiver();
    const first = await startChild(options);
    const admin = adminOf(first.url, world.dataDirectory);
    const { webhook } = await admin.call('POST /v1/webhooks', { body: { url: receiver.url } });
    const answered = Promise.withResolvers<number>();
    receiver.answer = () => answered.promise;
    const { deliveryId } = await admin.call('POST /v1/webhooks/{webhookId}/test', {
      params: { webhookId: webhook.id },
    });
    await waitFor('the request', () => receiver.received.length === 1);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    answered.resolve(204);
    receiver.answer = () => 204;
    const second = await startChild(options);
    await waitFor('the repetition', () => receiver.received.length === 2);
    assert.equal(receiver.received[1]?.id, receiver.received[0]?.id);
    assert.equal(receiver.received[1]?.body, receiver.received[0]?.body);
    const again = adminOf(second.url, world.dataDirectory);
    const params = { webhookId: webhook.id, deliveryId };
    const { attempts } = await waitFor('it to be written down', async () => {
      const seen = await again.call('GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}', { params });
      return seen.delivery.state === 'delivered' && seen;
    });
    assert.deepEqual(
      attempts.map(({ number, status, problem }) => [number, status, problem]),
      [
        [1, null, 'Control ended before the outcome was written down; the event is sent again.'],
        [2, 204, null],
      ],
    );
    second.child.kill('SIGKILL');
    await once(second.child, 'exit');
    await receiver.close();
  });

  test('a stop waits shortly for what is in flight; what it cuts off is repeated after the start', async () => {
    const own = await startWebhookWorld(suite);
    const [quick, slow] = [await own.receiver(), await own.receiver()];
    const quickAnswer = Promise.withResolvers<number>();
    quick.answer = () => quickAnswer.promise;
    slow.answer = () => new Promise<number>(() => {});
    const [atQuick, atSlow] = [await own.add(quick.url), await own.add(slow.url)];
    await own.upload();
    await waitFor('both requests', () => quick.received.length + slow.received.length === 2);
    const restarting = own.world.restart();
    quickAnswer.resolve(204);
    const next = await restarting;
    try {
      slow.answer = () => 204;
      await waitFor('the repetition', () => slow.received.length === 2);
      assert.equal(slow.received[1]?.id, slow.received[0]?.id);
      const ended = (webhookId: string) =>
        waitFor('the delivery', async () => {
          const { deliveries } = await next.admin.call('GET /v1/webhooks/{webhookId}/deliveries', {
            params: { webhookId },
            query: { state: 'delivered' },
          });
          return deliveries[0];
        });
      assert.equal((await ended(atSlow.webhook.id)).attempts, 2);
      assert.equal((await ended(atQuick.webhook.id)).attempts, 1);
      assert.equal(quick.received.length, 1);
    } finally {
      await next.stop();
    }
  });

  test('who does not lead sends nothing', async () => {
    const own = await startWebhookWorld(suite);
    const receiver = await own.receiver();
    const { webhook } = await own.add(receiver.url);
    const { dataDirectory, database, clock } = own.world;
    // The control stops, so that only the dispatcher of this test is left; its webhook is then made active again.
    await own.world.admin.call('POST /v1/webhooks/{webhookId}/pause', { params: { webhookId: webhook.id } });
    await own.upload();
    await own.world.control.stop();
    await database.updateTable('webhooks').set({ state: 'active' }).execute();
    let leads = false;
    const dispatcher = createDispatcher({
      context: {
        config: configSchema.parse(ALLOW_PRIVATE),
        dataDirectory,
        database,
        clock,
        log: silentLog,
        metrics: createMetrics(),
        random: randomBytes,
      },
      send: createSender({ allowPrivateAddresses: true }),
      mayWork: () => {
        asked += 1;
        return leads;
      },
      term: () => 99,
    });
    let asked = 0;
    const stop = new AbortController();
    const running = dispatcher.run(stop.signal);
    await waitFor('three rounds', () => asked >= 3);
    assert.equal(receiver.received.length, 0);
    leads = true;
    await waitFor('the event', () => receiver.received.length === 1);
    stop.abort();
    await running;
    const rows = await database.selectFrom('webhook_deliveries').selectAll().execute();
    assert.deepEqual(
      rows.map(({ state }) => state),
      ['delivered'],
    );
  });

  for (const lanes of [1, DEAD_COUNT])
    test(`ten thousand events of ${lanes} assets for a dead endpoint slow nothing down`, async () => {
      const own = await startWebhookWorld(suite);
      const [dead, well] = [await own.receiver(), await own.receiver()];
      dead.answer = () => 500;
      const silent = await own.receiver();
      silent.answer = () => new Promise<number>(() => {});
      const assetId = await own.upload();
      const rename = () => own.rename(assetId, `name ${Math.random()}`);
      await medianMs(5, rename);
      const calmMs = await medianMs(20, rename);
      const bad = await own.add(dead.url, ['asset.deleted']);
      const mute = await own.add(silent.url, ['asset.deleted']);
      await fill(own, bad.webhook.id, lanes);
      await sql`insert into webhook_deliveries (webhook_id, event_sequence, lane, state, queued_at_ms, due_at_ms)
        select ${mute.webhook.id}::text, event_sequence, lane, state, queued_at_ms, due_at_ms from webhook_deliveries
        where webhook_id = ${bad.webhook.id}`.execute(own.world.database);
      await waitFor('the endpoint to be tried', () => dead.received.length > 0);
      const good = await own.add(well.url, ['asset.renamed']);
      const latencies: number[] = [];
      for (let count = 1; count <= 8; count += 1) {
        const startedAtMs = performance.now();
        await rename();
        await waitFor('it to arrive', () => well.received.length >= count);
        latencies.push(performance.now() - startedAtMs);
      }
      const busyMs = await medianMs(20, rename);
      await own.settled(good.webhook.id);
      assert.equal(well.received.length, 28);
      const slowestMs = Math.max(...latencies);
      assert.ok(slowestMs < 3_000, `the slowest event of the healthy endpoint took ${slowestMs} ms`);
      assert.ok(
        busyMs < 3 * calmMs + 20,
        `a change took ${calmMs} ms before and ${busyMs} ms with the dead endpoint`,
      );
      const view = await own.view(bad.webhook.id);
      assert.equal(view.waitingCount, DEAD_COUNT);
      assert.ok(dead.received.length < 60, `the dead endpoint was asked ${dead.received.length} times`);
      process.stderr.write(
        `  ${lanes} lanes: change ${calmMs.toFixed(1)} ms → ${busyMs.toFixed(1)} ms; healthy delivery at most ${slowestMs.toFixed(0)} ms; dead endpoint asked ${dead.received.length} times\n`,
      );
    });

  test('thousands of events reach a healthy endpoint, each once, each asset’s in order', async () => {
    const own = await startWebhookWorld(suite);
    const receiver = await own.receiver();
    const { webhook } = await own.add(receiver.url, ['asset.deleted']);
    await fill(own, webhook.id, 100, WELL_COUNT);
    const startedAtMs = performance.now();
    await waitFor('all of them', () => receiver.received.length >= WELL_COUNT, 120_000);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    await own.settled(webhook.id);
    const last = new Map<string, string>();
    for (const { event } of receiver.received) {
      assert.ok((last.get(event.subject) ?? '') < event.sequence, event.subject);
      last.set(event.subject, event.sequence);
    }
    assert.equal(new Set(receiver.received.map(({ id }) => id)).size, WELL_COUNT);
    process.stderr.write(`  ${WELL_COUNT} events in ${seconds.toFixed(1)} s\n`);
  });
});
