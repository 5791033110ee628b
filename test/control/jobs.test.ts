// Uploads become jobs, jobs become leases, leases end well or badly; the change feed tells the regions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { AssetRecord } from '#contract/media.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  codeOf,
  encoding,
  type FakeNode,
  makeMedia,
  makeRecord,
  onEveryDatabase,
  type TestControl,
} from './support.ts';

async function register(node: FakeNode, record: AssetRecord): Promise<string> {
  await node.api.call('POST /node/v1/uploads', { body: { record } });
  return record.assetId;
}

function lease(node: FakeNode, job: { id: string; fence: number }) {
  const params = { jobId: job.id };
  return {
    heartbeat: (share: number) =>
      node.api.call('POST /node/v1/jobs/{jobId}/heartbeat', {
        params,
        body: { fence: job.fence, progress: encoding(share) },
      }),
    fail: (isRetryable: boolean) =>
      node.api.call('POST /node/v1/jobs/{jobId}/fail', {
        params,
        body: {
          fence: job.fence,
          failure: { code: 'media_truncated', message: 'The file ends early.', isRetryable },
        },
      }),
  };
}

/** The database's clock decides when a lease ends; this moves the end instead of waiting for it. */
async function expireLeases(world: TestControl): Promise<void> {
  await world.database.updateTable('jobs').set({ lease_until_ms: 1 }).where('state', '=', 'leased').execute();
}

async function makeDue(world: TestControl): Promise<void> {
  await world.database.updateTable('jobs').set({ run_at_ms: 1 }).where('state', '=', 'ready').execute();
}

