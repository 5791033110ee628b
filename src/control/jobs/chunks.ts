// Chunks of long videos, for the nodes that make them. The leader says which there are, takes some itself, and waits here
// for finished ones; helpers get theirs from the scheduler and keep their leases here.

import { MeridianError } from '#contract/errors.ts';
import type { ChunkPlan, ChunkResult, ChunkSpan, DoneChunk, JobFailure } from '#contract/jobs.ts';
import { lockAsset } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { databaseNowMs } from '../database/time.ts';
import type { Fleet } from '../fleet/fleet.ts';
import {
  type ChunkRow,
  finishChunk,
  lockChunk,
  prolongChunk,
  readLostChunks,
  reopenChunk,
  spanOf,
  takeChunk,
} from './chunk-store.ts';
import type { Lease } from './leases.ts';
import { settleChunk } from './settle.ts';
import { assetIdOfJob, type JobRow, lockFenced, lockJob } from './store.ts';

export interface ChunkLease extends Lease {
  readonly index: number;
}

export interface ChunkNews {
  readonly taken: { index: number; fence: number } | null;
  readonly done: DoneChunk[];
  readonly openCount: number;
}

export interface Chunks {
  declare(
    lease: Lease,
    what: { recipe: string; plan: ChunkPlan; spans: readonly ChunkSpan[]; takes: boolean },
  ): Promise<{ doneCount: number; taken: ChunkNews['taken'] }>;
  next(
    lease: Lease,
    wish: { from: number; takes: boolean; waitMs: number },
    signal: AbortSignal,
  ): Promise<ChunkNews>;
  heartbeat(lease: ChunkLease, share: number): Promise<{ leaseUntilMs: number; isCancelled: boolean }>;
  complete(lease: ChunkLease, result: ChunkResult): Promise<void>;
  fail(lease: ChunkLease, failure: JobFailure): Promise<void>;
  lost(lease: Lease, index: number, reason: string): Promise<void>;
  /** Takes back leases of helpers that ran out, and those that nodes held before they restarted. */
  reap(rebootedNodeIds: readonly string[]): Promise<void>;
}

/** Finished chunks told of at once: each result is a few kilobytes. */
const DONE_PER_ANSWER = 8;
/** A leader that waits looks again at least so often, since what it waits for may be told to another process. */
const LOOK_AGAIN_MS = 5_000;
/** Rows of one insert. */
const ROWS_PER_INSERT = 200;
/** More leases than a chunk can have while one node leads. */
const FENCES_PER_ATTEMPT = 1_000;
/** Nodes that may help with one job, however well it goes. */
const HELPERS_MAX = 64;

