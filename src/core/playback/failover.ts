// Decides which pathway the viewer's bytes come from: a sans-I/O machine over what requests report.
//
// A player plays one presentation; below it every request is routed in the order decided here. A pathway
// is `good`, `late` (a request waits longer than it may: new requests go elsewhere until it answers), or `bad` (it
// failed: skipped for a penalty that grows with each failure). The viewer leaves a bad pathway at once and comes
// back through steering alone, so that a healed region is not hit by everybody at the same moment. When everything
// is bad, the order still names every pathway: trying is better than giving up.
// hls.js's own penalty of 300 s (content-steering-controller.ts) is not used: it outlives most repairs.

/** First penalty: longer than a process restart, short enough that a brief fault costs little. */
export const PENALTY_FIRST_MS = 10_000;
/** Longest penalty: two minutes, since a region that failed five times will not be well sooner. */
export const PENALTY_MAX_MS = 120_000;
/** A late pathway is tried again after this: by then the silent request has answered or failed. */
export const LATE_MAX_MS = 2_000;
/** A failure this long ago is forgotten, and penalties start small again. */
export const FAILURE_MEMORY_MS = 300_000;
/** Moves kept for the overlay and for stats(); older ones are dropped. */
export const SWITCHES_MAX = 50;

export type FailureReason =
  | { readonly code: 'unreachable' }
  | { readonly code: 'no-first-byte'; readonly waitedMs: number }
  | { readonly code: 'no-progress'; readonly waitedMs: number }
  | { readonly code: 'status'; readonly status: number }
  | { readonly code: 'invalid' };

export type SwitchReason = FailureReason | { readonly code: 'steering' } | { readonly code: 'start' };

export type Switch = {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly reason: SwitchReason;
};

export type PathwayHealth = {
  readonly pathwayId: string;
  readonly condition: 'good' | 'late' | 'bad';
  /** When a late or bad condition lapses by itself. */
  readonly untilMs: number;
  readonly failures: number;
  readonly failedAtMs: number;
};

export type FailoverState = {
  readonly pathways: readonly PathwayHealth[];
  readonly priority: readonly string[];
  readonly current: string;
  readonly switches: readonly Switch[];
};

export type FailoverEvent =
  | { readonly type: 'known'; readonly pathwayIds: readonly string[]; readonly preferred: string }
  | { readonly type: 'steered'; readonly priority: readonly string[] }
  | { readonly type: 'late'; readonly pathwayId: string }
  | { readonly type: 'answered'; readonly pathwayId: string }
  | { readonly type: 'failed'; readonly pathwayId: string; readonly reason: FailureReason };

export type FailoverEffect =
  | { readonly type: 'lost'; readonly pathwayId: string }
  | { readonly type: 'moved'; readonly switch: Switch };

export type FailoverStep = { readonly state: FailoverState; readonly effects: readonly FailoverEffect[] };

/** The machine before anything is known. */
export function initialFailover(): FailoverState {
  return { pathways: [], priority: [], current: '', switches: [] };
}

/** One step: the next state and what the shell must do about it. */
export function stepFailover(state: FailoverState, event: FailoverEvent, nowMs: number): FailoverStep {
  switch (event.type) {
    case 'known':
      return learn(state, event.pathwayIds, event.preferred, nowMs);
    case 'steered':
      return move({ ...state, priority: event.priority }, { code: 'steering' }, nowMs);
    case 'late':
      return unchanged(
        change(state, event.pathwayId, (health) =>
          isBad(health, nowMs) ? health : { ...health, condition: 'late', untilMs: nowMs + LATE_MAX_MS },
        ),
      );
    case 'answered':
      return unchanged(change(state, event.pathwayId, (health) => heal(health, nowMs)));
    case 'failed':
      return fail(state, event.pathwayId, event.reason, nowMs);
  }
}