onEveryDatabase('jobs', (suite) => {
  test('an upload becomes an asset and a job, once, however many regions register it', async () => {
    const world = await suite.start();
    const [dublin, singapore] = [await world.node('dublin-1'), await world.node('singapore-1')];
    const record = makeRecord();
    const fromSingapore = { ...record, source: { ...record.source, regionIds: ['singapore'] } };
    await Promise.all([
      register(dublin, record),
      register(singapore, fromSingapore),
      register(dublin, record),
    ]);
    const asset = await world.admin.call('GET /v1/assets/{assetId}', { params: { assetId: record.assetId } });
    assert.deepEqual([...asset.sourceRegionIds].sort(), ['dublin', 'singapore']);
    assert.equal(asset.stage, 'queued');
    const { jobs } = await world.admin.call('GET /v1/jobs');
    assert.equal(jobs.length, 1);
    const other = { ...record, source: { ...record.source, sha256: 'b'.repeat(64) } };
    assert.equal(await codeOf(register(dublin, other)), 'conflict');
    assert.equal(await codeOf(register(dublin, makeRecord({ projectId: 'nowhere' }))), 'not_found');
  });

  test('a waiting encoder has a new job within milliseconds, and the whole record with it', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const claimed = node.claim({ waitMs: 20_000 });
    await node.beat();
    const startedAtMs = performance.now();
    const record = makeRecord();
    await register(node, record);
    const [job] = await claimed;
    assert.ok(performance.now() - startedAtMs < 800, `${performance.now() - startedAtMs} ms`);
    assert.ok(job);
    assert.equal(job.attempt, 1);
    assert.equal(job.fence, 1);
    assert.deepEqual(job.record.source, record.source);
  });

  test('of two claimers only one gets the job, and the nearer one', async () => {
    const world = await suite.start();
    const near = await world.node('dublin-1');
    const far = await world.node('singapore-1');
    const claims = [
      far.claim({ waitMs: 1_500 }),
      near.claim({ waitMs: 1_500 }),
      near.claim({ waitMs: 1_500 }),
    ];
    await register(near, makeRecord());
    const [farJobs, ...nearJobs] = await Promise.all(claims);
    assert.deepEqual(farJobs, []);
    assert.equal(nearJobs.flat().length, 1);
  });

  test('jobs given to many claimers at once are each given once', async () => {
    const world = await suite.start();
    const nodes = [
      await world.node('dublin-1'),
      await world.node('singapore-1'),
      await world.node('los-angeles-1'),
    ];
    const first = defined(nodes[0], 'a node');
    const assetIds = [];
    for (let index = 0; index < 12; index += 1)
      assetIds.push(await register(first, makeRecord({}, ['dublin', 'singapore', 'los-angeles'])));
    const claims = Array.from({ length: 12 }, (_, index) =>
      defined(nodes[index % 3], 'a node').claim({ slots: 2, waitMs: 2_000 }),
    );
    const given = (await Promise.all(claims)).flat();
    const more = (await Promise.all(nodes.map((node) => node.claim({ slots: 64, waitMs: 0 })))).flat();
    const all = [...given, ...more].map(({ record }) => record.assetId).sort();
    assert.deepEqual(all, assetIds.sort());
  });

  test('a project with much work does not hold up another one', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    await world.admin.call('POST /v1/projects', { body: { id: 'other', name: 'Other' } });
    const mine: string[] = [];
    for (let index = 0; index < 5; index += 1) mine.push(await register(node, makeRecord()));
    const theirs = await register(node, makeRecord({ projectId: 'other' }));
    const claim = async (slots: number): Promise<string[]> =>
      (await node.claim({ slots })).map(({ record }) => record.assetId);
    assert.deepEqual(await claim(2), [mine[0], theirs]);
    const late = await register(node, makeRecord({ projectId: 'other' }));
    assert.deepEqual(await claim(2), [mine[1], late], 'one of each runs already');
    assert.deepEqual(await claim(64), mine.slice(2));
  });

  test('a far region gets a job when its own region is busy for more than a second, or dead at once', async () => {
    const world = await suite.start();
    const near = await world.node('dublin-1');
    const far = await world.node('singapore-1');
    await register(near, makeRecord());
    const startedAtMs = performance.now();
    const [late] = await far.claim({ waitMs: 10_000 });
    assert.ok(late, 'given in the end');
    assert.ok(performance.now() - startedAtMs > 500, 'not at once');
    world.clock.advance(6_500);
    await far.beat();
    await register(far, makeRecord());
    const [orphan] = await far.claim({ waitMs: 0 });
    assert.ok(orphan, 'given at once');
  });

  test('a draining site gets no work', async () => {
    const world = await suite.start();
    const near = await world.node('dublin-1');
    const far = await world.node('singapore-1');
    await world.admin.call('POST /v1/drains/{target}', { params: { target: 'dublin-1' }, body: {} });
    await register(near, makeRecord());
    assert.deepEqual(await near.claim({ waitMs: 300 }), []);
    assert.equal((await far.claim()).length, 1);
  });

  test('a heartbeat keeps the lease and shows progress; completion makes the asset ready', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const assetId = await register(node, makeRecord());
    const job = defined((await node.claim())[0], 'a job');
    const beaten = await lease(node, job).heartbeat(0.5);
    assert.equal(beaten.isCancelled, false);
    assert.ok(beaten.leaseUntilMs >= job.leaseUntilMs);
    const params = { assetId };
    const during = await world.admin.call('GET /v1/assets/{assetId}', { params });
    assert.deepEqual([during.stage, during.progress, during.isPlayable], ['encoding', 0.5, true]);

    const complete = (media = makeMedia(job)) =>
      node.api.call('POST /node/v1/jobs/{jobId}/complete', {
        params: { jobId: job.id },
        body: { fence: job.fence, result: { media, copies: ['dublin', 'singapore'] } },
      });
    assert.equal(await codeOf(complete(makeMedia(job, { attempt: 2 }))), 'invalid_request');
    assert.equal(await codeOf(complete(makeMedia(job, { state: 'growing' }))), 'invalid_request');
    await complete();
    await complete();
    const ready = await world.admin.call('GET /v1/assets/{assetId}', { params });
    assert.equal(ready.stage, 'ready');
    assert.deepEqual(ready.mediaRegionIds, ['dublin', 'singapore']);
    assert.deepEqual(ready.renditions, [
      {
        id: 'v720',
        kind: 'video',
        width: 1280,
        height: 720,
        codecs: 'avc1.64001f',
        bandwidthBps: 3_000_000,
        averageBandwidthBps: 2_000_000,
        frameCount: 250,
      },
    ]);
    assert.equal(ready.playlists[0]?.hls, `http://dublin-1-a.test/m/default/${assetId}/v1/main.m3u8`);
    assert.equal(ready.watchUrl, `http://dublin-1-a.test/watch/default/${assetId}`);
    const { assets } = await world.admin.call('GET /v1/world');
    assert.deepEqual(assets, { total: 1, processing: 0, failed: 0 });
  });

  test('whoever lost the lease is refused by its fence, and the next attempt has a number of its own', async () => {
    const world = await suite.start();
    const dead = await world.node('dublin-1');
    const heir = await world.node('singapore-1');
    await register(dead, makeRecord({}, ['dublin', 'singapore']));
    const lost = defined((await dead.claim())[0], 'a job');
    const claimed = heir.claim({ waitMs: 15_000 });
    await expireLeases(world);
    const job = defined((await claimed)[0], 'the job again');
    assert.deepEqual([job.id, job.attempt, job.fence], [lost.id, 2, 2]);
    assert.equal(await codeOf(lease(dead, lost).heartbeat(0.9)), 'lease_lost');
    assert.equal(await codeOf(lease(dead, lost).fail(true)), 'lease_lost');
    assert.equal(await codeOf(lease(dead, { id: job.id, fence: job.fence }).heartbeat(0.9)), 'lease_lost');
    await lease(heir, job).heartbeat(0.2);
  });

  test('a restarted node gives back what its old process was working on', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    await node.beat();
    await register(node, makeRecord());
    const lost = defined((await node.claim())[0], 'a job');
    await world.database
      .updateTable('jobs')
      .set(({ eb }) => ({ leased_at_ms: eb('leased_at_ms', '-', 6_000) }))
      .execute();
    node.reboot();
    await node.beat();
    const [job] = await node.claim({ waitMs: 8_000 });
    assert.deepEqual([job?.id, job?.attempt], [lost.id, 2]);
  });

  test('failures are repeated with a delay, then buried with a reason, and an operator may try again', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const assetId = await register(node, makeRecord());
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const job = defined((await node.claim())[0], `attempt ${attempt}`);
      assert.equal(job.attempt, attempt);
      await lease(node, job).fail(true);
      if (attempt < 5) assert.deepEqual(await node.claim({ waitMs: 0 }), [], 'not at once');
      await makeDue(world);
    }
    const params = { assetId };
    const failed = await world.admin.call('GET /v1/assets/{assetId}', { params });
    assert.equal(failed.stage, 'failed');
    assert.deepEqual(failed.failure, {
      code: 'media_truncated',
      message: 'The file ends early. Given up after 5 attempts.',
    });
    const { jobs } = await world.admin.call('GET /v1/jobs', { query: { state: 'dead' } });
    assert.equal(jobs.length, 1);

    const claimed = node.claim();
    const again = await world.admin.call('POST /v1/assets/{assetId}/retry', { params });
    assert.deepEqual([again.stage, again.failure], ['queued', null]);
    const job = defined((await claimed)[0], 'a job');
    assert.equal(job.attempt, 6);
    assert.equal(await codeOf(world.admin.call('POST /v1/assets/{assetId}/retry', { params })), 'conflict');
  });

  test('a failure that repeating cannot mend is buried at once', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const assetId = await register(node, makeRecord());
    const job = defined((await node.claim())[0], 'a job');
    await lease(node, job).fail(false);
    const failed = await world.admin.call('GET /v1/assets/{assetId}', { params: { assetId } });
    const failure = { code: 'media_truncated', message: 'The file ends early.' };
    assert.deepEqual(failed.failure, failure);
    assert.deepEqual(await node.claim({ waitMs: 0 }), []);
    const told = async () => {
      const page = await node.api.call('GET /node/v1/records', { query: { after: 0, limit: 10 } });
      return page.records.map((record) => record.failure);
    };
    assert.deepEqual(await told(), [failure], 'regions tell whoever waits for it');
    await world.admin.call('POST /v1/assets/{assetId}/retry', { params: { assetId } });
    assert.deepEqual(await told(), [undefined]);
  });

  test('deleting an asset cancels its job, tells the encoder, and leaves a tombstone', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const record = makeRecord();
    const assetId = await register(node, record);
    const job = defined((await node.claim())[0], 'a job');
    const params = { assetId };
    await world.admin.call('DELETE /v1/assets/{assetId}', { params });
    assert.equal((await lease(node, job).heartbeat(0.5)).isCancelled, true);
    assert.equal(await codeOf(world.admin.call('GET /v1/assets/{assetId}', { params })), 'gone');
    assert.equal(await codeOf(world.admin.call('DELETE /v1/assets/{assetId}', { params })), 'gone');
    await register(node, { ...record, source: { ...record.source, regionIds: ['singapore'] } });
    const { records } = await node.api.call('GET /node/v1/records', { query: { after: 0 } });
    assert.deepEqual(
      records.map(({ isDeleted, revision }) => [isDeleted, revision]),
      [[true, 2]],
    );
    await expireLeases(world);
    assert.deepEqual(await node.claim({ waitMs: 0 }), []);
  });

  test('a claim whose caller hangs up does not take a job with it', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const gone = new AbortController();
    const claimed = node.claim({ waitMs: 20_000, signal: gone.signal });
    await node.beat();
    gone.abort();
    await assert.rejects(claimed);
    await node.beat();
    await register(node, makeRecord());
    const job = defined((await node.claim())[0], 'the job');
    assert.ok(job.attempt <= 2);
    await lease(node, job).heartbeat(0.1);
  });
});

