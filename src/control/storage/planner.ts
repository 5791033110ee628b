// Plans repairs, round by round: the assets of which something has changed, those with open repairs, and a window of all
// others, so that a round costs the same whatever has happened. What is decided is in core/replication; here it is read
// and written. A repair is written down when the lack is first seen, with the time from which it may run; when the copy
// comes back first, the repair is cancelled, so that a restart costs rows and no bytes.

import type { StorageClass } from '#contract/storage.ts';
import {
  type OpenRepair,
  planRepair,
  type RepairPlan,
  type RepairPolicy,
  type RepairRegion,
} from '#core/replication/plan-repair.ts';
import { DEFAULT_BACKOFF } from '#core/retry/backoff.ts';
import { type AssetRow, lockAsset, reviseAsset, updateAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { FRESH } from '../jobs/store.ts';
import { type CopyRow, readCopies } from './copies.ts';
import {
  ASSETS_PER_ROUND,
  CHANGED_MAX,
  CHANGED_PER_ROUND,
  FIRST_COPY_DELAY_MS,
  HISTORY_MS,
  OPEN_PER_ROUND,
} from './limits.ts';
import { cancelRepairs, insertRepair, type RepairRow } from './repairs.ts';

export interface Planner {
  /** Notes assets that the next round must look at. */
  changed(assetIds: readonly string[]): void;
  /** Plans one round and starts encodings that are due. */
  round(): Promise<void>;
}

type PlannedAsset = Pick<
  AssetRow,
  | 'id'
  | 'project_id'
  | 'version'
  | 'is_deleted'
  | 'media_attempt'
  | 'media_region_ids'
  | 'source_region_ids'
  | 'stage'
>;

/** Creates the planner. `onWork` is called when an encoding became ready. */
export function createPlanner(context: ControlContext, fleet: Fleet, onWork: () => void): Planner {
  const { clock, config, database, log } = context;
  const changed = new Set<string>();
  let cursor = '';
  const policy: RepairPolicy = {
    sourceCopies: config.durability.sourceCopies,
    renditionCopies: config.durability.renditionCopies,
    repairDelayMs: config.durability.repairDelayMs,
    firstCopyDelayMs: Math.min(FIRST_COPY_DELAY_MS, config.durability.repairDelayMs),
  };

  function regionsNow(): RepairRegion[] {
    const sites = fleet.sites();
    return config.regions.map((region) => {
      const own = sites.filter(({ regionId }) => regionId === region.id);
      const living = own.filter(({ nodes }) =>
        nodes.some(({ isAlive, roles }) => isAlive && roles.includes('origin')),
      );
      return {
        id: region.id,
        latitude: region.latitude,
        longitude: region.longitude,
        costPerGb: region.costPerGb,
        isReachable: living.length > 0,
        takesCopies: living.some(({ drainStartedAtMs }) => drainStartedAtMs === null),
      };
    });
  }

  async function nextAssetIds(): Promise<string[]> {
    const ids = [...changed].slice(0, CHANGED_PER_ROUND);
    for (const id of ids) changed.delete(id);
    const open = await database
      .selectFrom('repairs')
      .select('asset_id')
      .distinct()
      .where('state', 'in', ['waiting', 'leased'])
      .limit(OPEN_PER_ROUND)
      .execute();
    const window = await database
      .selectFrom('assets')
      .select('id')
      .where('id', '>', cursor)
      .orderBy('id')
      .limit(ASSETS_PER_ROUND)
      .execute();
    cursor = window.length < ASSETS_PER_ROUND ? '' : (window.at(-1)?.id ?? '');
    return [...new Set([...ids, ...open.map((row) => row.asset_id), ...window.map(({ id }) => id)])];
  }

  async function round(): Promise<void> {
    const assetIds = await nextAssetIds();
    if (assetIds.length > 0) {
      const regions = regionsNow();
      const view = await readView(context, assetIds);
      for (const asset of view.assets) await planAsset(asset, view, regions);
    }
    await startEncodings();
  }

  async function planAsset(
    asset: PlannedAsset,
    view: RoundView,
    regions: readonly RepairRegion[],
  ): Promise<void> {
    const copies = view.copies.get(asset.id) ?? [];
    const open = view.open.get(asset.id) ?? [];
    const nowMs = clock.nowMs();
    if (asset.is_deleted) {
      const reason = { code: 'gone', message: 'The asset was deleted.' };
      await cancelRepairs(
        database,
        open.map(({ id }) => id),
        reason,
        nowMs,
      );
      return;
    }
    await forgetObsolete(asset, copies, nowMs);
    await showHolders(asset, copies);
    const wanted = new Set<string>();
    for (const version of [asset.version, ...(view.pending.get(asset.id) ?? [])]) {
      const own = open.filter((repair) => repair.version === version);
      for (const repair of own) wanted.add(repair.id);
      const isServed = version === asset.version;
      const plan = planRepair(
        {
          assetId: asset.id,
          classes: classesOf(copies, version, isServed ? asset.media_attempt : null),
          regions,
          open: own.map(openOf),
          isProcessing: isServed && view.processing.has(asset.id),
        },
        policy,
        nowMs,
      );
      await act(asset, version, plan, nowMs);
    }
    const stale = open.filter(({ id }) => !wanted.has(id)).map(({ id }) => id);
    const reason = { code: 'another_version', message: 'Another version is served now.' };
    await cancelRepairs(database, stale, reason, nowMs);
  }

  async function act(asset: PlannedAsset, version: number, plan: RepairPlan, nowMs: number): Promise<void> {
    for (const action of plan.actions) {
      if (action.kind === 'cancel') {
        const message = `No longer needed: ${action.reason.code}.`;
        await cancelRepairs(database, [action.repairId], { code: action.reason.code, message }, nowMs);
        continue;
      }
      const isCopy = action.kind === 'copy';
      const { code, subject, values } = action.reason;
      await insertRepair(
        context,
        database,
        {
          kind: action.kind,
          class: isCopy ? action.class : 'renditions',
          version,
          attempt: action.attempt,
          region_id: isCopy ? action.regionId : '',
          from_region_ids: isCopy ? [...action.fromRegionIds] : [],
          reason: { code, subject, values: { ...values } },
          asset,
          runAtMs: action.dueAtMs,
        },
        nowMs,
      );
      log.info({ asset: asset.id, version, action }, 'planned a repair');
    }
  }

  /** Rows of copies that nobody will miss: of what is not served any more, or lost long ago. */
  async function forgetObsolete(
    asset: PlannedAsset,
    copies: readonly CopyRow[],
    nowMs: number,
  ): Promise<void> {
    const isObsolete = (copy: CopyRow): boolean =>
      copy.lost_at_ms !== null &&
      (copy.version < asset.version ||
        copy.class === 'other' ||
        (copy.class === 'renditions' && copy.attempt !== asset.media_attempt) ||
        copy.lost_at_ms < nowMs - HISTORY_MS);
    for (const copy of copies.filter(isObsolete))
      await database
        .deleteFrom('asset_copies')
        .where('asset_id', '=', copy.asset_id)
        .where('version', '=', copy.version)
        .where('attempt', '=', copy.attempt)
        .where('class', '=', copy.class)
        .where('region_id', '=', copy.region_id)
        .where('lost_at_ms', 'is not', null)
        .execute();
  }

  /** What people and records are told of holders follows what regions report; an empty list would help nobody. */
  async function showHolders(asset: PlannedAsset, copies: readonly CopyRow[]): Promise<void> {
    const holdersOf = (of: StorageClass, attempt: number): string[] =>
      copies
        .filter(
          (copy) =>
            copy.class === of &&
            copy.version === asset.version &&
            copy.attempt === attempt &&
            copy.is_complete &&
            copy.lost_at_ms === null,
        )
        .map((copy) => copy.region_id);
    const sources = holdersOf('source', 0);
    const media = asset.media_attempt === null ? [] : holdersOf('renditions', asset.media_attempt);
    const isSourceNews = sources.length > 0 && !isSameSet(sources, asset.source_region_ids);
    const isMediaNews = media.length > 0 && !isSameSet(media, asset.media_region_ids);
    if (!isSourceNews && !isMediaNews) return;
    await database.transaction().execute(async (transaction) => {
      const row = await lockAsset(transaction, asset.id);
      if (row === undefined || row.is_deleted || row.version !== asset.version) return;
      if (isMediaNews && row.media_attempt === asset.media_attempt)
        await updateAsset(transaction, row.id, { media_region_ids: media }, clock.nowMs());
      if (isSourceNews) await reviseAsset(transaction, row, { source_region_ids: sources }, clock.nowMs());
    });
  }

  async function startEncodings(): Promise<void> {
    const due = await database
      .selectFrom('repairs')
      .selectAll()
      .where('kind', '=', 'encode')
      .where('state', '=', 'waiting')
      .where('run_at_ms', '<=', clock.nowMs())
      .limit(OPEN_PER_ROUND)
      .execute();
    for (const repair of due) await encodeAgain(context, repair);
    if (due.length > 0) onWork();
  }

  return {
    changed(assetIds) {
      for (const id of assetIds) if (changed.size < CHANGED_MAX) changed.add(id);
    },
    round,
  };
}

interface RoundView {
  readonly assets: readonly PlannedAsset[];
  readonly copies: ReadonlyMap<string, readonly CopyRow[]>;
  readonly open: ReadonlyMap<string, readonly RepairRow[]>;
  readonly pending: ReadonlyMap<string, readonly number[]>;
  /** Assets whose served version has a job that has not ended. */
  readonly processing: ReadonlySet<string>;
}

async function readView({ database }: ControlContext, assetIds: readonly string[]): Promise<RoundView> {
  const assets = await database
    .selectFrom('assets')
    .select([
      'id',
      'project_id',
      'version',
      'is_deleted',
      'media_attempt',
      'media_region_ids',
      'source_region_ids',
      'stage',
    ])
    .where('id', 'in', assetIds)
    .execute();
  const copies = await readCopies(database, assetIds);
  const open = await database
    .selectFrom('repairs')
    .selectAll()
    .where('asset_id', 'in', assetIds)
    .where('state', 'in', ['waiting', 'leased'])
    .execute();
  const pending = await database
    .selectFrom('asset_versions')
    .select(['asset_id', 'version'])
    .where('asset_id', 'in', assetIds)
    .where('state', '=', 'processing')
    .execute();
  const jobs = await database
    .selectFrom('jobs')
    .innerJoin('assets', (join) =>
      join.onRef('assets.id', '=', 'jobs.asset_id').onRef('assets.version', '=', 'jobs.asset_version'),
    )
    .select('jobs.asset_id')
    .where('jobs.asset_id', 'in', assetIds)
    .where('jobs.state', 'in', ['ready', 'leased'])
    .execute();
  return {
    assets,
    copies: Map.groupBy(copies, (row) => row.asset_id),
    open: Map.groupBy(open, (row) => row.asset_id),
    pending: new Map(
      [...Map.groupBy(pending, (row) => row.asset_id)].map(([id, rows]) => [
        id,
        rows.map(({ version }) => version),
      ]),
    ),
    processing: new Set(jobs.map((row) => row.asset_id)),
  };
}

function classesOf(copies: readonly CopyRow[], version: number, mediaAttempt: number | null) {
  const of = (name: 'source' | 'renditions', attempt: number) => ({
    class: name,
    attempt,
    copies: copies
      .filter((copy) => copy.version === version && copy.class === name && copy.attempt === attempt)
      .map((copy) => ({
        regionId: copy.region_id,
        isWhole: copy.is_complete && copy.damaged_objects === 0,
        isLost: copy.lost_at_ms !== null,
      })),
  });
  return mediaAttempt === null ? [of('source', 0)] : [of('source', 0), of('renditions', mediaAttempt)];
}

function openOf(row: RepairRow): OpenRepair {
  return {
    id: row.id,
    kind: row.kind,
    class: row.class,
    attempt: row.attempt,
    regionId: row.region_id === '' ? null : row.region_id,
    isRunning: row.state === 'leased',
  };
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  const set = new Set(right);
  return set.size === new Set(left).size && left.every((each) => set.has(each));
}

/** The last resort: a new attempt of the processing job, from the source. */
async function encodeAgain({ clock, database, log }: ControlContext, repair: RepairRow): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const asset = await lockAsset(transaction, repair.asset_id);
    if (asset === undefined || asset.is_deleted || asset.version !== repair.version) return;
    const job = await transaction
      .selectFrom('jobs')
      .selectAll()
      .where('asset_id', '=', asset.id)
      .where('asset_version', '=', repair.version)
      .where('kind', '=', 'process')
      .where('state', 'in', ['done', 'dead'])
      .forUpdate()
      .executeTakeFirst();
    const nowMs = clock.nowMs();
    const ended = { lease_until_ms: null, updated_at_ms: nowMs };
    if (job === undefined) {
      const failure = { failure_code: 'conflict', failure_message: 'There is no finished job to repeat.' };
      const dead = { ...ended, ...failure, state: 'dead' as const };
      await transaction.updateTable('repairs').set(dead).where('id', '=', repair.id).execute();
      return;
    }
    // What an earlier attempt's helpers made is as lost as the rest.
    await transaction.deleteFrom('job_chunks').where('job_id', '=', job.id).execute();
    await transaction
      .updateTable('jobs')
      .set({
        ...FRESH,
        state: 'ready',
        attempts_max: job.attempt + DEFAULT_BACKOFF.attemptsMax,
        run_at_ms: nowMs,
        stage: 'queued',
        progress: 0,
        updated_at_ms: nowMs,
      })
      .where('id', '=', job.id)
      .execute();
    await updateAsset(transaction, asset.id, { stage: 'queued', progress: 0, is_playable: false }, nowMs);
    await transaction
      .updateTable('repairs')
      .set({ ...ended, state: 'done' as const })
      .where('id', '=', repair.id)
      .execute();
    log.warn(
      { asset: asset.id, attempt: job.attempt },
      'no region has the renditions left; they are encoded again',
    );
  });
}
