// The leader of a long video and its helpers with an engine that draws nothing: who stores what where, in which order
// it is published, and what becomes of chunks that cannot be had.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import type { ChunkPlan, ChunkResult, LeasedJob } from '#contract/jobs.ts';
import { planChunks } from '#core/chunks/plan-chunks.ts';
import { gop, init } from '#media/cmaf/box-fixture.ts';
import { systemClock } from '#platform/clock.ts';
import type { EncodeRequest, Engine } from '#platform/ffmpeg/engine.ts';
import { silentLog } from '#platform/log.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createMediaReader } from '../shared/media-store.ts';
import { MediaWriter } from '../shared/media-writer.ts';
import type { ChunkNews, ChunksClient } from './chunks-client.ts';
import { helpWithChunk } from './help-chunk.ts';
import type { PeerMedia } from './peer-media.ts';
import { removeWaitingPacks, shareJob } from './share-job.ts';

const ASSET = 'ast_01jd0000000000000000000000';
const IDS = ['v720', 'v360'];
const RATE = 30;
const SECONDS = 95;
const FRAMES = RATE * SECONDS;
const PER_SEGMENT = 60;
const never = new AbortController().signal;

const directory = await mkdtemp(join(tmpdir(), 'meridian-share-'));
after(() => rm(directory, { recursive: true, force: true }));

const PLAN: ChunkPlan = {
  timelineStartMs: 10_000,
  segmentDurationMs: 2_000,
  firstSegmentMs: 1_000,
  packMs: 10_000,
  video: {
    streamIndex: 0,
    rotationDegrees: 0,
    frameRate: { numerator: RATE, denominator: 1 },
    framesPerSegment: PER_SEGMENT,
    firstSegmentFrames: PER_SEGMENT / 2,
    frameCount: FRAMES,
    outputs: IDS.map((id) => ({ id, width: 2, height: 2, bitrateBps: 1, maxBitrateBps: 1 })),
  },
};
const SPANS = planChunks({
  container: 'mov',
  durationMs: SECONDS * 1_000,
  startMs: 0,
  frameCount: FRAMES,
  framesPerSegment: PER_SEGMENT,
  segmentDurationMs: 2_000,
  packMs: PLAN.packMs,
}).chunks;

/** What an encode of these frames brings out. */
function fragments({ firstFrame = 0, frameCount }: { firstFrame?: number | undefined; frameCount: number }) {
  const found: Uint8Array[] = [init()];
  for (let frame = firstFrame; frame < firstFrame + frameCount; ) {
    const inGroup = frame < PER_SEGMENT ? PER_SEGMENT / 2 : PER_SEGMENT;
    const count = Math.min(inGroup - (frame % inGroup), firstFrame + frameCount - frame);
    found.push(gop(900_000 + frame * 3_000, count, 3_000));
    frame += count;
  }
  return found;
}

/** An engine that makes the planned frames out of nothing; `before` may hold up or fail an encode. */
function fakeEngine(before: (request: EncodeRequest) => Promise<void> = async () => {}): Engine {
  const unused = (): never => assert.fail('only encodes are asked for');
  return {
    name: 'ffmpeg',
    version: 'fake',
    videoCodecs: ['h264'],
    takesSrt: false,
    listenSrt: unused,
    probe: unused,
    poster: unused,
    storyboard: unused,
    preview: unused,
    loudness: unused,
    live: unused,
    liveAudio: unused,
    sample: unused,
    encode(request) {
      const video = defined(request.video, 'pictures');
      const started = before(request);
      started.catch(() => undefined);
      async function* bytes() {
        await started;
        yield* fragments(video);
      }
      const outputs = new Map(video.outputs.map(({ id }) => [id, Readable.from(bytes())]));
      return { outputs, done: started, kill: () => {} };
    },
  };
}

/** Control as far as chunks go, with helpers of other regions that work whenever they are let. */
class FakeChunks implements ChunksClient {
  readonly states = SPANS.map(() => ({
    state: 'ready' as 'ready' | 'leased' | 'done',
    fence: 0,
    regionId: '',
    result: undefined as ChunkResult | undefined,
  }));
  readonly losses: number[] = [];
  isDeclared = false;
  leaderRegionId = 'dublin';
  #wake = Promise.withResolvers<void>();