onEveryDatabase('the change feed', (suite) => {
  test('it tells changes in the order of their commits, from any cursor, in pages', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1)
      ids.push(await register(node, makeRecord({ name: `clip ${index}` })));
    const read = (after: number, limit = 500) =>
      node.api.call('GET /node/v1/records', { query: { after, limit } });
    const first = await read(0, 3);
    assert.deepEqual(
      first.records.map(({ assetId }) => assetId),
      ids.slice(0, 3),
    );
    const rest = await read(first.cursor);
    assert.deepEqual(
      rest.records.map(({ assetId }) => assetId),
      ids.slice(3),
    );
    assert.deepEqual(await read(rest.cursor), { cursor: rest.cursor, records: [] });

    const assetId = defined(ids[1], 'an asset');
    await world.admin.call('PATCH /v1/assets/{assetId}', {
      params: { assetId },
      body: { name: 'renamed', visibility: 'private' },
    });
    const changed = await read(rest.cursor);
    assert.deepEqual(
      changed.records.map(({ name, visibility, revision }) => [name, visibility, revision]),
      [['renamed', 'private', 2]],
    );
    assert.deepEqual(await read(9_999), { cursor: 0, records: [] }, 'a restored database starts over');
  });

  test('a reader that follows while many write at once misses nothing', async () => {
    const world = await suite.start();
    const node = await world.node('dublin-1');
    const seen = new Set<string>();
    let cursor = 0;
    const writes = Promise.all(Array.from({ length: 40 }, async () => register(node, makeRecord())));
    let isWritten = false;
    void writes.then(() => {
      isWritten = true;
    });
    await waitFor('the reader to catch up', async () => {
      const wasWritten = isWritten;
      const page = await node.api.call('GET /node/v1/records', { query: { after: cursor, limit: 7 } });
      for (const record of page.records) seen.add(record.assetId);
      cursor = page.cursor;
      return wasWritten && page.records.length === 0;
    });
    assert.deepEqual([...seen].sort(), (await writes).sort());
  });
});
