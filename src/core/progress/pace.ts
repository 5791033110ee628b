// When work will be done at the rate at which it goes now. The rate is averaged over the last half minute or so, since
// encoders join and leave a job on its way; at the beginning of a stage it is the mean since then.
// Limits: no answer before some work has been seen, and none when nothing has moved for long.

/** How work went until now, of one stage. */
export interface Pace {
  readonly stage: string;
  readonly startedAtMs: number;
  readonly startShare: number;
  readonly atMs: number;
  /** Done, 0 to 1. */
  readonly share: number;
  /** Share done in a millisecond; null before anything has moved. */
  readonly sharePerMs: number | null;
}

/** Weight of the past falls to a third in this time. */
const MEMORY_MS = 30_000;
/** A rate taken over less says more about the report than about the work. */
const STEP_MS_MIN = 1_000;
/** Nothing moved for so long: whatever the rate was, it is no more. */
const STALL_MS = 60_000;

/** Takes in a report. */
export function advancePace(
  before: Pace | undefined,
  report: { readonly stage: string; readonly share: number },
  nowMs: number,
): Pace {
  const { stage, share } = report;
  // Another stage, or the work of a lost encoder is done again.
  if (before === undefined || before.stage !== stage || share < before.share)
    return { stage, startedAtMs: nowMs, startShare: share, atMs: nowMs, share, sharePerMs: null };
  const elapsedMs = nowMs - before.atMs;
  if (elapsedMs < STEP_MS_MIN || share === before.share) return before;
  const now = (share - before.share) / elapsedMs;
  const mean = (share - before.startShare) / (nowMs - before.startedAtMs);
  const weight = Math.exp(-elapsedMs / MEMORY_MS);
  const isYoung = nowMs - before.startedAtMs < MEMORY_MS;
  const sharePerMs =
    before.sharePerMs === null || isYoung ? mean : before.sharePerMs * weight + now * (1 - weight);
  return { ...before, atMs: nowMs, share, sharePerMs };
}

/** When the stage will be done; null while that cannot be told. */
export function estimateEndMs(pace: Pace, nowMs: number): number | null {
  if (pace.sharePerMs === null || pace.sharePerMs <= 0 || nowMs - pace.atMs > STALL_MS) return null;
  return Math.max(nowMs, Math.round(pace.atMs + (1 - pace.share) / pace.sharePerMs));
}
