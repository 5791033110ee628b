// What leaders and helpers of long videos ask of control.

import { chunkNodeRoutes } from '#contract/chunk-api.ts';
import type { ChunkPlan, ChunkResult, ChunkSpan, DoneChunk, JobFailure, LeasedJob } from '#contract/jobs.ts';
import { type ControlContext, createControlPost } from './control-post.ts';

/** A lease of a chunk, whoever holds it. */
export interface ChunkHold {
  readonly jobId: string;
  readonly index: number;
  readonly fence: number;
}

export interface ChunkNews {
  readonly taken: { readonly index: number; readonly fence: number } | null;
  readonly done: readonly DoneChunk[];
  readonly openCount: number;
}

/** Rejects with MeridianError (`lease_lost` …) or TransportError. */
export interface ChunksClient {
  declare(
    job: LeasedJob,
    what: { recipe: string; plan: ChunkPlan; spans: readonly ChunkSpan[]; takes: boolean },
    signal: AbortSignal,
  ): Promise<{ doneCount: number; taken: ChunkNews['taken'] }>;
  next(
    job: LeasedJob,
    wish: { from: number; takes: boolean; waitMs: number },
    signal: AbortSignal,
  ): Promise<ChunkNews>;
  heartbeat(hold: ChunkHold, share: number, signal: AbortSignal): Promise<{ isCancelled: boolean }>;
  complete(hold: ChunkHold, result: ChunkResult, signal: AbortSignal): Promise<void>;
  fail(hold: ChunkHold, failure: JobFailure, signal: AbortSignal): Promise<void>;
  /** A finished chunk cannot be had. */
  lost(job: LeasedJob, index: number, reason: string, signal: AbortSignal): Promise<void>;
}

/** Creates the client of this node. */
export function createChunksClient(context: ControlContext): ChunksClient {
  const post = createControlPost(context);
  return {
    declare: ({ id, fence }, what, signal) =>
      post(
        `${id}/chunks`,
        { fence, ...what },
        chunkNodeRoutes['POST /node/v1/jobs/{jobId}/chunks'].response,
        signal,
      ),
    next: ({ id, fence }, wish, signal) =>
      post(
        `${id}/chunks/next`,
        { fence, ...wish },
        chunkNodeRoutes['POST /node/v1/jobs/{jobId}/chunks/next'].response,
        signal,
        wish.waitMs,
      ),
    heartbeat: ({ jobId, index, fence }, share, signal) =>
      post(
        `${jobId}/chunks/${index}/heartbeat`,
        { fence, share },
        chunkNodeRoutes['POST /node/v1/jobs/{jobId}/chunks/{index}/heartbeat'].response,
        signal,
      ),
    async complete({ jobId, index, fence }, result, signal) {
      const response = chunkNodeRoutes['POST /node/v1/jobs/{jobId}/chunks/{index}/complete'].response;
      await post(`${jobId}/chunks/${index}/complete`, { fence, result }, response, signal);
    },
    async fail({ jobId, index, fence }, failure, signal) {
      const response = chunkNodeRoutes['POST /node/v1/jobs/{jobId}/chunks/{index}/fail'].response;
      await post(`${jobId}/chunks/${index}/fail`, { fence, failure }, response, signal);
    },
    async lost({ id, fence }, index, reason, signal) {
      const response = chunkNodeRoutes['POST /node/v1/jobs/{jobId}/chunks/{index}/lost'].response;
      await post(`${id}/chunks/${index}/lost`, { fence, reason }, response, signal);
    },
  };
}
