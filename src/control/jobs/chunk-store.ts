// Rows of chunks: the parts of a long video that encoders lease beside the job itself. As with jobs, a lease carries
// a fence that grows, and its time is compared by the database's clock alone. Chunks that the leader takes have no
// end of their own: they go back when the lease of the job ends.
// Lock order: the asset's row, then the job's, then the chunk's.

import { type Selectable, sql } from 'kysely';
import type { PlacementView } from '#contract/api/jobs.ts';
import type { ChunkResult, ChunkSpan } from '#contract/jobs.ts';
import type { ControlDatabase, ControlTransaction, JobChunksTable } from '../database/schema.ts';
import { databaseNowMs } from '../database/time.ts';
import { LEASE_MS } from '../limits.ts';
import { isLost } from './store.ts';

type Reader = ControlDatabase | ControlTransaction;
export type ChunkRow = Selectable<JobChunksTable>;

/** Names a chunk among other work. */
export const chunkWorkId = (jobId: string, index: number): string => `${jobId}/${index}`;

export const spanOf = (row: ChunkRow): ChunkSpan => ({
  index: row.chunk_index,
  firstFrame: row.first_frame,
  frameCount: row.frame_count,
  firstSegment: row.first_segment,
  segmentCount: row.segment_count,
});

export interface ReadyChunk {
  readonly jobId: string;
  readonly index: number;
  readonly projectId: string;
  readonly priority: number;
  readonly readyAtMs: number;
  /** The node at which it failed last; null when it has not. */
  readonly failedNodeId: string | null;
  readonly sourceRegionIds: readonly string[];
  readonly source: { readonly sha256: string; readonly bytes: number };
  readonly recipe: string;
  readonly helpersMax: number;
  readonly helperNodeIds: readonly string[];
  readonly openCount: number;
}

/** Chunks that helpers may take now, some of each job, in their order. */
export async function readReadyChunks(database: Reader, limit: number): Promise<ReadyChunk[]> {
  const { rows } = await sql<{
    job_id: string;
    chunk_index: number;
    project_id: string;
    priority: number;
    ready_at_ms: number;
    lease_node_id: string | null;
    source_region_ids: string[];
    source_sha256: string;
    source_bytes: number;
    chunk_recipe: string;
    helpers_max: number;
    helper_node_ids: string[];
    open_count: number;
  }>`
    select jobs.id as job_id, chunk.chunk_index, jobs.project_id, jobs.priority, chunk.ready_at_ms,
      chunk.lease_node_id, assets.source_region_ids, assets.source_sha256, assets.source_bytes,
      jobs.chunk_recipe, jobs.helpers_max, sums.helper_node_ids, sums.open_count
    from jobs
    join assets on assets.id = jobs.asset_id
    cross join lateral (
      select coalesce(array_agg(distinct lease_node_id) filter (where state = 'leased' and not is_led), '{}')
          as helper_node_ids,
        count(*) filter (where state <> 'done')::int as open_count
      from job_chunks where job_id = jobs.id
    ) sums
    cross join lateral (
      select chunk_index, ready_at_ms, lease_node_id from job_chunks
      where job_id = jobs.id and state = 'ready' and ready_at_ms <= ${databaseNowMs()}
      order by chunk_index limit jobs.helpers_max
    ) chunk
    where jobs.state = 'leased' and jobs.chunk_plan is not null
    order by jobs.priority, jobs.id, chunk.chunk_index
    limit ${limit}
  `.execute(database);
  return rows.map((row) => ({
    jobId: row.job_id,
    index: row.chunk_index,
    projectId: row.project_id,
    priority: row.priority,
    readyAtMs: row.ready_at_ms,
    failedNodeId: row.lease_node_id,
    sourceRegionIds: row.source_region_ids,
    source: { sha256: row.source_sha256, bytes: row.source_bytes },
    recipe: row.chunk_recipe,
    helpersMax: row.helpers_max,
    helperNodeIds: row.helper_node_ids,
    openCount: row.open_count,
  }));
}

const leasing = (nodeId: string, regionId: string | null, isLed: boolean) => ({
  state: 'leased' as const,
  attempt: sql<number>`attempt + 1`,
  fence: sql<number>`fence + 1`,
  lease_node_id: nodeId,
  region_id: regionId,
  is_led: isLed,
  leased_at_ms: databaseNowMs(),
  lease_until_ms: isLed ? null : databaseNowMs(LEASE_MS),
  progress: 0,
});

/** Leases a chunk to a helper; undefined when somebody else was first or the job has no leader any more. */
export function leaseChunk(
  database: Reader,
  jobId: string,
  index: number,
  { nodeId, regionId, placement }: { nodeId: string; regionId: string | null; placement: PlacementView },
): Promise<ChunkRow | undefined> {
  return database
    .updateTable('job_chunks')
    .set({ ...leasing(nodeId, regionId, false), placement: JSON.stringify(placement) })
    .where('job_id', '=', jobId)
    .where('chunk_index', '=', index)
    .where('state', '=', 'ready')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('jobs').select('jobs.id').where('jobs.id', '=', jobId).where('jobs.state', '=', 'leased'),
      ),
    )
    .returningAll()
    .executeTakeFirst();
}

