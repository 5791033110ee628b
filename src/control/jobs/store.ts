// Rows of jobs. A lease carries a fence that grows with every lease; whoever comes with another fence has lost the
// job. Lease times are compared by the database's clock alone.
// Lock order everywhere: the asset's row, then the job's, then the change counter; so no two wait for each other.

import { type Selectable, sql } from 'kysely';
import type { JobProgress } from '#contract/jobs.ts';
import { DEFAULT_BACKOFF } from '#core/retry/backoff.ts';
import type { AssetRow } from '../catalog/store.ts';
import type { ControlDatabase, ControlTransaction, JobsTable } from '../database/schema.ts';
import { databaseNowMs } from '../database/time.ts';
import { LEASE_MS, REBOOT_LEASE_AGE_MS_MIN } from '../limits.ts';

export type JobRow = Selectable<JobsTable>;
type Reader = ControlDatabase | ControlTransaction;

/** Adds the processing job of an asset's version; once, however often it is asked for. */
export async function insertJob(
  transaction: ControlTransaction,
  { id, asset, nowMs }: { id: string; asset: AssetRow; nowMs: number },
): Promise<void> {
  await transaction
    .insertInto('jobs')
    .values({
      id,
      project_id: asset.project_id,
      asset_id: asset.id,
      asset_version: asset.version,
      kind: 'process',
      state: 'ready',
      attempts_max: DEFAULT_BACKOFF.attemptsMax,
      run_at_ms: databaseNowMs(),
      stage: 'queued',
      progress: 0,
      created_at_ms: nowMs,
      updated_at_ms: nowMs,
      attempt: 0,
      fence: 0,
    })
    .onConflict((conflict) => conflict.columns(['asset_id', 'asset_version', 'kind']).doNothing())
    .execute();
}

export interface ReadyJob {
  readonly id: string;
  readonly projectId: string;
  /** Jobs of its project that nodes work on now. */
  readonly runningOfProject: number;
  readonly runAtMs: number;
  readonly sourceRegionIds: readonly string[];
}

/** Jobs that may run now, in the order in which their projects' turns come, with the database's time and when the next one becomes ready. */
export async function readReadyJobs(
  database: Reader,
  limit: number,
): Promise<{ jobs: ReadyJob[]; nowMs: number; nextRunAtMs: number | null }> {
  const clock = await sql<{ now_ms: number; next_ms: number | null }>`
    select ${databaseNowMs()} as now_ms,
      (select min(run_at_ms) from jobs where state = 'ready' and run_at_ms > ${databaseNowMs()}) as next_ms
  `.execute(database);
  // A limit by age alone could hold one project's jobs and nobody else's.
  const { rows } = await sql<{
    id: string;
    project_id: string;
    run_at_ms: number;
    source_region_ids: string[];
    running: number;
  }>`
    select jobs.id, jobs.project_id, jobs.run_at_ms, assets.source_region_ids, coalesce(busy.running, 0) as running
    from jobs
    join assets on assets.id = jobs.asset_id
    left join (select project_id, count(*)::int as running from jobs where state = 'leased' group by project_id) busy
      on busy.project_id = jobs.project_id
    where jobs.state = 'ready' and jobs.run_at_ms <= ${databaseNowMs()}
    order by
      coalesce(busy.running, 0)
        + row_number() over (partition by jobs.project_id order by jobs.run_at_ms, jobs.id),
      jobs.run_at_ms,
      jobs.id
    limit ${limit}
  `.execute(database);
  return {
    jobs: rows.map((row) => ({
      id: row.id,
      projectId: row.project_id,
      runningOfProject: row.running,
      runAtMs: row.run_at_ms,
      sourceRegionIds: row.source_region_ids,
    })),
    nowMs: clock.rows[0]?.now_ms ?? 0,
    nextRunAtMs: clock.rows[0]?.next_ms ?? null,
  };
}

/** Leases a ready job; undefined when somebody else was first. */
export function leaseJob(database: Reader, jobId: string, nodeId: string): Promise<JobRow | undefined> {
  return database
    .updateTable('jobs')
    .set({
      state: 'leased',
      attempt: sql<number>`attempt + 1`,
      fence: sql<number>`fence + 1`,
      lease_node_id: nodeId,
      leased_at_ms: databaseNowMs(),
      lease_until_ms: databaseNowMs(LEASE_MS),
      stage: 'queued',
      progress: 0,
      updated_at_ms: databaseNowMs(),
    })
    .where('id', '=', jobId)
    .where('state', '=', 'ready')
    .returningAll()
    .executeTakeFirst();
}

/** Gives back a lease that nobody received, as if it had never been. The fence stays: a late claimer must not use it. */
export async function returnLease(database: Reader, jobId: string, fence: number): Promise<void> {
  await database
    .updateTable('jobs')
    .set({ state: 'ready', attempt: sql<number>`attempt - 1`, lease_node_id: null, lease_until_ms: null })
    .where('id', '=', jobId)
    .where('fence', '=', fence)
    .where('state', '=', 'leased')
    .execute();
}

