// Which node gets which work: whole jobs, and chunks of long videos that helpers take beside the node that leads.
//
// Work belongs near its source: reading it from another region costs egress and time. So nodes in regions that hold
// the source come first, then those that have fetched a copy already. Others get a job when no node of a holding
// region lives, or when it has waited longer than the preference lasts (its own region is busy); they get a chunk only
// when so many are left for each node at work that the copy pays. Of equally near nodes the one with most free slots
// wins, then the faster one; of far ones the one from whose region the result comes back cheapest.
//
// Sites that drain and regions that are paused get nothing, regions that are scaled no more than was ordered. A job that has failed somewhere goes elsewhere first.
// Chunks of one video are all made by the same recipe, by a bounded number of nodes: few at first, one more with every
// chunk that came out well, a single one after a failure. So a file that kills encoders meets few of them.
//
// Order: priority, which rises with waiting so that nothing waits for ever; then what has nobody at work at all before
// chunks; then projects share the encoders: whoever has fewest running comes first, so that ten thousand uploads
// of one do not hold up the single one of another; then the oldest. Source of the sharing: max-min fairness over whole
// jobs, as in Bertsekas and Gallager, "Data Networks", section 6.5.2.

export interface PlacementJob {
  /** Of the job, or of the chunk: any unique text. */
  readonly id: string;
  readonly projectId: string;
  readonly sourceRegionIds: readonly string[];
  /** Since when it could have run. */
  readonly readySinceMs: number;
  /** 0 high, 1 normal, 2 low; absent: normal. */
  readonly priority?: number;
  /** The node at which it failed last. */
  readonly avoidsNodeId?: string | null;
  readonly source?: { readonly sha256: string; readonly bytes: number };
  /** Set of a chunk. */
  readonly chunk?: PlacementChunk;
}

export interface PlacementChunk {
  readonly jobId: string;
  /** Engine and version of the node that leads. */
  readonly recipe: string;
  /** Nodes that help now. */
  readonly helperNodeIds: readonly string[];
  readonly helpersMax: number;
  /** Chunks of the job that are not finished, those at work included. */
  readonly openCount: number;
}

/** A node that asks for work now. */
export interface PlacementClaimant {
  readonly nodeId: string;
  readonly regionId: string;
  readonly isDrained: boolean;
  readonly isPaused?: boolean;
  readonly freeSlots: number;
  /** What it said of itself; absent: an earlier version, which takes whole jobs alone. */
  readonly encoder?: {
    readonly recipe: string;
    readonly megapixelsPerSecond: number | null;
    /** SHA-256 of sources that it has copied. */
    readonly sources: readonly string[];
  };
}

export interface PlacementView {
  /** Ready work. */
  readonly jobs: readonly PlacementJob[];
  /** Jobs and chunks that nodes work on now, by project; none when absent. */
  readonly runningByProject: ReadonlyMap<string, number>;
  readonly claimants: readonly PlacementClaimant[];
  /** Regions in which an encoder lives at a site that gets work, whether or not it asks now. */
  readonly liveRegionIds: ReadonlySet<string>;
  /** Encoders that live there. */
  readonly liveNodeIds?: ReadonlySet<string>;
  /** Jobs and chunks that regions may still take, whatever their nodes ask for; absent: as many as those ask for. */
  readonly roomByRegion?: ReadonlyMap<string, number>;
  /** Egress cost of regions; 0 when absent. */
  readonly costPerGbByRegion?: ReadonlyMap<string, number>;
}

export interface PlacementPolicy {
  /** How long a job waits for a node in a region that holds its source. */
  readonly preferenceMs: number;
  /** How long failed work waits for another node than the one at which it failed. */
  readonly avoidMs: number;
  /** Priority rises by one after so much waiting. */
  readonly agingMs: number;
  /** A source is copied to one more node when so many chunks are left for each node at work. */
  readonly chunksPerNodeMin: number;
}

/** Nodes that may help with a job before anything has come of it: two, so that a file that kills them kills few. */
export const HELPERS_MAX_AT_START = 2;

export const DEFAULT_PLACEMENT_POLICY: PlacementPolicy = {
  // A region that is alive asks again within milliseconds of finishing; a second tells busy from free.
  preferenceMs: 1_000,
  // Others may be busy with a chunk for this long; past it the same node is better than none.
  avoidMs: 15_000,
  // Longer than a burst of urgent uploads, shorter than the patience of whoever sent the others.
  agingMs: 600_000,
  // Copying a source costs about as much time as encoding one chunk of it; three make it worth while.
  chunksPerNodeMin: 3,
};

