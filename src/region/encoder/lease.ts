// Keeps the lease of one job: a heartbeat every few seconds, at once when there is news for viewers.
// When control says that the lease is lost or the job cancelled, the signal aborts. When control is away, work goes
// on: nobody else can have been given the job meanwhile without control, and the fence decides when it is back.

import { MeridianError } from '#contract/errors.ts';
import type { JobProgress, LeasedJob } from '#contract/jobs.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import type { JobsClient } from './jobs-client.ts';
import { HEARTBEAT_MS } from './limits.ts';

/** The reason of an abort when the job is no longer ours. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

export interface Lease {
  /** Aborts when the lease is lost, the job cancelled, or the encoder stops. */
  readonly signal: AbortSignal;
  /** Changes what the next heartbeat says; an urgent one goes out at once. */
  report(progress: Partial<JobProgress>, isUrgent?: boolean): void;
  /** Stops the heartbeats. */
  end(): Promise<void>;
}

/** Starts keeping a lease; `stopping` aborts when the encoder stops. */
export function keepLease(
  job: LeasedJob,
  dependencies: { jobs: JobsClient; clock: Clock; log: Log },
  stopping: AbortSignal,
): Lease {
  const { jobs, clock, log } = dependencies;
  const lost = new AbortController();
  const ended = new AbortController();
  let progress: JobProgress = { stage: 'probing', share: 0, isPlayable: false, durationMs: null };
  let nudge = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);

  async function beat(): Promise<void> {
    try {
      const { isCancelled } = await jobs.heartbeat(job, progress, AbortSignal.any([signal, ended.signal]));
      if (isCancelled) lost.abort(new LeaseLostError('the job was cancelled'));
    } catch (error) {
      if (signal.aborted || ended.signal.aborted) return;
      if (error instanceof MeridianError && ['lease_lost', 'not_found', 'gone'].includes(error.code))
        lost.abort(new LeaseLostError(error.message, { cause: error }));
      else log.info({ job: job.id, error: String(error) }, 'a heartbeat did not reach control');
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
    report(change, isUrgent = false) {
      progress = { ...progress, ...change };
      if (isUrgent) nudge.abort();
    },
    async end() {
      ended.abort();
      await running;
    },
  };
}
