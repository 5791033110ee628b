// The encoder role: one loop claims work from control as slots are free, whole jobs and chunks of long videos that other
// nodes lead; each runs under its own lease.
// With control away the loop waits and tries again; jobs that run go on, and report when control is back.
// A stopping encoder ends its children at once and gives its jobs back, so that another need not wait for the lease.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import type { JobFailure, LeasedChunk, LeasedJob } from '#contract/jobs.ts';
import { CLAIM_WAIT_MS_MAX } from '#contract/limits.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createLifecycle, type Lifecycle } from '#platform/lifecycle.ts';
import { attemptPrefix } from '../shared/keys.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { type ChunksClient, createChunksClient } from './chunks-client.ts';
import { describeFailure, isFileFault, isStorageFull } from './failure.ts';
import { serveFrames } from './frames.ts';
import { helpWithChunk } from './help-chunk.ts';
import { createJobsClient, type JobResult, type JobsClient } from './jobs-client.ts';
import { keepChunkLease, keepLease, type Lease, LeaseLostError } from './lease.ts';
import { GIVE_BACK_MS_MAX, RETRY_MS_MAX, RETRY_MS_MIN, SPEED_WEIGHT } from './limits.ts';
import { megapixelsOf } from './make-chunk.ts';
import { createPeerMedia, type PeerMedia } from './peer-media.ts';
import { persist } from './persist.ts';
import { processJob } from './process-job.ts';
import { createSlots } from './slots.ts';
import { createSourceCache } from './source-cache.ts';

export interface EncoderDependencies {
  readonly engine: Engine;
  /** Default: control over the context's transport. */
  readonly jobs?: JobsClient;
  /** Default: control over the context's transport, unless `jobs` is given: then nothing is shared. */
  readonly chunks?: ChunksClient;
  /** Default: the nodes of the snapshot over the context's transport. */
  readonly peers?: PeerMedia;
  /** Cores of this machine, for a test. */
  readonly cores?: number;
  /** Version of this program: chunks of one video are all made by the same. Default: none. */
  readonly version?: string;
}

/** Until the first snapshot has come: the design's number of copies of renditions. */
const RENDITION_COPIES_DEFAULT = 2;