export interface PlacementReason {
  readonly code:
    | 'holds_source'
    | 'has_copy'
    | 'no_holder_alive'
    | 'waited'
    | 'worth_copy'
    | 'prefers_holder'
    | 'no_free_node'
    | 'enough_helpers'
    | 'not_worth_copy'
    | 'drained'
    | 'paused';
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

interface Round {
  readonly view: PlacementView;
  readonly policy: PlacementPolicy;
  readonly nowMs: number;
  readonly candidates: readonly PlacementClaimant[];
  readonly free: Map<string, number>;
  /** By region; without an entry there is no limit beside the nodes' own. */
  readonly room: Map<string, number>;
  /** Nodes that help with a job, those of this round included. */
  readonly helpers: Map<string, Set<string>>;
}

/** Places work. Pure: equal views give equal placements. */
export function placeJobs(view: PlacementView, policy: PlacementPolicy, nowMs: number): Placement {
  const candidates: PlacementClaimant[] = [];
  const reasons: PlacementReason[] = [];
  for (const claimant of view.claimants) {
    if (claimant.isDrained) reasons.push({ code: 'drained', subject: claimant.nodeId, values: {} });
    else if (claimant.isPaused === true)
      reasons.push({ code: 'paused', subject: claimant.nodeId, values: {} });
    else candidates.push(claimant);
  }
  const free = new Map(candidates.map(({ nodeId, freeSlots }) => [nodeId, freeSlots]));
  const room = new Map(view.roomByRegion);
  const regionOf = new Map(candidates.map(({ nodeId, regionId }) => [nodeId, regionId]));
  const round: Round = { view, policy, nowMs, candidates, free, room, helpers: new Map() };
  const assignments: PlacementAssignment[] = [];
  const wakes: number[] = [];
  for (const job of inTurn(view, policy, nowMs)) {
    const outcome = job.chunk === undefined ? placeOne(job, round) : placeChunk(job, job.chunk, round);
    if ('nodeId' in outcome) {
      assignments.push(outcome);
      free.set(outcome.nodeId, (free.get(outcome.nodeId) ?? 0) - 1);
      const regionId = regionOf.get(outcome.nodeId) ?? '';
      const left = room.get(regionId);
      if (left !== undefined) room.set(regionId, left - 1);
      if (job.chunk !== undefined) helpersOf(job.chunk, round).add(outcome.nodeId);
      continue;
    }
    reasons.push(outcome);
    const waitsMs = nowMs - job.readySinceMs;
    if (outcome.code === 'prefers_holder') wakes.push(job.readySinceMs + policy.preferenceMs);
    else if (job.avoidsNodeId != null && waitsMs <= policy.avoidMs)
      wakes.push(job.readySinceMs + policy.avoidMs);
  }
  return { assignments, reasons, wakeAtMs: wakes.length === 0 ? null : Math.min(...wakes) };
}

/** Work in the order in which its turns come. */
export function inTurn(
  view: Pick<PlacementView, 'jobs' | 'runningByProject'>,
  policy: PlacementPolicy = DEFAULT_PLACEMENT_POLICY,
  nowMs = 0,
): PlacementJob[] {
  const turns = new Map(view.runningByProject);
  const rankOf = ({ priority = 1, readySinceMs }: PlacementJob): number =>
    Math.max(0, priority - Math.floor(Math.max(0, nowMs - readySinceMs) / policy.agingMs));
  const classOf = (job: PlacementJob): number => rankOf(job) * 2 + (job.chunk === undefined ? 0 : 1);
  const oldestFirst = (left: PlacementJob, right: PlacementJob): number =>
    left.readySinceMs - right.readySinceMs || (left.id < right.id ? -1 : 1);
  const withTurns = view.jobs
    .map((job) => ({ job, class: classOf(job) }))
    .sort((left, right) => left.class - right.class || oldestFirst(left.job, right.job))
    .map(({ job, class: classed }) => {
      const turn = turns.get(job.projectId) ?? 0;
      turns.set(job.projectId, turn + 1);
      return { job, turn, class: classed };
    });
  return withTurns
    .sort(
      (left, right) => left.class - right.class || left.turn - right.turn || oldestFirst(left.job, right.job),
    )
    .map(({ job }) => job);
}

function helpersOf(chunk: PlacementChunk, round: Round): Set<string> {
  const known = round.helpers.get(chunk.jobId) ?? new Set(chunk.helperNodeIds);
  round.helpers.set(chunk.jobId, known);
  return known;
}

/** Nodes with a free slot, but for the one at which the work failed a moment ago. */
function openFor(job: PlacementJob, round: Round): PlacementClaimant[] {
  const { candidates, free, policy, nowMs, room, view } = round;
  const others = [...(view.liveNodeIds ?? [])].some((nodeId) => nodeId !== job.avoidsNodeId);
  const isAvoiding = others && nowMs - job.readySinceMs <= policy.avoidMs;
  return candidates.filter(
    ({ nodeId, regionId }) =>
      (free.get(nodeId) ?? 0) > 0 &&
      (room.get(regionId) ?? 1) > 0 &&
      !(isAvoiding && nodeId === job.avoidsNodeId),
  );
}

function placeOne(job: PlacementJob, round: Round): PlacementAssignment | PlacementReason {
  const { policy, nowMs, view } = round;
  const holders = new Set(job.sourceRegionIds);
  const open = openFor(job, round);
  const near = pickFreest(
    open.filter(({ regionId }) => holders.has(regionId)),
    round,
  );
  const waitedMs = nowMs - job.readySinceMs;
  if (near !== undefined) return give(job, near, 'holds_source', { waitedMs, ...speedOf(near) });
  const copied = pickFreest(
    open.filter((claimant) => hasCopy(claimant, job)),
    round,
  );
  if (copied !== undefined) return give(job, copied, 'has_copy', { waitedMs, ...speedOf(copied) });
  const far = pickFreest(open, round);
  if (far === undefined) return { code: 'no_free_node', subject: job.id, values: { waitedMs } };
  const livingHolders = job.sourceRegionIds.filter((regionId) => view.liveRegionIds.has(regionId)).length;
  const values = { waitedMs, preferenceMs: policy.preferenceMs };
  if (livingHolders === 0)
    return give(job, far, 'no_holder_alive', { holders: holders.size, livingHolders, ...speedOf(far) });
  if (waitedMs > policy.preferenceMs)
    return give(job, far, 'waited', { ...values, ...copyCost(job, round), ...speedOf(far) });
  return { code: 'prefers_holder', subject: job.id, values: { ...values, livingHolders } };
}

function placeChunk(
  job: PlacementJob,
  chunk: PlacementChunk,
  round: Round,
): PlacementAssignment | PlacementReason {
  const { policy, nowMs, view } = round;
  const waitedMs = nowMs - job.readySinceMs;
  const helpers = helpersOf(chunk, round);
  const counts = { helpers: helpers.size, helpersMax: chunk.helpersMax, openChunks: chunk.openCount };
  const open = openFor(job, round).filter(({ encoder }) => encoder?.recipe === chunk.recipe);
  const welcome = helpers.size < chunk.helpersMax ? open : open.filter(({ nodeId }) => helpers.has(nodeId));
  if (welcome.length === 0)
    return open.length === 0
      ? { code: 'no_free_node', subject: job.id, values: { waitedMs } }
      : { code: 'enough_helpers', subject: job.id, values: counts };
  const holders = new Set(job.sourceRegionIds);
  const near = pickFreest(
    welcome.filter(({ regionId }) => holders.has(regionId)),
    round,
  );
  if (near !== undefined) return give(job, near, 'holds_source', { ...counts, ...speedOf(near) });
  const copied = pickFreest(
    welcome.filter((claimant) => hasCopy(claimant, job)),
    round,
  );
  if (copied !== undefined) return give(job, copied, 'has_copy', { ...counts, ...speedOf(copied) });
  const chunksPerNode = chunk.openCount / (helpers.size + 1);
  const cost = copyCost(job, round);
  if (chunksPerNode < policy.chunksPerNodeMin)
    return { code: 'not_worth_copy', subject: job.id, values: { ...counts, chunksPerNode, ...cost } };
  const costOf = ({ regionId }: PlacementClaimant): number => view.costPerGbByRegion?.get(regionId) ?? 0;
  const cheapest = Math.min(...welcome.map(costOf));
  const far = pickFreest(
    welcome.filter((claimant) => costOf(claimant) === cheapest),
    round,
  );
  if (far === undefined) return { code: 'no_free_node', subject: job.id, values: { waitedMs } };
  const values = { ...counts, chunksPerNode, ...cost, returnCostPerGb: cheapest, ...speedOf(far) };
  return give(job, far, 'worth_copy', values);
}

function give(
  job: PlacementJob,
  { nodeId }: PlacementClaimant,
  code: PlacementReason['code'],
  values: Record<string, number>,
): PlacementAssignment {
  return { jobId: job.id, nodeId, reason: { code, subject: nodeId, values } };
}

function hasCopy({ encoder }: PlacementClaimant, { source }: PlacementJob): boolean {
  return source !== undefined && encoder?.sources.includes(source.sha256) === true;
}

/** What it costs to read the source from the cheapest region that holds it. */
function copyCost({ source, sourceRegionIds }: PlacementJob, { view }: Round): Record<string, number> {
  if (source === undefined) return {};
  const costs = sourceRegionIds.map((regionId) => view.costPerGbByRegion?.get(regionId) ?? 0);
  const sourceGb = source.bytes / 1e9;
  return { sourceGb, egressCost: sourceGb * (costs.length === 0 ? 0 : Math.min(...costs)) };
}

function speedOf({ encoder }: PlacementClaimant): Record<string, number> {
  const speed = encoder?.megapixelsPerSecond ?? null;
  return speed === null ? {} : { megapixelsPerSecond: speed };
}

function pickFreest(claimants: readonly PlacementClaimant[], { free }: Round): PlacementClaimant | undefined {
  const speed = ({ encoder }: PlacementClaimant): number => encoder?.megapixelsPerSecond ?? 0;
  return [...claimants].sort(
    (left, right) =>
      (free.get(right.nodeId) ?? 0) - (free.get(left.nodeId) ?? 0) ||
      speed(right) - speed(left) ||
      (left.nodeId < right.nodeId ? -1 : 1),
  )[0];
}