/** Creates the keeper of chunks. `onWork` is called when a chunk became ready, or may be given to one more helper. */
export function createChunks(context: ControlContext, fleet: Fleet, onWork: () => void): Chunks {
  const { clock, database } = context;
  const waiting = new Map<string, Set<() => void>>();

  function tell(jobId: string): void {
    for (const wake of waiting.get(jobId) ?? []) wake();
    onWork();
  }

  /** Listens for news of a job; `heard` resolves at the first, or when the time is over. */
  function listen(jobId: string, waitMs: number, signal: AbortSignal) {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    const all = waiting.get(jobId) ?? new Set();
    waiting.set(jobId, all.add(wake));
    const heard = clock.sleep(waitMs, AbortSignal.any([signal, woken.signal])).catch(() => undefined);
    const leave = (): void => {
      all.delete(wake);
      if (all.size === 0 && waiting.get(jobId) === all) waiting.delete(jobId);
      woken.abort();
    };
    return { heard, leave };
  }

  /** Locks asset and job for the leader. */
  function asLeader<T>(
    lease: Lease,
    act: (transaction: ControlTransaction, job: JobRow) => Promise<T>,
  ): Promise<T> {
    return database.transaction().execute(async (transaction) => {
      const assetId = await assetIdOfJob(transaction, lease.jobId);
      const asset = assetId === undefined ? undefined : await lockAsset(transaction, assetId);
      const job = await lockFenced(transaction, lease.jobId, lease.nodeId, lease.fence);
      if (asset === undefined || job?.state !== 'leased')
        throw new MeridianError('lease_lost', { job: lease.jobId });
      return act(transaction, job);
    });
  }

  /** Locks asset, job and chunk, whoever leads the job; undefined when the chunk is in other hands. */
  function withChunk<T>(
    { jobId, index, fence }: { jobId: string; index: number; fence: number },
    act: (
      transaction: ControlTransaction,
      held: { job: JobRow; asset: NonNullable<Awaited<ReturnType<typeof lockAsset>>>; chunk: ChunkRow },
    ) => Promise<T>,
  ): Promise<T | undefined> {
    return database.transaction().execute(async (transaction) => {
      const assetId = await assetIdOfJob(transaction, jobId);
      const asset = assetId === undefined ? undefined : await lockAsset(transaction, assetId);
      const job = await lockJob(transaction, jobId);
      const chunk = await lockChunk(transaction, jobId, index);
      if (asset === undefined || job === undefined || chunk?.fence !== fence) return undefined;
      return act(transaction, { job, asset, chunk });
    });
  }

  /** Under the fence of the chunk; whoever comes with an older one is told that the lease is lost. */
  async function underFence<T>(lease: ChunkLease, act: Parameters<typeof withChunk<T>>[1]): Promise<T> {
    const found = await withChunk<{ value: T }>(lease, async (transaction, held) => {
      if (held.chunk.lease_node_id !== lease.nodeId) throw lost(lease);
      return { value: await act(transaction, held) };
    });
    if (found === undefined) throw lost(lease);
    return found.value;
  }

  const lost = ({ jobId, index }: ChunkLease) =>
    new MeridianError('lease_lost', { job: `${jobId} (chunk ${index})` });

  const take = (transaction: ControlTransaction, { jobId, nodeId }: Lease) =>
    takeChunk(transaction, jobId, nodeId, fleet.node(nodeId)?.regionId ?? null);

  async function look(lease: Lease, { from, takes }: { from: number; takes: boolean }): Promise<ChunkNews> {
    return asLeader(lease, async (transaction) => {
      const taken = takes ? await take(transaction, lease) : undefined;
      const rows = await transaction
        .selectFrom('job_chunks')
        .selectAll()
        .where('job_id', '=', lease.jobId)
        .where('chunk_index', '>=', from)
        .where('state', '=', 'done')
        .orderBy('chunk_index')
        .limit(DONE_PER_ANSWER)
        .execute();
      const { open } = await transaction
        .selectFrom('job_chunks')
        .select(({ fn }) => fn.countAll<number>().as('open'))
        .where('job_id', '=', lease.jobId)
        .where('state', '<>', 'done')
        .executeTakeFirstOrThrow();
      const inOrder = rows.filter((row, order) => row.chunk_index === from + order);
      return {
        taken: takenOf(taken),
        done: inOrder.flatMap(({ chunk_index: index, region_id, lease_node_id, result }) =>
          result === null || region_id === null
            ? []
            : [{ index, regionId: region_id, nodeId: lease_node_id ?? '', result }],
        ),
        openCount: open,
      };
    });
  }

  return {
    async declare(lease, what) {
      const declared = await asLeader(lease, async (transaction, job) => {
        const doneCount = await declareChunks(transaction, job, what);
        // No helper may come between the leader and the chunk that it makes already.
        const taken = what.takes ? await take(transaction, lease) : undefined;
        return { doneCount, taken: takenOf(taken) };
      });
      onWork();
      return declared;
    },

    async next(lease, wish, signal) {
      const untilMs = clock.monotonicMs() + wish.waitMs;
      for (;;) {
        const leftMs = untilMs - clock.monotonicMs();
        // From before we look, so that nothing happens unheard in between.
        const ear = listen(lease.jobId, Math.max(0, Math.min(leftMs, LOOK_AGAIN_MS)), signal);
        try {
          const found = await look(lease, wish);
          const isNews = found.taken !== null || found.done.length > 0 || found.openCount === 0;
          if (isNews || leftMs <= 0 || signal.aborted) return found;
          await ear.heard;
        } finally {
          ear.leave();
        }
      }
    },

    async heartbeat(lease, share) {
      const { jobId } = lease;
      const row = await prolongChunk(database, lease, share);
      if (row === undefined) throw lost(lease);
      const job = await database
        .selectFrom('jobs')
        .select('state')
        .where('id', '=', jobId)
        .executeTakeFirst();
      const isCancelled = job?.state === 'cancelled' || job?.state === 'dead';
      return { leaseUntilMs: row.lease_until_ms ?? clock.nowMs(), isCancelled };
    },

    async complete(lease, result) {
      await underFence(lease, async (transaction, { job, chunk }) => {
        // The answer to an earlier completion was lost on its way.
        if (chunk.state === 'done') return;
        if (chunk.state !== 'leased') throw lost(lease);
        requireOwnKeys(job, result);
        await finishChunk(transaction, chunk, result);
        await transaction
          .updateTable('jobs')
          .set(({ fn, eb }) => ({
            helpers_max: fn('least', [eb('helpers_max', '+', 1), eb.val(HELPERS_MAX)]),
          }))
          .where('id', '=', job.id)
          .execute();
      });
      tell(lease.jobId);
    },

    async fail(lease, failure) {
      await underFence(lease, async (transaction, held) => {
        if (held.chunk.state === 'leased') await settleChunk(context, transaction, held, failure);
      });
      tell(lease.jobId);
    },

    async lost(lease, index, reason) {
      await asLeader(lease, async (transaction, job) => {
        const chunk = await lockChunk(transaction, job.id, index);
        if (chunk?.state !== 'done') return;
        const failure = { code: 'unavailable', message: reason };
        await reopenChunk(transaction, chunk, failure, { delayMs: 0, isFailure: false });
      });
      tell(lease.jobId);
    },

    async reap(rebootedNodeIds) {
      const counted = new Set<string>();
      for (const row of await readLostChunks(database, rebootedNodeIds)) {
        const found = { jobId: row.job_id, index: row.chunk_index, fence: row.fence };
        await withChunk(found, async (transaction, held) => {
          if (held.chunk.state !== 'leased') return;
          // A node that dies with several chunks of a job has died once.
          const death = `${row.job_id} ${row.lease_node_id}`;
          const failure = {
            code: 'lease_lost',
            message: `The encoder ${row.lease_node_id ?? ''} stopped answering while it made chunk ${row.chunk_index}.`,
            isRetryable: true,
            isHandover: counted.has(death),
          };
          counted.add(death);
          await settleChunk(context, transaction, held, failure);
        });
        tell(row.job_id);
      }
    },
  };
}