/** Leases the first chunk that nobody works on to the leader; the job's row is locked. */
export function takeChunk(
  transaction: ControlTransaction,
  jobId: string,
  nodeId: string,
  regionId: string | null,
): Promise<ChunkRow | undefined> {
  return transaction
    .updateTable('job_chunks')
    .set({ ...leasing(nodeId, regionId, true), placement: null })
    .where('job_id', '=', jobId)
    .where('chunk_index', '=', (from) =>
      from
        .selectFrom('job_chunks')
        .select('chunk_index')
        .where('job_id', '=', jobId)
        .where('state', '=', 'ready')
        .orderBy('chunk_index')
        .limit(1)
        .forUpdate()
        .skipLocked(),
    )
    .returningAll()
    .executeTakeFirst();
}

/** Gives back a lease that nobody received. The fence stays. */
export async function returnChunk(database: Reader, row: ChunkRow): Promise<void> {
  await database
    .updateTable('job_chunks')
    .set({ state: 'ready', attempt: sql<number>`attempt - 1`, lease_node_id: null, lease_until_ms: null })
    .where('job_id', '=', row.job_id)
    .where('chunk_index', '=', row.chunk_index)
    .where('fence', '=', row.fence)
    .where('state', '=', 'leased')
    .execute();
}

/** Gives back what a leader was making; whoever leads next takes it. */
export async function returnLedChunks(transaction: ControlTransaction, jobId: string): Promise<void> {
  await transaction
    .updateTable('job_chunks')
    .set({ state: 'ready', progress: 0, lease_node_id: null })
    .where('job_id', '=', jobId)
    .where('state', '=', 'leased')
    .where('is_led', '=', true)
    .execute();
}

/** Locks a chunk under its fence, whatever its state. */
export function lockChunk(
  transaction: ControlTransaction,
  jobId: string,
  index: number,
): Promise<ChunkRow | undefined> {
  return transaction
    .selectFrom('job_chunks')
    .selectAll()
    .where('job_id', '=', jobId)
    .where('chunk_index', '=', index)
    .forUpdate()
    .executeTakeFirst();
}

/** Prolongs a lease and notes progress; undefined when it is lost. */
export function prolongChunk(
  database: Reader,
  { jobId, index, nodeId, fence }: { jobId: string; index: number; nodeId: string; fence: number },
  share: number,
): Promise<{ lease_until_ms: number | null } | undefined> {
  return database
    .updateTable('job_chunks')
    .set({
      lease_until_ms: sql<number | null>`case when is_led then null else ${databaseNowMs(LEASE_MS)} end`,
      progress: share,
    })
    .where('job_id', '=', jobId)
    .where('chunk_index', '=', index)
    .where('lease_node_id', '=', nodeId)
    .where('fence', '=', fence)
    .where('state', '=', 'leased')
    .returning('lease_until_ms')
    .executeTakeFirst();
}

/** Ends a chunk well. */
export async function finishChunk(
  transaction: ControlTransaction,
  row: ChunkRow,
  result: ChunkResult,
): Promise<void> {
  await transaction
    .updateTable('job_chunks')
    .set({
      state: 'done',
      progress: 1,
      lease_until_ms: null,
      result: JSON.stringify(result),
      failure_code: null,
      failure_message: null,
    })
    .where('job_id', '=', row.job_id)
    .where('chunk_index', '=', row.chunk_index)
    .execute();
}

/** Makes a chunk ready again after a delay. The node keeps its name in the row: it is not asked first again. */
export async function reopenChunk(
  transaction: ControlTransaction,
  row: ChunkRow,
  failure: { code: string; message: string },
  { delayMs, isFailure }: { delayMs: number; isFailure: boolean },
): Promise<void> {
  await transaction
    .updateTable('job_chunks')
    .set({
      state: 'ready',
      progress: 0,
      result: null,
      is_led: false,
      ready_at_ms: databaseNowMs(delayMs),
      lease_until_ms: null,
      failure_code: failure.code,
      failure_message: failure.message,
      ...(isFailure ? { failure_count: sql<number>`failure_count + 1` } : {}),
    })
    .where('job_id', '=', row.job_id)
    .where('chunk_index', '=', row.chunk_index)
    .execute();
}

/** How far all chunks are together, by their frames; null when the job has none. */
export async function shareOfChunks(database: Reader, jobId: string): Promise<number | null> {
  const { rows } = await sql<{ share: number | null }>`
    select sum(progress * frame_count) / sum(frame_count) as share from job_chunks where job_id = ${jobId}
  `.execute(database);
  return rows[0]?.share ?? null;
}

/** Leases of helpers that ran out, or that the earlier process of a restarted node held. */
export async function readLostChunks(
  database: Reader,
  rebootedNodeIds: readonly string[],
): Promise<ChunkRow[]> {
  return database
    .selectFrom('job_chunks')
    .selectAll()
    .where('state', '=', 'leased')
    .where('is_led', '=', false)
    .where(isLost(rebootedNodeIds))
    .orderBy('job_id')
    .limit(200)
    .execute();
}
