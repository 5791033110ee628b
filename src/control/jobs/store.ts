// Rows of jobs. A lease carries a fence that grows with every lease; whoever comes with another fence has lost the
// job. Lease times are compared by the database's clock alone.
// Lock order everywhere: the asset's row, then the job's, then the change counter; so no two wait for each other.

import { type RawBuilder, type Selectable, type SqlBool, sql } from 'kysely';
import type { PlacementView } from '#contract/api/jobs.ts';
import type { JobProgress } from '#contract/jobs.ts';
import type { JobPriority } from '#contract/priority.ts';
import { HELPERS_MAX_AT_START } from '#core/placement/placement.ts';
import { DEFAULT_BACKOFF } from '#core/retry/backoff.ts';
import type { AssetRow } from '../catalog/store.ts';
import type { ControlDatabase, ControlTransaction, JobsTable } from '../database/schema.ts';
import { databaseNowMs } from '../database/time.ts';
import { LEASE_MS, REBOOT_LEASE_AGE_MS_MIN } from '../limits.ts';
import { rankOf } from './priority.ts';

export type JobRow = Selectable<JobsTable>;
type Reader = ControlDatabase | ControlTransaction;

export interface NewJob {
  readonly id: string;
  readonly asset: AssetRow;
  readonly nowMs: number;
  readonly priority?: JobPriority | undefined;
}

/** Adds the processing job of an asset's version; once, however often it is asked for. */
export async function insertJob(
  transaction: ControlTransaction,
  { id, asset, nowMs, priority = 'normal' }: NewJob,
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
      priority: rankOf(priority),
    })
    .onConflict((conflict) => conflict.columns(['asset_id', 'asset_version', 'kind']).doNothing())
    .execute();
}

/** Decisions kept of each job: about 200 bytes each. */
const PLACEMENTS_KEPT = 20;

export interface ReadyJob {
  readonly id: string;
  readonly projectId: string;
  readonly priority: number;
  readonly runAtMs: number;
  readonly sourceRegionIds: readonly string[];
  readonly source: { readonly sha256: string; readonly bytes: number };
  /** The node at which it failed last; null when it has not. */
  readonly failedNodeId: string | null;
  /** Why it was waiting when that was last written down; null: it was not. */
  readonly waitingCode: string | null;
}

/** Jobs that may run now, in the order in which their projects' turns come, with the database's time and when the next one becomes ready. */
export async function readReadyJobs(
  database: Reader,
  limit: number,
): Promise<{
  jobs: ReadyJob[];
  /** Jobs and chunks that nodes work on now. */
  runningByProject: ReadonlyMap<string, number>;
  nowMs: number;
  nextRunAtMs: number | null;
}> {
  const clock = await sql<{ now_ms: number; next_ms: number | null }>`
    select ${databaseNowMs()} as now_ms,
      least(
        (select min(run_at_ms) from jobs where state = 'ready' and run_at_ms > ${databaseNowMs()}),
        (select min(ready_at_ms) from job_chunks where state = 'ready' and ready_at_ms > ${databaseNowMs()})
      ) as next_ms
  `.execute(database);
  const busy = await sql<{ project_id: string; running: number }>`
    select project_id, count(*)::int as running from (
      select project_id from jobs where state = 'leased'
      union all
      select jobs.project_id from job_chunks join jobs on jobs.id = job_chunks.job_id
        where job_chunks.state = 'leased' and not job_chunks.is_led
    ) leases group by project_id
  `.execute(database);
  // A limit by age alone could hold one project's jobs and nobody else's.
  const { rows } = await sql<{
    id: string;
    project_id: string;
    run_at_ms: number;
    source_region_ids: string[];
    source_sha256: string;
    source_bytes: number;
    priority: number;
    lease_node_id: string | null;
    failure_count: number;
    waiting_code: string | null;
  }>`
    select jobs.id, jobs.project_id, jobs.run_at_ms, jobs.priority, jobs.lease_node_id, jobs.failure_count,
      assets.source_region_ids, assets.source_sha256, assets.source_bytes,
      case when jobs.placements->0->>'nodeId' is null then jobs.placements->0->'reason'->>'code' end
        as waiting_code
    from jobs
    join assets on assets.id = jobs.asset_id
    left join (select project_id, count(*)::int as running from jobs where state = 'leased' group by project_id) busy
      on busy.project_id = jobs.project_id
    where jobs.state = 'ready' and jobs.run_at_ms <= ${databaseNowMs()}
    order by
      jobs.priority,
      coalesce(busy.running, 0)
        + row_number() over (partition by jobs.project_id, jobs.priority order by jobs.run_at_ms, jobs.id),
      jobs.run_at_ms,
      jobs.id
    limit ${limit}
  `.execute(database);
  return {
    jobs: rows.map((row) => ({
      id: row.id,
      projectId: row.project_id,
      priority: row.priority,
      runAtMs: row.run_at_ms,
      sourceRegionIds: row.source_region_ids,
      source: { sha256: row.source_sha256, bytes: row.source_bytes },
      failedNodeId: row.failure_count > 0 ? row.lease_node_id : null,
      waitingCode: row.waiting_code,
    })),
    runningByProject: new Map(busy.rows.map((row) => [row.project_id, row.running])),
    nowMs: clock.rows[0]?.now_ms ?? 0,
    nextRunAtMs: clock.rows[0]?.next_ms ?? null,
  };
}

