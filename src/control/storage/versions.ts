// New versions of an asset. An upload with a grant that names the asset becomes version n + 1; it is processed while n is
// served, and takes its place when it is complete. The old one is then "replaced": viewers who began with it go on
// until its grace is over. A version that fails changes nothing for viewers.

import type { Updateable } from 'kysely';
import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import type { JobProgress } from '#contract/jobs.ts';
import type { AssetRecord } from '#contract/media.ts';
import type { NodePrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import { type AssetRow, reviseAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { insertJob, type JobRow } from '../jobs/store.ts';
import { claimCopies } from './copies.ts';
import type { AssetVersionsTable } from './tables.ts';

type Reader = ControlDatabase | ControlTransaction;

/** The number for a new upload to an asset; each grant gets its own. */
export async function grantVersion(
  transaction: ControlTransaction,
  asset: AssetRow,
  nowMs: number,
): Promise<number> {
  const version = Math.max(asset.version, asset.granted_version ?? 0) + 1;
  await transaction
    .updateTable('assets')
    .set({ granted_version: version, updated_at_ms: nowMs })
    .where('id', '=', asset.id)
    .execute();
  return version;
}

function findVersion(database: Reader, assetId: string, version: number) {
  return database
    .selectFrom('asset_versions')
    .selectAll()
    .where('asset_id', '=', assetId)
    .where('version', '=', version)
    .executeTakeFirst();
}

/** Registers an upload of a later version; true when it made a job. The asset's row is locked. */
export async function registerVersion(
  { random }: Pick<ControlContext, 'random'>,
  transaction: ControlTransaction,
  principal: NodePrincipal,
  asset: AssetRow,
  record: AssetRecord,
  nowMs: number,
): Promise<boolean> {
  if (asset.project_id !== record.projectId) throw new MeridianError('wrong_project');
  // What is deleted stays deleted; the regions remove the bytes with the rest.
  if (asset.is_deleted) return false;
  const { source, version } = record;
  const claim = {
    projectId: asset.project_id,
    assetId: asset.id,
    version,
    attempt: 0,
    class: 'source' as const,
    bytes: source.bytes,
    documentRevision: 0,
  };
  const known = await findVersion(transaction, asset.id, version);
  if (known !== undefined) {
    if (known.source_sha256 !== source.sha256 || known.source_bytes !== source.bytes)
      throw new MeridianError('conflict', {
        reason: `Another source is registered as version ${version} of ${asset.id}`,
      });
    const regionIds = [...new Set([...known.source_region_ids, ...source.regionIds])];
    if (regionIds.length === known.source_region_ids.length) return false;
    await transaction
      .updateTable('asset_versions')
      .set({ source_region_ids: regionIds })
      .where('asset_id', '=', asset.id)
      .where('version', '=', version)
      .execute();
    await claimCopies(transaction, claim, source.regionIds, nowMs);
    return false;
  }
  await transaction
    .insertInto('asset_versions')
    .values({
      asset_id: asset.id,
      version,
      state: 'processing',
      name: record.name,
      source_bytes: source.bytes,
      source_sha256: source.sha256,
      source_file_name: source.fileName,
      source_content_type: source.contentType,
      source_region_ids: [...new Set(source.regionIds)],
      preset: record.preset ?? null,
      stage: 'queued',
      progress: 0,
      registered_at_ms: nowMs,
    })
    .execute();
  await insertJob(transaction, {
    id: makeId('job', nowMs, random(10)),
    asset: { ...asset, version },
    nowMs,
    priority: record.priority,
  });
  await claimCopies(transaction, claim, source.regionIds, nowMs);
  await recordAudit(transaction, principal, nowMs, {
    action: 'asset.register-version',
    subject: asset.id,
    projectId: asset.project_id,
    details: { version, bytes: source.bytes, regionIds: source.regionIds },
  });
  return true;
}

/** The asset as a job of one of its versions sees it. */
export async function assetOfVersion(database: Reader, asset: AssetRow, version: number): Promise<AssetRow> {
  if (version === asset.version) return asset;
  const row = await findVersion(database, asset.id, version);
  if (row === undefined) return asset;
  return {
    ...asset,
    version,
    source_bytes: row.source_bytes,
    source_sha256: row.source_sha256,
    source_file_name: row.source_file_name,
    source_content_type: row.source_content_type,
    source_region_ids: row.source_region_ids,
    preset: row.preset,
  };
}

/** Notes how far the processing of a version is that is not served yet. */
export async function noteVersionProgress(
  transaction: ControlTransaction,
  job: JobRow,
  { stage, share }: Pick<JobProgress, 'stage' | 'share'>,
): Promise<void> {
  await changeVersion(transaction, job, { stage, progress: share });
}

/** Processing of a version failed for good; what is served stays. */
export async function failVersion(
  transaction: ControlTransaction,
  job: JobRow,
  failure: { code: string; message: string },
): Promise<void> {
  const { code, message } = failure;
  const failed = { failure_code: code, failure_message: message };
  await changeVersion(transaction, job, { state: 'failed', stage: 'failed', progress: 0, ...failed });
}

async function changeVersion(
  transaction: ControlTransaction,
  job: JobRow,
  changes: Updateable<AssetVersionsTable>,
): Promise<void> {
  await transaction
    .updateTable('asset_versions')
    .set(changes)
    .where('asset_id', '=', job.asset_id)
    .where('version', '=', job.asset_version)
    .execute();
}

/** Puts a complete version in the place of the served one; `ready` is what a finished job changes in any asset. */
export async function serveVersion(
  transaction: ControlTransaction,
  asset: AssetRow,
  version: number,
  ready: Parameters<typeof reviseAsset>[2],
  nowMs: number,
): Promise<void> {
  const next = await findVersion(transaction, asset.id, version);
  if (next === undefined) return;
  if (version < asset.version) {
    // A later one was faster: this one was never served, and goes after the same grace.
    await replaced(transaction, asset.id, version, nowMs);
    return;
  }
  await transaction
    .insertInto('asset_versions')
    .values({
      asset_id: asset.id,
      version: asset.version,
      state: 'replaced',
      name: asset.name,
      source_bytes: asset.source_bytes,
      source_sha256: asset.source_sha256,
      source_file_name: asset.source_file_name,
      source_content_type: asset.source_content_type,
      source_region_ids: asset.source_region_ids,
      preset: asset.preset,
      stage: asset.stage,
      progress: 1,
      registered_at_ms: asset.created_at_ms,
      replaced_at_ms: nowMs,
    })
    .onConflict((conflict) =>
      conflict.columns(['asset_id', 'version']).doUpdateSet({
        state: 'replaced',
        replaced_at_ms: nowMs,
      }),
    )
    .execute();
  await transaction
    .deleteFrom('asset_versions')
    .where('asset_id', '=', asset.id)
    .where('version', '=', version)
    .execute();
  const source = {
    source_bytes: next.source_bytes,
    source_sha256: next.source_sha256,
    source_file_name: next.source_file_name,
    source_content_type: next.source_content_type,
    source_region_ids: next.source_region_ids,
    preset: next.preset,
  };
  await reviseAsset(transaction, asset, { ...ready, ...source, version }, nowMs);
}

async function replaced(
  transaction: ControlTransaction,
  assetId: string,
  version: number,
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('asset_versions')
    .set({ state: 'replaced', replaced_at_ms: nowMs })
    .where('asset_id', '=', assetId)
    .where('version', '=', version)
    .execute();
}
