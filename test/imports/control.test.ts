// Imports in control: leases and fences, repetition, buckets, and what people are shown.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, makeRecord, onEveryDatabase } from '../control/support.ts';
import { waitFor } from '../support/wait-for.ts';

const URL_BODY = { url: 'https://media.example/films/a.mp4?signature=secret' };

onEveryDatabase('imports', (suite) => {
  test('an import is leased once, kept by heartbeats, and done under its fence', async () => {
    const world = await suite.start();
    const [one, two] = [await world.node('dublin-1'), await world.node('singapore-1')];
    const claim = (node: typeof one, waitMs = 0) =>
      node.api.call('POST /node/v1/imports/claim', { body: { nodeId: node.id, slots: 2, waitMs } });
    const waiting = claim(one, 5_000);
    const made = await world.admin.call('POST /v1/imports', { body: URL_BODY });
    assert.equal(made.location, 'https://media.example/films/a.mp4');
    const [task] = (await waiting).tasks;
    assert.deepEqual(task?.target, { kind: 'url', assetId: made.assetId, url: URL_BODY.url });
    assert.deepEqual((await claim(two)).tasks, []);
    const params = { importId: made.id };
    const fence = task?.fence ?? 0;
    const progress = { receivedBytes: 10, totalBytes: 40 };
    await one.api.call('POST /node/v1/imports/{importId}/heartbeat', { params, body: { fence, progress } });
    const view = await world.admin.call('GET /v1/imports/{importId}', { params });
    assert.deepEqual(
      [view.state, view.nodeId, view.receivedBytes, view.totalBytes],
      ['running', one.id, 10, 40],
    );
    const done = (node: typeof one, given: number) =>
      node.api.call('POST /node/v1/imports/{importId}/complete', {
        params,
        body: { fence: given, bytes: 40 },
      });
    assert.equal(await codeOf(done(two, fence)), 'lease_lost');
    assert.equal(await codeOf(done(one, fence + 1)), 'lease_lost');
    await done(one, fence);
    // The answer to the first was lost: the second changes nothing.
    await done(one, fence);
    const ended = await world.admin.call('GET /v1/imports/{importId}', { params });
    assert.deepEqual([ended.state, ended.receivedBytes, ended.failure], ['done', 40, null]);
  });

  test('what may pass is tried again under a new fence, and what may not is given up', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const claim = async () => {
      const body = { nodeId: node.id, slots: 1, waitMs: 10_000 };
      return (await node.api.call('POST /node/v1/imports/claim', { body })).tasks[0];
    };
    const { id } = await world.admin.call('POST /v1/imports', { body: URL_BODY });
    const params = { importId: id };
    const fail = (fence: number, isRetryable: boolean) =>
      node.api.call('POST /node/v1/imports/{importId}/fail', {
        params,
        body: { fence, failure: { code: 'import_unreachable', message: 'It is away.', isRetryable } },
      });
    const first = await claim();
    await fail(first?.fence ?? 0, true);
    const again = await claim();
    assert.deepEqual([again?.attempt, again?.fence], [2, 2]);
    assert.equal(await codeOf(fail(1, true)), 'lease_lost');
    await fail(2, false);
    const view = await world.admin.call('GET /v1/imports/{importId}', { params });
    assert.deepEqual(
      [view.state, view.failure],
      ['failed', { code: 'import_unreachable', message: 'It is away.' }],
    );
  });

  test('the lease of a silent node is taken back, and goes to another', async () => {
    const world = await suite.start();
    const [one, two] = [await world.node('dublin-1'), await world.node('singapore-1')];
    const { id } = await world.admin.call('POST /v1/imports', { body: URL_BODY });
    const claim = (node: typeof one) =>
      node.api.call('POST /node/v1/imports/claim', { body: { nodeId: node.id, slots: 1, waitMs: 10_000 } });
    assert.equal((await claim(one)).tasks.length, 1);
    await world.database.updateTable('imports').set({ lease_until_ms: 1 }).where('id', '=', id).execute();
    const [task] = (await claim(two)).tasks;
    assert.deepEqual([task?.id, task?.fence], [id, 2]);
  });

  test('cancelling tells the node, and everything of a bucket', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const { id } = await world.admin.call('POST /v1/imports', { body: { s3: { source: 'archive' } } });
    const params = { importId: id };
    const claimed = await node.api.call('POST /node/v1/imports/claim', {
      body: { nodeId: node.id, slots: 1, waitMs: 5_000 },
    });
    const fence = claimed.tasks[0]?.fence ?? 0;
    const objects = [{ key: 'a.mp4', etag: 'e1', bytes: 5 }];
    await node.api.call('POST /node/v1/imports/{importId}/objects', { params, body: { fence, objects } });
    const cancelled = await world.admin.call('POST /v1/imports/{importId}/cancel', { params });
    assert.deepEqual([cancelled.state, cancelled.objects?.cancelled], ['cancelled', 1]);
    const { entries } = await world.admin.call('GET /v1/audit', { query: { limit: 200 } });
    assert.deepEqual(
      entries.filter(({ subject }) => subject === id).map(({ action }) => action),
      ['import.cancel', 'import.create'],
    );
    const progress = { receivedBytes: 0, totalBytes: null };
    const beat = await node.api.call('POST /node/v1/imports/{importId}/heartbeat', {
      params,
      body: { fence, progress },
    });
    assert.equal(beat.isCancelled, true);
    assert.equal(
      await codeOf(world.admin.call('POST /v1/imports/{importId}/cancel', { params })),
      'conflict',
    );
  });

  test('objects of a bucket are added once per key and state, whoever lists them', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const list = async (objects: { key: string; etag: string; bytes: number }[]) => {
      const { id } = await world.admin.call('POST /v1/imports', {
        body: { s3: { source: 'archive', prefix: 'talks/' } },
      });
      const params = { importId: id };
      const { tasks } = await node.api.call('POST /node/v1/imports/claim', {
        body: { nodeId: node.id, slots: 1, waitMs: 5_000 },
      });
      assert.deepEqual(tasks[0]?.target, { kind: 'bucket', source: 'archive', prefix: 'talks/' });
      const fence = tasks[0]?.fence ?? 0;
      const add = () =>
        node.api.call('POST /node/v1/imports/{importId}/objects', { params, body: { fence, objects } });
      const { added } = await add();
      assert.equal((await add()).added, 0);
      const body = { fence, bytes: objects.length };
      await node.api.call('POST /node/v1/imports/{importId}/complete', { params, body });
      return { added, view: await world.admin.call('GET /v1/imports/{importId}', { params }) };
    };
    const a = { key: 'talks/a.mp4', etag: 'e1', bytes: 5 };
    const b = { key: 'talks/b.mp4', etag: 'e2', bytes: 7 };
    const first = await list([a, b]);
    assert.equal(first.added, 2);
    assert.deepEqual(
      [first.view.state, first.view.totalBytes, first.view.objects?.waiting],
      ['running', 12, 2],
    );
    const second = await list([a, { ...b, etag: 'e3' }]);
    assert.equal(second.added, 1);
    assert.deepEqual([second.view.objects?.found, second.view.objects?.skipped], [2, 1]);
  });

  test('what no node could fetch is refused when it is asked for', async () => {
    const world = await suite.start();
    const refused = (body: object) => codeOf(world.admin.call('POST /v1/imports', { body }));
    assert.equal(await refused({ url: 'http://169.254.169.254/latest/' }), 'import_forbidden');
    assert.equal(await refused({ url: 'http://127.1/a.mp4' }), 'import_forbidden');
    assert.equal(await refused({ url: 'https://me:secret@media.example/a.mp4' }), 'import_forbidden');
    assert.equal(await refused({ url: 'ftp://media.example/a.mp4' }), 'invalid_request');
    assert.equal(await refused({}), 'invalid_request');
    assert.equal(await refused({ ...URL_BODY, s3: { source: 'archive' } }), 'invalid_request');
    assert.equal(await refused({ ...URL_BODY, projectId: 'none' }), 'not_found');
    await waitFor('nothing to have been kept', async () => {
      return (await world.admin.call('GET /v1/imports')).imports.length === 0;
    });
  });

  test('an import is held to the quota of its project, when it is made and when it begins', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const set = (changes: object) =>
      world.admin.call('PUT /v1/projects/{projectId}/quotas', {
        params: { projectId: 'default' },
        body: {
          storedBytesMax: null,
          assetsMax: null,
          uploadBytesPerDayMax: null,
          retentionDays: null,
          ...changes,
        },
      });
    const claim = async (slots: number) => {
      const body = { nodeId: node.id, slots, waitMs: 0 };
      return (await node.api.call('POST /node/v1/imports/claim', { body })).tasks;
    };
    const make = () => world.admin.call('POST /v1/imports', { body: URL_BODY });
    await set({ uploadBytesPerDayMax: 500 });
    await make();
    assert.deepEqual(
      (await claim(1)).map(({ bytesMax }) => bytesMax),
      [500],
    );
    // One is being fetched: of two more, the limit of two assets lets one begin.
    const [second, third] = [await make(), await make()];
    await set({ assetsMax: 2 });
    assert.deepEqual(
      (await claim(4)).map(({ id }) => id),
      [second.id],
    );
    const refused = await world.admin.call('GET /v1/imports/{importId}', { params: { importId: third.id } });
    assert.deepEqual([refused.state, refused.failure?.code], ['failed', 'quota_exceeded']);
    await node.api.call('POST /node/v1/uploads', { body: { record: makeRecord() } });
    await set({ assetsMax: 1 });
    assert.equal(await codeOf(make()), 'quota_exceeded');
  });
});
