// Says something to control until it has heard: with control away, work goes on and is reported later.

import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import { RETRY_MS_MAX, RETRY_MS_MIN } from './limits.ts';

/** Repeats a call until control answers; an answer is final, unless it says that control itself is in trouble. */
export async function persist<T>(clock: Clock, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  for (let waitMs = RETRY_MS_MIN; ; waitMs = Math.min(RETRY_MS_MAX, waitMs * 2)) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MeridianError && error.status < 500) throw error;
      await clock.sleep(waitMs, signal);
    }
  }
}
