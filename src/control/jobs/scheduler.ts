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
  const { clock, database, log } = context;
  const waiters = new Set<Waiter>();
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let isAgain = false;
  /** The next round that nobody will ask for: a preference or a backoff ends then. */
  let alarm: AbortController | undefined;

  function wake(): void {
    if (stopping.signal.aborted) return;
    if (running !== undefined) {
      isAgain = true;
      return;
    }
    running = runRounds().finally(() => {
      running = undefined;
      if (isAgain) wake();
    });
  }

  async function runRounds(): Promise<void> {
    do {
      isAgain = false;
      if (waiters.size === 0) return;
      try {
        await round();
      } catch (error) {
        // The database is away: whoever waits hears it now and asks again, instead of holding a dead line.
        for (const waiter of [...waiters]) waiter.reject(error);
      }
    } while (isAgain);
  }

  async function round(): Promise<void> {
    const ready = await readReadyJobs(database, PLACEMENT_JOBS_MAX);
    const jobs = ready.jobs.map(({ id, runAtMs, sourceRegionIds }) => ({
      id,
      sourceRegionIds,
      readySinceMs: runAtMs,
    }));
    const claimants = claimantsNow();
    const placement = placeJobs(
      { jobs, claimants, liveRegionIds: liveRegionIds() },
      DEFAULT_PLACEMENT_POLICY,
      ready.nowMs,
    );
    const given = new Map<string, LeasedJob[]>();
    for (const { jobId, nodeId, reason } of placement.assignments) {
      const row = await leaseJob(database, jobId, nodeId);
      if (row === undefined) continue;
      log.debug({ jobId, nodeId, reason }, 'placed a job');
      given.set(nodeId, [...(given.get(nodeId) ?? []), await toLeasedJob(row)]);
    }
    for (const [nodeId, leased] of given) await deliver(nodeId, leased);
    const next = Math.min(
      placement.wakeAtMs ?? Number.POSITIVE_INFINITY,
      ready.nextRunAtMs ?? Number.POSITIVE_INFINITY,
    );
    setAlarm(next - ready.nowMs);
  }

  function claimantsNow(): PlacementClaimant[] {
    const byNode = new Map<string, PlacementClaimant>();
    for (const waiter of waiters) {
      const node = fleet.node(waiter.nodeId);
      if (node === undefined || waiter.signal.aborted) continue;
      byNode.set(node.id, {
        nodeId: node.id,
        regionId: node.regionId,
        isDrained: fleet.site(node.siteId)?.drainStartedAtMs != null,
        freeSlots: Math.max(waiter.slots, byNode.get(node.id)?.freeSlots ?? 0),
      });
    }
    return [...byNode.values()];
  }

  function liveRegionIds(): ReadonlySet<string> {
    return new Set(
      fleet
        .sites()
        .filter(({ drainStartedAtMs }) => drainStartedAtMs === null)
        .flatMap(({ nodes }) => nodes.filter(({ isAlive, roles }) => isAlive && roles.includes('encoder')))
        .map(({ regionId }) => regionId),
    );
  }

  async function toLeasedJob(row: JobRow): Promise<LeasedJob> {
    const asset = await findAsset(database, row.asset_id);
    if (asset === undefined) throw new MeridianError('not_found', { what: 'asset of the job' });
    return {
      id: row.id,
      kind: row.kind,
      fence: row.fence,
      attempt: row.attempt,
      leaseUntilMs: row.lease_until_ms ?? 0,
      record: recordOf(asset),
    };
  }

  async function deliver(nodeId: string, leased: LeasedJob[]): Promise<void> {
    const waiter = [...waiters].find((each) => each.nodeId === nodeId && !each.signal.aborted);
    if (waiter !== undefined) {
      waiters.delete(waiter);
      return waiter.resolve(leased);
    }
    // It hung up while we leased: nobody would work on it until the lease runs out.
    for (const { id, fence } of leased) await returnLease(database, id, fence);
    isAgain = true;
  }

  function setAlarm(delayMs: number): void {
    alarm?.abort();
    if (!Number.isFinite(delayMs) || waiters.size === 0) return;
    const controller = new AbortController();
    alarm = controller;
    const signal = AbortSignal.any([controller.signal, stopping.signal]);
    clock.sleep(Math.max(1, delayMs + 1), signal).then(wake, () => undefined);
  }

  return {
    async claim(nodeId, slots, waitMs, signal) {
      if (waiters.size >= CLAIMS_MAX)
        throw new MeridianError('overloaded', { reason: 'too many open claims' });
      const answer = Promise.withResolvers<LeasedJob[]>();
      const waiter: Waiter = { nodeId, slots, signal, resolve: answer.resolve, reject: answer.reject };
      const ended = new AbortController();
      const leave = (): void => {
        waiters.delete(waiter);
        answer.resolve([]);
      };
      signal.addEventListener('abort', leave, { once: true });
      stopping.signal.addEventListener('abort', leave, { once: true });
      waiters.add(waiter);
      wake();
      // A claim that does not wait still deserves one whole round.
      const patience = waitMs === 0 ? (running ?? Promise.resolve()) : clock.sleep(waitMs, ended.signal);
      patience.then(leave, () => undefined);
      try {
        return await answer.promise;
      } finally {
        waiters.delete(waiter);
        ended.abort();
        signal.removeEventListener('abort', leave);
        stopping.signal.removeEventListener('abort', leave);
      }
    },
    wake,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
