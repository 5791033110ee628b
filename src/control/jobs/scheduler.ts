// Gives ready jobs to nodes that wait for work. Claims are held open here; whatever may change the answer (a new
// upload, a retry, a new claim) starts a round at once, so that nothing waits for a poll. A round reads the ready
// jobs, lets core/placement decide, and leases. One round runs at a time; what arrives meanwhile starts the next.

import { MeridianError } from '#contract/errors.ts';
import type { LeasedJob } from '#contract/jobs.ts';
import { DEFAULT_PLACEMENT_POLICY, type PlacementClaimant, placeJobs } from '#core/placement/placement.ts';
import { findAsset, recordOf } from '../catalog/store.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { CLAIMS_MAX, PLACEMENT_JOBS_MAX } from '../limits.ts';
import { assetOfVersion } from '../storage/versions.ts';
import { type JobRow, leaseJob, readReadyJobs, returnLease } from './store.ts';

export interface Scheduler {
  /** Waits for work for a node; empty when there was none in time. */
  claim(nodeId: string, slots: number, waitMs: number, signal: AbortSignal): Promise<LeasedJob[]>;
  /** Something changed: look again, now. */
  wake(): void;
  /** Ends all waiting claims with nothing. */
  stop(): Promise<void>;
}

interface Waiter {
  readonly nodeId: string;
  readonly slots: number;
  readonly signal: AbortSignal;
  resolve(jobs: LeasedJob[]): void;
  reject(error: unknown): void;
}

/** Creates the scheduler. */
export function createScheduler(context: ControlContext, fleet: Fleet): Scheduler {
  return new WaitingScheduler(context, fleet);
}

class WaitingScheduler implements Scheduler {
  readonly #clock: ControlContext['clock'];
  readonly #database: ControlContext['database'];
  readonly #log: ControlContext['log'];
  readonly #fleet: Fleet;
  readonly #waiters = new Set<Waiter>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #isAgain = false;
  /** The next round that nobody will ask for: a preference or a backoff ends then. */
  #alarm: AbortController | undefined;

  constructor({ clock, database, log }: ControlContext, fleet: Fleet) {
    this.#clock = clock;
    this.#database = database;
    this.#log = log;
    this.#fleet = fleet;
  }

  async claim(nodeId: string, slots: number, waitMs: number, signal: AbortSignal): Promise<LeasedJob[]> {
    if (this.#waiters.size >= CLAIMS_MAX)
      throw new MeridianError('overloaded', { reason: 'too many open claims' });
    const answer = Promise.withResolvers<LeasedJob[]>();
    const waiter: Waiter = { nodeId, slots, signal, resolve: answer.resolve, reject: answer.reject };
    const ended = new AbortController();
    const leave = (): void => {
      this.#waiters.delete(waiter);
      answer.resolve([]);
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
    const jobs = ready.jobs.map(({ id, projectId, runAtMs, sourceRegionIds }) => ({
      id,
      projectId,
      sourceRegionIds,
      readySinceMs: runAtMs,
    }));
    const runningByProject = new Map(
      ready.jobs.map(({ projectId, runningOfProject }) => [projectId, runningOfProject]),
    );
    const claimants = this.#claimantsNow();
    const placement = placeJobs(
      { jobs, runningByProject, claimants, liveRegionIds: this.#liveRegionIds() },
      DEFAULT_PLACEMENT_POLICY,
      ready.nowMs,
    );
    const given = new Map<string, LeasedJob[]>();
    for (const { jobId, nodeId, reason } of placement.assignments) {
      const row = await leaseJob(this.#database, jobId, nodeId);
      if (row === undefined) continue;
      this.#log.debug({ jobId, nodeId, reason }, 'placed a job');
      given.set(nodeId, [...(given.get(nodeId) ?? []), await this.#toLeasedJob(row)]);
    }
    for (const [nodeId, leased] of given) await this.#deliver(nodeId, leased);
    // Another claim of the same node may wait for the next job.
    if (given.size > 0) this.#isAgain = true;
    const next = Math.min(
      placement.wakeAtMs ?? Number.POSITIVE_INFINITY,
      ready.nextRunAtMs ?? Number.POSITIVE_INFINITY,
    );
    this.#setAlarm(next - ready.nowMs);
  }

  #claimantsNow(): PlacementClaimant[] {
    const byNode = new Map<string, PlacementClaimant>();
    for (const waiter of this.#waiters) {
      const node = this.#fleet.node(waiter.nodeId);
      if (node === undefined || waiter.signal.aborted) continue;
      byNode.set(node.id, {
        nodeId: node.id,
        regionId: node.regionId,
        isDrained: this.#fleet.site(node.siteId)?.drainStartedAtMs != null,
        freeSlots: Math.max(waiter.slots, byNode.get(node.id)?.freeSlots ?? 0),
      });
    }
    return [...byNode.values()];
  }

  #liveRegionIds(): ReadonlySet<string> {
    return new Set(
      this.#fleet
        .sites()
        .filter(({ drainStartedAtMs }) => drainStartedAtMs === null)
        .flatMap(({ nodes }) => nodes.filter(({ isAlive, roles }) => isAlive && roles.includes('encoder')))
        .map(({ regionId }) => regionId),
    );
  }

  async #toLeasedJob(row: JobRow): Promise<LeasedJob> {
    const asset = await findAsset(this.#database, row.asset_id);
    if (asset === undefined) throw new MeridianError('not_found', { what: 'asset of the job' });
    return {
      id: row.id,
      kind: row.kind,
      fence: row.fence,
      attempt: row.attempt,
      leaseUntilMs: row.lease_until_ms ?? 0,
      record: recordOf(await assetOfVersion(this.#database, asset, row.asset_version)),
      ...(await this.#loudnessOf(asset.project_id)),
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

  async #deliver(nodeId: string, leased: LeasedJob[]): Promise<void> {
    const waiter = [...this.#waiters]
      .filter((each) => each.nodeId === nodeId && !each.signal.aborted)
      .sort((left, right) => right.slots - left.slots)[0];
    if (waiter !== undefined) {
      this.#waiters.delete(waiter);
      return waiter.resolve(leased);
    }
    // It hung up while we leased: nobody would work on it until the lease runs out.
    for (const { id, fence } of leased) await returnLease(this.#database, id, fence);
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
