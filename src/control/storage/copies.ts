// Rows of copies: what regions report and what control is told otherwise.

import { sql } from 'kysely';
import type { CopyClass, Holding, HoldingsPage } from '#contract/storage.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { CLAIM_GRACE_MS } from './limits.ts';

export interface Claim {
  readonly projectId: string;
  readonly assetId: string;
  readonly version: number;
  readonly attempt: number;
  readonly class: CopyClass;
  readonly bytes: number;
  readonly documentRevision: number;
}

/** Notes copies of which control was told by who made them; the next report of their regions confirms them. */
export async function claimCopies(
  transaction: ControlTransaction,
  claim: Claim,
  regionIds: readonly string[],
  nowMs: number,
): Promise<void> {
  for (const regionId of new Set(regionIds))
    await transaction
      .insertInto('asset_copies')
      .values({
        asset_id: claim.assetId,
        version: claim.version,
        attempt: claim.attempt,
        class: claim.class,
        region_id: regionId,
        project_id: claim.projectId,
        place: `${claim.projectId}/${claim.assetId}`,
        bytes: claim.bytes,
        is_complete: true,
        damaged_objects: 0,
        document_revision: claim.documentRevision,
        verified_at_ms: nowMs,
        reported_at_ms: null,
        claimed_at_ms: nowMs,
        lost_at_ms: null,
      })
      .onConflict((conflict) =>
        conflict.columns(['asset_id', 'version', 'attempt', 'class', 'region_id']).doUpdateSet({
          bytes: claim.bytes,
          is_complete: true,
          damaged_objects: 0,
          document_revision: claim.documentRevision,
          verified_at_ms: nowMs,
          // Inventories that began before this do not know of it.
          reported_at_ms: null,
          claimed_at_ms: nowMs,
          lost_at_ms: null,
        }),
      )
      .execute();
}

/** Takes the holdings of a page in. A listing that began before brings nothing back that its region is rid of. */
async function upsertHoldings(
  transaction: ControlTransaction,
  regionId: string,
  listedAtMs: number,
  holdings: readonly Holding[],
): Promise<void> {
  if (holdings.length === 0) return;
  await sql`
    insert into asset_copies (asset_id, version, attempt, class, region_id, project_id, place, bytes, is_complete,
      damaged_objects, document_revision, verified_at_ms, reported_at_ms)
    select "assetId", version, attempt, class, ${regionId}, "projectId", "projectId" || '/' || "assetId", bytes,
      "isComplete", "damagedObjects", "documentRevision", "verifiedAtMs", ${listedAtMs}::bigint
    from jsonb_to_recordset(${JSON.stringify(holdings)}::jsonb) as page ("projectId" text, "assetId" text,
      version integer, attempt integer, class text, bytes bigint, "isComplete" boolean, "damagedObjects" integer,
      "documentRevision" bigint, "verifiedAtMs" bigint)
    where not exists (select from asset_purges where asset_id = "assetId" and region_id = ${regionId})
    order by 1, 2, 3, 4
    on conflict (asset_id, version, attempt, class, region_id) do update set
      bytes = excluded.bytes,
      is_complete = excluded.is_complete,
      damaged_objects = excluded.damaged_objects,
      document_revision = greatest(excluded.document_revision, asset_copies.document_revision),
      verified_at_ms = case when excluded.is_complete and excluded.damaged_objects = 0
        then greatest(excluded.verified_at_ms, asset_copies.verified_at_ms) end,
      reported_at_ms = excluded.reported_at_ms,
      lost_at_ms = null
    where asset_copies.claimed_at_ms is null or asset_copies.reported_at_ms is not null
      or excluded.is_complete
  `.execute(transaction);
}

/** Marks what the page's range should hold by earlier reports and does not; returns the assets concerned. */
async function markLost(
  transaction: ControlTransaction,
  regionId: string,
  page: HoldingsPage,
  nowMs: number,
): Promise<string[]> {
  const rows = await transaction
    .updateTable('asset_copies')
    .set({ lost_at_ms: nowMs, verified_at_ms: null })
    .where('region_id', '=', regionId)
    .where('place', '>=', page.from)
    .where('place', '<=', page.until)
    .where('lost_at_ms', 'is', null)
    .where((where) =>
      where.or([
        where('reported_at_ms', '<', page.listedAtMs),
        where.and([where('reported_at_ms', 'is', null), where('claimed_at_ms', '<', nowMs - CLAIM_GRACE_MS)]),
      ]),
    )
    .returning('asset_id')
    .execute();
  return [...new Set(rows.map((row) => row.asset_id))];
}

/** Applies a page of a region's report; returns assets of which copies were lost or are not whole. */
export async function applyPage(
  transaction: ControlTransaction,
  regionId: string,
  page: HoldingsPage,
  nowMs: number,
): Promise<string[]> {
  await upsertHoldings(transaction, regionId, page.listedAtMs, page.holdings);
  const lost = await markLost(transaction, regionId, page, nowMs);
  const broken = page.holdings
    .filter(({ isComplete, damagedObjects }) => !isComplete || damagedObjects > 0)
    .map(({ assetId }) => assetId);
  return [...new Set([...lost, ...broken])];
}

/** Rows of copies of these assets. */
export function readCopies(database: ControlDatabase | ControlTransaction, assetIds: readonly string[]) {
  if (assetIds.length === 0) return Promise.resolve([]);
  return database
    .selectFrom('asset_copies')
    .selectAll()
    .where('asset_id', 'in', assetIds)
    .orderBy('version')
    .orderBy('attempt')
    .orderBy('region_id')
    .execute();
}
export type CopyRow = Awaited<ReturnType<typeof readCopies>>[number];
