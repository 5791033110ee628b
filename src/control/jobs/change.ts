// What people do to jobs: cancel one, or change who comes first; and rest the encoders of a region.

import { MeridianError } from '#contract/errors.ts';
import type { JobPriority } from '#contract/priority.ts';
import {
  actorOf,
  type Principal,
  projectScope,
  requireAllProjects,
  requireRegions,
  type UserPrincipal,
} from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { lockAsset, reviseAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordAssetEvent } from '../events/record.ts';
import { failVersion } from '../storage/versions.ts';
import { rankOf } from './priority.ts';
import { assetIdOfJob, cancelJob, type JobRow, lockJob } from './store.ts';

/** Locks a job that somebody may change; another project's is as good as none. */
async function lockOpen(
  transaction: ControlTransaction,
  principal: UserPrincipal,
  jobId: string,
): Promise<{ job: JobRow; asset: NonNullable<Awaited<ReturnType<typeof lockAsset>>> }> {
  const assetId = await assetIdOfJob(transaction, jobId);
  const asset =
    assetId === undefined ? undefined : await lockAsset(transaction, assetId, projectScope(principal));
  const job = await lockJob(transaction, jobId);
  if (asset === undefined || job === undefined) throw new MeridianError('not_found', { what: 'such job' });
  if (job.state !== 'ready' && job.state !== 'leased')
    throw new MeridianError('conflict', { reason: `The job has ended: it is ${job.state}` });
  return { job, asset };
}

/** Ends a job; whoever works on it hears of that at the next heartbeat. What viewers have so far stays as it is. */
export function cancelByPerson(
  { clock, database, random }: ControlContext,
  principal: UserPrincipal,
  jobId: string,
): Promise<void> {
  return database.transaction().execute(async (transaction) => {
    const { job, asset } = await lockOpen(transaction, principal, jobId);
    const nowMs = clock.nowMs();
    const { code, message } = new MeridianError('processing_cancelled', { actor: principal.name });
    await cancelJob(transaction, job.id, { code, message }, nowMs);
    if (job.asset_version === asset.version) {
      const changes = { stage: 'failed' as const, progress: 0, failure_code: code, failure_message: message };
      // Regions learn of it too, so that whoever waits at a page is told.
      await reviseAsset(transaction, asset, changes, nowMs);
      await recordAssetEvent({ random, nowMs }, transaction, { type: 'asset.failed', assetId: asset.id });
    } else await failVersion(transaction, job, { code, message });
    await recordAudit(transaction, principal, nowMs, {
      action: 'job.cancel',
      subject: job.id,
      projectId: job.project_id,
      details: { assetId: job.asset_id, version: job.asset_version, state: job.state },
    });
  });
}

/** Changes who comes first. */
export function prioritizeJob(
  { clock, database }: ControlContext,
  principal: UserPrincipal,
  jobId: string,
  priority: JobPriority,
): Promise<void> {
  return database.transaction().execute(async (transaction) => {
    const { job } = await lockOpen(transaction, principal, jobId);
    await transaction
      .updateTable('jobs')
      .set({ priority: rankOf(priority) })
      .where('id', '=', job.id)
      .execute();
    await recordAudit(transaction, principal, clock.nowMs(), {
      action: 'job.prioritize',
      subject: job.id,
      projectId: job.project_id,
      details: { assetId: job.asset_id, priority },
    });
  });
}

/** Pauses or resumes the encoders of a region. Doing it twice changes nothing. */
export async function pauseEncoding(
  { clock, config, database }: ControlContext,
  principal: UserPrincipal,
  regionId: string,
  isPaused: boolean,
): Promise<void> {
  requireAllProjects(principal);
  if (!config.regions.some(({ id }) => id === regionId))
    throw new MeridianError('not_found', { what: `region ${regionId}` });
  requireRegions(principal, [regionId]);
  const nowMs = clock.nowMs();
  await database
    .transaction()
    .execute((transaction) => setEncodingPause(transaction, { principal, nowMs, regionId, isPaused }));
}

export interface EncodingPauseChange {
  readonly principal: Principal;
  readonly nowMs: number;
  readonly regionId: string;
  readonly isPaused: boolean;
}

/** Writes whether a region's encoders rest; resolves to whether that is news. */
export async function setEncodingPause(
  transaction: ControlTransaction,
  { principal, nowMs, regionId, isPaused }: EncodingPauseChange,
): Promise<boolean> {
  const changed = isPaused
    ? await transaction
        .insertInto('encoding_pauses')
        .values({ region_id: regionId, paused_at_ms: nowMs, actor: actorOf(principal) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('region_id')
        .execute()
    : await transaction
        .deleteFrom('encoding_pauses')
        .where('region_id', '=', regionId)
        .returning('region_id')
        .execute();
  if (changed.length === 0) return false;
  await recordAudit(transaction, principal, nowMs, {
    action: isPaused ? 'encoding.pause' : 'encoding.resume',
    subject: regionId,
    projectId: null,
  });
  return true;
}
