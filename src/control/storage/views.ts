// Storage as the API shows it.

import type { z } from 'zod';
import type { DeletionView, RepairView, storageRoutes } from '#contract/api/storage.ts';
import type { Stage } from '#contract/jobs.ts';
import type { AssetRow } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';
import type { CopyRow } from './copies.ts';
import { dayOf } from './egress-book.ts';
import type { RepairRow } from './repairs.ts';
import { readProjectStorage, readUsage } from './usage.ts';

type Copies = z.output<(typeof storageRoutes)['GET /v1/assets/{assetId}/copies']['response']>;
type Scrub = z.output<(typeof storageRoutes)['GET /v1/storage/scrub']['response']>;
type Usage = z.output<(typeof storageRoutes)['GET /v1/storage/usage']['response']>;

const GB = 1e9;
/** Repairs of one asset that are shown. */
const ASSET_REPAIRS_MAX = 20;
const EGRESS_DAYS = 30;

const failureOf = (code: string | null, message: string | null) =>
  code === null ? null : { code, message: message ?? '' };

function repairView(row: RepairRow): RepairView {
  return {
    id: row.id,
    kind: row.kind,
    assetId: row.asset_id,
    projectId: row.project_id,
    version: row.version,
    attempt: row.attempt,
    class: row.class,
    regionId: row.region_id === '' ? null : row.region_id,
    fromRegionIds: row.from_region_ids,
    state: row.state,
    reason: row.reason,
    attempts: row.attempts,
    bytesDone: row.bytes_done,
    nodeId: row.lease_node_id,
    failure: failureOf(row.failure_code, row.failure_message),
    dueAtMs: row.run_at_ms,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

/** Repairs, newest first. */
export async function showRepairs(
  database: ControlDatabase,
  of: { state?: RepairRow['state'] | undefined; projectId?: string | undefined; assetId?: string },
  limit: number,
): Promise<RepairView[]> {
  let select = database.selectFrom('repairs').selectAll().orderBy('id', 'desc').limit(limit);
  if (of.state !== undefined) select = select.where('state', '=', of.state);
  if (of.projectId !== undefined) select = select.where('project_id', '=', of.projectId);
  if (of.assetId !== undefined) select = select.where('asset_id', '=', of.assetId);
  return (await select.execute()).map(repairView);
}

/** Everything that is known of where an asset lies. */
export async function showCopies(
  context: ControlContext,
  asset: AssetRow,
  copies: readonly CopyRow[],
): Promise<Copies> {
  const { config, database } = context;
  const others = await database
    .selectFrom('asset_versions')
    .selectAll()
    .where('asset_id', '=', asset.id)
    .orderBy('version')
    .execute();
  const wantedOf = (count: number): number => Math.min(count, config.regions.length);
  const { sourceCopies, renditionCopies } = config.durability;
  const [deletion] = asset.is_deleted ? await deletionsOf(context, [asset]) : [];
  return {
    assetId: asset.id,
    servedVersion: asset.version,
    servedAttempt: asset.media_attempt,
    wanted: { source: wantedOf(sourceCopies), renditions: wantedOf(renditionCopies) },
    copies: copies.map((row) => ({
      regionId: row.region_id,
      class: row.class,
      version: row.version,
      attempt: row.attempt,
      bytes: row.bytes,
      isComplete: row.is_complete,
      damagedObjects: row.damaged_objects,
      verifiedAtMs: row.verified_at_ms,
      reportedAtMs: row.reported_at_ms,
      lostAtMs: row.lost_at_ms,
    })),
    versions: [
      ...others.map((row) => ({
        version: row.version,
        state: row.state,
        stage: row.stage as Stage,
        progress: row.progress,
        sourceBytes: row.source_bytes,
        failure: failureOf(row.failure_code, row.failure_message),
        registeredAtMs: row.registered_at_ms,
        replacedAtMs: row.replaced_at_ms,
      })),
      {
        version: asset.version,
        state: 'serving' as const,
        stage: asset.stage,
        progress: asset.progress,
        sourceBytes: asset.source_bytes,
        failure: failureOf(asset.failure_code, asset.failure_message),
        registeredAtMs: asset.created_at_ms,
        replacedAtMs: null,
      },
    ].sort((left, right) => left.version - right.version),
    repairs: await showRepairs(database, { assetId: asset.id }, ASSET_REPAIRS_MAX),
    deletion: deletion ?? null,
  };
}

async function deletionsOf(
  { config, database }: ControlContext,
  assets: readonly AssetRow[],
): Promise<DeletionView[]> {
  if (assets.length === 0) return [];
  const ids = assets.map(({ id }) => id);
  const purges = await database.selectFrom('asset_purges').selectAll().where('asset_id', 'in', ids).execute();
  const held = await database
    .selectFrom('asset_copies')
    .select(({ fn }) => ['asset_id', 'region_id', fn.sum<number>('bytes').as('bytes')])
    .where('asset_id', 'in', ids)
    .where('lost_at_ms', 'is', null)
    .groupBy(['asset_id', 'region_id'])
    .execute();
  return assets.map((asset) => {
    const own = held.filter((row) => row.asset_id === asset.id);
    const regionIds = new Set([...config.regions.map(({ id }) => id), ...own.map((row) => row.region_id)]);
    return {
      assetId: asset.id,
      projectId: asset.project_id,
      name: asset.name,
      deletedAtMs: asset.deleted_at_ms ?? asset.updated_at_ms,
      restoreUntilMs: asset.purge_revision === null ? asset.restore_until_ms : null,
      goneEverywhereAtMs: asset.gone_everywhere_at_ms,
      regions: [...regionIds].map((regionId) => ({
        regionId,
        goneAtMs:
          purges.find((row) => row.asset_id === asset.id && row.region_id === regionId)?.gone_at_ms ?? null,
        bytes: Number(own.find((row) => row.region_id === regionId)?.bytes ?? 0),
      })),
    };
  });
}

/** Deleted assets, newest first. */
export async function showDeletions(
  context: ControlContext,
  limit: number,
  projectId: string | undefined,
): Promise<DeletionView[]> {
  let select = context.database
    .selectFrom('assets')
    .selectAll()
    .where('is_deleted', '=', true)
    .orderBy('deleted_at_ms', 'desc')
    .limit(limit);
  if (projectId !== undefined) select = select.where('project_id', '=', projectId);
  return deletionsOf(context, await select.execute());
}

/** Scrubbers and what they found lately. */
export async function showScrub({ config, database }: ControlContext, limit: number): Promise<Scrub> {
  const rows = await database.selectFrom('region_scrubs').selectAll().execute();
  const findings = await database
    .selectFrom('storage_findings')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return {
    regions: config.regions.map(({ id }) => {
      const row = rows.find((each) => each.region_id === id);
      return {
        regionId: id,
        nodeId: row?.node_id ?? null,
        reportedAtMs: row?.reported_at_ms ?? null,
        state: row?.state ?? null,
      };
    }),
    findings: findings.map((row) => ({
      regionId: row.region_id,
      nodeId: row.node_id,
      atMs: row.at_ms,
      kind: row.kind,
      key: row.key,
      detail: row.detail,
    })),
  };
}

/** What projects store and regions send. */
export async function showUsage(
  { clock, config, database }: ControlContext,
  projectId: string | undefined,
  isWorld: boolean,
): Promise<Usage> {
  let select = database.selectFrom('projects').select('id').orderBy('id');
  if (projectId !== undefined) select = select.where('id', '=', projectId);
  let sums = database
    .selectFrom('asset_copies')
    .select(({ fn }) => ['project_id', 'class', 'region_id', fn.sum<number>('bytes').as('bytes')])
    .where('lost_at_ms', 'is', null)
    .groupBy(['project_id', 'class', 'region_id'])
    .orderBy('class')
    .orderBy('region_id');
  if (projectId !== undefined) sums = sums.where('project_id', '=', projectId);
  const stored = Map.groupBy(await sums.execute(), (row) => row.project_id);
  const price = new Map(config.regions.map((region) => [region.id, region.storageCostPerGbMonth]));
  const egress = await projectEgressOf(database, clock.nowMs(), projectId);
  const projects: Usage['projects'] = [];
  for (const { id } of await select.execute()) {
    const rows = (stored.get(id) ?? []).map((row) => ({
      class: row.class,
      regionId: row.region_id,
      bytes: Number(row.bytes),
    }));
    const usage = await readUsage(database, id, clock.nowMs());
    projects.push({
      projectId: id,
      assets: usage.assets,
      storedBytes: usage.storedBytes,
      storedCostPerMonth: rows.reduce(
        (sum, row) => sum + (row.bytes / GB) * (price.get(row.regionId) ?? 0),
        0,
      ),
      stored: rows,
      uploadedBytesLastDay: usage.uploadedBytesLastDay,
      egress: pricedEgress(config, egress.get(id) ?? new Map()),
      quotas: (await readProjectStorage(database, id)) ?? {
        storedBytesMax: null,
        assetsMax: null,
        uploadBytesPerDayMax: null,
        retentionDays: null,
      },
    });
  }
  return { projects, egress: isWorld ? await egressOf(config, database, clock.nowMs()) : [] };
}

type EgressRows = ReadonlyMap<string, number>;

/** Bytes of the last days by project and region. */
async function projectEgressOf(
  database: ControlDatabase,
  nowMs: number,
  projectId: string | undefined,
): Promise<ReadonlyMap<string, EgressRows>> {
  let select = database
    .selectFrom('project_egress_days')
    .select(({ fn }) => ['project_id', 'region_id', fn.sum<number>('bytes').as('bytes')])
    .where('day', '>=', firstEgressDay(nowMs))
    .groupBy(['project_id', 'region_id']);
  if (projectId !== undefined) select = select.where('project_id', '=', projectId);
  const byProject = Map.groupBy(await select.execute(), (row) => row.project_id);
  return new Map([...byProject].map(([id, rows]) => [id, bytesByRegion(rows)]));
}

async function egressOf(
  config: ControlContext['config'],
  database: ControlDatabase,
  nowMs: number,
): Promise<Usage['egress']> {
  const rows = await database
    .selectFrom('egress_days')
    .select(({ fn }) => ['region_id', fn.sum<number>('bytes').as('bytes')])
    .where('day', '>=', firstEgressDay(nowMs))
    .groupBy('region_id')
    .execute();
  return pricedEgress(config, bytesByRegion(rows));
}

function firstEgressDay(nowMs: number): string {
  return dayOf(nowMs - EGRESS_DAYS * 86_400_000);
}

function bytesByRegion(rows: readonly { region_id: string; bytes: number }[]): EgressRows {
  return new Map(rows.map((row) => [row.region_id, Number(row.bytes)]));
}

function pricedEgress(config: ControlContext['config'], bytesOf: EgressRows): Usage['egress'] {
  return config.regions.map(({ id, costPerGb }) => {
    const bytes = bytesOf.get(id) ?? 0;
    return { regionId: id, bytesLast30Days: bytes, cost: (bytes / GB) * costPerGb };
  });
}
