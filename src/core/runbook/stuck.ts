// Is a step stuck? It is compared with itself: with how long it took in earlier runs. One slow run in twenty is usual,
// so the limit is the 95th percentile, times a factor, and never below a floor, since tiny durations vary most.

export interface StuckPolicy {
  /** Below so many earlier runs there is no history to speak of; the step's own timeout must do. */
  readonly samplesMin: number;
  readonly quantile: number;
  readonly factor: number;
  readonly floorMs: number;
}

export const DEFAULT_STUCK_POLICY: StuckPolicy = {
  samplesMin: 5,
  quantile: 0.95,
  factor: 2,
  floorMs: 10_000,
};

/**
 * How long a step may take before it counts as stuck, in milliseconds; null while its history is too short.
 * The quantile is the nearest rank: the smallest duration that at least that share of runs did not exceed.
 */
export function stuckLimitMs(
  durationsMs: readonly number[],
  policy: StuckPolicy = DEFAULT_STUCK_POLICY,
): number | null {
  if (durationsMs.length < policy.samplesMin) return null;
  const sorted = [...durationsMs].sort((one, other) => one - other);
  const rank = Math.max(1, Math.ceil(policy.quantile * sorted.length));
  return Math.max(policy.floorMs, (sorted[rank - 1] ?? 0) * policy.factor);
}
