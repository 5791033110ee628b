// How far the own clock is from another one, from request and answer as NTP does it: the other clock read t1 between
// our t0 and t3, so our clock is ahead by (t0 + t3) / 2 - t1, give or take half of the round trip. Of the last
// samples the one with the shortest round trip is the most exact. When a new sample rules out the best one, a clock
// was stepped, and what came before says nothing any more. Source: RFC 5905, section 8.

export interface OffsetSample {
  /** Own clock minus the other one. */
  readonly offsetMs: number;
  readonly roundTripMs: number;
}

/** Eight samples of a beat of 2 s: a quarter of a minute, in which a quartz drifts by less than a millisecond. */
const SAMPLES_MAX = 8;

/** One exchange as a sample; `roundTripMs` comes from a clock that never jumps. */
export function offsetSample(sentAtMs: number, roundTripMs: number, otherAtMs: number): OffsetSample {
  return { offsetMs: sentAtMs + roundTripMs / 2 - otherAtMs, roundTripMs };
}

/** Adds a sample, newest last; forgets those that it contradicts. */
export function addSample(samples: readonly OffsetSample[], next: OffsetSample): OffsetSample[] {
  const best = bestSample(samples);
  const isStepped =
    best !== null && Math.abs(best.offsetMs - next.offsetMs) > (best.roundTripMs + next.roundTripMs) / 2;
  return [...(isStepped ? [] : samples), next].slice(-SAMPLES_MAX);
}

/** The most exact sample, or null without any. */
export function bestSample(samples: readonly OffsetSample[]): OffsetSample | null {
  let best: OffsetSample | null = null;
  for (const sample of samples) if (best === null || sample.roundTripMs <= best.roundTripMs) best = sample;
  return best;
}

/** How far off the clock is at least, whichever way the round trip was divided. */
export function certainOffsetMs(sample: OffsetSample): number {
  return Math.max(0, Math.abs(sample.offsetMs) - sample.roundTripMs / 2);
}
