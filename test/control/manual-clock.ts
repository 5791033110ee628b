// A clock that stands still until a test moves it; sleepers wake in the order of their times.

import type { Clock } from '#platform/clock.ts';

export interface ManualClock extends Clock {
  /** Moves the time on, and lets those run who wake meanwhile. */
  advance(milliseconds: number): Promise<void>;
}

/** Creates a clock that shows `startMs`. */
export function createManualClock(startMs: number): ManualClock {
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(signal.reason);
          return;
        }
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          atMs: nowMs + milliseconds,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener('abort', stop);
            resolve();
          },
        };
        signal?.addEventListener('abort', stop, { once: true });
        sleepers.add(sleeper);
      }),
    async advance(milliseconds) {
      const untilMs = nowMs + milliseconds;
      for (;;) {
        const [next] = [...sleepers].sort((one, other) => one.atMs - other.atMs);
        if (next === undefined || next.atMs > untilMs) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
      nowMs = untilMs;
    },
  };
}
