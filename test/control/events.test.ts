// Events: each change of an asset or a region is told once, in its order, in the transaction that makes it.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { assetEventDataSchema, regionEventDataSchema } from '#contract/api/events.ts';
import { recordEvent } from '#control/events/record.ts';
import {
  codeOf,
  encoding,
  type FakeNode,
  makeMedia,
  makeRecord,
  onEveryDatabase,
  type TestControl,
} from './support.ts';

async function register(node: FakeNode): Promise<string> {
  const record = makeRecord();
  await node.api.call('POST /node/v1/uploads', { body: { record } });
  return record.assetId;
}

/** Oldest first. */
async function eventsOf(world: TestControl, subject: string) {
  const { events } = await world.admin.call('GET /v1/events', { query: { subject, limit: 200 } });
  return events.reverse();
}

async function lease(node: FakeNode) {
  await node.beat();
  const job = defined((await node.claim())[0], 'a job');
  const params = { jobId: job.id };
  const { fence } = job;
  return {
    job,
    heartbeat: (share: number) =>
      node.api.call('POST /node/v1/jobs/{jobId}/heartbeat', {
        params,
        body: { fence, progress: encoding(share) },
      }),
    complete: () =>
      node.api.call('POST /node/v1/jobs/{jobId}/complete', {
        params,
        body: { fence, result: { media: makeMedia(job), copies: ['dublin'] } },
      }),
    fail: (isRetryable: boolean) =>
      node.api.call('POST /node/v1/jobs/{jobId}/fail', {
        params,
        body: { fence, failure: { code: 'media_truncated', message: 'The file ends early.', isRetryable } },
      }),
  };
}

onEveryDatabase('events', (suite) => {
  test('a video’s life is told in the order of its changes, with the video as each change left it', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const assetId = await register(node);
    await node.api.call('POST /node/v1/uploads', { body: { record: { ...makeRecord(), assetId } } });
    const own = await lease(node);
    for (const share of [0.05, 0.2, 0.6]) await own.heartbeat(share);
    await own.complete();
    await own.complete();
    const params = { assetId };
    const change = (body: { name?: string; visibility?: 'public' | 'private' }) =>
      world.admin.call('PATCH /v1/assets/{assetId}', { params, body });
    await change({ name: 'Holiday' });
    await change({ name: 'Holiday', visibility: 'public' });
    await change({ name: 'Rome', visibility: 'private' });
    await world.admin.call('DELETE /v1/assets/{assetId}', { params });
    const events = await eventsOf(world, assetId);
    assert.deepEqual(
      events.map(({ type }) => type),
      [
        'asset.created',
        'asset.playable',
        'asset.ready',
        'asset.renamed',
        'asset.renamed',
        'asset.visibility_changed',
        'asset.deleted',
      ],
    );
    const data = events.map((event) => assetEventDataSchema.parse(event.data));
    assert.deepEqual(
      data.map(({ stage, isPlayable }) => `${stage} ${isPlayable}`),
      ['queued false', 'encoding true', ...Array(4).fill('ready true'), 'ready false'],
    );
    assert.deepEqual([data[3]?.name, data[3]?.previousName], ['Holiday', 'clip.mp4']);
    assert.deepEqual([data[5]?.visibility, data[5]?.previousVisibility], ['private', 'public']);
    assert.equal(data[2]?.durationMs, 10_000);
    for (const [index, event] of events.entries()) {
      assert.match(event.id, /^evt_[0-9a-z]{26}$/);
      assert.equal(event.projectId, 'default');
      assert.ok(event.sequence > (events[index - 1]?.sequence ?? 0));
    }
    const page = await world.admin.call('GET /v1/events', { query: { type: 'asset.renamed', limit: 1 } });
    assert.deepEqual(page.events, [events[4]]);
    const before = page.events[0]?.sequence ?? 0;
    const older = await world.admin.call('GET /v1/events', { query: { type: 'asset.renamed', before } });
    assert.deepEqual(older.events, [events[3]]);
  });

  test('a failure is told when it is final, and so is the new beginning; a short video is playable and ready at once', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const assetId = await register(node);
    await (await lease(node)).fail(true);
    assert.equal((await eventsOf(world, assetId)).length, 1);
    await world.database.updateTable('jobs').set({ run_at_ms: 1 }).execute();
    await (await lease(node)).fail(false);
    await world.admin.call('POST /v1/assets/{assetId}/retry', { params: { assetId } });
    assert.equal(
      await codeOf(world.admin.call('POST /v1/assets/{assetId}/retry', { params: { assetId } })),
      'conflict',
    );
    await (await lease(node)).complete();
    const events = await eventsOf(world, assetId);
    assert.deepEqual(
      events.map(({ type }) => type),
      ['asset.created', 'asset.failed', 'asset.retried', 'asset.playable', 'asset.ready'],
    );
    assert.deepEqual(events[1]?.data.failure, { code: 'media_truncated', message: 'The file ends early.' });
    assert.equal(events[2]?.data.failure, null);
  });

  test('a drain is told once per region, however often it is asked for, and so is its end', async () => {
    const world = await suite.start();
    await world.settledNodes('dublin-1', 'singapore-1', 'los-angeles-1');
    const drain = (target: string) =>
      world.admin.call('POST /v1/drains/{target}', { params: { target }, body: {} });
    const restore = (target: string) =>
      world.admin.call('DELETE /v1/drains/{target}', { params: { target } });
    await restore('dublin');
    await Promise.all([drain('dublin'), drain('dublin-1')]);
    await Promise.all([restore('dublin-1'), restore('dublin')]);
    const events = await eventsOf(world, 'dublin');
    assert.deepEqual(
      events.map(({ type }) => type),
      ['region.draining', 'region.restored'],
    );
    const data = events.map((event) => regionEventDataSchema.parse(event.data));
    assert.deepEqual(data, [
      { regionId: 'dublin', siteIds: ['dublin-1'], isForced: false },
      { regionId: 'dublin', siteIds: ['dublin-1'] },
    ]);
    assert.deepEqual(await eventsOf(world, 'singapore'), []);
  });

  test('what is rolled back is not told', async () => {
    const world = await suite.start();
    await world.admin.call('POST /v1/webhooks', { body: { url: 'https://hooks.example/' } });
    const event = {
      type: 'asset.deleted' as const,
      subject: 'ast_x',
      projectId: 'default',
      data: {},
      atMs: world.clock.nowMs(),
      random: randomBytes,
    };
    await assert.rejects(
      world.database.transaction().execute(async (transaction) => {
        await recordEvent(transaction, event);
        assert.equal((await transaction.selectFrom('webhook_deliveries').selectAll().execute()).length, 1);
        throw new Error('the change failed');
      }),
      /the change failed/,
    );
    assert.deepEqual(await world.database.selectFrom('events').selectAll().execute(), []);
    assert.deepEqual(await world.database.selectFrom('webhook_deliveries').selectAll().execute(), []);
  });
});
