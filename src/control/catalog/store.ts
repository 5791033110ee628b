// Rows of assets, and the change feed.
//
// The feed is ordered by a change number that is taken from one row (catalog_changes) inside the transaction that
// changes the asset. The row stays locked until that transaction ends, so numbers become visible in their order: a
// reader that sees number n sees every smaller one too, and can use n as its cursor without ever missing a change.
// A sequence would not do: its numbers are given at once, and a slow transaction would commit a small number after a
// reader has moved past it. The price is that changes of the catalog commit one after another, which a few
// thousand per second allow. The asset's row is always locked before the counter, so that no two wait for each other.

import type { Insertable, Selectable, Updateable } from 'kysely';
import { sql } from 'kysely';
import { RECORD_PAGE_BYTES_MAX } from '#contract/limits.ts';
import type { AssetRecord } from '#contract/media.ts';
import type { AssetsTable, ControlDatabase, ControlTransaction } from '../database/schema.ts';

export type AssetRow = Selectable<AssetsTable>;

/** Takes the next change number; call it last, since others wait until the transaction ends. */
export async function nextChangeNumber(transaction: ControlTransaction): Promise<number> {
  const row = await transaction
    .updateTable('catalog_changes')
    .set({ last_number: sql<number>`last_number + 1` })
    .where('id', '=', 1)
    .returning('last_number')
    .executeTakeFirstOrThrow();
  return row.last_number;
}

/** The asset record as regions keep it. */
export function recordOf(row: AssetRow): AssetRecord {
  return {
    formatVersion: 1,
    projectId: row.project_id,
    assetId: row.id,
    version: row.version,
    revision: row.revision,
    name: row.name,
    visibility: row.visibility,
    isDeleted: row.is_deleted,
    ...(row.is_deleted && row.purge_revision === null ? { keepsBytes: true } : {}),
    createdAtMs: row.created_at_ms,
    source: {
      bytes: row.source_bytes,
      sha256: row.source_sha256,
      fileName: row.source_file_name,
      contentType: row.source_content_type,
      regionIds: row.source_region_ids,
    },
    ...(row.preset === null ? {} : { preset: row.preset }),
    ...failureOf(row),
    ...filesOf(row),
  };
}

/** Captions and a chosen poster; a tombstone needs neither. */
function filesOf(row: AssetRow): Pick<AssetRecord, 'captions' | 'poster'> {
  if (row.is_deleted) return {};
  const { captions, poster_sha256: sha256, poster_bytes: bytes } = row;
  return {
    ...(captions.length === 0 ? {} : { captions }),
    ...(sha256 === null || bytes === null ? {} : { poster: { sha256, bytes } }),
  };
}

function failureOf({ stage, failure_code: code, failure_message: message }: AssetRow) {
  return stage === 'failed' && code !== null && message !== null ? { failure: { code, message } } : {};
}

/** Reads an asset, in one project when given, also when it is deleted. */
export function findAsset(
  database: ControlDatabase | ControlTransaction,
  assetId: string,
  projectId?: string,
): Promise<AssetRow | undefined> {
  let select = database.selectFrom('assets').selectAll().where('id', '=', assetId);
  if (projectId !== undefined) select = select.where('project_id', '=', projectId);
  return select.executeTakeFirst();
}

/** Reads an asset and locks its row until the transaction ends. */
export function lockAsset(
  transaction: ControlTransaction,
  assetId: string,
  projectId?: string,
): Promise<AssetRow | undefined> {
  let select = transaction.selectFrom('assets').selectAll().where('id', '=', assetId).forUpdate();
  if (projectId !== undefined) select = select.where('project_id', '=', projectId);
  return select.executeTakeFirst();
}

/** What an asset is before anything has been made of it. */
export const UNPROCESSED = {
  progress: 0,
  is_playable: false,
  failure_code: null,
  failure_message: null,
  ready_at_ms: null,
  duration_ms: null,
  renditions: '[]',
  media_region_ids: [],
} satisfies Partial<Insertable<AssetsTable>>;

/** Adds an asset unless it exists; undefined when it did. */
export function insertAsset(
  transaction: ControlTransaction,
  values: Insertable<AssetsTable>,
): Promise<AssetRow | undefined> {
  return transaction
    .insertInto('assets')
    .values(values)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** Changes what the asset record carries: the revision rises and the change appears in the feed. */
export async function reviseAsset(
  transaction: ControlTransaction,
  row: AssetRow,
  changes: Updateable<AssetsTable>,
  nowMs: number,
): Promise<AssetRow> {
  return transaction
    .updateTable('assets')
    .set({
      ...changes,
      revision: row.revision + 1,
      updated_at_ms: nowMs,
      change_number: await nextChangeNumber(transaction),
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Changes what only control knows of an asset (processing); records do not carry it. */
export async function updateAsset(
  transaction: ControlTransaction,
  assetId: string,
  changes: Updateable<AssetsTable>,
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('assets')
    .set({ ...changes, updated_at_ms: nowMs })
    .where('id', '=', assetId)
    .execute();
}

/**
 * Records changed after a cursor, oldest first. A cursor past the end belongs to a database that has been restored
 * from a backup since: the answer then starts over, and revisions decide what the node keeps.
 */
export async function readChanges(
  database: ControlDatabase,
  after: number,
  limit: number,
): Promise<{ cursor: number; records: AssetRecord[] }> {
  const { last_number: last } = await database
    .selectFrom('catalog_changes')
    .select('last_number')
    .executeTakeFirstOrThrow();
  if (after > last) return { cursor: 0, records: [] };
  const rows = await database
    .selectFrom('assets')
    .selectAll()
    .where('change_number', '>', after)
    .orderBy('change_number')
    .limit(limit)
    .execute();
  const page = pageOf(rows);
  return { cursor: page.at(-1)?.row.change_number ?? after, records: page.map(({ record }) => record) };
}

/** As many rows as fit into a page, one at least: records with many caption tracks are ten times larger than others. */
function pageOf(rows: readonly AssetRow[]): { row: AssetRow; record: AssetRecord }[] {
  const page: { row: AssetRow; record: AssetRecord }[] = [];
  let length = 0;
  for (const row of rows) {
    const record = recordOf(row);
    length += JSON.stringify(record).length;
    if (page.length > 0 && length > RECORD_PAGE_BYTES_MAX) break;
    page.push({ row, record });
  }
  return page;
}