const takenOf = (row: ChunkRow | undefined): ChunkNews['taken'] =>
  row === undefined ? null : { index: row.chunk_index, fence: row.fence };

/** Writes the chunks of a job unless they are there, made by the same plan; returns how many are finished. */
async function declareChunks(
  transaction: ControlTransaction,
  job: JobRow,
  { recipe, plan, spans }: { recipe: string; plan: ChunkPlan; spans: readonly ChunkSpan[] },
): Promise<number> {
  const rows = await transaction
    .selectFrom('job_chunks')
    .selectAll()
    .where('job_id', '=', job.id)
    .orderBy('chunk_index')
    .execute();
  const isSame =
    job.chunk_recipe === recipe &&
    canonical(job.chunk_plan) === canonical(plan) &&
    canonical(rows.map(spanOf)) === canonical(spans);
  if (isSame) return rows.filter(({ state }) => state === 'done').length;
  await transaction.deleteFrom('job_chunks').where('job_id', '=', job.id).execute();
  for (let first = 0; first < spans.length; first += ROWS_PER_INSERT)
    await transaction
      .insertInto('job_chunks')
      .values(
        spans.slice(first, first + ROWS_PER_INSERT).map((span) => ({
          job_id: job.id,
          chunk_index: span.index,
          first_frame: span.firstFrame,
          frame_count: span.frameCount,
          first_segment: span.firstSegment,
          segment_count: span.segmentCount,
          state: 'ready' as const,
          // Above all that helpers of an earlier plan may still hold.
          fence: job.fence * FENCES_PER_ATTEMPT,
          ready_at_ms: databaseNowMs(),
        })),
      )
      .execute();
  await transaction
    .updateTable('jobs')
    .set({ chunk_plan: JSON.stringify(plan), chunk_recipe: recipe })
    .where('id', '=', job.id)
    .execute();
  return 0;
}

/** The same text for equal values: jsonb keeps no order of names. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    each !== null && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([left], [right]) => (left < right ? -1 : 1)))
      : each,
  );
}

/** What a helper made lies beside the job's own media; a leader fetches nothing else. */
function requireOwnKeys(job: JobRow, { packs }: ChunkResult): void {
  const prefix = `${job.project_id}/${job.asset_id}/v${job.asset_version}/`;
  if (packs.some(({ key }) => !key.startsWith(prefix) || key.includes('..')))
    throw new MeridianError('invalid_request', { reason: `body.result.packs: a key is not below ${prefix}` });
}
