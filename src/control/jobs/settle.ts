// What follows a failure of a job or of one of its chunks: again later, or never. Failures of all chunks and attempts
// count together, and each leaves the job a single helper, so that a file that kills encoders meets few of them.

import { sql } from 'kysely';
import { MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import { backoffMs, DEFAULT_BACKOFF } from '#core/retry/backoff.ts';
import { type AssetRow, reviseAsset, updateAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordAssetEvent } from '../events/record.ts';
import { failVersion, noteVersionProgress } from '../storage/versions.ts';
import { type ChunkRow, reopenChunk, returnLedChunks } from './chunk-store.ts';
import { CHUNK_FAILURES_MAX, failuresMaxOf } from './failures.ts';
import { endAttempt, type JobRow } from './store.ts';

type SettleContext = Pick<ControlContext, 'clock' | 'log' | 'random'>;

/** Ends a failed attempt at a job; true when the job is ready again. */
export async function settleJob(
  context: SettleContext,
  transaction: ControlTransaction,
  job: JobRow,
  asset: AssetRow,
  failure: JobFailure,
): Promise<boolean> {
  const counted = await countFailure(transaction, job, failure);
  await returnLedChunks(transaction, job.id);
  if (!failure.isRetryable || counted.failureCount >= counted.failuresMax) {
    await buryJob(context, transaction, job, asset, finalFailure(failure, counted.failureCount));
    return false;
  }
  // A first loss says nothing about the file, and a handover never: somebody else takes over at once.
  const isPrompt =
    failure.isHandover === true || (failure.code === 'lease_lost' && counted.failureCount === 1);
  const delayMs = isPrompt ? 0 : backoffMs(counted.failureCount, DEFAULT_BACKOFF, chance(context));
  await endAttempt(transaction, job.id, failure, delayMs);
  const nowMs = context.clock.nowMs();
  if (job.asset_version !== asset.version)
    await noteVersionProgress(transaction, job, { stage: 'queued', share: 0 });
  else await updateAsset(transaction, asset.id, { stage: 'queued', progress: 0 }, nowMs);
  const { code, message } = failure;
  const fields = { jobId: job.id, assetId: job.asset_id, attempt: job.attempt, code, message };
  context.log.info(fields, 'an attempt at a job failed; it will be repeated');
  return true;
}

/** Ends a failed attempt at a chunk; the whole job is given up when it was one too many. */
export async function settleChunk(
  context: SettleContext,
  transaction: ControlTransaction,
  held: { readonly job: JobRow; readonly asset: AssetRow; readonly chunk: ChunkRow },
  failure: JobFailure,
): Promise<void> {
  const { job, asset, chunk } = held;
  const isFailure = failure.isHandover !== true;
  const chunkFailures = chunk.failure_count + (isFailure ? 1 : 0);
  const counted = await countFailure(transaction, job, failure);
  const delayMs = chunkFailures <= 1 ? 0 : backoffMs(chunkFailures, DEFAULT_BACKOFF, chance(context));
  await reopenChunk(transaction, chunk, failure, { delayMs, isFailure });
  context.log.info(
    { jobId: job.id, chunk: chunk.chunk_index, node: chunk.lease_node_id, failure },
    'an attempt at a chunk failed',
  );
  const isTooMany =
    chunkFailures >= CHUNK_FAILURES_MAX ||
    counted.failureCount >= counted.failuresMax ||
    !failure.isRetryable;
  const isOpen = job.state === 'leased' || job.state === 'ready';
  if (isTooMany && isOpen)
    await buryJob(context, transaction, job, asset, finalFailure(failure, counted.failureCount));
}

async function countFailure(
  transaction: ControlTransaction,
  job: JobRow,
  failure: JobFailure,
): Promise<{ failureCount: number; failuresMax: number }> {
  const { count } = await transaction
    .selectFrom('job_chunks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('job_id', '=', job.id)
    .executeTakeFirstOrThrow();
  const failuresMax = failuresMaxOf(count);
  if (failure.isHandover === true) return { failureCount: job.failure_count, failuresMax };
  const row = await transaction
    .updateTable('jobs')
    .set({ failure_count: sql<number>`failure_count + 1`, helpers_max: 1 })
    .where('id', '=', job.id)
    .returning('failure_count')
    .executeTakeFirstOrThrow();
  return { failureCount: row.failure_count, failuresMax };
}

/** What people are told: of a file that only ends encoders, that. */
function finalFailure(
  { code, message, isRetryable }: JobFailure,
  failureCount: number,
): { code: string; message: string } {
  if (!isRetryable) return { code, message };
  if (code !== 'lease_lost') return { code, message: `${message} Given up after ${failureCount} attempts.` };
  const harmful = new MeridianError('media_harmful', {
    reason: `${failureCount} attempts ended badly, so no more are made. The last one: ${message.replace(/\.$/, '')}`,
  });
  return { code: harmful.code, message: harmful.message };
}

async function buryJob(
  { clock, log, random }: SettleContext,
  transaction: ControlTransaction,
  job: JobRow,
  asset: AssetRow,
  ended: { code: string; message: string },
): Promise<void> {
  await endAttempt(transaction, job.id, ended, null);
  const nowMs = clock.nowMs();
  if (job.asset_version !== asset.version) await failVersion(transaction, job, ended);
  else {
    const changes = { failure_code: ended.code, failure_message: ended.message };
    // Regions learn of it too, so that whoever waits at a page is told.
    await reviseAsset(transaction, asset, { stage: 'failed', progress: 0, ...changes }, nowMs);
    await recordAssetEvent({ random, nowMs }, transaction, { type: 'asset.failed', assetId: asset.id });
  }
  const fields = { jobId: job.id, assetId: job.asset_id, attempt: job.attempt, ...ended };
  log.warn(fields, 'a job failed for good');
}

/** A number in [0, 1). */
function chance({ random }: Pick<ControlContext, 'random'>): number {
  return new DataView(Uint8Array.from(random(4)).buffer).getUint32(0) / 2 ** 32;
}
