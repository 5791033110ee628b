// The leader of a long video. It begins like any encoder, with the first segments streamed to viewers, and encodes the
// sound alongside; as soon as the video can be played it tells control which chunks there are, so that encoders of
// any region help. It goes on taking the first chunk that nobody works on, and publishes finished ones in their order.
//
// It alone writes the media document and what that names. A chunk at the head of the video is streamed segment by
// segment; others become packs that wait, here or in the region of their helper, and are fetched, checked and
// published when their turn comes. A later attempt finds the finished chunks of an earlier one where they lie.
// Limits: a chunk that cannot be fetched any more (its region is gone) is made again.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import type { ChunkPack, ChunkPlan, ChunkResult, ChunkSpan, DoneChunk, LeasedJob } from '#contract/jobs.ts';
import { CLAIM_WAIT_MS_MAX } from '#contract/limits.ts';
import type { EncodePlan } from '#media/ladder/plan-ladder.ts';
import type { Clock } from '#platform/clock.ts';
import type { AudioOutput, Engine } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { type AttemptPlace, chunkPackKey, isChunkPackKey, packKey } from '../shared/keys.ts';
import type { MediaWriter, SegmentSink, WriterSegment } from '../shared/media-writer.ts';
import type { ChunkNews, ChunksClient } from './chunks-client.ts';
import { keepChunkLease } from './lease.ts';
import { AUDIO_NICENESS, ENCODER_NICENESS } from './limits.ts';
import { ChunkPacks, chunkDirectory, makeChunk, type megapixelsOf, timesOf } from './make-chunk.ts';
import type { PeerMedia } from './peer-media.ts';
import { persist } from './persist.ts';
import { runEncode } from './run-encode.ts';

export interface ShareDependencies {
  readonly engine: Engine;
  readonly chunks: ChunksClient;
  readonly store: ObjectStore;
  readonly peers: PeerMedia;
  readonly clock: Clock;
  readonly log: Log;
  readonly regionId: string;
  readonly recipe: string;
  /** Told of pictures made, to measure the speed of this node. */
  onMade(plan: MadePlan, frameCount: number, elapsedMs: number): void;
}

/** What of a plan tells how much was made. */
type MadePlan = Parameters<typeof megapixelsOf>[0];

export interface SharedJob {
  readonly job: LeasedJob;
  readonly plan: ChunkPlan;
  readonly spans: readonly ChunkSpan[];
  readonly audio: readonly AudioOutput[];
  readonly inputPath: string;
  readonly directory: string;
  readonly writer: MediaWriter;
  readonly signal: AbortSignal;
}

/** The part of a plan that travels to helpers. */
export function chunkPlanOf(
  { timelineStartMs, segmentDurationMs, firstSegmentMs }: EncodePlan,
  video: NonNullable<EncodePlan['video']>,
  packMs: number,
): ChunkPlan {
  const outputs = video.outputs.map((output) => ({ ...output }));
  return { timelineStartMs, segmentDurationMs, firstSegmentMs, packMs, video: { ...video, outputs } };
}

/** Packs that were fetched, and are needed no more when the video is complete. */
export interface FetchedPacks {
  readonly regionId: string;
  readonly keys: readonly string[];
}

/** Only what of a segment is told to others is kept. */
const NO_BYTES = new Uint8Array(0);

