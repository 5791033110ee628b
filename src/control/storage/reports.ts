// Takes in what regions report of their stores, and answers with what they may drop.

import { MeridianError } from '#contract/errors.ts';
import type { Drop, HoldingsPage } from '#contract/storage.ts';
import { planDrops } from '#core/replication/plan-drops.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { applyPage } from './copies.ts';

/** Applies a page; `onChange` is told of assets that may need a repair. */
export async function takeReport(
  { clock, config, database }: ControlContext,
  fleet: Fleet,
  page: HoldingsPage,
  onChange: (assetIds: readonly string[]) => void,
): Promise<readonly Drop[]> {
  const regionId = fleet.node(page.nodeId)?.regionId;
  if (regionId === undefined) throw new MeridianError('node_unknown');
  const nowMs = clock.nowMs();
  const changed = await database.transaction().execute(async (transaction) => {
    const assetIds = await applyPage(transaction, regionId, page, nowMs);
    await noteGone(transaction, regionId, page, nowMs);
    await noteFindings(transaction, regionId, page);
    return assetIds;
  });
  onChange([...changed, ...page.gone.map(({ assetId }) => assetId)]);
  return findDrops(database, page, config.durability.replacedGraceMs, nowMs);
}

/** A region has nothing left of deleted assets: the tombstone that removes the bytes has arrived there. */
async function noteGone(
  transaction: ControlTransaction,
  regionId: string,
  page: HoldingsPage,
  nowMs: number,
): Promise<void> {
  if (page.gone.length === 0) return;
  const revisions = new Map(page.gone.map(({ assetId, revision }) => [assetId, revision]));
  const rows = await transaction
    .selectFrom('assets')
    .leftJoin('asset_purges', (join) =>
      join.onRef('asset_purges.asset_id', '=', 'assets.id').on('asset_purges.region_id', '=', regionId),
    )
    .select(['assets.id', 'assets.purge_revision'])
    .where('assets.id', 'in', [...revisions.keys()])
    .where('assets.is_deleted', '=', true)
    .where('assets.purge_revision', 'is not', null)
    .where('asset_purges.asset_id', 'is', null)
    .execute();
  const gone = rows.filter(
    ({ id, purge_revision: purge }) => purge !== null && (revisions.get(id) ?? -1) >= purge,
  );
  if (gone.length === 0) return;
  await transaction
    .insertInto('asset_purges')
    .values(gone.map(({ id }) => ({ asset_id: id, region_id: regionId, gone_at_ms: nowMs })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await transaction
    .deleteFrom('asset_copies')
    .where('region_id', '=', regionId)
    .where(
      'asset_id',
      'in',
      gone.map(({ id }) => id),
    )
    .execute();
}

async function noteFindings(
  transaction: ControlTransaction,
  regionId: string,
  { findings, nodeId, scrub, listedAtMs }: HoldingsPage,
): Promise<void> {
  if (findings.length > 0)
    await transaction
      .insertInto('storage_findings')
      .values(
        findings.map(({ atMs, kind, key, detail }) => ({
          region_id: regionId,
          node_id: nodeId,
          at_ms: atMs,
          kind,
          key,
          detail,
        })),
      )
      .execute();
  if (scrub === null) return;
  const state = { node_id: nodeId, state: JSON.stringify(scrub), reported_at_ms: listedAtMs };
  await transaction
    .insertInto('region_scrubs')
    .values({ region_id: regionId, ...state })
    .onConflict((conflict) => conflict.column('region_id').doUpdateSet(state))
    .execute();
}

async function findDrops(
  database: ControlDatabase,
  page: HoldingsPage,
  graceMs: number,
  nowMs: number,
): Promise<Drop[]> {
  const held = [...page.holdings.filter((holding) => holding.version > 0), ...page.loneDocuments];
  const holdings = Map.groupBy(held, ({ assetId }) => assetId);
  if (holdings.size === 0) return [];
  const assetIds = [...holdings.keys()];
  const assets = await database
    .selectFrom('assets')
    .select(['id', 'project_id', 'version', 'media_attempt', 'ready_at_ms'])
    .where('id', 'in', assetIds)
    .where('is_deleted', '=', false)
    .execute();
  const versions = await database
    .selectFrom('asset_versions')
    .select(['asset_id', 'version', 'replaced_at_ms'])
    .where('asset_id', 'in', assetIds)
    .where('state', '=', 'replaced')
    .execute();
  const replaced = Map.groupBy(versions, (row) => row.asset_id);
  return assets.flatMap((asset) =>
    planDrops(
      {
        assetId: asset.id,
        servedVersion: asset.version,
        servedAttempt: asset.media_attempt,
        readyAtMs: asset.ready_at_ms,
        replacedAtMs: new Map(
          (replaced.get(asset.id) ?? []).map((row) => [row.version, row.replaced_at_ms ?? nowMs]),
        ),
        holdings: holdings.get(asset.id) ?? [],
      },
      { graceMs },
      nowMs,
    ).map(({ version, attempt, reason }) => ({
      projectId: asset.project_id,
      assetId: asset.id,
      version,
      attempt,
      reason: { ...reason, values: { ...reason.values } },
    })),
  );
}
