// Which node gets which job. A job belongs near its source: reading it from another region costs egress and time.
// So nodes in regions that hold the source come first. Others get the job when no node of a holding region lives,
// or when it has waited longer than the preference lasts (its own region is busy). Sites that drain get nothing.
// Projects share the encoders: whoever has fewest jobs running comes first, so that ten thousand uploads of one do not
// hold up the single one of another. Within a project the oldest comes first; among equal nodes the one with most free
// slots wins, so that work spreads. Source of the sharing: max-min fairness over whole jobs, as in Bertsekas and
// Gallager, "Data Networks", section 6.5.2.

export interface PlacementJob {
  readonly id: string;
  readonly projectId: string;
  readonly sourceRegionIds: readonly string[];
  /** Since when it could have run. */
  readonly readySinceMs: number;
}

/** A node that asks for work now. */
export interface PlacementClaimant {
  readonly nodeId: string;
  readonly regionId: string;
  readonly isDrained: boolean;
  readonly freeSlots: number;
}

export interface PlacementView {
  /** Ready jobs. */
  readonly jobs: readonly PlacementJob[];
  /** Jobs that nodes work on now, by project; none when absent. */
  readonly runningByProject: ReadonlyMap<string, number>;
  readonly claimants: readonly PlacementClaimant[];
  /** Regions in which an encoder lives at a site that does not drain, whether or not it asks now. */
  readonly liveRegionIds: ReadonlySet<string>;
}

export interface PlacementPolicy {
  /** How long a job waits for a node in a region that holds its source. */
  readonly preferenceMs: number;
}

/** A region that is alive asks again within milliseconds of finishing; a second is long enough to tell busy from free. */
export const DEFAULT_PLACEMENT_POLICY: PlacementPolicy = { preferenceMs: 1_000 };

export interface PlacementReason {
  readonly code:
    | 'holds_source'
    | 'no_holder_alive'
    | 'waited'
    | 'prefers_holder'
    | 'no_free_node'
    | 'drained';
  readonly subject: string;
  readonly values: Record<string, number>;
}

export interface PlacementAssignment {
  readonly jobId: string;
  readonly nodeId: string;
  readonly reason: PlacementReason;
}

export interface Placement {
  readonly assignments: readonly PlacementAssignment[];
  /** Why each other job or node goes without. */
  readonly reasons: readonly PlacementReason[];
  /** When a job that waits for its own region becomes free for all; null when none does. */
  readonly wakeAtMs: number | null;
}

/** Places jobs. Pure: equal views give equal placements. */
export function placeJobs(view: PlacementView, policy: PlacementPolicy, nowMs: number): Placement {
  const free = new Map<string, number>();
  const candidates: PlacementClaimant[] = [];
  const reasons: PlacementReason[] = [];
  for (const claimant of view.claimants) {
    if (claimant.isDrained) {
      reasons.push({ code: 'drained', subject: claimant.nodeId, values: {} });
      continue;
    }
    candidates.push(claimant);
    free.set(claimant.nodeId, claimant.freeSlots);
  }
  const assignments: PlacementAssignment[] = [];
  let wakeAtMs: number | null = null;
  for (const job of inTurn(view)) {
    const outcome = placeOne(job, candidates, free, view.liveRegionIds, policy, nowMs);
    if ('nodeId' in outcome) {
      assignments.push(outcome);
      free.set(outcome.nodeId, (free.get(outcome.nodeId) ?? 0) - 1);
      continue;
    }
    reasons.push(outcome);
    if (outcome.code === 'prefers_holder') {
      const freeAtMs = job.readySinceMs + policy.preferenceMs;
      wakeAtMs = wakeAtMs === null ? freeAtMs : Math.min(wakeAtMs, freeAtMs);
    }
  }
  return { assignments, reasons, wakeAtMs };
}

/** The jobs in the order in which their projects' turns come. */
export function inTurn(view: Pick<PlacementView, 'jobs' | 'runningByProject'>): PlacementJob[] {
  const turns = new Map(view.runningByProject);
  const oldestFirst = (left: PlacementJob, right: PlacementJob): number =>
    left.readySinceMs - right.readySinceMs || (left.id < right.id ? -1 : 1);
  const withTurns = [...view.jobs].sort(oldestFirst).map((job) => {
    const turn = turns.get(job.projectId) ?? 0;
    turns.set(job.projectId, turn + 1);
    return { job, turn };
  });
  return withTurns
    .sort((left, right) => left.turn - right.turn || oldestFirst(left.job, right.job))
    .map(({ job }) => job);
}

function placeOne(
  job: PlacementJob,
  candidates: readonly PlacementClaimant[],
  free: ReadonlyMap<string, number>,
  liveRegionIds: ReadonlySet<string>,
  policy: PlacementPolicy,
  nowMs: number,
): PlacementAssignment | PlacementReason {
  const holders = new Set(job.sourceRegionIds);
  const open = candidates.filter(({ nodeId }) => (free.get(nodeId) ?? 0) > 0);
  const near = pickFreest(
    open.filter(({ regionId }) => holders.has(regionId)),
    free,
  );
  const waitedMs = nowMs - job.readySinceMs;
  const values = { waitedMs, preferenceMs: policy.preferenceMs };
  if (near !== undefined)
    return {
      jobId: job.id,
      nodeId: near.nodeId,
      reason: { code: 'holds_source', subject: near.nodeId, values: { waitedMs } },
    };
  const far = pickFreest(open, free);
  if (far === undefined) return { code: 'no_free_node', subject: job.id, values: { waitedMs } };
  const livingHolders = job.sourceRegionIds.filter((regionId) => liveRegionIds.has(regionId)).length;
  if (livingHolders === 0)
    return {
      jobId: job.id,
      nodeId: far.nodeId,
      reason: {
        code: 'no_holder_alive',
        subject: far.nodeId,
        values: { holders: holders.size, livingHolders },
      },
    };
  if (waitedMs > policy.preferenceMs)
    return { jobId: job.id, nodeId: far.nodeId, reason: { code: 'waited', subject: far.nodeId, values } };
  return { code: 'prefers_holder', subject: job.id, values: { ...values, livingHolders } };
}

function pickFreest(
  claimants: readonly PlacementClaimant[],
  free: ReadonlyMap<string, number>,
): PlacementClaimant | undefined {
  return [...claimants].sort(
    (left, right) =>
      (free.get(right.nodeId) ?? 0) - (free.get(left.nodeId) ?? 0) || (left.nodeId < right.nodeId ? -1 : 1),
  )[0];
}
