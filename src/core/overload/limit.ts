// How many fetches an edge may have under way at once. The right number is not known beforehand and changes: it is
// found by additive increase while answers come as fast as they used to, and multiplicative decrease when they get
// slow or fail (AIMD on a latency gradient). What is slow is measured against the same origin's own quickest answers,
// since one origin stands next door and another across an ocean.
// Under the limit each priority may use a part: what can wait is turned away first (live > video > prefetch >
// replication), so that a viewer's segment still finds room when prefetches have taken all of theirs.
// Sources: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms", 1989; Netflix concurrency-limits
// (Gradient2), whose smoothing of the baseline is used here.

export type Priority = 'live' | 'video' | 'prefetch' | 'replication';

export interface LimitPolicy {
  readonly limitMin: number;
  readonly limitMax: number;
  readonly limitInitial: number;
  /** Answers slower than the baseline by this factor, and by `slackMs`, are slow. */
  readonly slowFactor: number;
  readonly slackMs: number;
  /** What is left of the limit after a slow answer, or a failure. */
  readonly decrease: number;
  /** The limit falls at most once in this time: what is under way was let in under the old one. */
  readonly decreaseEveryMs: number;
  /** How much the baseline follows each answer that is slower than it: hundreds of answers, not a burst, move it. */
  readonly baselineRise: number;
  /** The part of the limit that each priority may use. */
  readonly shares: Readonly<Record<Priority, number>>;
}

export const DEFAULT_LIMIT_POLICY: LimitPolicy = {
  // A player asks for two renditions, a handful of viewers must always get through.
  limitMin: 16,
  // Memory of flights bounds it anyway; a cold start of a busy edge needs some hundreds.
  limitMax: 1_024,
  limitInitial: 512,
  slowFactor: 4,
  // Below this a delay is noise of the machine.
  slackMs: 250,
  decrease: 0.8,
  decreaseEveryMs: 200,
  baselineRise: 0.000_2,
  shares: { live: 1, video: 0.9, prefetch: 0.5, replication: 0.25 },
};

export interface LimitState {
  readonly limit: number;
  readonly decreasedAtMs: number;
  /** Quickest usual answer by origin. */
  readonly baselines: ReadonlyMap<string, number>;
}

export interface FetchEnd {
  readonly originId: string;
  /** Until the first byte; null when it failed or took too long. */
  readonly latencyMs: number | null;
  /** Fetches under way, this one among them. */
  readonly inFlight: number;
}

export interface LimitReason {
  readonly code: 'steady' | 'raised' | 'slow' | 'failed';
  readonly subject: string;
  readonly values: Readonly<Record<string, number>>;
}

/** Origins remembered: those of a large world. */
const BASELINES_MAX = 256;

/** The state before anything was fetched. */
export function createLimitState(policy: LimitPolicy = DEFAULT_LIMIT_POLICY): LimitState {
  return { limit: policy.limitInitial, decreasedAtMs: Number.NEGATIVE_INFINITY, baselines: new Map() };
}

/** Whether one more fetch of a priority may begin. */
export function admits(
  state: LimitState,
  inFlight: number,
  priority: Priority,
  policy: LimitPolicy = DEFAULT_LIMIT_POLICY,
): boolean {
  return inFlight < Math.floor(state.limit * policy.shares[priority]);
}

/** The state after a fetch has ended, and why. */
export function noteFetch(
  state: LimitState,
  end: FetchEnd,
  nowMs: number,
  policy: LimitPolicy = DEFAULT_LIMIT_POLICY,
): { state: LimitState; reason: LimitReason } {
  const { originId, latencyMs, inFlight } = end;
  const known = state.baselines.get(originId);
  if (latencyMs === null) return lower(state, state.baselines, end, 'failed', nowMs, policy);
  const baseline = known ?? latencyMs;
  const next = latencyMs < baseline ? latencyMs : baseline + (latencyMs - baseline) * policy.baselineRise;
  const baselines = new Map(state.baselines);
  baselines.delete(originId);
  baselines.set(originId, next);
  if (baselines.size > BASELINES_MAX)
    for (const oldest of baselines.keys()) {
      baselines.delete(oldest);
      break;
    }
  const isSlow = latencyMs > baseline * policy.slowFactor && latencyMs > baseline + policy.slackMs;
  if (isSlow) return lower(state, baselines, end, 'slow', nowMs, policy);
  // A limit that nobody has come near says nothing about whether more would do.
  const isUsed = inFlight * 2 >= state.limit;
  const limit = isUsed ? Math.min(policy.limitMax, state.limit + 1) : state.limit;
  const code = limit > state.limit ? 'raised' : 'steady';
  return {
    state: { ...state, limit, baselines },
    reason: { code, subject: originId, values: { latencyMs, baselineMs: baseline, limit, inFlight } },
  };
}

function lower(
  state: LimitState,
  baselines: ReadonlyMap<string, number>,
  { originId, latencyMs, inFlight }: FetchEnd,
  code: 'slow' | 'failed',
  nowMs: number,
  policy: LimitPolicy,
): { state: LimitState; reason: LimitReason } {
  // Few fetches under way cannot be what makes an origin slow: it is ill, and another is asked.
  const isDue = nowMs - state.decreasedAtMs >= policy.decreaseEveryMs && inFlight * 2 >= policy.limitMin;
  const limit = isDue ? Math.max(policy.limitMin, Math.floor(state.limit * policy.decrease)) : state.limit;
  return {
    state: { limit, decreasedAtMs: isDue ? nowMs : state.decreasedAtMs, baselines },
    reason: {
      code,
      subject: originId,
      values: { latencyMs: latencyMs ?? -1, baselineMs: baselines.get(originId) ?? -1, limit, inFlight },
    },
  };
}