  changed(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  take(index = this.states.findIndex(({ state }) => state === 'ready')) {
    const chunk = this.states[index];
    if (chunk === undefined) return null;
    chunk.state = 'leased';
    chunk.fence += 1;
    return { index, fence: chunk.fence };
  }

  finish(index: number, regionId: string, result: ChunkResult): void {
    Object.assign(defined(this.states[index], 'a chunk'), { state: 'done', regionId, result });
    this.changed();
  }

  async declare(_job: LeasedJob, { takes }: { takes: boolean }) {
    this.isDeclared = true;
    const taken = takes ? this.take() : null;
    this.changed();
    return { doneCount: this.states.filter(({ state }) => state === 'done').length, taken };
  }

  async next(
    _job: LeasedJob,
    wish: { from: number; takes: boolean },
    signal: AbortSignal,
  ): Promise<ChunkNews> {
    for (;;) {
      signal.throwIfAborted();
      const changed = this.#wake.promise;
      const taken = wish.takes ? this.take() : null;
      const done: ChunkNews['done'][number][] = [];
      for (let index = wish.from; this.states[index]?.state === 'done'; index += 1) {
        const { regionId, result } = defined(this.states[index], 'a chunk');
        done.push({ index, regionId, nodeId: `${regionId}-1`, result: defined(result, 'a result') });
      }
      const openCount = this.states.filter(({ state }) => state !== 'done').length;
      if (taken !== null || done.length > 0 || openCount === 0) return { taken, done, openCount };
      const aborted = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => aborted.resolve(), { once: true });
      await Promise.race([changed, aborted.promise]);
    }
  }

  async heartbeat() {
    return { isCancelled: false };
  }

  async complete({ index }: { index: number }, result: ChunkResult): Promise<void> {
    this.finish(index, this.leaderRegionId, result);
  }

  async fail(): Promise<void> {}

  async lost(_job: LeasedJob, index: number): Promise<void> {
    this.losses.push(index);
    defined(this.states[index], 'a chunk').state = 'ready';
    this.changed();
  }
}

interface World {
  readonly chunks: FakeChunks;
  readonly stores: Record<string, ObjectStore>;
  readonly peers: PeerMedia;
}

function makeWorld(): World {
  const stores: Record<string, ObjectStore> = {
    dublin: createMemoryStore(),
    singapore: createMemoryStore(),
  };
  const peers: PeerMedia = {
    async fetch(key, file, { regionIds, sha256 }) {
      const data = await stores[regionIds[0] ?? '']?.get(key);
      if (data === undefined) throw new MeridianError('unavailable', { what: 'The pack' });
      assert.equal(createHash('sha256').update(data).digest('hex'), sha256);
      await writeFile(file, data);
    },
    async remove(regionId, keys) {
      for (const key of keys) await stores[regionId]?.delete(key);
    },
    push: async () => {},
    replicate: async () => [],
  };
  return { chunks: new FakeChunks(), stores, peers };
}

function jobOf(attempt: number): LeasedJob {
  const source = { bytes: 1, sha256: 'a'.repeat(64), fileName: 'a', contentType: 'a', regionIds: [] };
  return {
    ...{ id: 'job_01jd0000000000000000000000', kind: 'process', fence: attempt, attempt, leaseUntilMs: 0 },
    record: {
      ...{ formatVersion: 1, projectId: 'default', assetId: ASSET, version: 1, revision: 0, name: 'a' },
      ...{ visibility: 'public', isDeleted: false, createdAtMs: 0, source },
    },
  };
}

