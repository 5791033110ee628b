// Jobs and encoders as people see them.

import { type Selectable, sql } from 'kysely';
import type { ChunkView, JobDetail, JobView, RegionEncoding } from '#contract/api/jobs.ts';
import { MeridianError } from '#contract/errors.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction, JobChunksTable, JobsTable } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { failuresMaxOf } from './failures.ts';
import type { Paces } from './paces.ts';
import { priorityOf } from './priority.ts';
import type { KnownEncoder } from './scheduler.ts';
import { countRunning, readScales, slotsIn } from './slots.ts';

type Reader = ControlDatabase | ControlTransaction;
type JobRow = Selectable<JobsTable>;

/** Which jobs are wanted. */
export interface JobFilter {
  readonly projectId?: string | undefined;
  readonly assetId?: string | undefined;
  readonly state?: JobRow['state'] | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

interface ChunkSums {
  readonly total: number;
  readonly done: number;
  readonly running: number;
  readonly nodeIds: readonly string[];
}

/** What a view needs besides the rows. */
export interface ViewDependencies {
  readonly database: Reader;
  readonly fleet: Fleet;
  readonly paces: Paces;
}

/** Jobs, newest first; one more than the limit tells that there are older ones. */
export async function listJobs(dependencies: ViewDependencies, filter: JobFilter): Promise<JobView[]> {
  let select = dependencies.database
    .selectFrom('jobs')
    .innerJoin('assets', 'assets.id', 'jobs.asset_id')
    .selectAll('jobs')
    .select('assets.name as asset_name')
    .orderBy('jobs.id', 'desc')
    .limit(filter.limit);
  if (filter.projectId !== undefined) select = select.where('jobs.project_id', '=', filter.projectId);
  if (filter.assetId !== undefined) select = select.where('jobs.asset_id', '=', filter.assetId);
  if (filter.state !== undefined) select = select.where('jobs.state', '=', filter.state);
  if (filter.before !== undefined) select = select.where('jobs.id', '<', filter.before);
  const rows = await select.execute();
  const sums = await sumChunks(
    dependencies.database,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => jobView(dependencies, row, row.asset_name, sums.get(row.id) ?? null));
}

/** One job; throws `not_found` when it is not of this project. */
export async function showJob(
  dependencies: ViewDependencies,
  jobId: string,
  projectId: string | undefined,
): Promise<JobDetail> {
  const { database, fleet } = dependencies;
  let select = database
    .selectFrom('jobs')
    .innerJoin('assets', 'assets.id', 'jobs.asset_id')
    .selectAll('jobs')
    .select('assets.name as asset_name')
    .where('jobs.id', '=', jobId);
  if (projectId !== undefined) select = select.where('jobs.project_id', '=', projectId);
  const row = await select.executeTakeFirst();
  if (row === undefined) throw new MeridianError('not_found', { what: 'such job' });
  const chunks = await database
    .selectFrom('job_chunks')
    .selectAll()
    .where('job_id', '=', jobId)
    .orderBy('chunk_index')
    .execute();
  const sums = await sumChunks(database, [jobId]);
  return {
    ...jobView(dependencies, row, row.asset_name, sums.get(jobId) ?? null),
    placements: row.placements,
    chunkList: chunks.map((chunk) => chunkView(fleet, row, chunk)),
  };
}

async function sumChunks(database: Reader, jobIds: readonly string[]): Promise<Map<string, ChunkSums>> {
  if (jobIds.length === 0) return new Map();
  const { rows } = await sql<{
    job_id: string;
    total: number;
    done: number;
    running: number;
    node_ids: string[];
  }>`
    select job_id, count(*)::int as total,
      count(*) filter (where state = 'done')::int as done,
      count(*) filter (where state = 'leased')::int as running,
      coalesce(array_agg(distinct lease_node_id) filter (where state = 'leased'), '{}') as node_ids
    from job_chunks where job_id in (${sql.join(jobIds)}) group by job_id
  `.execute(database);
  return new Map(
    rows.map(({ job_id, total, done, running, node_ids }) => [
      job_id,
      { total, done, running, nodeIds: node_ids },
    ]),
  );
}

function jobView(
  { fleet, paces }: ViewDependencies,
  row: JobRow,
  assetName: string,
  sums: ChunkSums | null,
): JobView {
  return {
    id: row.id,
    assetId: row.asset_id,
    assetName,
    assetVersion: row.asset_version,
    projectId: row.project_id,
    state: row.state,
    priority: priorityOf(row.priority),
    attempt: row.attempt,
    failureCount: row.failure_count,
    failuresMax: failuresMaxOf(sums?.total ?? 0),
    nodeId: row.lease_node_id,
    regionId: row.lease_node_id === null ? null : (fleet.node(row.lease_node_id)?.regionId ?? null),
    stage: row.stage,
    progress: row.progress,
    estimatedEndAtMs: row.state === 'leased' ? paces.endAtMs(row.id) : null,
    placement: row.placements[0] ?? null,
    chunks: sums === null ? null : { ...sums, nodeIds: [...sums.nodeIds] },
    failure:
      row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? '' },
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

function chunkView(fleet: Fleet, job: JobRow, chunk: Selectable<JobChunksTable>): ChunkView {
  const rate = job.chunk_plan?.video.frameRate;
  const frameMs = rate === undefined ? 0 : (1_000 * rate.denominator) / rate.numerator;
  const nodeId = chunk.state === 'ready' ? null : chunk.lease_node_id;
  return {
    index: chunk.chunk_index,
    state: chunk.state,
    startMs: Math.round(chunk.first_frame * frameMs),
    durationMs: Math.round(chunk.frame_count * frameMs),
    attempt: chunk.attempt,
    failureCount: chunk.failure_count,
    progress: chunk.progress,
    nodeId,
    regionId: nodeId === null ? null : (chunk.region_id ?? fleet.node(nodeId)?.regionId ?? null),
    placement: chunk.placement,
    failure:
      chunk.failure_code === null ? null : { code: chunk.failure_code, message: chunk.failure_message ?? '' },
  };
}

/** Encoders of all regions, and which regions rest. */
export async function listEncoding(
  { config, database }: ControlContext,
  fleet: Fleet,
  known: ReadonlyMap<string, KnownEncoder>,
): Promise<RegionEncoding[]> {
  const pauses = await database.selectFrom('encoding_pauses').selectAll().execute();
  const running = await countRunning(database);
  const scales = await readScales(database);
  const sites = fleet.sites();
  return config.regions.map(({ id, name, costPerGb }) => {
    const pause = pauses.find(({ region_id }) => region_id === id);
    const scale = scales.get(id);
    const encoders = sites
      .filter(({ regionId }) => regionId === id)
      .flatMap((site) =>
        site.nodes
          .filter(({ roles }) => roles.includes('encoder'))
          .map((node) => ({
            nodeId: node.id,
            siteId: site.id,
            isAlive: node.isAlive,
            isDrained: site.drainStartedAtMs !== null,
            running: running.get(node.id) ?? 0,
            freeSlots: known.get(node.id)?.freeSlots ?? null,
            slots: node.gauges.encoder_slots ?? null,
            slotsMax: node.gauges.encoder_slots_max ?? null,
            recipe: known.get(node.id)?.facts.recipe ?? null,
            megapixelsPerSecond: known.get(node.id)?.facts.megapixelsPerSecond ?? null,
          })),
      );
    return {
      id,
      name,
      costPerGb,
      isPaused: pause !== undefined,
      pausedAtMs: pause?.paused_at_ms ?? null,
      pausedBy: pause?.actor ?? null,
      ...slotsIn(fleet, id, scale),
      scaledTo: scale?.count ?? null,
      scaledAtMs: scale?.atMs ?? null,
      scaledBy: scale?.actor ?? null,
      encoders,
    };
  });
}
