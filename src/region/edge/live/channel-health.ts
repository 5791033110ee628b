// What an edge has seen of the channels of one broadcast, for choosing among them: failures with a rest that doubles,
// the word of an interruption, segments that a channel lacks, pictures and sound that are faulty by its own inspection. Shared by all renditions, so that one finds out for all.

import type { ChannelAssignment, LiveFault } from '#contract/live.ts';
import { type ChannelChoice, type ChannelView, chooseChannel } from '#core/live/choose-channel.ts';
import { CHANNEL_REST_MS_MAX, CHANNEL_REST_MS_MIN } from './limits.ts';

interface Seen {
  failures: number;
  restUntilMs: number;
  isInterrupted: boolean;
  /** One past the last segment that it lacks. */
  gapUntil: number;
  isFaulty: boolean;
}

export interface ChannelHealth {
  /** The channel to follow for what comes at `segment`, or null when there is none. */
  choose(
    channels: readonly ChannelAssignment[],
    segment: number | undefined,
    nowMs: number,
  ): ChannelChoice | null;
  noteFailure(channel: number, nowMs: number): void;
  noteSuccess(channel: number): void;
  noteState(channel: number, state: 'on_air' | 'interrupted'): void;
  noteGap(channel: number, gapUntil: number): void;
  /** What a channel says of its picture and sound. */
  noteFaults(channel: number, faults: readonly LiveFault[]): void;
  /** Whether any channel was faulty when it was last heard of. */
  hasFaulty(): boolean;
}

/** Creates the book of one broadcast. */
export function createChannelHealth(ownRegionId: string): ChannelHealth {
  const book = new Map<number, Seen>();
  const seenOf = (channel: number): Seen => {
    let seen = book.get(channel);
    if (seen === undefined) {
      seen = { failures: 0, restUntilMs: 0, isInterrupted: false, gapUntil: 0, isFaulty: false };
      book.set(channel, seen);
    }
    return seen;
  };
  return {
    choose(channels, segment, nowMs) {
      const views = channels.map(({ channel, regionId }): ChannelView => {
        const { restUntilMs, isInterrupted, gapUntil, isFaulty } = seenOf(channel);
        return {
          channel,
          regionId,
          restUntilMs,
          isInterrupted,
          hasGap: segment !== undefined && segment < gapUntil,
          isFaulty,
        };
      });
      return chooseChannel(views, ownRegionId, nowMs);
    },
    noteFailure(channel, nowMs) {
      const seen = seenOf(channel);
      seen.restUntilMs = nowMs + Math.min(CHANNEL_REST_MS_MAX, CHANNEL_REST_MS_MIN * 2 ** seen.failures);
      seen.failures += 1;
    },
    noteSuccess(channel) {
      Object.assign(seenOf(channel), { failures: 0, restUntilMs: 0 });
    },
    noteState(channel, state) {
      seenOf(channel).isInterrupted = state === 'interrupted';
    },
    noteGap(channel, gapUntil) {
      const seen = seenOf(channel);
      seen.gapUntil = Math.max(seen.gapUntil, gapUntil);
    },
    noteFaults(channel, faults) {
      seenOf(channel).isFaulty = faults.length > 0;
    },
    hasFaulty: () => [...book.values()].some(({ isFaulty }) => isFaulty),
  };
}