/** Leads the job from a region; resolves to the complete document. */
async function lead({ chunks, stores, peers }: World, engine: Engine, attempt = 1, regionId = 'dublin') {
  const job = jobOf(attempt);
  chunks.leaderRegionId = regionId;
  const store = defined(stores[regionId], regionId);
  const { projectId, assetId, version } = job.record;
  const writer = new MediaWriter({
    ...{ store, clock: systemClock, regionId, signal: never },
    place: { projectId, assetId, version, attempt },
    ...{ timelineStartMs: 10_000, segmentDurationMs: 2_000, durationMs: SECONDS * 1_000 },
    renditions: IDS.map((id) => ({ id, kind: 'video', bitrateBps: 1, maxBitrateBps: 1 })),
  });
  const own = await mkdtemp(join(directory, 'job-'));
  const shared = {
    job,
    plan: PLAN,
    spans: SPANS,
    audio: [],
    inputPath: 'a',
    directory: own,
    writer,
    signal: never,
  };
  const common = { store, peers, regionId };
  const fetched = await shareJob(shared, {
    ...{ engine, chunks, ...common, clock: systemClock, log: silentLog, recipe: 'fake', onMade: () => {} },
  });
  const document = await writer.finish();
  await removeWaitingPacks(fetched, common, never);
  return document;
}

/** A helper of another region makes one chunk. */
async function help({ chunks, stores }: World, regionId: string, index: number, attempt = 1): Promise<void> {
  const { fence } = defined(chunks.take(index), 'a chunk');
  const store = defined(stores[regionId], regionId);
  const chunk = {
    ...{ jobId: jobOf(attempt).id, fence, attempt, leaseUntilMs: 0, record: jobOf(attempt).record },
    ...{ span: defined(SPANS[index], 'a span'), plan: PLAN },
  };
  const sources = {
    open: async () => ({ path: 'a', release: () => {} }),
    copies: () => [],
    stop: async () => {},
  };
  const own = await mkdtemp(join(directory, 'help-'));
  const lease = { signal: never, report: () => {} };
  await helpWithChunk(chunk, own, lease, { engine: fakeEngine(), store, sources }, async (result) =>
    chunks.finish(index, regionId, result),
  );
}

/** Every segment of every rendition is there, in order, with its own frames and a number of its own. */
async function requireWhole(store: ObjectStore, document: Awaited<ReturnType<typeof lead>>): Promise<void> {
  const reader = createMediaReader({ store, clock: systemClock });
  for (const id of IDS) {
    const rendition = defined(
      document.renditions.find((each) => each.id === id),
      id,
    );
    assert.equal(rendition.frameCount, FRAMES);
    assert.deepEqual(rendition.durationRuns, [
      [90_000, 2],
      [180_000, 46],
      [90_000, 1],
    ]);
    for (let segment = 0; segment < 49; segment += 1) {
      const data = defined(await reader.readSegment(document, id, segment), `segment ${segment}`);
      assert.equal(data.readUInt32BE(24 + 20), segment + 1, 'its number');
      const frame = segment === 0 ? 0 : segment === 1 ? 30 : (segment - 1) * PER_SEGMENT;
      const tfdt = data.indexOf('tfdt', 0, 'latin1');
      assert.equal(Number(data.readBigUInt64BE(tfdt + 8)), 900_000 + frame * 3_000, 'its time');
    }
  }
}

const keysOf = async (store: ObjectStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list('default/')) keys.push(key);
  return keys;
};

test('alone a leader makes all chunks, in packs like any video', async () => {
  const world = makeWorld();
  const document = await lead(world, fakeEngine());
  const store = defined(world.stores.dublin, 'dublin');
  await requireWhole(store, document);
  for (const { packs } of document.renditions) assert.equal(packs[0]?.segmentCount, 6);
  assert.deepEqual(
    (await keysOf(store)).filter((key) => /chunks|open/.test(key)),
    [],
  );
});

test('chunks of another region are fetched, checked and published in their order, then removed there', async () => {
  const world = makeWorld();
  const gate = Promise.withResolvers<void>();
  const leading = lead(
    world,
    fakeEngine(async ({ video }) => {
      if ((video?.firstFrame ?? 0) > 0) await gate.promise;
    }),
  );
  while (!world.chunks.isDeclared) await new Promise((resolve) => setImmediate(resolve));
  for (const index of [4, 2, 3]) await help(world, 'singapore', index);
  gate.resolve();
  const document = await leading;
  await requireWhole(defined(world.stores.dublin, 'dublin'), document);
  assert.equal(world.chunks.states.filter(({ regionId }) => regionId === 'singapore').length, 3);
  assert.deepEqual(await keysOf(defined(world.stores.singapore, 'singapore')), []);
});

