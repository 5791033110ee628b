// Deletion in two steps. First a tombstone that keeps the bytes: nobody can watch, and it can be undone. When the grace is
// over control writes a second one, and only that removes bytes; so a region that was away never removes what was
// restored, and no two clocks have to agree. Each region then says that nothing is left; when all have, the asset is
// deleted everywhere, with the time. Retention uses the same steps.

import { MeridianError } from '#contract/errors.ts';
import { projectScope, type UserPrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { dropFiles } from '../catalog/files.ts';
import { type AssetRow, lockAsset, reviseAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordAssetEvent } from '../events/record.ts';
import { cancelJobs } from '../jobs/store.ts';
import { DELETIONS_PER_ROUND } from './limits.ts';

const DAY_MS = 86_400_000;

/** First step. The caller has locked the row and writes audit and events. */
export async function markDeleted(
  transaction: ControlTransaction,
  row: AssetRow,
  graceMs: number,
  nowMs: number,
): Promise<AssetRow> {
  await cancelJobs(transaction, row.id, nowMs);
  const restoreUntilMs = nowMs + graceMs;
  const changes = {
    is_deleted: true,
    is_playable: false,
    deleted_at_ms: nowMs,
    restore_until_ms: restoreUntilMs,
  };
  if (graceMs > 0) return reviseAsset(transaction, row, changes, nowMs);
  await dropFiles(transaction, row.id, []);
  return reviseAsset(transaction, row, { ...changes, purge_revision: row.revision + 1 }, nowMs);
}

/** Undoes a deletion while the bytes are there. `onWork`: a job became ready again. */
export async function restoreAsset(
  { clock, database }: ControlContext,
  principal: UserPrincipal,
  assetId: string,
): Promise<AssetRow> {
  return database.transaction().execute(async (transaction) => {
    const nowMs = clock.nowMs();
    const row = await lockAsset(transaction, assetId, projectScope(principal));
    if (row === undefined) throw new MeridianError('not_found', { what: 'such asset' });
    if (!row.is_deleted) throw new MeridianError('conflict', { reason: 'This asset is not deleted' });
    if (row.purge_revision !== null || nowMs >= (row.restore_until_ms ?? 0))
      throw new MeridianError('gone', { what: 'asset' });
    // Those that the deletion cancelled, not those that somebody had cancelled before.
    const resumed = await transaction
      .updateTable('jobs')
      .set({ state: 'ready', stage: 'queued', progress: 0, lease_until_ms: null, updated_at_ms: nowMs })
      .where('asset_id', '=', row.id)
      .where('state', '=', 'cancelled')
      .where('updated_at_ms', '=', row.deleted_at_ms ?? 0)
      .returning('asset_version')
      .execute();
    const isProcessed = resumed.every((job) => job.asset_version !== row.version);
    const restored = await reviseAsset(
      transaction,
      row,
      {
        is_deleted: false,
        deleted_at_ms: null,
        restore_until_ms: null,
        is_playable: row.ready_at_ms !== null,
        ...(isProcessed ? {} : { stage: 'queued' as const, progress: 0 }),
      },
      nowMs,
    );
    await recordAudit(transaction, principal, nowMs, {
      action: 'asset.restore',
      subject: row.id,
      projectId: row.project_id,
      details: { deletedAtMs: row.deleted_at_ms },
    });
    return restored;
  });
}

/** Second step, for every deletion whose grace is over. */
export async function purgeDue({ clock, database, log }: ControlContext): Promise<void> {
  const nowMs = clock.nowMs();
  const due = await database
    .selectFrom('assets')
    .select('id')
    .where('is_deleted', '=', true)
    .where('purge_revision', 'is', null)
    .where('restore_until_ms', '<=', nowMs)
    .orderBy('restore_until_ms')
    .limit(DELETIONS_PER_ROUND)
    .execute();
  for (const { id } of due)
    await database.transaction().execute(async (transaction) => {
      const row = await lockAsset(transaction, id);
      if (row === undefined || !row.is_deleted || row.purge_revision !== null) return;
      await dropFiles(transaction, id, []);
      await reviseAsset(transaction, row, { purge_revision: row.revision + 1 }, nowMs);
      log.info({ asset: id }, 'a deletion can no longer be undone; the bytes go');
    });
}

/** Notes when the last region has said that nothing is left. */
export async function proveDeletions({ clock, config, database }: ControlContext): Promise<void> {
  const regionIds = config.regions.map(({ id }) => id);
  await database
    .updateTable('assets')
    .set({ gone_everywhere_at_ms: clock.nowMs() })
    .where('is_deleted', '=', true)
    .where('purge_revision', 'is not', null)
    .where('gone_everywhere_at_ms', 'is', null)
    .where(
      (where) =>
        where
          .selectFrom('asset_purges')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .whereRef('asset_purges.asset_id', '=', 'assets.id')
          .where('asset_purges.region_id', 'in', regionIds),
      '>=',
      regionIds.length,
    )
    .execute();
}

/** Deletes what is older than its project keeps. */
export async function applyRetention({ clock, config, database, random }: ControlContext): Promise<void> {
  const nowMs = clock.nowMs();
  const projects = await database
    .selectFrom('projects')
    .select(['id', 'retention_days'])
    .where('retention_days', 'is not', null)
    .execute();
  for (const project of projects) {
    const beforeMs = nowMs - (project.retention_days ?? 0) * DAY_MS;
    const old = await database
      .selectFrom('assets')
      .select('id')
      .where('project_id', '=', project.id)
      .where('is_deleted', '=', false)
      .where('created_at_ms', '<', beforeMs)
      .orderBy('created_at_ms')
      .limit(DELETIONS_PER_ROUND)
      .execute();
    for (const { id } of old)
      await database.transaction().execute(async (transaction) => {
        const row = await lockAsset(transaction, id);
        if (row === undefined || row.is_deleted) return;
        await markDeleted(transaction, row, config.durability.deleteGraceMs, nowMs);
        await transaction
          .insertInto('audit_entries')
          .values({
            at_ms: nowMs,
            actor: 'retention',
            action: 'asset.delete',
            subject: id,
            project_id: project.id,
            details: JSON.stringify({ name: row.name, retentionDays: project.retention_days }),
          })
          .execute();
        await recordAssetEvent({ random, nowMs }, transaction, { type: 'asset.deleted', assetId: id });
      });
  }
}
