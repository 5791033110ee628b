// When users first felt it. An alert comes late by design: it waits until enough budget is gone. So the first harm is
// looked for before it, in the events that the alert is about: backwards from the alert, as long as bad events stay
// above their ordinary level without a longer pause. A slice stands out when it has more bad events than chance makes
// of the ordinary share (three standard deviations of a Poisson count). The ordinary share is the lower quartile of
// the slices looked at, so that trouble that fills most of them does not pass for ordinary.
//
// Limits: trouble older than the look-back, or that grows too slowly to stand out, is not found; then the alert counts.

import type { IncidentReason } from './types.ts';

export interface HarmSlice {
  readonly atMs: number;
  readonly bad: number;
  readonly total: number;
}

export interface HarmPolicy {
  /** How far back is looked. */
  readonly lookBackMs: number;
  /** Trouble that pauses longer than this is another one. */
  readonly pauseMsMax: number;
  /** Fewer bad events in a slice say nothing. */
  readonly badMin: number;
}

export const DEFAULT_HARM_POLICY: HarmPolicy = {
  lookBackMs: 3_600_000,
  pauseMsMax: 60_000,
  badMin: 2,
};

export interface FirstHarm {
  /** null: nothing stands out before the alert. */
  readonly atMs: number | null;
  readonly reasons: readonly IncidentReason[];
}

const DEVIATIONS = 3;
const ORDINARY_QUANTILE = 0.25;

/**
 * Finds the first harm before an alert.
 * @param slices events by slices of time, in any order
 * @param subject what they count, for the reason
 */
export function findFirstHarm(
  slices: readonly HarmSlice[],
  alertAtMs: number,
  subject: string,
  policy: HarmPolicy = DEFAULT_HARM_POLICY,
): FirstHarm {
  const looked = slices
    .filter(({ atMs, total }) => total > 0 && atMs <= alertAtMs && atMs >= alertAtMs - policy.lookBackMs)
    .sort((one, other) => other.atMs - one.atMs);
  if (looked.length === 0)
    return {
      atMs: null,
      reasons: [{ code: 'no_events', subject, values: { lookBackMs: policy.lookBackMs } }],
    };
  const ordinary = ordinaryShare(looked);
  let first: HarmSlice | undefined;
  for (const slice of looked) {
    // The newest slices may not be complete; the alert itself says that there is trouble up to it.
    const lastMs = first?.atMs ?? alertAtMs;
    if (lastMs - slice.atMs > policy.pauseMsMax) break;
    if (slice.bad >= policy.badMin && slice.bad > limitOf(slice, ordinary)) first = slice;
  }
  if (first === undefined)
    return {
      atMs: null,
      reasons: [
        { code: 'nothing_stood_out', subject, values: { ordinaryShare: ordinary, slices: looked.length } },
      ],
    };
  const { atMs, bad, total } = first;
  const limit = Math.max(policy.badMin, limitOf(first, ordinary));
  return {
    atMs,
    reasons: [
      {
        code: 'first_bad_slice',
        subject,
        values: { bad, total, limit, ordinaryShare: ordinary, beforeAlertMs: alertAtMs - atMs },
      },
    ],
  };
}

/** Bad events that chance still makes of the ordinary share. */
function limitOf({ total }: HarmSlice, ordinary: number): number {
  const expected = total * ordinary;
  return expected + DEVIATIONS * Math.sqrt(expected);
}

function ordinaryShare(slices: readonly HarmSlice[]): number {
  const shares = slices.map(({ bad, total }) => bad / total).sort((one, other) => one - other);
  return shares[Math.floor((shares.length - 1) * ORDINARY_QUANTILE)] ?? 0;
}
