// Time as a port: the only place, with timers, where the wall clock is read.

import { setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since the epoch, a whole number. */
  nowMs(): number;
  /** Milliseconds of a clock that never jumps, for durations. */
  monotonicMs(): number;
  /** Resolves after the time, or rejects with the signal's reason. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (milliseconds, signal) => delay(milliseconds, undefined, signal === undefined ? {} : { signal }),
};

/** Runs `task` again and again, `intervalMs` apart, until the signal aborts; returns when the last run has ended. */
export async function runEvery(
  clock: Clock,
  intervalMs: number | (() => number),
  signal: AbortSignal,
  task: () => Promise<void> | void,
): Promise<void> {
  while (!signal.aborted) {
    await task();
    if (signal.aborted) return;
    try {
      await clock.sleep(typeof intervalMs === 'number' ? intervalMs : intervalMs(), signal);
    } catch {
      return;
    }
  }
}