/** Locks the job if this node holds its newest fence, whatever its state. */
export function lockFenced(
  transaction: ControlTransaction,
  jobId: string,
  nodeId: string,
  fence: number,
): Promise<JobRow | undefined> {
  return transaction
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', jobId)
    .where('fence', '=', fence)
    .where('lease_node_id', '=', nodeId)
    .forUpdate()
    .executeTakeFirst();
}

/** Prolongs a lease and notes progress; returns until when it holds. */
export async function prolongLease(
  transaction: ControlTransaction,
  jobId: string,
  progress: JobProgress,
): Promise<number> {
  const row = await transaction
    .updateTable('jobs')
    .set({
      lease_until_ms: databaseNowMs(LEASE_MS),
      stage: progress.stage,
      progress: progress.share,
      updated_at_ms: databaseNowMs(),
    })
    .where('id', '=', jobId)
    .returning('lease_until_ms')
    .executeTakeFirstOrThrow();
  return row.lease_until_ms ?? 0;
}

/** Ends a job well. */
export async function finishJob(transaction: ControlTransaction, jobId: string): Promise<void> {
  await transaction
    .updateTable('jobs')
    .set({
      state: 'done',
      stage: 'ready',
      progress: 1,
      lease_until_ms: null,
      failure_code: null,
      failure_message: null,
      updated_at_ms: databaseNowMs(),
    })
    .where('id', '=', jobId)
    .execute();
}

/** Makes a job ready again after a delay, or buries it when `delayMs` is null. */
export async function endAttempt(
  transaction: ControlTransaction,
  jobId: string,
  failure: { code: string; message: string },
  delayMs: number | null,
): Promise<void> {
  await transaction
    .updateTable('jobs')
    .set({
      state: delayMs === null ? 'dead' : 'ready',
      stage: delayMs === null ? 'failed' : 'queued',
      progress: 0,
      run_at_ms: databaseNowMs(delayMs ?? 0),
      lease_until_ms: null,
      failure_code: failure.code,
      failure_message: failure.message,
      updated_at_ms: databaseNowMs(),
    })
    .where('id', '=', jobId)
    .execute();
}

/** Cancels what has not ended; a node that holds a lease is told at its next heartbeat. */
export async function cancelJobs(
  transaction: ControlTransaction,
  assetId: string,
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('jobs')
    .set({ state: 'cancelled', lease_until_ms: null, updated_at_ms: nowMs })
    .where('asset_id', '=', assetId)
    .where('state', 'in', ['ready', 'leased'])
    .execute();
}

/** Makes a buried job ready again with as many attempts as a new one; attempts go on counting, since keys carry them. */
export async function retryJob(
  transaction: ControlTransaction,
  asset: AssetRow,
  nowMs: number,
): Promise<boolean> {
  const row = await transaction
    .updateTable('jobs')
    .set({
      state: 'ready',
      attempts_max: sql<number>`attempt + ${sql.lit(DEFAULT_BACKOFF.attemptsMax)}`,
      run_at_ms: databaseNowMs(),
      stage: 'queued',
      progress: 0,
      failure_code: null,
      failure_message: null,
      updated_at_ms: nowMs,
    })
    .where('asset_id', '=', asset.id)
    .where('asset_version', '=', asset.version)
    .where('state', '=', 'dead')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

export interface LostLease {
  readonly jobId: string;
  readonly assetId: string;
  readonly fence: number;
}

/**
 * Leases that ran out, or that the earlier process of a restarted node held. A young lease of such a node may be the
 * new process's own; it is left to its time.
 */
export async function readLostLeases(
  database: Reader,
  rebootedNodeIds: readonly string[],
): Promise<LostLease[]> {
  const rows = await database
    .selectFrom('jobs')
    .select(['id', 'asset_id', 'fence'])
    .where('state', '=', 'leased')
    .where((where) =>
      where.or([
        where('lease_until_ms', '<', databaseNowMs()),
        ...(rebootedNodeIds.length === 0
          ? []
          : [
              where.and([
                where('lease_node_id', 'in', rebootedNodeIds),
                where('leased_at_ms', '<', databaseNowMs(-REBOOT_LEASE_AGE_MS_MIN)),
              ]),
            ]),
      ]),
    )
    .orderBy('id')
    .limit(200)
    .execute();
  return rows.map((row) => ({ jobId: row.id, assetId: row.asset_id, fence: row.fence }));
}

/** Locks a job that is still leased under this fence. */
export function lockLeased(
  transaction: ControlTransaction,
  jobId: string,
  fence: number,
): Promise<JobRow | undefined> {
  return transaction
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', jobId)
    .where('fence', '=', fence)
    .where('state', '=', 'leased')
    .forUpdate()
    .executeTakeFirst();
}

/** The asset of a job; its row is locked before the job's. */
export async function assetIdOfJob(database: Reader, jobId: string): Promise<string | undefined> {
  const row = await database.selectFrom('jobs').select('asset_id').where('id', '=', jobId).executeTakeFirst();
  return row?.asset_id;
}