test('a chunk that is lost with its region before it was fetched is made again', async () => {
  const world = makeWorld();
  const gate = Promise.withResolvers<void>();
  const leading = lead(
    world,
    fakeEngine(async ({ video }) => {
      if (video?.firstFrame === SPANS[1]?.firstFrame) await gate.promise;
    }),
  );
  while (!world.chunks.isDeclared) await new Promise((resolve) => setImmediate(resolve));
  const last = SPANS.length - 1;
  await help(world, 'singapore', last);
  world.stores.singapore = createMemoryStore();
  gate.resolve();
  await requireWhole(defined(world.stores.dublin, 'dublin'), await leading);
  assert.deepEqual(world.chunks.losses, [last]);
});

test('a new leader in another region goes on with what was finished, also what the lost one streamed', async () => {
  const world = makeWorld();
  const broken = fakeEngine(async ({ video }) => {
    if (video?.firstFrame === SPANS[3]?.firstFrame) throw new Error('the node is gone');
  });
  await assert.rejects(lead(world, broken), /the node is gone/);
  const done = world.chunks.states.filter(({ state }) => state === 'done').length;
  assert.ok(done >= 1 && done < SPANS.length, `${done}`);
  for (const chunk of world.chunks.states) if (chunk.state === 'leased') chunk.state = 'ready';
  const made: number[] = [];
  const engine = fakeEngine(async ({ video }) => {
    if (video !== null && video.frameCount > 1) made.push(video.firstFrame ?? 0);
  });
  const document = await lead(world, engine, 2, 'singapore');
  await requireWhole(defined(world.stores.singapore, 'singapore'), document);
  assert.deepEqual(world.chunks.losses, []);
  assert.equal(made.length, SPANS.length - done, made.join(' '));
});

test('a helper whose init is another one is not believed', async () => {
  const world = makeWorld();
  const gate = Promise.withResolvers<void>();
  const leading = lead(
    world,
    fakeEngine(async ({ video }) => {
      if ((video?.firstFrame ?? 0) > 0) await gate.promise;
    }),
  );
  while (!world.chunks.isDeclared) await new Promise((resolve) => setImmediate(resolve));
  await help(world, 'singapore', 5);
  const wrong = defined(world.chunks.states[5]?.result, 'a result');
  wrong.inits[0] = { renditionId: 'v720', sha256: 'f'.repeat(64) };
  gate.resolve();
  await requireWhole(defined(world.stores.dublin, 'dublin'), await leading);
  assert.deepEqual(world.chunks.losses, [5]);
});

test('a chunk with a frame too few fails and leaves nothing behind', async () => {
  const store = createMemoryStore();
  const world = { ...makeWorld(), stores: { singapore: store } };
  const short: Engine = {
    ...fakeEngine(),
    encode: ({ video, ...request }) => {
      const fewer = { ...defined(video, 'video'), frameCount: defined(video, 'video').frameCount - 1 };
      return fakeEngine().encode({ ...request, video: fewer });
    },
  };
  const span = defined(SPANS[1], 'a span');
  const { record } = jobOf(1);
  const chunk = { jobId: 'job', fence: 1, attempt: 1, leaseUntilMs: 0, record, span, plan: PLAN };
  const sources = {
    open: async () => ({ path: 'a', release: () => {} }),
    copies: () => [],
    stop: async () => {},
  };
  const own = join(directory, 'short');
  const lease = { signal: never, report: () => {} };
  const dependencies = { store: defined(world.stores.singapore, 'a store'), sources };
  await assert.rejects(
    helpWithChunk(chunk, own, lease, { ...dependencies, engine: short }, async () => {}),
    /has 299 frames instead of the 300 planned/,
  );
  assert.deepEqual(await keysOf(store), []);
  const refused = new MeridianError('lease_lost', { job: 'job' });
  await assert.rejects(
    helpWithChunk(chunk, own, lease, { ...dependencies, engine: fakeEngine() }, () =>
      Promise.reject(refused),
    ),
    refused,
  );
  assert.deepEqual(await keysOf(store), [], 'nor does one that came too late');
});
