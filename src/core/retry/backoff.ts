// When to try again after a failure: exponential backoff with full-range jitter on its upper half, so that many
// jobs which failed together do not come back together, and none comes back at once.
// Source: "Exponential Backoff And Jitter", AWS Architecture Blog, the "equal jitter" variant.

export interface BackoffPolicy {
  /** Mean-ish delay before the second attempt. */
  readonly baseMs: number;
  /** No delay is longer. */
  readonly delayMsMax: number;
  /** Attempts before the job is buried. */
  readonly attemptsMax: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { baseMs: 1_000, delayMsMax: 300_000, attemptsMax: 5 };

export type RetryDecision =
  | { readonly kind: 'retry'; readonly delayMs: number; readonly attemptsLeft: number }
  | { readonly kind: 'bury'; readonly attempts: number };

/**
 * Decides what follows a failed attempt.
 * @param attempt the attempt that has just failed, counted from 1
 * @param attemptsMax attempts that this job may have
 * @param random a number in [0, 1)
 */
export function decideRetry(
  attempt: number,
  attemptsMax: number,
  policy: BackoffPolicy,
  random: number,
): RetryDecision {
  if (attempt >= attemptsMax) return { kind: 'bury', attempts: attempt };
  return { kind: 'retry', delayMs: backoffMs(attempt, policy, random), attemptsLeft: attemptsMax - attempt };
}

/** Delay after the given attempt (from 1): between half of the exponential step and the whole of it. */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: number): number {
  const stepMs = Math.min(policy.delayMsMax, policy.baseMs * 2 ** Math.max(0, attempt - 1));
  return Math.round(stepMs / 2 + (stepMs / 2) * random);
}
