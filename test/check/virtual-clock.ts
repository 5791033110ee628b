// A clock whose time passes only when nobody has anything to do: what takes ten seconds takes milliseconds, and happens
// in the same order every time.

import type { Clock } from '#platform/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Turns of the event loop without a new sleeper after which everybody waits: streams and signals take a few each. */
const QUIET_TURNS = 12;

/** Creates a clock that begins at `startMs`. */
export function createVirtualClock(startMs: number): Clock {
  const sleepers: Sleeper[] = [];
  let nowMs = startMs;
  let quiet = 0;
  let isRunning = false;
  const turn = (): void => {
    quiet += 1;
    if (quiet > QUIET_TURNS) {
      quiet = 0;
      sleepers.sort((left, right) => left.atMs - right.atMs);
      const next = sleepers.shift();
      if (next === undefined) {
        isRunning = false;
        return;
      }
      nowMs = Math.max(nowMs, next.atMs);
      next.wake();
    }
    setImmediate(turn);
  };
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const stop = (): void => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          atMs: nowMs + milliseconds,
          wake: () => {
            signal?.removeEventListener('abort', stop);
            resolve();
          },
        };
        signal?.addEventListener('abort', stop, { once: true });
        sleepers.push(sleeper);
        quiet = 0;
        if (!isRunning) {
          isRunning = true;
          setImmediate(turn);
        }
      }),
  };
}
