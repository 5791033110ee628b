// What a viewer says of each of its requests to a pathway, once there is something to say: it was answered, it failed, or it
// came too late. Requests that were given up for the viewer's own reasons (another level, another video, a faster rival of an
// equal) say nothing of the pathway. Reads what the race of the request has decided; decides nothing itself.

import type { FailureReason } from './failover.ts';
import type { RaceEffect, RaceEvent, RaceState } from './request-race.ts';

export type AttemptVerdict =
  | { readonly attempt: number; readonly kind: 'failed'; readonly status: number; readonly isBlamed: boolean }
  | { readonly attempt: number; readonly kind: 'late'; readonly waitedMs: number };

/** Statuses that are an answer unless another pathway had the object. */
const ANSWERS: readonly number[] = [401, 403, 404];

function statusOf(reason: FailureReason): number {
  return reason.code === 'status' ? reason.status : 0;
}

/**
 * The verdict that an effect of a race brings, or undefined. `cause` is the event that made the race step. Give each effect
 * of each step once; successes come from the request itself.
 */
export function verdictOf(
  effect: RaceEffect,
  state: RaceState,
  cause: RaceEvent['type'],
  nowMs: number,
): AttemptVerdict | undefined {
  if (effect.type === 'cancel') {
    const attempt = state.attempts[effect.attempt];
    // Silent for longer than the viewer could wait: whether it is given up, overtaken, or answers now that nobody reads it.
    if (cause === 'abort' || attempt?.isLate !== true) return undefined;
    return { attempt: effect.attempt, kind: 'late', waitedMs: Math.round(nowMs - attempt.startedAtMs) };
  }
  if (effect.type !== 'report-failed') return undefined;
  const { reason } = effect;
  if (reason.code === 'no-first-byte' || reason.code === 'no-progress') return undefined;
  const attempt = state.attempts.findIndex(({ candidate }) => candidate === effect.candidate);
  const status = statusOf(reason);
  return { attempt, kind: 'failed', status, isBlamed: ANSWERS.includes(status) };
}
