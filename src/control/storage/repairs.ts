// Rows of repairs: copies that nodes lease, and encodings that control itself starts. As with jobs, a lease carries a
// fence that grows, and its time is compared by the database's clock alone.
// Lock order: the asset's row, then the repair's, then the copies', then the change counter.

import { type Selectable, sql } from 'kysely';
import { makeId } from '#base/ids.ts';
import { MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import type { LeasedRepair, RepairOutcome } from '#contract/storage.ts';
import { type AssetRow, findAsset, lockAsset, recordOf, reviseAsset, updateAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { databaseNowMs } from '../database/time.ts';
import { LEASE_MS } from '../limits.ts';
import { claimCopies } from './copies.ts';
import { COPY_ATTEMPTS_MAX, COPY_RETRY_MS } from './limits.ts';
import type { RepairsTable } from './tables.ts';

export type RepairRow = Selectable<RepairsTable>;

export interface RepairLease {
  readonly repairId: string;
  readonly nodeId: string;
  readonly fence: number;
}

export interface Repairs {
  claim(nodeId: string, regionId: string, slots: number): Promise<LeasedRepair[]>;
  heartbeat(lease: RepairLease, bytesDone: number): Promise<{ leaseUntilMs: number; isCancelled: boolean }>;
  complete(lease: RepairLease, bytes: number): Promise<RepairOutcome>;
  fail(lease: RepairLease, failure: JobFailure): Promise<void>;
  /** Takes back leases that ran out. */
  reap(): Promise<void>;
}

/** Adds a repair unless the same one is open. */
export async function insertRepair(
  { random }: Pick<ControlContext, 'random'>,
  database: ControlDatabase | ControlTransaction,
  repair: Pick<
    RepairRow,
    'kind' | 'class' | 'version' | 'attempt' | 'region_id' | 'from_region_ids' | 'reason'
  > & {
    readonly asset: { readonly id: string; readonly project_id: string };
    readonly runAtMs: number;
  },
  nowMs: number,
): Promise<void> {
  const { asset, runAtMs, reason, ...columns } = repair;
  await database
    .insertInto('repairs')
    .values({
      ...columns,
      id: makeId('rep', nowMs, random(10)),
      project_id: asset.project_id,
      asset_id: asset.id,
      state: 'waiting',
      reason: JSON.stringify(reason),
      attempts: 0,
      fence: 0,
      run_at_ms: runAtMs,
      bytes_done: 0,
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Ends repairs that wait; those that run are told at their next heartbeat. */
export async function cancelRepairs(
  database: ControlDatabase | ControlTransaction,
  repairIds: readonly string[],
  reason: { code: string; message: string },
  nowMs: number,
): Promise<void> {
  if (repairIds.length === 0) return;
  await database
    .updateTable('repairs')
    .set({
      state: 'cancelled',
      lease_until_ms: null,
      failure_code: reason.code,
      failure_message: reason.message,
      updated_at_ms: nowMs,
    })
    .where('id', 'in', repairIds)
    .where('state', 'in', ['waiting', 'leased'])
    .execute();
}

/** Creates the keeper of repairs. `onChange` is told of assets whose copies have changed. */
export function createRepairs(
  context: ControlContext,
  onChange: (assetIds: readonly string[]) => void,
): Repairs {
  const { clock, database } = context;

  /** Locks asset and repair for the holder of the newest fence. */
  function underFence<T>(
    { repairId, nodeId, fence }: RepairLease,
    act: (transaction: ControlTransaction, repair: RepairRow, asset: AssetRow) => Promise<T>,
  ): Promise<T> {
    return database.transaction().execute(async (transaction) => {
      const found = await transaction
        .selectFrom('repairs')
        .select('asset_id')
        .where('id', '=', repairId)
        .executeTakeFirst();
      const asset = found === undefined ? undefined : await lockAsset(transaction, found.asset_id);
      const repair = await transaction
        .selectFrom('repairs')
        .selectAll()
        .where('id', '=', repairId)
        .where('fence', '=', fence)
        .where('lease_node_id', '=', nodeId)
        .forUpdate()
        .executeTakeFirst();
      if (asset === undefined || repair === undefined)
        throw new MeridianError('lease_lost', { job: repairId });
      return act(transaction, repair, asset);
    });
  }

  return {
    async claim(nodeId, regionId, slots) {
      const rows = await database
        .updateTable('repairs')
        .set({
          state: 'leased',
          attempts: sql<number>`attempts + 1`,
          fence: sql<number>`fence + 1`,
          lease_node_id: nodeId,
          lease_until_ms: databaseNowMs(LEASE_MS),
          bytes_done: 0,
          updated_at_ms: clock.nowMs(),
        })
        .where('id', 'in', (from) =>
          from
            .selectFrom('repairs')
            .select('id')
            .where('state', '=', 'waiting')
            .where('kind', '=', 'copy')
            .where('region_id', '=', regionId)
            .where('run_at_ms', '<=', clock.nowMs())
            .orderBy('run_at_ms')
            .limit(slots)
            .forUpdate()
            .skipLocked(),
        )
        .returningAll()
        .execute();
      return Promise.all(rows.map((row) => toLeased(database, row)));
    },

    heartbeat: (lease, bytesDone) =>
      underFence(lease, async (transaction, repair) => {
        if (repair.state === 'cancelled') return { leaseUntilMs: clock.nowMs(), isCancelled: true };
        requireLeased(repair);
        const row = await transaction
          .updateTable('repairs')
          .set({
            lease_until_ms: databaseNowMs(LEASE_MS),
            bytes_done: Math.round(bytesDone),
            updated_at_ms: clock.nowMs(),
          })
          .where('id', '=', repair.id)
          .returning('lease_until_ms')
          .executeTakeFirstOrThrow();
        return { leaseUntilMs: row.lease_until_ms ?? 0, isCancelled: false };
      }),

    async complete(lease, bytes) {
      const outcome = await underFence(lease, async (transaction, repair, asset) => {
        if (repair.state !== 'done') requireLeased(repair);
        if (asset.is_deleted) throw new MeridianError('lease_lost', { job: repair.id });
        const nowMs = clock.nowMs();
        const done = await finishCopy(transaction, repair, asset, bytes, nowMs);
        await transaction
          .updateTable('repairs')
          .set({
            state: 'done',
            lease_until_ms: null,
            bytes_done: bytes,
            failure_code: null,
            failure_message: null,
            updated_at_ms: nowMs,
          })
          .where('id', '=', repair.id)
          .execute();
        return done;
      });
      return outcome;
    },

    async fail(lease, failure) {
      const assetId = await underFence(lease, async (transaction, repair) => {
        if (repair.state === 'cancelled') return repair.asset_id;
        requireLeased(repair);
        const isOver = !failure.isRetryable || repair.attempts >= COPY_ATTEMPTS_MAX;
        await transaction
          .updateTable('repairs')
          .set({
            state: isOver ? 'dead' : 'waiting',
            run_at_ms: clock.nowMs() + COPY_RETRY_MS * repair.attempts,
            lease_until_ms: null,
            failure_code: failure.code,
            failure_message: failure.message,
            updated_at_ms: clock.nowMs(),
          })
          .where('id', '=', repair.id)
          .execute();
        return repair.asset_id;
      });
      onChange([assetId]);
    },

    async reap() {
      await database
        .updateTable('repairs')
        .set({
          state: 'waiting',
          lease_until_ms: null,
          failure_code: 'lease_lost',
          failure_message: 'The node stopped answering while it copied.',
          updated_at_ms: clock.nowMs(),
        })
        .where('state', '=', 'leased')
        .where('lease_until_ms', '<', databaseNowMs())
        .execute();
    },
  };
}

function requireLeased(repair: RepairRow): void {
  if (repair.state !== 'leased') throw new MeridianError('lease_lost', { job: repair.id });
}

async function toLeased(database: ControlDatabase, row: RepairRow): Promise<LeasedRepair> {
  const asset = await findAsset(database, row.asset_id);
  if (asset === undefined) throw new MeridianError('not_found', { what: 'asset of the repair' });
  return {
    id: row.id,
    fence: row.fence,
    leaseUntilMs: row.lease_until_ms ?? 0,
    class: row.class,
    version: row.version,
    attempt: row.attempt,
    fromRegionIds: row.from_region_ids,
    source: await sourceOf(database, asset, row.version),
    record: recordOf(asset),
  };
}

async function sourceOf(database: ControlDatabase, asset: AssetRow, version: number) {
  if (version === asset.version) return { bytes: asset.source_bytes, sha256: asset.source_sha256 };
  const row = await database
    .selectFrom('asset_versions')
    .select(['source_bytes', 'source_sha256'])
    .where('asset_id', '=', asset.id)
    .where('version', '=', version)
    .executeTakeFirst();
  return row === undefined ? null : { bytes: row.source_bytes, sha256: row.source_sha256 };
}

/** Notes the new copy and who holds it now. Revisions of the document are given here, under the asset's lock. */
async function finishCopy(
  transaction: ControlTransaction,
  repair: RepairRow,
  asset: AssetRow,
  bytes: number,
  nowMs: number,
): Promise<RepairOutcome> {
  const rows = await transaction
    .selectFrom('asset_copies')
    .select(['region_id', 'document_revision', 'is_complete', 'lost_at_ms'])
    .where('asset_id', '=', asset.id)
    .where('version', '=', repair.version)
    .where('attempt', '=', repair.attempt)
    .where('class', '=', repair.class)
    .execute();
  const holders = [
    ...new Set([
      ...rows.filter((row) => row.is_complete && row.lost_at_ms === null).map((row) => row.region_id),
      repair.region_id,
    ]),
  ];
  const isSource = repair.class === 'source';
  const documentRevision = isSource ? 0 : Math.max(0, ...rows.map((row) => row.document_revision)) + 1;
  const claim = {
    projectId: asset.project_id,
    assetId: asset.id,
    version: repair.version,
    attempt: repair.attempt,
    class: repair.class,
    bytes,
    documentRevision,
  };
  await claimCopies(transaction, claim, [repair.region_id], nowMs);
  if (repair.version === asset.version && isSource) {
    const regionIds = [...new Set([...asset.source_region_ids, repair.region_id])];
    if (regionIds.length > asset.source_region_ids.length)
      await reviseAsset(transaction, asset, { source_region_ids: regionIds }, nowMs);
  } else if (repair.version === asset.version && repair.attempt === asset.media_attempt)
    await updateAsset(transaction, asset.id, { media_region_ids: holders }, nowMs);
  return { holders, documentRevision };
}
