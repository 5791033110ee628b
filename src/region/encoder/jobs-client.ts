// The encoder's side of leased work: claim, heartbeat, complete and fail over HTTP, signed by the transport.

import type { z } from 'zod';
import type {
  EncoderFacts,
  JobFailure,
  JobProgress,
  jobResultSchema,
  LeasedChunk,
  LeasedJob,
} from '#contract/jobs.ts';
import { nodeRoutes } from '#contract/node-api.ts';
import { type ControlContext, createControlPost } from './control-post.ts';

export type JobResult = z.infer<typeof jobResultSchema>;

/** What a claim gives. */
export interface LeasedWork {
  readonly jobs: readonly LeasedJob[];
  /** Absent: control knows no chunks, so nothing can be shared. */
  readonly chunks?: readonly LeasedChunk[] | undefined;
}

/** What an encoder asks of control. Rejects with MeridianError (`lease_lost` …) or TransportError. */
export interface JobsClient {
  /** Leases up to `slots` jobs and chunks, waiting up to `waitMs` for the first. */
  claim(slots: number, waitMs: number, encoder: EncoderFacts, signal: AbortSignal): Promise<LeasedWork>;
  heartbeat(job: LeasedJob, progress: JobProgress, signal: AbortSignal): Promise<{ isCancelled: boolean }>;
  complete(job: LeasedJob, result: JobResult, signal: AbortSignal): Promise<void>;
  fail(job: LeasedJob, failure: JobFailure, signal: AbortSignal): Promise<void>;
}

/** Creates the client of this node. */
export function createJobsClient(context: ControlContext): JobsClient {
  const { nodeId } = context;
  const post = createControlPost(context);
  return {
    async claim(slots, waitMs, encoder, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/claim'];
      const body = { nodeId, slots, waitMs, kinds: ['process', 'chunk'], encoder };
      return post('claim', body, response, signal, waitMs);
    },
    async heartbeat({ id, fence }, progress, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/{jobId}/heartbeat'];
      return post(`${id}/heartbeat`, { fence, progress }, response, signal);
    },
    async complete({ id, fence }, result, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/{jobId}/complete'];
      await post(`${id}/complete`, { fence, result }, response, signal);
    },
    async fail({ id, fence }, failure, signal) {
      const { response } = nodeRoutes['POST /node/v1/jobs/{jobId}/fail'];
      await post(`${id}/fail`, { fence, failure }, response, signal);
    },
  };
}
