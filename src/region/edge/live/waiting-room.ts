// The waiting room of an edge's live viewers: requests are held until the window of a rendition has what they ask for.
// Those who ask for the same get the same, in a group that looks once; and one loop serves a rendition, however many
// wait for it. Bounded in time and in number; whoever hangs up is forgotten at once.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { MeridianError } from '#contract/errors.ts';
import type { Clock } from '#platform/clock.ts';
import type { HeldAnswer, WholeAnswer } from '../held-answer.ts';
import type { MediaCall } from '../playback.ts';
import type { RenditionFollower } from './follow-rendition.ts';
import { LOOK_MS, TOLD_PER_TURN, WAITING_MAX } from './limits.ts';

/** What many may wish for alike. */
export interface Wish<T extends WholeAnswer> {
  /** Names it among the wishes for the rendition. */
  readonly key: string;
  readonly milliseconds: number;
  /** The answer once it is there, asked for after each change. Throws what refuses all of them. */
  look(): T | undefined;
  /** So many are being told. */
  onTold(answer: T, count: number): void;
}

export interface WaitingRoom {
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
  /** Holds plain requests without a promise each; null when too many wait. */
  hold<T extends WholeAnswer>(follower: RenditionFollower, wish: Wish<T>): HeldAnswer | null;
}

/** A request, or a group of them. */
interface Guest {
  readonly deadlineMs: number;
  /** Whether it need not wait any longer: it has been told. */
  look(): boolean;
  expire(error: MeridianError): void;
}

interface Taker {
  readonly onAnswer: (answer: WholeAnswer) => void;
  readonly onProblem: (error: unknown) => void;
}

const nothingCame = (): MeridianError =>
  new MeridianError('unavailable', { what: 'The next part of the broadcast' });

/** Creates the waiting room of an edge. */
export function createWaitingRoom(clock: Clock): WaitingRoom {
  const guests = new WeakMap<RenditionFollower, Set<Guest>>();
  const groups = new WeakMap<RenditionFollower, Map<string, Set<Taker>>>();
  let waiting = 0;

  /** Looks after each change, and now and then for those whose time is over, until nobody is left. */
  async function attend(follower: RenditionFollower, present: Set<Guest>): Promise<void> {
    while (present.size > 0) {
      await Promise.race([follower.changed(), clock.sleep(LOOK_MS)]);
      const nowMs = clock.monotonicMs();
      for (const guest of present) {
        if (guest.look()) present.delete(guest);
        else if (nowMs >= guest.deadlineMs) {
          present.delete(guest);
          guest.expire(nothingCame());
        }
      }
    }
    guests.delete(follower);
  }

  /** Lets a guest in; the returned function takes it out again. */
  function enter(follower: RenditionFollower, guest: Guest): () => void {
    let present = guests.get(follower);
    if (present === undefined) {
      present = new Set([guest]);
      guests.set(follower, present);
      void attend(follower, present);
    } else present.add(guest);
    const own = present;
    return () => own.delete(guest);
  }

  /** Tells a group, in turns of the loop: other edges, probes and parts come in between. */
  async function tell(takers: Set<Taker>, how: (taker: Taker) => void): Promise<void> {
    let told = 0;
    for (const taker of takers) {
      takers.delete(taker);
      waiting -= 1;
      how(taker);
      told += 1;
      if (told % TOLD_PER_TURN === 0) await nextTurn();
    }
  }

  /** Those who have the same wish; the first of them begins the group. */
  function groupOf<T extends WholeAnswer>(follower: RenditionFollower, wish: Wish<T>): Set<Taker> {
    let byKey = groups.get(follower);
    if (byKey === undefined) {
      byKey = new Map();
      groups.set(follower, byKey);
    }
    const running = byKey.get(wish.key);
    if (running !== undefined) return running;
    const takers = new Set<Taker>();
    const own = byKey;
    own.set(wish.key, takers);
    const end = (how: (taker: Taker) => void): void => {
      own.delete(wish.key);
      void tell(takers, how);
    };
    enter(follower, {
      deadlineMs: clock.monotonicMs() + wish.milliseconds,
      look() {
        if (takers.size === 0) {
          own.delete(wish.key);
          return true;
        }
        try {
          const answer = wish.look();
          if (answer === undefined) return false;
          wish.onTold(answer, takers.size);
          end(({ onAnswer }) => onAnswer(answer));
        } catch (error) {
          end(({ onProblem }) => onProblem(error));
        }
        return true;
      },
      expire: (error) => end(({ onProblem }) => onProblem(error)),
    });
    return takers;
  }

  return {
    count: () => waiting,
    async wait<T>(
      call: MediaCall,
      follower: RenditionFollower,
      milliseconds: number,
      check: () => T | undefined,
    ) {
      const found = check();
      if (found !== undefined) return found;
      if (waiting >= WAITING_MAX)
        throw new MeridianError('overloaded', { reason: 'too many requests wait for parts' });
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const leave = enter(follower, {
        deadlineMs: clock.monotonicMs() + milliseconds,
        look() {
          const now = check();
          if (now !== undefined) resolve(now);
          return now !== undefined;
        },
        expire: reject,
      });
      const hangUp = (): void => {
        leave();
        reject(nothingCame());
      };
      call.response.once('close', hangUp);
      waiting += 1;
      try {
        return await promise;
      } finally {
        waiting -= 1;
        call.response.off('close', hangUp);
      }
    },
    hold(follower, wish) {
      if (waiting >= WAITING_MAX) return null;
      return {
        take(onAnswer, onProblem) {
          const taker: Taker = { onAnswer, onProblem };
          const takers = groupOf(follower, wish);
          takers.add(taker);
          waiting += 1;
          return () => {
            if (takers.delete(taker)) waiting -= 1;
          };
        },
      };
    },
  };
}
