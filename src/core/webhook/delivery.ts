// What follows an attempt to deliver an event: done, again later, or given up; and what it says about the endpoint:
// well, struggling (then it is asked rarely, so that a dead one costs next to nothing), or paused.
//
// One delivery is retried with growing, jittered delays for about a day, counted from its first attempt, so that a
// control plane that was itself away takes no event's chances. An endpoint that answered nothing well for three
// days is paused: by then somebody has to look anyway, and what waits is kept.
// The delays are those of core/retry; the reading of status codes follows Standard Webhooks ("Endpoint responses").

import { type BackoffPolicy, backoffMs } from '../retry/backoff.ts';

export interface DeliveryPolicy {
  readonly backoff: Pick<BackoffPolicy, 'baseMs' | 'delayMsMax'>;
  /** A delivery that failed this long after its first attempt is given up. */
  readonly retryMsMax: number;
  /** An endpoint that failed this long, without any success, is paused. */
  readonly pauseAfterMs: number;
  /** Failures further apart than this say nothing about the time between: the endpoint may have been well. */
  readonly quietMsMax: number;
}

export const DELIVERY_POLICY: DeliveryPolicy = {
  // 5, 10, 20 s … 3 h with jitter between half and all of it: about 21 attempts in a day.
  backoff: { baseMs: 5_000, delayMsMax: 3 * 3_600_000 },
  retryMsMax: 24 * 3_600_000,
  pauseAfterMs: 3 * 24 * 3_600_000,
  // Two of the longest delays.
  quietMsMax: 6 * 3_600_000,
};

/** What came of an attempt. */
export interface AttemptOutcome {
  /** Status of the answer; null when there was none. */
  readonly status: number | null;
  /** What the answer's Retry-After asks for. */
  readonly retryAfterMs: number | null;
}

export type DeliveryDecision =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly why: 'too-long' | 'gone' };

/** Whether the receiver has taken the event. */
export function isDelivered({ status }: AttemptOutcome): boolean {
  return status !== null && status >= 200 && status < 300;
}

/**
 * Decides what follows an attempt at a delivery.
 * @param tried the attempts since it was first queued or last replayed, this one included, and when the first began
 * @param random a number in [0, 1)
 */
export function decideDelivery(
  outcome: AttemptOutcome,
  tried: { readonly attempts: number; readonly firstAtMs: number },
  nowMs: number,
  random: number,
  policy: DeliveryPolicy = DELIVERY_POLICY,
): DeliveryDecision {
  if (isDelivered(outcome)) return { kind: 'delivered' };
  // 410 is how a receiver says that nobody listens any more.
  if (outcome.status === 410) return { kind: 'dead', why: 'gone' };
  const { backoff, retryMsMax } = policy;
  const ownMs = backoffMs(tried.attempts, { ...backoff, attemptsMax: Number.POSITIVE_INFINITY }, random);
  const delayMs = Math.max(ownMs, Math.min(outcome.retryAfterMs ?? 0, backoff.delayMsMax));
  if (nowMs + delayMs - tried.firstAtMs > retryMsMax) return { kind: 'dead', why: 'too-long' };
  return { kind: 'retry', delayMs };
}

/** What is remembered of an endpoint between attempts. */
export interface EndpointHealth {
  /** Since when nothing succeeded although it was tried; null after a success. */
  readonly failingSinceMs: number | null;
  readonly lastFailureAtMs: number | null;
}

export type EndpointDecision = EndpointHealth & { readonly pause: null | 'gone' | 'failing' };

/** Decides what an attempt says about its endpoint. */
export function decideEndpoint(
  health: EndpointHealth,
  outcome: AttemptOutcome,
  nowMs: number,
  policy: DeliveryPolicy = DELIVERY_POLICY,
): EndpointDecision {
  if (isDelivered(outcome)) return { failingSinceMs: null, lastFailureAtMs: null, pause: null };
  const isSameSpell = health.lastFailureAtMs !== null && nowMs - health.lastFailureAtMs <= policy.quietMsMax;
  const failingSinceMs = (isSameSpell ? health.failingSinceMs : null) ?? nowMs;
  const isLong = nowMs - failingSinceMs >= policy.pauseAfterMs;
  const pause = outcome.status === 410 ? 'gone' : isLong ? 'failing' : null;
  return { failingSinceMs, lastFailureAtMs: nowMs, pause };
}

/**
 * The circuit breaker of one endpoint. It opens after failures in a row of several subjects (assets), so that one
 * event that the receiver chokes on never keeps the others waiting; any success closes it.
 */
export interface Breaker {
  /** Subjects that failed since the last success; at most `SUBJECTS_TO_OPEN` are remembered. */
  readonly subjects: readonly string[];
  /** Failures since it opened. */
  readonly failures: number;
  /** While open: one attempt may be made after this. */
  readonly retryAtMs: number | null;
}

export const CLOSED: Breaker = { subjects: [], failures: 0, retryAtMs: null };
/** So many different subjects fail together only when the endpoint itself is the trouble. */
const SUBJECTS_TO_OPEN = 5;
/** While open it is tried once in a while; a minute is what a recovered receiver waits at most. */
const PROBES: BackoffPolicy = { baseMs: 1_000, delayMsMax: 60_000, attemptsMax: Number.POSITIVE_INFINITY };

/** The breaker after an attempt. */
export function stepBreaker(
  breaker: Breaker,
  outcome: AttemptOutcome,
  subject: string,
  nowMs: number,
  random: number,
): Breaker {
  if (isDelivered(outcome)) return CLOSED;
  const isKnown = breaker.subjects.includes(subject) || breaker.subjects.length >= SUBJECTS_TO_OPEN;
  const subjects = isKnown ? breaker.subjects : [...breaker.subjects, subject];
  if (subjects.length < SUBJECTS_TO_OPEN) return { subjects, failures: 0, retryAtMs: null };
  const failures = breaker.failures + 1;
  return { subjects, failures, retryAtMs: nowMs + backoffMs(failures, PROBES, random) };
}

/** How many more attempts may run at an endpoint now. */
export function freeSlots(breaker: Breaker, inFlight: number, slots: number, nowMs: number): number {
  if (breaker.retryAtMs === null) return Math.max(0, slots - inFlight);
  return inFlight === 0 && nowMs >= breaker.retryAtMs ? 1 : 0;
}
