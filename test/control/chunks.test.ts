// Long videos that encoders share: who may help, what becomes of chunks whose makers are lost, who comes first, and how
// a file that kills encoders is kept from meeting all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { ChunkPlan, ChunkResult, LeasedChunk, LeasedJob, WorkKind } from '#contract/jobs.ts';
import { waitFor } from '../support/wait-for.ts';
import { codeOf, encoding, type FakeNode, makeRecord, onEveryDatabase, type TestControl } from './support.ts';

const RECIPE = 'ffmpeg 5.1; meridian 1';
const PLAN: ChunkPlan = {
  timelineStartMs: 10_000,
  segmentDurationMs: 2_000,
  firstSegmentMs: 1_000,
  packMs: 10_000,
  video: {
    streamIndex: 0,
    rotationDegrees: 0,
    frameRate: { numerator: 30, denominator: 1 },
    framesPerSegment: 60,
    firstSegmentFrames: 30,
    frameCount: 1_800,
    outputs: [{ id: 'v720', width: 1_280, height: 720, bitrateBps: 3e6, maxBitrateBps: 4e6 }],
  },
};
const SPANS = Array.from({ length: 6 }, (_, index) => ({
  index,
  firstFrame: index * 300,
  frameCount: 300,
  firstSegment: index === 0 ? 0 : index * 5 + 1,
  segmentCount: index === 0 ? 6 : 5,
}));

interface Work {
  readonly jobs: readonly LeasedJob[];
  readonly chunks: readonly LeasedChunk[];
}

async function claim(
  node: FakeNode,
  { slots = 1, waitMs = 0, recipe = RECIPE, kinds = ['process', 'chunk'] as WorkKind[] } = {},
): Promise<Work> {
  await node.beat();
  const encoder = { recipe, megapixelsPerSecond: 100, sources: [] };
  const body = { nodeId: node.id, slots, waitMs, kinds, encoder };
  const { jobs, chunks = [] } = await node.api.call('POST /node/v1/jobs/claim', { body });
  return { jobs, chunks };
}

/** What a node does with a chunk that it holds. */
function holder(node: FakeNode, { jobId, fence, span }: LeasedChunk) {
  const params = { jobId, index: span.index };
  return {
    heartbeat: (share: number) =>
      node.api.call('POST /node/v1/jobs/{jobId}/chunks/{index}/heartbeat', {
        params,
        body: { fence, share },
      }),
    complete: (result: ChunkResult) =>
      node.api.call('POST /node/v1/jobs/{jobId}/chunks/{index}/complete', {
        params,
        body: { fence, result },
      }),
    fail: (isRetryable = true) =>
      node.api.call('POST /node/v1/jobs/{jobId}/chunks/{index}/fail', {
        params,
        body: { fence, failure: { code: 'internal', message: 'FFmpeg was killed.', isRetryable } },
      }),
  };
}

/** What a node does that leads a job. */
function leader(node: FakeNode, job: LeasedJob) {
  const params = { jobId: job.id };
  const { fence } = job;
  return {
    declare: (plan = PLAN, takes = false) =>
      node.api.call('POST /node/v1/jobs/{jobId}/chunks', {
        params,
        body: { fence, recipe: RECIPE, plan, spans: SPANS, takes },
      }),
    next: (from: number, takes = false, waitMs = 0) =>
      node.api.call('POST /node/v1/jobs/{jobId}/chunks/next', {
        params,
        body: { fence, from, takes, waitMs },
      }),
    lost: (index: number) =>
      node.api.call('POST /node/v1/jobs/{jobId}/chunks/{index}/lost', {
        params: { ...params, index },
        body: { fence, reason: 'its region is gone' },
      }),
    heartbeat: () =>
      node.api.call('POST /node/v1/jobs/{jobId}/heartbeat', {
        params,
        body: { fence, progress: encoding(0.1) },
      }),
  };
}

function resultOf({ record, attempt, fence, span }: LeasedChunk): ChunkResult {
  const key = `default/${record.assetId}/v1/a${attempt}/chunks/v720-${span.firstSegment}-${fence}.bin`;
  const pack = {
    ...{ renditionId: 'v720', key, bytes: 9, sha256: 'a'.repeat(64), frameCount: span.frameCount },
    firstSegment: span.firstSegment,
    firstTimeTicks: 900_000,
    durationRuns: [[180_000, span.segmentCount] as [number, number]],
  };
  return { inits: [{ renditionId: 'v720', sha256: 'b'.repeat(64) }], packs: [pack] };
}

/** Ends the leases of all helpers; resolves when control has taken this chunk back. */
async function expireChunks(world: TestControl, job: LeasedJob, index: number): Promise<void> {
  await world.database
    .updateTable('job_chunks')
    .set({ lease_until_ms: 1 })
    .where('state', '=', 'leased')
    .where('is_led', '=', false)
    .execute();
  await waitFor('the chunk to be taken back', async () => {
    const { chunkList, state } = await detail(world, job);
    return state === 'dead' || chunkList[index]?.state === 'ready';
  });
}