/** Every known pathway, best first: usable ones as steering orders them, then late ones, then those whose penalty ends next. */
export function orderOf(state: FailoverState, nowMs: number): readonly string[] {
  const rank = (health: PathwayHealth): number => {
    if (health.condition === 'good' || nowMs >= health.untilMs) return 0;
    return health.condition === 'late' ? 1 : 2;
  };
  const position = (pathwayId: string): number => {
    if (pathwayId === state.current) return -1;
    const index = state.priority.indexOf(pathwayId);
    return index < 0 ? state.priority.length : index;
  };
  return [...state.pathways]
    .sort((a, b) => {
      const byRank = rank(a) - rank(b);
      if (byRank !== 0) return byRank;
      if (rank(a) === 2 && a.untilMs !== b.untilMs) return a.untilMs - b.untilMs;
      return position(a.pathwayId) - position(b.pathwayId);
    })
    .map((health) => health.pathwayId);
}

/** Whether the pathway is inside its penalty. */
export function isBadPathway(state: FailoverState, pathwayId: string, nowMs: number): boolean {
  return state.pathways.some((health) => health.pathwayId === pathwayId && isBad(health, nowMs));
}

function isBad(health: PathwayHealth, nowMs: number): boolean {
  return health.condition === 'bad' && nowMs < health.untilMs;
}

function unchanged(state: FailoverState): FailoverStep {
  return { state, effects: [] };
}

function change(
  state: FailoverState,
  pathwayId: string,
  update: (health: PathwayHealth) => PathwayHealth,
): FailoverState {
  return {
    ...state,
    pathways: state.pathways.map((health) => (health.pathwayId === pathwayId ? update(health) : health)),
  };
}

/** An answer during the penalty may have been under way before the failure, so it proves nothing. */
function heal(health: PathwayHealth, nowMs: number): PathwayHealth {
  return isBad(health, nowMs) ? health : { ...health, condition: 'good' };
}

function learn(
  state: FailoverState,
  pathwayIds: readonly string[],
  preferred: string,
  nowMs: number,
): FailoverStep {
  const known = new Map(state.pathways.map((health) => [health.pathwayId, health]));
  const pathways = pathwayIds.map(
    (pathwayId): PathwayHealth =>
      known.get(pathwayId) ?? {
        pathwayId,
        condition: 'good',
        untilMs: 0,
        failures: 0,
        failedAtMs: Number.NEGATIVE_INFINITY,
      },
  );
  const priority = [preferred, ...pathwayIds.filter((pathwayId) => pathwayId !== preferred)];
  return move({ ...state, pathways, priority }, { code: 'start' }, nowMs);
}

function fail(state: FailoverState, pathwayId: string, reason: FailureReason, nowMs: number): FailoverStep {
  const health = state.pathways.find((candidate) => candidate.pathwayId === pathwayId);
  // Several requests fail together when a region goes; the first has done the work.
  if (health === undefined || isBad(health, nowMs)) return unchanged(state);
  const failures = nowMs - health.failedAtMs > FAILURE_MEMORY_MS ? 1 : health.failures + 1;
  const penaltyMs = Math.min(PENALTY_MAX_MS, PENALTY_FIRST_MS * 2 ** (failures - 1));
  const failed = change(state, pathwayId, () => ({
    pathwayId,
    condition: 'bad',
    untilMs: nowMs + penaltyMs,
    failures,
    failedAtMs: nowMs,
  }));
  const lost: FailoverEffect = { type: 'lost', pathwayId };
  if (pathwayId !== state.current) return { state: failed, effects: [lost] };
  const moved = move(failed, reason, nowMs);
  return { state: moved.state, effects: [lost, ...moved.effects] };
}

/** Makes the first pathway of the priority that is not bad the current one; lateness alone moves nobody. */
function move(state: FailoverState, reason: SwitchReason, nowMs: number): FailoverStep {
  const pathways = state.pathways.map(
    (health): PathwayHealth => (health.condition === 'late' ? { ...health, condition: 'good' } : health),
  );
  const to = orderOf({ ...state, pathways, current: '' }, nowMs)[0] ?? '';
  if (to === state.current) return unchanged(state);
  const entry: Switch = { atMs: nowMs, from: state.current, to, reason };
  const switches = [...state.switches, entry].slice(-SWITCHES_MAX);
  return { state: { ...state, current: to, switches }, effects: [{ type: 'moved', switch: entry }] };
}