/** Creates the encoder role of a node. */
export function createEncoder(context: NodeContext, dependencies: EncoderDependencies): Role {
  const { clock, config, dataDirectory, log, metrics, region, store, world } = context;
  const { engine, jobs = createJobsClient(context), peers = createPeerMedia(context) } = dependencies;
  const directory = join(dataDirectory, 'encoder');
  const chunks =
    dependencies.chunks ?? (dependencies.jobs === undefined ? createChunksClient(context) : undefined);
  const recipe = `${engine.name} ${engine.version}; meridian ${dependencies.version ?? 'without version'}`;
  const sources = createSourceCache({
    ...{ store, peers, clock, regionId: region.id },
    directory: join(directory, 'sources'),
  });
  const running = new Set<Promise<void>>();
  let megapixelsPerSecond: number | null = null;
  const done = metrics.counter('encoder_jobs_done_total', 'Jobs completed by this encoder');
  const helped = metrics.counter('encoder_chunks_done_total', "Chunks of other nodes' jobs completed here");
  const failed = metrics.counter('encoder_jobs_failed_total', 'Jobs that this encoder gave back as failed');
  const lost = metrics.counter('encoder_leases_lost_total', 'Jobs taken from this encoder while it worked');
  metrics.gauge('encoder_jobs_running', 'Jobs being processed now', () => running.size);
  const slots = createSlots(context, dependencies.cores);
  metrics.gauge('encoder_slots', 'Jobs and chunks that this encoder takes at once', slots.now);
  metrics.gauge('encoder_slots_max', 'Jobs and chunks at once that the cores here allow', () => slots.most);
  let lifecycle: Lifecycle | undefined;

  async function claimLoop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const free = slots.now() - running.size;
      if (free <= 0) {
        await Promise.race([...running, slots.changed()]);
        continue;
      }
      try {
        const facts = { recipe, megapixelsPerSecond, sources: sources.copies() };
        const work = await jobs.claim(free, CLAIM_WAIT_MS_MAX, facts, signal);
        const mayShare = work.chunks !== undefined;
        for (const job of work.jobs) start(job.id, run(job, mayShare, signal));
        for (const chunk of work.chunks ?? []) start(chunk.jobId, help(chunk, signal));
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        if (failures === 1) log.info({ error: String(error) }, 'control gives no work; trying again');
        const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (failures - 1));
        await clock.sleep(waitMs, signal).catch(() => undefined);
      }
    }
  }

  function start(jobId: string, work: Promise<void>): void {
    const ended = work
      .catch((error: unknown) => log.error({ job: jobId, error: String(error) }, 'work ended unexpectedly'))
      .finally(() => running.delete(ended));
    running.add(ended);
  }

  function noteSpeed(plan: Parameters<typeof megapixelsOf>[0], frameCount: number, elapsedMs: number): void {
    const now = megapixelsOf(plan, frameCount) / Math.max(0.001, elapsedMs / 1_000);
    megapixelsPerSecond =
      megapixelsPerSecond === null ? now : megapixelsPerSecond + (now - megapixelsPerSecond) * SPEED_WEIGHT;
  }

  /** Makes a chunk of a video that another node leads. */
  async function help(chunk: LeasedChunk, stopping: AbortSignal): Promise<void> {
    const client = defined(chunks, 'a way to report chunks');
    const hold = { jobId: chunk.jobId, index: chunk.span.index, fence: chunk.fence };
    const work = join(directory, `${chunk.jobId}-${hold.index}-${chunk.fence}`);
    const lease = keepChunkLease(hold, { chunks: client, clock, log }, stopping);
    const startedAtMs = clock.monotonicMs();
    try {
      await helpWithChunk(chunk, work, lease, { engine, store, sources }, async (result) => {
        noteSpeed(chunk.plan, chunk.span.frameCount, clock.monotonicMs() - startedAtMs);
        await persist(clock, lease.signal, () => client.complete(hold, result, lease.signal));
      });
      helped.value += 1;
    } catch (error) {
      await settle(chunk.jobId, lease, error, stopping, (failure, signal) =>
        client.fail(hold, failure, signal),
      );
    } finally {
      await lease.end();
      await rm(work, { recursive: true, force: true });
    }
  }

  async function run(job: LeasedJob, mayShare: boolean, stopping: AbortSignal): Promise<void> {
    const work = join(directory, `${job.id}-${job.fence}`);
    const lease = keepLease(job, { jobs, clock, log }, stopping);
    try {
      await mkdir(work, { recursive: true, mode: 0o700 });
      const result = await processJob(job, work, lease, {
        engine,
        store,
        peers,
        clock,
        log,
        regionId: region.id,
        renditionCopies: world.current()?.policies.renditionCopies ?? RENDITION_COPIES_DEFAULT,
        sharing: chunks === undefined || !mayShare ? undefined : { chunks, recipe, onMade: noteSpeed },
      });
      await complete(job, result, lease);
      done.value += 1;
    } catch (error) {
      // What a hopeless attempt has written serves nobody, and a full disk needs the room.
      const isWaste = isFileFault(error) || isStorageFull(error);
      if (isWaste && !stopping.aborted && !lease.signal.aborted) await removeAttempt(job);
      await settle(job.id, lease, error, stopping, (failure, signal) => jobs.fail(job, failure, signal));
    } finally {
      await lease.end();
      await rm(work, { recursive: true, force: true });
    }
  }

  /** Tells control until it has heard; the lease is kept meanwhile. */
  async function complete(job: LeasedJob, result: JobResult, lease: Lease): Promise<void> {
    await persist(clock, lease.signal, () => jobs.complete(job, result, lease.signal));
    log.info({ job: job.id, asset: job.record.assetId, copies: result.copies }, 'a video is complete');
  }

  /** Tells control why work ended, unless it is no longer ours. */
  async function settle(
    jobId: string,
    lease: { readonly signal: AbortSignal },
    error: unknown,
    stopping: AbortSignal,
    fail: (failure: JobFailure, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (stopping.aborted) {
      const message = 'The encoder is stopping; another one takes over.';
      const failure = { code: 'unavailable', message, isRetryable: true, isHandover: true };
      try {
        await fail(failure, AbortSignal.timeout(GIVE_BACK_MS_MAX));
      } catch (cause) {
        log.info({ job: jobId, error: String(cause) }, 'work could not be given back; its lease will end');
      }
      return;
    }
    if (
      lease.signal.reason instanceof LeaseLostError ||
      (error instanceof MeridianError && error.code === 'lease_lost')
    ) {
      lost.value += 1;
      log.info({ job: jobId, reason: String(lease.signal.reason ?? error) }, 'a lease was lost');
      return;
    }
    failed.value += 1;
    const failure = describeFailure(error);
    log.warn({ job: jobId, ...failure }, 'work failed');
    try {
      await persist(clock, lease.signal, () => fail(failure, lease.signal));
    } catch (cause) {
      log.info({ job: jobId, error: String(cause) }, 'a failure could not be reported');
    }
  }

  async function removeAttempt(job: LeasedJob): Promise<void> {
    const { projectId, assetId, version } = job.record;
    try {
      const keys: string[] = [];
      for await (const { key } of store.list(
        attemptPrefix({ projectId, assetId, version, attempt: job.attempt }),
      ))
        keys.push(key);
      for (const key of keys) await store.delete(key);
    } catch (error) {
      log.info({ job: job.id, error: String(error) }, 'what a failed attempt left could not be removed');
    }
  }

  return {
    name: 'encoder',
    async start() {
      // Whatever lies here belongs to jobs of an earlier life, whose leases are gone.
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      lifecycle = createLifecycle(log);
      lifecycle.add('encoder jobs', async () => {
        await Promise.all(running);
      });
      if (config.limits.encoderSlots > 0) {
        lifecycle.run('encoder claims', claimLoop);
        // Whoever brings jobs of their own has no control to ask.
        if (dependencies.jobs === undefined)
          lifecycle.run('encoder frames', (signal) => serveFrames(context, engine, signal));
      }
      log.info({ engine: engine.name, version: engine.version }, 'the encoder is ready');
    },
    async stop() {
      await lifecycle?.stop();
      await sources.stop();
      slots.stop();
    },
    notReadyReason: () => null,
  };
}