/** The decisions about a job with one more in front; older ones leave. */
const withPlacement = (placement: PlacementView) => sql<string>`(
  select jsonb_agg(entry order by position) from
    jsonb_array_elements(jsonb_build_array(${JSON.stringify(placement)}::jsonb) || placements)
      with ordinality as list (entry, position)
    where position <= ${sql.lit(PLACEMENTS_KEPT)}
)`;

/** Notes why a job waits. */
export async function noteWaiting(database: Reader, jobId: string, placement: PlacementView): Promise<void> {
  await database
    .updateTable('jobs')
    .set({ placements: withPlacement(placement) })
    .where('id', '=', jobId)
    .where('state', '=', 'ready')
    .execute();
}

/** Leases a ready job; undefined when somebody else was first. */
export function leaseJob(
  database: Reader,
  jobId: string,
  nodeId: string,
  placement: PlacementView,
): Promise<JobRow | undefined> {
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
      placements: withPlacement(placement),
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

/** Cancels one job, and gives up what its helpers do. */
export async function cancelJob(
  transaction: ControlTransaction,
  jobId: string,
  failure: { code: string; message: string },
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('jobs')
    .set({
      state: 'cancelled',
      stage: 'failed',
      lease_until_ms: null,
      failure_code: failure.code,
      failure_message: failure.message,
      updated_at_ms: nowMs,
    })
    .where('id', '=', jobId)
    .execute();
}

/** What a job starts with when it is begun anew. */
export const FRESH = { failure_count: 0, helpers_max: HELPERS_MAX_AT_START } as const;

/** Makes a buried or cancelled job ready again with as many attempts as a new one; attempts go on counting, since keys carry them. */
export async function retryJob(
  transaction: ControlTransaction,
  asset: AssetRow,
  nowMs: number,
): Promise<boolean> {
  const row = await transaction
    .updateTable('jobs')
    .set({
      state: 'ready',
      ...FRESH,
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
    .where('state', 'in', ['dead', 'cancelled'])
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  // Finished chunks stay. Whoever still held one was told to stop.
  const fresh = { failure_count: 0, progress: 0, lease_until_ms: null, is_led: false };
  await transaction
    .updateTable('job_chunks')
    .set({ ...fresh, state: 'ready' as const, ready_at_ms: databaseNowMs() })
    .where('job_id', '=', row.id)
    .where('state', '<>', 'done')
    .execute();
  return true;
}

export interface LostLease {
  readonly jobId: string;
  readonly assetId: string;
  readonly fence: number;
}

/**
 * Of a row with a lease: it ran out, or the earlier process of a restarted node held it. A young lease of such a node may
 * be the new process's own; it is left to its time.
 */
export function isLost(rebootedNodeIds: readonly string[]): RawBuilder<SqlBool> {
  const ranOut = sql<SqlBool>`lease_until_ms < ${databaseNowMs()}`;
  if (rebootedNodeIds.length === 0) return ranOut;
  return sql<SqlBool>`(${ranOut} or (lease_node_id in (${sql.join(rebootedNodeIds)})
    and leased_at_ms < ${databaseNowMs(-REBOOT_LEASE_AGE_MS_MIN)}))`;
}

/** Leases that nobody keeps any more. */
export async function readLostLeases(
  database: Reader,
  rebootedNodeIds: readonly string[],
): Promise<LostLease[]> {
  const rows = await database
    .selectFrom('jobs')
    .select(['id', 'asset_id', 'fence'])
    .where('state', '=', 'leased')
    .where(isLost(rebootedNodeIds))
    .orderBy('id')
    .limit(200)
    .execute();
  return rows.map((row) => ({ jobId: row.id, assetId: row.asset_id, fence: row.fence }));
}

/** Locks a job, whatever its state; its asset's row is locked before. */
export function lockJob(transaction: ControlTransaction, jobId: string): Promise<JobRow | undefined> {
  return transaction.selectFrom('jobs').selectAll().where('id', '=', jobId).forUpdate().executeTakeFirst();
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
