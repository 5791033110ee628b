// Gives ready jobs to nodes that wait for work. Claims are held open here; whatever may change the answer (a new
// upload, a retry, a new claim) starts a round at once, so that nothing waits for a poll. A round reads the ready
// work, lets core/placement decide, and leases. One round runs at a time; what arrives meanwhile starts the next.

import { defined } from '#base/assert.ts';
import type { PlacementView } from '#contract/api/jobs.ts';
import { MeridianError } from '#contract/errors.ts';
import type { EncoderFacts, LeasedChunk, LeasedJob } from '#contract/jobs.ts';
import {
  DEFAULT_PLACEMENT_POLICY,
  type Placement,
  type PlacementAssignment,
  type PlacementClaimant,
  type PlacementJob,
  placeJobs,
} from '#core/placement/placement.ts';
import { jobEncoding } from '../catalog/encoding.ts';
import { findAsset, recordOf } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet, FleetNode } from '../fleet/fleet.ts';
import { CLAIMS_MAX, PLACEMENT_JOBS_MAX } from '../limits.ts';
import { assetOfVersion } from '../storage/versions.ts';
import {
  type ChunkRow,
  chunkWorkId,
  leaseChunk,
  type ReadyChunk,
  readReadyChunks,
  returnChunk,
  spanOf,
} from './chunk-store.ts';
import { countRunning, readScales } from './slots.ts';
import { type JobRow, leaseJob, noteWaiting, type ReadyJob, readReadyJobs, returnLease } from './store.ts';

export interface Scheduler {
  /** Waits for work for a node; empty when there was none in time. */
  claim(ask: WorkAsk, waitMs: number, signal: AbortSignal): Promise<LeasedWork>;
  /** What encoders said of themselves when they last asked. */
  encoders(): ReadonlyMap<string, KnownEncoder>;
  /** Something changed: look again, now. */
  wake(): void;
  /** Ends all waiting claims with nothing. */
  stop(): Promise<void>;
}

/** What a node asks for. */
export interface WorkAsk {
  readonly nodeId: string;
  readonly slots: number;
  /** Absent: an encoder of an earlier version, which says nothing of itself. */
  readonly encoder?: EncoderFacts | undefined;
}

export interface KnownEncoder {
  readonly facts: EncoderFacts;
  /** For which it asks now; null: it does not ask. */
  readonly freeSlots: number | null;
}

/** What a node is given. */
export interface LeasedWork {
  readonly jobs: readonly LeasedJob[];
  readonly chunks: readonly LeasedChunk[];
}

const NOTHING: LeasedWork = { jobs: [], chunks: [] };

/** Leased, and not yet told to its node. */
interface Parcel {
  readonly jobs: { readonly row: JobRow; readonly leased: LeasedJob }[];
  readonly chunks: { readonly row: ChunkRow; readonly leased: LeasedChunk }[];
}

interface Waiter extends WorkAsk {
  readonly signal: AbortSignal;
  resolve(work: LeasedWork): void;
  reject(error: unknown): void;
}

/** Creates the scheduler. */
export function createScheduler(context: ControlContext, fleet: Fleet): Scheduler {
  return new WaitingScheduler(context, fleet);
}

class WaitingScheduler implements Scheduler {
  readonly #clock: ControlContext['clock'];
  readonly #database: ControlContext['database'];
  readonly #config: ControlContext['config'];
  readonly #log: ControlContext['log'];
  readonly #fleet: Fleet;
  readonly #waiters = new Set<Waiter>();
  /** Of every node that ever asked: a few hundred bytes for each of a fleet. */
  readonly #facts = new Map<string, EncoderFacts>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #isAgain = false;
  /** The next round that nobody will ask for: a preference or a backoff ends then. */
  #alarm: AbortController | undefined;

  constructor({ clock, config, database, log }: ControlContext, fleet: Fleet) {
    this.#config = config;
    this.#clock = clock;
    this.#database = database;
    this.#log = log;
    this.#fleet = fleet;
  }

