// Registration of finished uploads. Every region that holds the source registers it, as often as it likes: the first
// creates the asset and its job, later ones add their region. An asset that was deleted meanwhile stays deleted; the
// change feed tells the region.

import { sql } from 'kysely';
import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import type { AssetRecord } from '#contract/media.ts';
import type { NodePrincipal } from '../access/principal.ts';
import { hasProject } from '../access/store.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { recordAssetEvent } from '../events/record.ts';
import { insertJob } from '../jobs/store.ts';
import { type Claim, claimCopies } from '../storage/copies.ts';
import { registerVersion } from '../storage/versions.ts';
import {
  type AssetRow,
  insertAsset,
  lockAsset,
  nextChangeNumber,
  reviseAsset,
  UNPROCESSED,
} from './store.ts';

/** Any constant: it keeps these locks apart from others. */
const REGISTRATION_LOCK = 7_261_002;

/** Registers a record; true when it made a new job. */
export function registerUpload(
  { clock, database, random }: ControlContext,
  principal: NodePrincipal,
  record: AssetRecord,
): Promise<boolean> {
  return database.transaction().execute(async (transaction) => {
    if (!(await hasProject(transaction, record.projectId)))
      throw new MeridianError('not_found', { what: `project ${record.projectId}` });
    const nowMs = clock.nowMs();
    // Two regions often register the same asset at the same moment; there is no row yet that they could lock.
    await sql`select pg_advisory_xact_lock(${REGISTRATION_LOCK}, hashtext(${record.assetId}))`.execute(
      transaction,
    );
    const known = await lockAsset(transaction, record.assetId);
    if (known !== undefined && record.version > known.version)
      return registerVersion({ random }, transaction, principal, known, record, nowMs);
    if (known !== undefined) {
      await mergeRecord(transaction, known, record, nowMs);
      return false;
    }
    if (record.isDeleted) throw new MeridianError('gone', { what: 'asset' });
    const row = await insertAsset(transaction, {
      ...newRow(record, nowMs),
      change_number: await nextChangeNumber(transaction),
    });
    if (row === undefined)
      throw new MeridianError('conflict', { reason: `${record.assetId} was just registered` });
    await insertJob(transaction, {
      id: makeId('job', nowMs, random(10)),
      asset: row,
      nowMs,
      priority: record.priority,
    });
    await claimCopies(transaction, claimOf(record), record.source.regionIds, nowMs);
    await recordAudit(transaction, principal, nowMs, {
      action: 'asset.register',
      subject: row.id,
      projectId: row.project_id,
      details: { name: row.name, bytes: row.source_bytes, regionIds: row.source_region_ids },
    });
    await recordAssetEvent({ random, nowMs }, transaction, { type: 'asset.created', assetId: row.id });
    return true;
  });
}

async function mergeRecord(
  transaction: ControlTransaction,
  row: AssetRow,
  record: AssetRecord,
  nowMs: number,
): Promise<void> {
  if (row.project_id !== record.projectId) throw new MeridianError('wrong_project');
  // Its version has been replaced since.
  if (record.version < row.version) return;
  if (row.source_sha256 !== record.source.sha256 || row.source_bytes !== record.source.bytes)
    throw new MeridianError('conflict', { reason: `Another source is registered as ${row.id}` });
  const regionIds = [...new Set([...row.source_region_ids, ...record.source.regionIds])];
  if (row.is_deleted) return;
  await claimCopies(transaction, claimOf(record), record.source.regionIds, nowMs);
  if (regionIds.length === row.source_region_ids.length) return;
  await reviseAsset(transaction, row, { source_region_ids: regionIds }, nowMs);
}

function claimOf({ projectId, assetId, version, source }: AssetRecord): Claim {
  const of = { class: 'source' as const, attempt: 0, documentRevision: 0 };
  return { projectId, assetId, version, bytes: source.bytes, ...of };
}

function newRow(record: AssetRecord, nowMs: number) {
  const { source } = record;
  return {
    id: record.assetId,
    project_id: record.projectId,
    version: record.version,
    revision: record.revision + 1,
    name: record.name,
    visibility: record.visibility,
    is_deleted: false,
    created_at_ms: record.createdAtMs,
    updated_at_ms: nowMs,
    source_bytes: source.bytes,
    source_sha256: source.sha256,
    source_file_name: source.fileName,
    source_content_type: source.contentType,
    source_region_ids: [...new Set(source.regionIds)],
    stage: 'queued' as const,
    ...UNPROCESSED,
    preset: record.preset ?? null,
  };
}
