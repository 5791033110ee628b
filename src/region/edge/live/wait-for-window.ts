// Holds requests until the window of a rendition has what they ask for. Bounded in time and in number; whoever hangs up
// is forgotten at once.

import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { MediaCall } from '../playback.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { WAITING_MAX } from './limits.ts';

export interface WindowWaiter {
  /** Requests that wait now. */
  count(): number;
  /**
   * Resolves to the first value of `check` that is not undefined; it is asked again after each change.
   * @throws MeridianError unavailable when it takes longer than `milliseconds`, overloaded when too many wait
   */
  wait<T>(
    call: MediaCall,
    follower: RenditionFollower,
    milliseconds: number,
    check: () => T | undefined,
  ): Promise<T>;
}

/** Creates the waiting room of an edge. */
export function createWindowWaiter(clock: Clock): WindowWaiter {
  let waiting = 0;

  async function hold<T>(
    call: MediaCall,
    follower: RenditionFollower,
    milliseconds: number,
    check: () => T | undefined,
  ): Promise<T> {
    const deadlineMs = clock.monotonicMs() + milliseconds;
    const left = new AbortController();
    const leave = (): void => left.abort();
    call.response.once('close', leave);
    waiting += 1;
    try {
      const expired = clock.sleep(milliseconds, left.signal).catch(() => undefined);
      for (;;) {
        await Promise.race([follower.changed(), expired]);
        const found = check();
        if (found !== undefined) return found;
        if (left.signal.aborted || clock.monotonicMs() >= deadlineMs)
          throw new MeridianError('unavailable', { what: 'The next part of the broadcast' });
      }
    } finally {
      waiting -= 1;
      call.response.off('close', leave);
      left.abort();
    }
  }

  return {
    count: () => waiting,
    async wait(call, follower, milliseconds, check) {
      const found = check();
      if (found !== undefined) return found;
      if (waiting >= WAITING_MAX)
        throw new MeridianError('overloaded', { reason: 'too many requests wait for parts' });
      return hold(call, follower, milliseconds, check);
    },
  };
}
