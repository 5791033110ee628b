// Keeps the lease of one job or chunk: a heartbeat every few seconds, at once when there is news for viewers.
// When control says that the lease is lost or the job cancelled, the signal aborts. When control is away, work goes
// on: nobody else can have been given the job meanwhile without control, and the fence decides when it is back.

import { MeridianError } from '#contract/errors.ts';
import type { JobProgress, LeasedJob } from '#contract/jobs.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { ChunkHold, ChunksClient } from './chunks-client.ts';
import type { JobsClient } from './jobs-client.ts';
import { HEARTBEAT_MS } from './limits.ts';

/** The reason of an abort when the job is no longer ours. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

interface HeldLease {
  /** Aborts when the lease is lost, the job cancelled, or the encoder stops. */
  readonly signal: AbortSignal;
  /** Stops the heartbeats. */
  end(): Promise<void>;
}

export interface Lease extends HeldLease {
  /** Changes what the next heartbeat says; an urgent one goes out at once. */
  report(progress: Partial<JobProgress>, isUrgent?: boolean): void;
}

export interface ChunkLease extends HeldLease {
  report(share: number): void;
}

interface Timing {
  readonly clock: Clock;
  readonly log: Log;
}

/** Starts keeping the lease of a job; `stopping` aborts when the encoder stops. */
export function keepLease(
  job: LeasedJob,
  { jobs, ...timing }: Timing & { readonly jobs: Pick<JobsClient, 'heartbeat'> },
  stopping: AbortSignal,
): Lease {
  let progress: JobProgress = { stage: 'probing', share: 0, isPlayable: false, durationMs: null };
  const held = keepBeating(job.id, (signal) => jobs.heartbeat(job, progress, signal), timing, stopping);
  return {
    signal: held.signal,
    end: held.end,
    report(change, isUrgent = false) {
      progress = { ...progress, ...change };
      if (isUrgent) held.nudge();
    },
  };
}

/** Starts keeping the lease of a chunk. */
export function keepChunkLease(
  hold: ChunkHold,
  { chunks, ...timing }: Timing & { readonly chunks: Pick<ChunksClient, 'heartbeat'> },
  stopping: AbortSignal,
): ChunkLease {
  let share = 0;
  const name = `${hold.jobId}/${hold.index}`;
  const held = keepBeating(name, (signal) => chunks.heartbeat(hold, share, signal), timing, stopping);
  return {
    signal: held.signal,
    end: held.end,
    report(next) {
      share = next;
    },
  };
}

function keepBeating(
  name: string,
  send: (signal: AbortSignal) => Promise<{ isCancelled: boolean }>,
  { clock, log }: Timing,
  stopping: AbortSignal,
): HeldLease & { nudge(): void } {
  const lost = new AbortController();
  const ended = new AbortController();
  let nudge = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);

  async function beat(): Promise<void> {
    try {
      const { isCancelled } = await send(AbortSignal.any([signal, ended.signal]));
      if (isCancelled) lost.abort(new LeaseLostError('the job was cancelled'));
    } catch (error) {
      if (signal.aborted || ended.signal.aborted) return;
      if (error instanceof MeridianError && ['lease_lost', 'not_found', 'gone'].includes(error.code))
        lost.abort(new LeaseLostError(error.message, { cause: error }));
      else log.info({ job: name, error: String(error) }, 'a heartbeat did not reach control');
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted && !ended.signal.aborted) {
      await clock
        .sleep(HEARTBEAT_MS, AbortSignal.any([signal, ended.signal, nudge.signal]))
        .catch(() => undefined);
      if (signal.aborted || ended.signal.aborted) return;
      nudge = new AbortController();
      await beat();
    }
  }

  const running = run();
  return {
    signal,
    nudge: () => nudge.abort(),
    async end() {
      ended.abort();
      await running;
    },
  };
}