/** Encodes a video together with whoever helps; resolves when all of it is with the writer. */
export async function shareJob(
  shared: SharedJob,
  dependencies: ShareDependencies,
): Promise<readonly FetchedPacks[]> {
  const failed = new AbortController();
  const signal = AbortSignal.any([shared.signal, failed.signal]);
  const leader = new Leader({ ...shared, signal }, dependencies);
  const parts = [leader.encodeSound(), leader.lead()].map((part) =>
    part.catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  const outcomes = await Promise.allSettled(parts);
  shared.signal.throwIfAborted();
  // The first failure is the cause; the others were stopped by it.
  if (failed.signal.aborted) throw failed.signal.reason;
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return leader.fetched;
}

class Leader {
  readonly #shared: SharedJob;
  readonly #dependencies: ShareDependencies;
  readonly #place: AttemptPlace;
  readonly #videoIds: readonly string[];
  readonly fetched: FetchedPacks[] = [];
  /** Chunks that the document names, from the first on. */
  #published = 0;
  /** Whoever has nothing to take waits until everything is published, or something has to be made again. */
  #wakeTaker: () => void = () => {};

  constructor(shared: SharedJob, dependencies: ShareDependencies) {
    this.#shared = shared;
    this.#dependencies = dependencies;
    const { projectId, assetId, version } = shared.job.record;
    this.#place = { projectId, assetId, version, attempt: shared.job.attempt };
    this.#videoIds = shared.plan.video.outputs.map(({ id }) => id);
  }

  /** All of the sound, in a child of its own that stands back behind the pictures. */
  async encodeSound(): Promise<void> {
    const { audio, inputPath, plan, writer, signal } = this.#shared;
    if (audio.length === 0) return;
    const workDirectory = join(this.#shared.directory, 'sound');
    await mkdir(workDirectory, { recursive: true, mode: 0o700 });
    const { timelineStartMs, segmentDurationMs } = plan;
    await runEncode({
      engine: this.#dependencies.engine,
      request: {
        ...{ inputPath, workDirectory, video: null, audio, timelineStartMs, segmentDurationMs },
        niceness: AUDIO_NICENESS,
      },
      grid: plan,
      sink: writer,
      signal,
      onSegment: () => {},
    });
  }

  async lead(): Promise<void> {
    const { job, plan, spans, signal } = this.#shared;
    const { chunks, recipe } = this.#dependencies;
    const declare = (takes: boolean) =>
      this.#persist(() => chunks.declare(job, { recipe, plan, spans, takes }, signal));
    if (job.attempt === 1) await this.#begin(declare);
    else {
      await this.#makeInits();
      const { doneCount } = await declare(false);
      this.#dependencies.log.info({ job: job.id, doneCount }, 'finished chunks of an earlier attempt stay');
    }
    await Promise.all([this.#publish(), this.#encode()]);
    for (const id of this.#videoIds) this.#shared.writer.endRendition(id);
  }

  /** The first chunk, before anything else; others are offered when viewers have what they wait for. */
  async #begin(declare: (takes: boolean) => Promise<{ taken: ChunkNews['taken'] }>): Promise<void> {
    const { job, spans, writer, signal } = this.#shared;
    const first = defined(spans[0], 'a first chunk');
    let share = 0;
    const made = this.#stream(first, signal, (now) => {
      share = now;
    });
    made.catch(() => undefined);
    await Promise.race([writer.playable, made]);
    const { taken } = await declare(true);
    if (taken?.index !== 0) throw new MeridianError('lease_lost', { job: `${job.id} (chunk 0)` });
    await this.#hold(taken, async (_signal, report) => {
      report(share);
      return made;
    });
  }

  /** Takes chunks until none is left, also those that helpers give back late. */
  async #encode(): Promise<void> {
    const { spans, directory } = this.#shared;
    for (;;) {
      const wish = { from: spans.length, takes: true, waitMs: CLAIM_WAIT_MS_MAX };
      const { taken, openCount } = await this.#next(wish);
      if (taken === null) {
        if (openCount === 0 && this.#published >= spans.length) return;
        if (openCount === 0)
          await new Promise<void>((resolve) => {
            this.#wakeTaker = resolve;
          });
        continue;
      }
      const span = defined(spans[taken.index], 'a chunk of the plan');
      await this.#hold(taken, async (signal, report) => {
        if (span.index === this.#published) return this.#stream(span, signal, report);
        const { engine, store } = this.#dependencies;
        const { plan, inputPath } = this.#shared;
        const packs = new ChunkPacks(store, plan.packMs, (renditionId, firstSegment) =>
          chunkPackKey(this.#place, renditionId, firstSegment, taken.fence),
        );
        const own = chunkDirectory(directory, span.index);
        await this.#timed(span, () =>
          makeChunk({
            ...{ engine, plan, span, inputPath, directory: own, sink: packs, signal },
            onShare: report,
          }),
        );
        return packs.finish();
      });
    }
  }

  /** Publishes finished chunks in their order. */
  async #publish(): Promise<void> {
    const { spans } = this.#shared;
    while (this.#published < spans.length) {
      const wish = { from: this.#published, takes: false, waitMs: CLAIM_WAIT_MS_MAX };
      const { done } = await this.#next(wish);
      for (const chunk of done) {
        // The leader itself has streamed it meanwhile.
        if (chunk.index < this.#published) continue;
        if (!(await this.#adopt(chunk))) break;
        this.#published += 1;
      }
    }
    this.#wakeTaker();
  }

  /** Fetches a chunk, checks it and publishes it; false when it has to be made again. */
  async #adopt({ index, regionId, nodeId, result }: DoneChunk): Promise<boolean> {
    const { job, directory, writer, signal } = this.#shared;
    const { chunks, log } = this.#dependencies;
    const own = join(chunkDirectory(directory, index), 'packs');
    try {
      const span = defined(this.#shared.spans[index], 'a chunk of the plan');
      this.#check(span, result);
      await mkdir(own, { recursive: true, mode: 0o700 });
      const files = new Map<ChunkPack, string>();
      for (const [order, pack] of result.packs.entries()) {
        const file = join(own, `${order}.bin`);
        await this.#fetch(pack, regionId, file);
        files.set(pack, file);
      }
      // From here on nothing of the chunk can be missing.
      for (const [pack, file] of files) await writer.addPack(pack.renditionId, pack, await readFile(file));
      this.fetched.push({ regionId, keys: result.packs.map(({ key }) => key) });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      const reason = `Chunk ${index}, made by ${nodeId}, cannot be had: ${String(error)}`.slice(0, 500);
      log.warn({ job: job.id, reason }, 'a chunk is made again');
      await this.#persist(() => chunks.lost(job, index, reason, signal));
      this.#wakeTaker();
      return false;
    } finally {
      await rm(own, { recursive: true, force: true });
    }
  }

  /** Every rendition has every frame and segment, and the init of the others, byte for byte. */
  #check(span: ChunkSpan, { inits, packs }: ChunkResult): void {
    for (const id of this.#videoIds) {
      const init = inits.find(({ renditionId }) => renditionId === id);
      if (init === undefined || init.sha256 !== this.#shared.writer.initSha256(id))
        throw new Error(`the init of ${id} is another one`);
      const own = packs.filter(({ renditionId }) => renditionId === id);
      let next = span.firstSegment;
      for (const pack of own) {
        if (pack.firstSegment !== next) throw new Error(`segment ${next} of ${id} is missing`);
        next += pack.durationRuns.reduce((sum, [, count]) => sum + count, 0);
      }
      const frames = own.reduce((sum, { frameCount }) => sum + frameCount, 0);
      if (next !== span.firstSegment + span.segmentCount || frames !== span.frameCount)
        throw new Error(`${id} has ${frames} frames up to segment ${next}`);
    }
    if (packs.some(({ renditionId }) => !this.#videoIds.includes(renditionId)))
      throw new Error('it has renditions that nobody planned');
  }

  async #fetch(pack: ChunkPack, regionId: string, file: string): Promise<void> {
    const { store, peers } = this.#dependencies;
    const { key, bytes, sha256 } = pack;
    if (regionId !== this.#dependencies.regionId) {
      const expected = { regionIds: [regionId], bytes, sha256 };
      await peers.fetch(key, file, expected, this.#shared.signal);
      return;
    }
    const data = defined(await store.get(key), `object ${key}`);
    if (createHash('sha256').update(data).digest('hex') !== sha256)
      throw new MeridianError('checksum_mismatch');
    await writeFile(file, data, { mode: 0o600 });
  }

  /** Encodes the chunk at the head of the video, segment by segment; returns where it lies, for a later attempt. */
  async #stream(
    span: ChunkSpan,
    signal: AbortSignal,
    onShare: (share: number) => void,
  ): Promise<ChunkResult> {
    const { plan, inputPath, directory, writer } = this.#shared;
    const segments = new Map<string, WriterSegment[]>(this.#videoIds.map((id) => [id, []]));
    const sink: SegmentSink = {
      putInit: async (renditionId, data, init) => {
        const known = writer.initSha256(renditionId);
        if (known === undefined) return writer.putInit(renditionId, data, init);
        if (createHash('sha256').update(data).digest('hex') !== known)
          throw new Error(`the init of ${renditionId} changed between chunks`);
      },
      addSegment: async (renditionId, segment) => {
        await writer.addSegment(renditionId, segment);
        segments.get(renditionId)?.push({ ...segment, data: NO_BYTES });
      },
      endRendition: () => {},
    };
    const own = chunkDirectory(directory, span.index);
    const { engine } = this.#dependencies;
    await this.#timed(span, () =>
      makeChunk({ engine, plan, span, inputPath, directory: own, sink, signal, onShare }),
    );
    // The next chunk may come as packs.
    await writer.closePacks(this.#videoIds);
    this.#published += 1;
    const inits = this.#videoIds.map((renditionId) => ({
      renditionId,
      sha256: defined(writer.initSha256(renditionId), 'an init'),
    }));
    const packs = [...segments].flatMap(([renditionId, own]) =>
      writer
        .packs(renditionId)
        .filter(({ firstSegment }) => firstSegment >= span.firstSegment)
        .map(({ firstSegment, segmentCount, bytes, sha256 }): ChunkPack => {
          const inside = own.filter(
            ({ number }) => number >= firstSegment && number < firstSegment + segmentCount,
          );
          const key = packKey(this.#place, renditionId, firstSegment);
          return { renditionId, key, bytes, sha256, ...timesOf(inside) };
        }),
    );
    return { inits, packs };
  }

  /** The inits of all renditions, from an encode of one frame: everything else may come from others. */
  async #makeInits(): Promise<void> {
    const { plan, inputPath, directory, writer, signal } = this.#shared;
    const workDirectory = join(directory, 'inits');
    await mkdir(workDirectory, { recursive: true, mode: 0o700 });
    const { timelineStartMs, segmentDurationMs } = plan;
    const sink: SegmentSink = {
      putInit: (renditionId, data, init) => writer.putInit(renditionId, data, init),
      addSegment: async () => {},
      endRendition: () => {},
    };
    await runEncode({
      engine: this.#dependencies.engine,
      request: {
        ...{ inputPath, workDirectory, timelineStartMs, segmentDurationMs, audio: [] },
        video: { ...plan.video, frameCount: 1 },
        niceness: ENCODER_NICENESS,
      },
      grid: plan,
      sink,
      signal,
      onSegment: () => {},
    });
  }

  /** Works on a chunk that was taken, and tells control of the result. */
  async #hold(
    taken: { readonly index: number; readonly fence: number },
    work: (signal: AbortSignal, report: (share: number) => void) => Promise<ChunkResult>,
  ): Promise<void> {
    const { job, signal } = this.#shared;
    const { chunks, clock, log } = this.#dependencies;
    const hold = { jobId: job.id, ...taken };
    const lease = keepChunkLease(hold, { chunks, clock, log }, signal);
    try {
      const result = await work(lease.signal, lease.report);
      await this.#persist(() => chunks.complete(hold, result, lease.signal));
    } finally {
      await lease.end();
    }
  }

  async #timed(span: ChunkSpan, work: () => Promise<void>): Promise<void> {
    const { clock, onMade } = this.#dependencies;
    const startedAtMs = clock.monotonicMs();
    await work();
    onMade(this.#shared.plan, span.frameCount, clock.monotonicMs() - startedAtMs);
  }

  #next(wish: { from: number; takes: boolean; waitMs: number }) {
    const { job, signal } = this.#shared;
    return this.#persist(() => this.#dependencies.chunks.next(job, wish, signal));
  }

  #persist<T>(call: () => Promise<T>): Promise<T> {
    return persist(this.#dependencies.clock, this.#shared.signal, call);
  }
}

/** Removes the packs that waited to be fetched, here and in other regions; what stays behind is never read again. */
export async function removeWaitingPacks(
  fetched: readonly FetchedPacks[],
  { store, peers, regionId }: Pick<ShareDependencies, 'store' | 'peers' | 'regionId'>,
  signal: AbortSignal,
): Promise<void> {
  for (const { regionId: where, keys } of fetched) {
    const waiting = keys.filter(isChunkPackKey);
    if (where !== regionId) await peers.remove(where, waiting, signal);
    else for (const key of waiting) await store.delete(key).catch(() => undefined);
  }
}
