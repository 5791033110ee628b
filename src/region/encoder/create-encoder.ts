// The encoder role: one loop claims jobs from control as slots are free, each job runs under its own lease.
// With control away the loop waits and tries again; jobs that run go on, and report when control is back.
// A stopping encoder ends its children at once and gives its jobs back, so that another need not wait for the lease.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import type { JobFailure, LeasedJob } from '#contract/jobs.ts';
import { CLAIM_WAIT_MS_MAX } from '#contract/limits.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createLifecycle, type Lifecycle } from '#platform/lifecycle.ts';
import { attemptPrefix } from '../shared/keys.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { describeFailure, isFileFault, isStorageFull } from './failure.ts';
import { serveFrames } from './frames.ts';
import { createJobsClient, type JobResult, type JobsClient } from './jobs-client.ts';
import { keepLease, type Lease, LeaseLostError } from './lease.ts';
import { GIVE_BACK_MS_MAX, RETRY_MS_MAX, RETRY_MS_MIN } from './limits.ts';
import { createPeerMedia, type PeerMedia } from './peer-media.ts';
import { processJob } from './process-job.ts';

export interface EncoderDependencies {
  readonly engine: Engine;
  /** Default: control over the context's transport. */
  readonly jobs?: JobsClient;
  /** Default: the nodes of the snapshot over the context's transport. */
  readonly peers?: PeerMedia;
}

/** Until the first snapshot has come: the design's number of copies of renditions. */
const RENDITION_COPIES_DEFAULT = 2;

/** Creates the encoder role of a node. */
export function createEncoder(context: NodeContext, dependencies: EncoderDependencies): Role {
  const { clock, config, dataDirectory, log, metrics, region, store, world } = context;
  const { engine, jobs = createJobsClient(context), peers = createPeerMedia(context) } = dependencies;
  const directory = join(dataDirectory, 'encoder');
  const running = new Set<Promise<void>>();
  const done = metrics.counter('encoder_jobs_done_total', 'Jobs completed by this encoder');
  const failed = metrics.counter('encoder_jobs_failed_total', 'Jobs that this encoder gave back as failed');
  const lost = metrics.counter('encoder_leases_lost_total', 'Jobs taken from this encoder while it worked');
  metrics.gauge('encoder_jobs_running', 'Jobs being processed now', () => running.size);
  let lifecycle: Lifecycle | undefined;

  async function claimLoop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const slots = config.limits.encoderSlots - running.size;
      if (slots <= 0) {
        await Promise.race(running);
        continue;
      }
      try {
        for (const job of await jobs.claim(slots, CLAIM_WAIT_MS_MAX, signal)) start(job, signal);
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

  function start(job: LeasedJob, signal: AbortSignal): void {
    const ended = run(job, signal)
      .catch((error: unknown) => log.error({ job: job.id, error: String(error) }, 'a job ended unexpectedly'))
      .finally(() => running.delete(ended));
    running.add(ended);
  }

  async function run(job: LeasedJob, stopping: AbortSignal): Promise<void> {
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
      });
      await complete(job, result, lease);
      done.value += 1;
    } catch (error) {
      await settleFailure(job, lease, error, stopping);
    } finally {
      await lease.end();
      await rm(work, { recursive: true, force: true });
    }
  }

  /** Tells control until it has heard; the lease is kept meanwhile. */
  async function complete(job: LeasedJob, result: JobResult, lease: Lease): Promise<void> {
    await persist(lease.signal, () => jobs.complete(job, result, lease.signal));
    log.info({ job: job.id, asset: job.record.assetId, copies: result.copies }, 'a video is complete');
  }

  async function persist(signal: AbortSignal, call: () => Promise<void>): Promise<void> {
    for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(RETRY_MS_MAX, waitMs * 2)) {
      try {
        return await call();
      } catch (error) {
        signal.throwIfAborted();
        // An answer is final, unless it says that control itself is in trouble.
        if (error instanceof MeridianError && error.status < 500) throw error;
        await clock.sleep(waitMs, signal);
      }
    }
  }

  async function settleFailure(job: LeasedJob, lease: Lease, error: unknown, stopping: AbortSignal) {
    if (stopping.aborted) {
      const message = 'The encoder is stopping; another one takes over.';
      await giveBack(job, { code: 'unavailable', message, isRetryable: true });
      return;
    }
    if (
      lease.signal.reason instanceof LeaseLostError ||
      (error instanceof MeridianError && error.code === 'lease_lost')
    ) {
      lost.value += 1;
      log.info({ job: job.id, reason: String(lease.signal.reason ?? error) }, 'a lease was lost');
      return;
    }
    failed.value += 1;
    const failure = describeFailure(error);
    log.warn({ job: job.id, asset: job.record.assetId, ...failure }, 'a job failed');
    // What a hopeless attempt has written serves nobody, and a full disk needs the room.
    if (isFileFault(error) || isStorageFull(error)) await removeAttempt(job);
    try {
      await persist(lease.signal, () => jobs.fail(job, failure, lease.signal));
    } catch (cause) {
      log.info({ job: job.id, error: String(cause) }, 'a failure could not be reported');
    }
  }

  async function giveBack(job: LeasedJob, failure: JobFailure): Promise<void> {
    try {
      await jobs.fail(job, failure, AbortSignal.timeout(GIVE_BACK_MS_MAX));
    } catch (error) {
      log.info({ job: job.id, error: String(error) }, 'a job could not be given back; its lease will end');
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
    },
    notReadyReason: () => null,
  };
}
