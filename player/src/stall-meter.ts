// Measures stalls as a viewer sees them: playing is wanted, the end is not reached, nobody seeks, and the position
// has not moved for more than 100 ms after the first frame. Pure: the shell feeds it samples on every frame or timer.

/** Below this no eye notices, and timers are no more exact. */
export const STALL_MIN_MS = 100;
/** Stalls kept; a viewer with more has left. */
export const STALLS_MAX = 200;

export type Stall = {
  readonly atMs: number;
  readonly durationMs: number;
  /** Least media ahead meanwhile: with plenty, the machine was busy, not the network. */
  readonly bufferedMs: number;
};

export type Sample = {
  readonly positionSeconds: number;
  /** Playing wanted, first frame seen, not seeking, not ended. */
  readonly isPlayingWanted: boolean;
  readonly playbackRate: number;
  readonly bufferedMs: number;
};

export type StallMeter = {
  readonly stalls: readonly Stall[];
  readonly positionSeconds: number;
  readonly movedAtMs: number;
  readonly isMeasuring: boolean;
  readonly bufferedMs: number;
};

/** A meter that has seen nothing yet. */
export function initialStallMeter(): StallMeter {
  return { stalls: [], positionSeconds: -1, movedAtMs: 0, isMeasuring: false, bufferedMs: 0 };
}

/** The meter after one more sample. */
export function sampleStall(meter: StallMeter, sample: Sample, nowMs: number): StallMeter {
  const hasMoved = sample.positionSeconds !== meter.positionSeconds;
  if (meter.isMeasuring && sample.isPlayingWanted && !hasMoved)
    return { ...meter, bufferedMs: Math.min(meter.bufferedMs, sample.bufferedMs) };
  const advancedMs = Math.max(0, sample.positionSeconds - meter.positionSeconds) * 1_000;
  // A busy page samples late: the time that the position did advance is no stall.
  const playedMs = advancedMs / Math.max(0.1, sample.playbackRate);
  return {
    stalls: meter.isMeasuring ? withStall(meter, nowMs, playedMs) : meter.stalls,
    positionSeconds: sample.positionSeconds,
    movedAtMs: nowMs,
    isMeasuring: sample.isPlayingWanted,
    bufferedMs: sample.bufferedMs,
  };
}

function withStall(meter: StallMeter, nowMs: number, playedMs: number): readonly Stall[] {
  const durationMs = Math.round(nowMs - meter.movedAtMs - playedMs);
  if (durationMs <= STALL_MIN_MS) return meter.stalls;
  const stall: Stall = { atMs: Math.round(meter.movedAtMs), durationMs, bufferedMs: meter.bufferedMs };
  return [...meter.stalls, stall].slice(-STALLS_MAX);
}

/** All stalls, with the one that is still going on. */
export function stallsOf(meter: StallMeter, nowMs: number): readonly Stall[] {
  return meter.isMeasuring ? withStall(meter, nowMs, 0) : meter.stalls;
}
