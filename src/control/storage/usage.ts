// What projects use and what it costs; quotas, judged when an upload grant is made and when an import begins.

import { sql } from 'kysely';
import { MeridianError } from '#contract/errors.ts';
import { judgeGrant, type QuotaLimits, type QuotaUsage } from '#core/replication/quota.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';

const DAY_MS = 86_400_000;

export interface ProjectStorage extends QuotaLimits {
  readonly retentionDays: number | null;
}

/** Quotas and retention of a project; undefined when there is none. */
export async function readProjectStorage(
  database: ControlDatabase,
  projectId: string,
): Promise<ProjectStorage | undefined> {
  const row = await database
    .selectFrom('projects')
    .select(['stored_bytes_max', 'assets_max', 'upload_bytes_per_day_max', 'retention_days'])
    .where('id', '=', projectId)
    .executeTakeFirst();
  return row === undefined
    ? undefined
    : {
        storedBytesMax: row.stored_bytes_max,
        assetsMax: row.assets_max,
        uploadBytesPerDayMax: row.upload_bytes_per_day_max,
        retentionDays: row.retention_days,
      };
}

/** What counts against the quotas of a project. */
export async function readUsage(
  database: ControlDatabase,
  projectId: string,
  nowMs: number,
): Promise<QuotaUsage> {
  const answer = await sql<{ stored: number; assets: number; uploaded: number }>`
    select
      (select coalesce(sum(bytes), 0)::bigint from asset_copies
        where project_id = ${projectId} and lost_at_ms is null) as stored,
      (select count(*)::bigint from assets where project_id = ${projectId} and not is_deleted) as assets,
      (select coalesce(sum(source_bytes), 0)::bigint from assets
        where project_id = ${projectId} and created_at_ms > ${nowMs - DAY_MS})
      + (select coalesce(sum(asset_versions.source_bytes), 0)::bigint from asset_versions
        join assets on assets.id = asset_versions.asset_id
        where assets.project_id = ${projectId} and registered_at_ms > ${nowMs - DAY_MS}
          and asset_versions.version > assets.version) as uploaded
  `.execute(database);
  const row = answer.rows[0];
  return {
    storedBytes: Number(row?.stored ?? 0),
    assets: Number(row?.assets ?? 0),
    uploadedBytesLastDay: Number(row?.uploaded ?? 0),
  };
}

/** What is on its way already and will count. */
export interface PendingUsage {
  readonly assets: number;
  readonly bytes: number;
}
const NOTHING_PENDING: PendingUsage = { assets: 0, bytes: 0 };

/** The largest upload that a grant, or an import, may bring now. Throws quota_exceeded. */
export async function requireQuota(
  { clock, config, database }: ControlContext,
  projectId: string,
  isNewAsset: boolean,
  pending: PendingUsage = NOTHING_PENDING,
): Promise<number> {
  const { uploadBytesMax } = config.limits;
  const limits = await readProjectStorage(database, projectId);
  if (limits === undefined) return uploadBytesMax;
  const { storedBytesMax, assetsMax, uploadBytesPerDayMax } = limits;
  if (storedBytesMax === null && assetsMax === null && uploadBytesPerDayMax === null) return uploadBytesMax;
  const known = await readUsage(database, projectId, clock.nowMs());
  const sourceCopies = Math.min(config.durability.sourceCopies, config.regions.length);
  const usage = {
    assets: known.assets + pending.assets,
    storedBytes: known.storedBytes + pending.bytes * sourceCopies,
    uploadedBytesLastDay: known.uploadedBytesLastDay + pending.bytes,
  };
  const verdict = judgeGrant(usage, limits, { uploadBytesMax, sourceCopies, isNewAsset });
  if (verdict.isAllowed) return verdict.bytesMax;
  const names = {
    storedBytesMax: 'bytes are stored',
    assetsMax: 'assets exist',
    uploadBytesPerDayMax: 'bytes were uploaded within a day',
  };
  const reason = `${verdict.used} ${names[verdict.limit]}, at most ${verdict.max} may`;
  throw new MeridianError('quota_exceeded', { project: projectId, reason });
}