interface Shared {
  readonly lead: FakeNode;
  readonly helpers: readonly FakeNode[];
  readonly job: LeasedJob;
}

/** A job that is led from Dublin and shared; all regions hold its source. */
async function shareJob(world: TestControl): Promise<Shared> {
  const nodes = [];
  for (const site of ['dublin-1', 'singapore-1', 'los-angeles-1']) nodes.push(await world.node(site));
  const extra = await world.node('singapore-1', { id: 'singapore-1-b' });
  const [lead, ...helpers] = nodes;
  const node = defined(lead, 'a leader');
  const record = makeRecord({}, ['dublin', 'singapore', 'los-angeles']);
  await node.api.call('POST /node/v1/uploads', { body: { record } });
  const job = defined((await claim(node)).jobs[0], 'the job');
  const { taken } = await leader(node, job).declare(PLAN, true);
  assert.equal(taken?.index, 0, 'the leader takes the first, whoever waits');
  return { lead: node, helpers: [...helpers, extra], job };
}

const detail = (world: TestControl, { id }: LeasedJob) =>
  world.admin.call('GET /v1/jobs/{jobId}', { params: { jobId: id } });

onEveryDatabase('shared jobs', (suite) => {
  test('two helpers at first, one more with every chunk that came out well; only by the same recipe', async () => {
    const world = await suite.start();
    const { lead, helpers, job } = await shareJob(world);
    const [first, second, third] = helpers.map((node) => node);
    const [a, b, c] = [defined(first, 'one'), defined(second, 'two'), defined(third, 'three')];
    assert.deepEqual((await claim(a, { recipe: 'node-av 8.1; meridian 1' })).chunks, []);
    const one = defined((await claim(a)).chunks[0], 'a chunk');
    const two = defined((await claim(b)).chunks[0], 'a chunk');
    assert.deepEqual([one.span, two.span], [SPANS[1], SPANS[2]]);
    assert.deepEqual([one.plan, one.attempt], [PLAN, 1]);
    assert.deepEqual((await claim(c)).chunks, [], 'two help already');
    const waiting = leader(lead, job).next(1, false, 10_000);
    await holder(a, one).heartbeat(0.5);
    await holder(a, one).complete(resultOf(one));
    await holder(a, one).complete(resultOf(one));
    const { done, openCount } = await waiting;
    assert.deepEqual(
      [done.map(({ index, regionId, nodeId }) => [index, regionId, nodeId]), openCount],
      [[[1, 'singapore', a.id]], 5],
    );
    const more = await Promise.all([claim(a), claim(c)]);
    assert.deepEqual(
      more.map(({ chunks }) => chunks.length),
      [1, 1],
      'three may help now',
    );
    const { chunks, chunkList, placement } = await detail(world, job);
    assert.deepEqual([chunks?.total, chunks?.done, chunks?.running], [6, 1, 4]);
    assert.equal(placement?.reason.code, 'holds_source');
    assert.equal(chunkList[1]?.placement?.reason.code, 'holds_source');
    assert.equal(chunkList[1]?.placement?.reason.values.helpersMax, 2);
  });

  test('the work of a lost helper goes to another at once; it is refused when it comes back', async () => {
    const world = await suite.start();
    const { helpers, job } = await shareJob(world);
    const [dead, heir] = [defined(helpers[0], 'one'), defined(helpers[1], 'two')];
    const lost = defined((await claim(dead)).chunks[0], 'a chunk');
    const claimed = claim(heir, { waitMs: 15_000 });
    const other = defined((await claimed).chunks[0], 'another chunk');
    await holder(heir, other).complete(resultOf(other));
    await expireChunks(world, job, lost.span.index);
    const again = defined((await claim(heir)).chunks[0], 'the chunk again');
    assert.equal(again.span.index, lost.span.index);
    assert.equal(await codeOf(holder(dead, lost).heartbeat(0.9)), 'lease_lost');
    assert.equal(await codeOf(holder(dead, lost).complete(resultOf(lost))), 'lease_lost');
    await holder(heir, again).complete(resultOf(again));
    assert.equal((await detail(world, job)).failureCount, 1);
  });

  test('what helpers finished stays when the leader is lost, unless the plan is another one', async () => {
    const world = await suite.start();
    const { lead, helpers, job } = await shareJob(world);
    const helper = defined(helpers[0], 'one');
    const done = defined((await claim(helper)).chunks[0], 'a chunk');
    await holder(helper, done).complete(resultOf(done));
    const running = defined((await claim(helper)).chunks[0], 'a chunk');
    await world.database.updateTable('jobs').set({ lease_until_ms: 1 }).execute();
    const heir = defined(helpers[1], 'two');
    const leads = { kinds: ['process' as const], waitMs: 15_000 };
    const second = defined((await claim(heir, leads)).jobs[0], 'the job again');
    assert.equal(second.attempt, 2);
    assert.equal(await codeOf(leader(lead, job).next(0)), 'lease_lost');
    assert.equal((await leader(heir, second).declare()).doneCount, 1);
    assert.equal((await leader(heir, second).next(6, true)).taken?.index, 0, 'what the lost leader had');
    await holder(helper, running).heartbeat(0.3);
    await holder(helper, running).complete(resultOf(running));
    assert.deepEqual(
      (await leader(heir, second).next(1)).done.map(({ index }) => index),
      [1, 2],
    );
    await leader(heir, second).lost(1);
    assert.deepEqual((await leader(heir, second).next(1)).done, []);
    assert.equal((await leader(heir, second).declare({ ...PLAN, packMs: 20_000 })).doneCount, 0);
    assert.equal(await codeOf(holder(helper, running).heartbeat(0.9)), 'lease_lost');
  });

  test('a file that kills encoders meets one helper after another, and is given up with a clear message', async () => {
    const world = await suite.start();
    const { helpers, job } = await shareJob(world);
    const [a, b] = [defined(helpers[0], 'one'), defined(helpers[1], 'two')];
    for (let death = 1; death <= 3; death += 1) {
      const node = death % 2 === 1 ? a : b;
      const chunk = defined((await claim(node)).chunks[0], `helper ${death}`);
      assert.equal(chunk.span.index, 1, 'the same chunk again');
      if (death > 1) assert.deepEqual((await claim(node === a ? b : a)).chunks, [], 'one at a time');
      await expireChunks(world, job, 1);
      await world.database.updateTable('job_chunks').set({ ready_at_ms: 1 }).execute();
    }
    const dead = await detail(world, job);
    assert.equal(dead.state, 'dead');
    assert.equal(dead.failure?.code, 'media_harmful');
    assert.match(dead.failure?.message ?? '', /3 attempts ended badly.*chunk 1/);
    const asset = await world.admin.call('GET /v1/assets/{assetId}', { params: { assetId: dead.assetId } });
    assert.equal(asset.stage, 'failed');
    assert.deepEqual((await claim(a)).chunks, []);
  });

  test('a cancelled job stops its leader and its helpers at their next heartbeat', async () => {
    const world = await suite.start();
    const { lead, helpers, job } = await shareJob(world);
    const helper = defined(helpers[0], 'one');
    const chunk = defined((await claim(helper)).chunks[0], 'a chunk');
    const cancelled = await world.admin.call('POST /v1/jobs/{jobId}/cancel', { params: { jobId: job.id } });
    assert.equal(cancelled.state, 'cancelled');
    assert.equal((await leader(lead, job).heartbeat()).isCancelled, true);
    assert.equal((await holder(helper, chunk).heartbeat(0.5)).isCancelled, true);
    assert.deepEqual((await claim(helper)).chunks, []);
    const twice = world.admin.call('POST /v1/jobs/{jobId}/cancel', { params: { jobId: job.id } });
    assert.equal(await codeOf(twice), 'conflict');
  });

  test('high comes before normal and low, whole jobs before chunks, and a paused region gets nothing', async () => {
    const world = await suite.start();
    const { lead, job } = await shareJob(world);
    const ids: string[] = [];
    for (const priority of ['low', 'normal', 'high'] as const) {
      const record = makeRecord({ priority });
      await lead.api.call('POST /node/v1/uploads', { body: { record } });
      ids.push(record.assetId);
    }
    await world.admin.call('PUT /v1/regions/{regionId}/encoding', {
      params: { regionId: 'dublin' },
      body: { isPaused: true },
    });
    assert.deepEqual(await claim(lead, { slots: 2, waitMs: 300 }), { jobs: [], chunks: [] });
    const { regions } = await world.admin.call('GET /v1/encoding');
    const own = defined(
      regions.find(({ id }) => id === 'dublin'),
      'dublin',
    );
    assert.deepEqual([own.isPaused, own.encoders[0]?.running], [true, 1]);
    await world.admin.call('PUT /v1/regions/{regionId}/encoding', {
      params: { regionId: 'dublin' },
      body: { isPaused: false },
    });
    const { jobs, chunks } = await claim(lead, { slots: 3 });
    assert.deepEqual(
      jobs.map(({ record }) => record.assetId),
      [ids[2], ids[1]],
    );
    assert.deepEqual(
      chunks.map(({ jobId }) => jobId),
      [job.id],
      'a chunk of a normal job before a low one',
    );
  });

  test('why a job waits is kept, and its priority can be changed', async () => {
    const world = await suite.start();
    const far = await world.node('singapore-1');
    const near = await world.node('dublin-1');
    await near.beat();
    await near.api.call('POST /node/v1/uploads', { body: { record: makeRecord() } });
    assert.deepEqual((await claim(far)).jobs, []);
    const { jobs } = await world.admin.call('GET /v1/jobs');
    const { id, placement } = defined(jobs[0], 'a job');
    assert.equal(placement?.nodeId, null);
    assert.equal(placement?.reason.code, 'prefers_holder');
    const params = { jobId: id };
    const changed = await world.admin.call('PATCH /v1/jobs/{jobId}', { params, body: { priority: 'low' } });
    assert.equal(changed.priority, 'low');
  });
});
