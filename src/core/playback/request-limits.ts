// How long a viewer's request may take, by what it asks for. Silence is judged much sooner than slowness.

import { patienceFor, type RaceLimits } from './request-race.ts';

export type RequestKind = 'manifest' | 'playlist' | 'media';

/** Own edge first, the next one this much later: a dead own region costs no more than that at a start. */
export const START_STAGGER_MS = 150;
/** Whole-request limits: a slow link may need long for a segment, while silence is judged much sooner. */
export const TOTAL_MAX_MS: Readonly<Record<RequestKind, number>> = {
  manifest: 10_000,
  playlist: 8_000,
  media: 30_000,
};
/** Facts: edges answer in tens of milliseconds, cold objects within half a second. */
export const SILENCE_MAX_MS = 1_500;
/** With no other pathway to try, waiting beats failing. */
export const LAST_SILENCE_MAX_MS = 6_000;
/** Weight of the newest first-byte time in the usual one. */
export const FIRST_BYTE_WEIGHT = 0.3;

/** The limits of one request's race. */
export function requestLimits(kind: RequestKind, bufferedMs: number, usualFirstByteMs: number): RaceLimits {
  return {
    patienceMs: kind === 'manifest' ? START_STAGGER_MS : patienceFor(bufferedMs, usualFirstByteMs),
    silenceMaxMs: SILENCE_MAX_MS,
    lastSilenceMaxMs: LAST_SILENCE_MAX_MS,
    totalMaxMs: TOTAL_MAX_MS[kind],
  };
}

/** What a server holds on purpose (a live playlist, until its next part is there) is not silent before it should answer. */
export function heldLimits(limits: RaceLimits, heldMs: number): RaceLimits {
  return {
    patienceMs: limits.patienceMs + heldMs,
    silenceMaxMs: limits.silenceMaxMs + heldMs,
    lastSilenceMaxMs: limits.lastSilenceMaxMs + heldMs,
    totalMaxMs: limits.totalMaxMs + heldMs,
  };
}

/** The usual first-byte time after one more. */
export function withFirstByte(usualFirstByteMs: number, firstByteMs: number): number {
  return (
    usualFirstByteMs + (firstByteMs - usualFirstByteMs) * (usualFirstByteMs === 0 ? 1 : FIRST_BYTE_WEIGHT)
  );
}
