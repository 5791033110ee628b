// Assets for people: list, detail, rename, visibility, delete, process again.

import type { assetRoutes } from '#contract/api/assets.ts';
import { MeridianError } from '#contract/errors.ts';
import { projectScope } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Call, Handlers } from '../http/call.ts';
import { retryJob } from '../jobs/store.ts';
import { markDeleted } from '../storage/deletions.ts';
import { type Changed, createAssetChange, present } from './change.ts';
import { type AssetRow, findAsset, reviseAsset } from './store.ts';
import { assetView } from './view.ts';

type AssetRoutes = typeof assetRoutes;
type AssetKeys =
  | 'GET /v1/assets'
  | 'GET /v1/assets/{assetId}'
  | 'PATCH /v1/assets/{assetId}'
  | 'DELETE /v1/assets/{assetId}'
  | 'POST /v1/assets/{assetId}/retry';

/** Routes of the library. `onWork` is called when a job became ready. */
export function createAssetHandlers(
  context: ControlContext,
  fleet: Fleet,
  onWork: () => void,
): Handlers<typeof assetRoutes, AssetKeys> {
  const { config, database } = context;
  const change = createAssetChange(context);
  return {
    'GET /v1/assets': (call) => listAssets(database, fleet, call),
    async 'GET /v1/assets/{assetId}'({ params, principal }) {
      return assetView(
        present(await findAsset(database, params.assetId, projectScope(principal))),
        fleet.sites(),
      );
    },
    async 'PATCH /v1/assets/{assetId}'({ params, body, principal }) {
      const row = await change(principal, params.assetId, (transaction, before, nowMs) =>
        changeAsset(transaction, before, body, nowMs),
      );
      return assetView(row, fleet.sites());
    },
    async 'DELETE /v1/assets/{assetId}'({ params, principal }) {
      await change(principal, params.assetId, async (transaction, row, nowMs) => {
        await markDeleted(transaction, row, config.durability.deleteGraceMs, nowMs);
        const audit = { action: 'asset.delete', details: { name: row.name } };
        return { value: undefined, audit, events: [{ type: 'asset.deleted' }] };
      });
      return { isDeleted: true };
    },
    async 'POST /v1/assets/{assetId}/retry'({ params, principal }) {
      const row = await change(principal, params.assetId, async (transaction, before, nowMs) => {
        if (!(await retryJob(transaction, before, nowMs)))
          throw new MeridianError('conflict', {
            reason: `Only failed processing can be repeated; this asset is ${before.stage}`,
          });
        const changes = { progress: 0, failure_code: null, failure_message: null };
        await reviseAsset(transaction, before, { stage: 'queued', ...changes }, nowMs);
        const value = present(await findAsset(transaction, before.id));
        const audit = { action: 'asset.retry', details: { failure: before.failure_message } };
        return { value, audit, events: [{ type: 'asset.retried' }] };
      });
      onWork();
      return assetView(row, fleet.sites());
    },
  };
}

async function listAssets(
  database: ControlDatabase,
  fleet: Fleet,
  { query, principal }: Call<AssetRoutes['GET /v1/assets']>,
) {
  const projectId = projectScope(principal, query.projectId);
  let select = database
    .selectFrom('assets')
    .selectAll()
    .where('is_deleted', '=', false)
    .orderBy('id', 'desc')
    .limit(query.limit + 1);
  if (projectId !== undefined) select = select.where('project_id', '=', projectId);
  if (query.before !== undefined) select = select.where('id', '<', query.before);
  if (query.search !== undefined && query.search !== '')
    select = select.where('name', 'ilike', `%${query.search.replace(/[\\%_]/g, '\\$&')}%`);
  const rows = await select.execute();
  const page = rows.slice(0, query.limit);
  const sites = fleet.sites();
  return {
    assets: page.map((row) => assetView(row, sites)),
    nextBefore: rows.length > query.limit ? (page.at(-1)?.id ?? null) : null,
  };
}

async function changeAsset(
  transaction: ControlTransaction,
  before: AssetRow,
  asked: Call<AssetRoutes['PATCH /v1/assets/{assetId}']>['body'],
  nowMs: number,
): Promise<Changed<AssetRow>> {
  const { name = before.name, visibility = before.visibility } = asked;
  const isChange = name !== before.name || visibility !== before.visibility;
  const value = isChange ? await reviseAsset(transaction, before, { name, visibility }, nowMs) : before;
  const previous = { previousName: before.name, previousVisibility: before.visibility };
  const events: Changed<AssetRow>['events'][number][] = [];
  if (name !== before.name) events.push({ type: 'asset.renamed', previous: { previousName: before.name } });
  if (visibility !== before.visibility) {
    const change = { previousVisibility: before.visibility };
    events.push({ type: 'asset.visibility_changed', previous: change });
  }
  return { value, audit: { action: 'asset.change', details: { name, visibility, ...previous } }, events };
}