  async claim(ask: WorkAsk, waitMs: number, signal: AbortSignal): Promise<LeasedWork> {
    if (this.#waiters.size >= CLAIMS_MAX)
      throw new MeridianError('overloaded', { reason: 'too many open claims' });
    const answer = Promise.withResolvers<LeasedWork>();
    const waiter: Waiter = { ...ask, signal, resolve: answer.resolve, reject: answer.reject };
    if (ask.encoder !== undefined) this.#facts.set(ask.nodeId, ask.encoder);
    const ended = new AbortController();
    const leave = (): void => {
      this.#waiters.delete(waiter);
      answer.resolve(NOTHING);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#stopping.signal.addEventListener('abort', leave, { once: true });
    this.#waiters.add(waiter);
    this.wake();
    // A claim that does not wait still deserves one whole round.
    const patience =
      waitMs === 0 ? (this.#running ?? Promise.resolve()) : this.#clock.sleep(waitMs, ended.signal);
    patience.then(leave, () => undefined);
    try {
      return await answer.promise;
    } finally {
      this.#waiters.delete(waiter);
      ended.abort();
      signal.removeEventListener('abort', leave);
      this.#stopping.signal.removeEventListener('abort', leave);
    }
  }

  encoders(): ReadonlyMap<string, KnownEncoder> {
    const free = new Map(this.#claimantsNow().map(({ nodeId, freeSlots }) => [nodeId, freeSlots]));
    return new Map(
      [...this.#facts].map(([nodeId, facts]) => [nodeId, { facts, freeSlots: free.get(nodeId) ?? null }]),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  wake(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#running !== undefined) {
      this.#isAgain = true;
      return;
    }
    this.#running = this.#runRounds().finally(() => {
      this.#running = undefined;
      if (this.#isAgain) this.wake();
    });
  }

  async #runRounds(): Promise<void> {
    do {
      this.#isAgain = false;
      if (this.#waiters.size === 0) return;
      try {
        await this.#round();
      } catch (error) {
        // The database is away: whoever waits hears it now and asks again, instead of holding a dead line.
        for (const waiter of [...this.#waiters]) waiter.reject(error);
      }
    } while (this.#isAgain);
  }

  async #round(): Promise<void> {
    const ready = await readReadyJobs(this.#database, PLACEMENT_JOBS_MAX);
    const chunks = await readReadyChunks(this.#database, PLACEMENT_JOBS_MAX);
    const paused = await this.#database.selectFrom('encoding_pauses').select('region_id').execute();
    const pausedIds = new Set(paused.map(({ region_id }) => region_id));
    const live = this.#liveEncoders(pausedIds);
    const placement = placeJobs(
      {
        jobs: [...ready.jobs.map(jobWork), ...chunks.map(chunkWork)],
        runningByProject: ready.runningByProject,
        claimants: this.#claimantsNow(pausedIds),
        liveRegionIds: new Set(live.map(({ regionId }) => regionId)),
        liveNodeIds: new Set(live.map(({ id }) => id)),
        ...(await this.#roomByRegion()),
        costPerGbByRegion: new Map(this.#config.regions.map(({ id, costPerGb }) => [id, costPerGb])),
      },
      DEFAULT_PLACEMENT_POLICY,
      ready.nowMs,
    );
    const given = await this.#lease(placement.assignments, chunks);
    await this.#noteWaiting(ready.jobs, placement);
    for (const [nodeId, parcel] of given) await this.#deliver(nodeId, parcel);
    // Another claim of the same node may wait for the next job.
    if (given.size > 0) this.#isAgain = true;
    const next = Math.min(
      placement.wakeAtMs ?? Number.POSITIVE_INFINITY,
      ready.nextRunAtMs ?? Number.POSITIVE_INFINITY,
    );
    this.#setAlarm(next - ready.nowMs);
  }

  /** What regions that are scaled may still take. */
  async #roomByRegion(): Promise<{ roomByRegion?: ReadonlyMap<string, number> }> {
    const scales = await readScales(this.#database);
    if (scales.size === 0) return {};
    const running = await countRunning(this.#database);
    const busy = new Map<string, number>();
    for (const [nodeId, count] of running) {
      const regionId = this.#fleet.node(nodeId)?.regionId ?? '';
      busy.set(regionId, (busy.get(regionId) ?? 0) + count);
    }
    return {
      roomByRegion: new Map(
        [...scales].map(([regionId, { count }]) => [regionId, count - (busy.get(regionId) ?? 0)]),
      ),
    };
  }

  async #lease(
    assignments: readonly PlacementAssignment[],
    chunks: readonly ReadyChunk[],
  ): Promise<Map<string, Parcel>> {
    const given = new Map<string, Parcel>();
    const byWorkId = new Map(chunks.map((chunk) => [chunkWorkId(chunk.jobId, chunk.index), chunk]));
    for (const { jobId: workId, nodeId, reason } of assignments) {
      const parcel = given.get(nodeId) ?? { jobs: [], chunks: [] };
      const placement: PlacementView = { atMs: this.#clock.nowMs(), nodeId, reason };
      const chunk = byWorkId.get(workId);
      if (chunk === undefined) {
        const row = await leaseJob(this.#database, workId, nodeId, placement);
        if (row === undefined) continue;
        parcel.jobs.push({ row, leased: await this.#toLeasedJob(row) });
      } else {
        const regionId = this.#fleet.node(nodeId)?.regionId ?? null;
        const where = { nodeId, regionId, placement };
        const row = await leaseChunk(this.#database, chunk.jobId, chunk.index, where);
        if (row === undefined) continue;
        parcel.chunks.push({ row, leased: await this.#toLeasedChunk(row) });
      }
      given.set(nodeId, parcel);
      this.#log.debug({ workId, nodeId, reason }, 'placed work');
    }
    return given;
  }

  /** Keeps why a job waits, when that is news. */
  async #noteWaiting(jobs: readonly ReadyJob[], { reasons }: Placement): Promise<void> {
    const byJob = new Map(jobs.map((job) => [job.id, job]));
    for (const reason of reasons) {
      const job = byJob.get(reason.subject);
      if (job === undefined || job.waitingCode === reason.code) continue;
      await noteWaiting(this.#database, job.id, { atMs: this.#clock.nowMs(), nodeId: null, reason });
    }
  }

  #claimantsNow(pausedRegionIds: ReadonlySet<string> = new Set()): PlacementClaimant[] {
    const byNode = new Map<string, PlacementClaimant>();
    for (const waiter of this.#waiters) {
      const node = this.#fleet.node(waiter.nodeId);
      if (node === undefined || waiter.signal.aborted) continue;
      byNode.set(node.id, {
        nodeId: node.id,
        regionId: node.regionId,
        isDrained: this.#fleet.site(node.siteId)?.drainStartedAtMs != null,
        isPaused: pausedRegionIds.has(node.regionId),
        freeSlots: Math.max(waiter.slots, byNode.get(node.id)?.freeSlots ?? 0),
        ...(waiter.encoder === undefined ? {} : { encoder: waiter.encoder }),
      });
    }
    return [...byNode.values()];
  }

  /** Encoders that live at sites which get work, whether or not they ask now. */
  #liveEncoders(pausedRegionIds: ReadonlySet<string>): readonly FleetNode[] {
    return this.#fleet
      .sites()
      .filter(({ drainStartedAtMs, regionId }) => drainStartedAtMs === null && !pausedRegionIds.has(regionId))
      .flatMap(({ nodes }) => nodes.filter(({ isAlive, roles }) => isAlive && roles.includes('encoder')));
  }

  async #toLeasedJob(row: JobRow): Promise<LeasedJob> {
    const asset = await findAsset(this.#database, row.asset_id);
    if (asset === undefined) throw new MeridianError('not_found', { what: 'asset of the job' });
    const version = await assetOfVersion(this.#database, asset, row.asset_version);
    return {
      id: row.id,
      kind: row.kind,
      fence: row.fence,
      attempt: row.attempt,
      leaseUntilMs: row.lease_until_ms ?? 0,
      record: recordOf(version),
      ...(await jobEncoding(this.#database, version)),
      ...(await this.#loudnessOf(asset.project_id)),
    };
  }

  async #toLeasedChunk(chunk: ChunkRow): Promise<LeasedChunk> {
    const job = await this.#database
      .selectFrom('jobs')
      .selectAll()
      .where('id', '=', chunk.job_id)
      .executeTakeFirstOrThrow();
    const { record } = await this.#toLeasedJob(job);
    return {
      jobId: job.id,
      fence: chunk.fence,
      attempt: job.attempt,
      leaseUntilMs: chunk.lease_until_ms ?? 0,
      record,
      span: spanOf(chunk),
      plan: defined(job.chunk_plan, 'the plan of a job with chunks'),
    };
  }

  async #loudnessOf(projectId: string): Promise<Pick<LeasedJob, 'targetLufs'>> {
    const row = await this.#database
      .selectFrom('projects')
      .select('target_lufs')
      .where('id', '=', projectId)
      .executeTakeFirst();
    const targetLufs = row?.target_lufs ?? null;
    return targetLufs === null ? {} : { targetLufs };
  }

  async #deliver(nodeId: string, { jobs, chunks }: Parcel): Promise<void> {
    const waiter = [...this.#waiters]
      .filter((each) => each.nodeId === nodeId && !each.signal.aborted)
      .sort((left, right) => right.slots - left.slots)[0];
    if (waiter !== undefined) {
      this.#waiters.delete(waiter);
      return waiter.resolve({
        jobs: jobs.map(({ leased }) => leased),
        chunks: chunks.map(({ leased }) => leased),
      });
    }
    // It hung up while we leased: nobody would work on it until the lease runs out.
    for (const { row } of jobs) await returnLease(this.#database, row.id, row.fence);
    for (const { row } of chunks) await returnChunk(this.#database, row);
    this.#isAgain = true;
  }

  #setAlarm(delayMs: number): void {
    this.#alarm?.abort();
    if (!Number.isFinite(delayMs) || this.#waiters.size === 0) return;
    const controller = new AbortController();
    this.#alarm = controller;
    const signal = AbortSignal.any([controller.signal, this.#stopping.signal]);
    this.#clock.sleep(Math.max(1, delayMs + 1), signal).then(
      () => this.wake(),
      () => undefined,
    );
  }
}

function jobWork(job: ReadyJob): PlacementJob {
  return {
    id: job.id,
    projectId: job.projectId,
    sourceRegionIds: job.sourceRegionIds,
    readySinceMs: job.runAtMs,
    priority: job.priority,
    avoidsNodeId: job.failedNodeId,
    source: job.source,
  };
}

function chunkWork(chunk: ReadyChunk): PlacementJob {
  const { jobId, index, recipe, helpersMax, helperNodeIds, openCount } = chunk;
  return {
    id: chunkWorkId(jobId, index),
    projectId: chunk.projectId,
    sourceRegionIds: chunk.sourceRegionIds,
    readySinceMs: chunk.readyAtMs,
    priority: chunk.priority,
    avoidsNodeId: chunk.failedNodeId,
    source: chunk.source,
    chunk: { jobId, recipe, helpersMax, helperNodeIds, openCount },
  };
}
