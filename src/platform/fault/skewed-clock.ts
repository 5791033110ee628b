// Clock skew around any clock: the wall clock is off, durations are not, as with a machine whose time service failed.

import type { ClockFault } from '#core/fault/catalogue.ts';
import type { Clock } from '../clock.ts';

export interface SkewedClock extends Clock {
  /** Replaces all faults; offsets sum. */
  setFaults(faults: readonly ClockFault[]): void;
}

/** Decorates a clock with skew. */
export function createSkewedClock(clock: Clock, faults: readonly ClockFault[] = []): SkewedClock {
  const sum = (each: readonly ClockFault[]): number =>
    each.reduce((total, fault) => total + fault.offsetMs, 0);
  let offsetMs = sum(faults);
  return {
    setFaults(next) {
      offsetMs = sum(next);
    },
    nowMs: () => clock.nowMs() + offsetMs,
    monotonicMs: () => clock.monotonicMs(),
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
  };
}
