// Reads both channels of a broadcast side by side, and compares each segment as soon as both have it: number, start and
// frame count by its bytes, not by what the channel says of it. Bytes are kept of the newest segments alone.

import { defined } from '#base/assert.ts';
import { inspectInit, inspectSegment } from '#media/cmaf/inspect-segment.ts';
import type { WorldChannel } from './world-channels.ts';

export const SEGMENT_SECONDS = 2;
/** Segments that both must have at least, of those that the time allows: channels begin one after the other. */
const COMMON_SHARE_MIN = 0.8;
/** Segments of each rendition whose bytes are kept, of either channel. */
const KEPT_SEGMENTS = 12;

export interface CommonSegment {
  readonly number: number;
  /** Bytes of the first and the second channel. */
  readonly bytes: readonly [Buffer, Buffer];
}

export interface ComparedRendition {
  readonly id: string;
  readonly init: Buffer;
  readonly areInitsEqual: boolean;
  compared: number;
  /** A line for each segment that differs. */
  readonly differing: string[];
  /** Segments that one channel called damaged, or that it lacks. */
  lacking: number;
  /** The newest that both have, oldest first. */
  readonly newest: CommonSegment[];
}

/** Whole segments as one channel tells them; parts of damaged ones are left out. */
async function* segmentsOf(channel: WorldChannel, id: string, from: number, signal: AbortSignal) {
  let parts: Uint8Array[] = [];
  let isGood = false;
  for await (const { header, data } of channel.feed(id, from, signal)) {
    if (header.kind === 'gap') yield { number: header.segment, bytes: undefined };
    if (header.kind !== 'part') continue;
    if (header.part === 0) {
      parts = [];
      isGood = true;
    }
    isGood &&= header.isDamaged !== true;
    parts.push(data);
    if (header.isLast) yield { number: header.segment, bytes: isGood ? Buffer.concat(parts) : undefined };
  }
}

/** What a segment must have in common with its twin. */
function shapeOf(bytes: Buffer, init: Buffer): string {
  const { fragments } = inspectSegment(bytes, inspectInit(init).tracks);
  return fragments
    .map(({ decodeTicks, durationTicks, sampleCount }) => `${decodeTicks}+${durationTicks} ${sampleCount}`)
    .join(', ');
}

async function compareRendition(
  channels: readonly [WorldChannel, WorldChannel],
  id: string,
  from: number,
  signal: AbortSignal,
): Promise<ComparedRendition> {
  const [init, other] = await Promise.all([channels[0].init(id), channels[1].init(id)]);
  const result: ComparedRendition = {
    id,
    init,
    areInitsEqual: init.equals(other),
    compared: 0,
    differing: [],
    lacking: 0,
    newest: [],
  };
  const waiting: [Map<number, Buffer | undefined>, Map<number, Buffer | undefined>] = [new Map(), new Map()];

  function take(number: number): void {
    if (!waiting[0].has(number) || !waiting[1].has(number)) return;
    const [left, right] = [waiting[0].get(number), waiting[1].get(number)];
    for (const side of waiting) side.delete(number);
    if (left === undefined || right === undefined) {
      result.lacking += 1;
      return;
    }
    const shapes = [shapeOf(left, init), shapeOf(right, init)];
    result.compared += 1;
    if (shapes[0] !== shapes[1])
      result.differing.push(`${id}, segment ${number}: ${shapes[0]} | ${shapes[1]}`);
    result.newest.push({ number, bytes: [left, right] });
    if (result.newest.length > KEPT_SEGMENTS) result.newest.shift();
  }

  async function read(side: 0 | 1): Promise<void> {
    for await (const { number, bytes } of segmentsOf(channels[side], id, from, signal)) {
      waiting[side].set(number, bytes);
      take(number);
    }
  }
  await Promise.all([read(0), read(1)]).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return result;
}

/** Compares until the signal aborts; rejects when a feed breaks before. */
export async function compareChannels(
  channels: readonly WorldChannel[],
  signal: AbortSignal,
): Promise<readonly ComparedRendition[]> {
  const [first, second] = [defined(channels[0], 'a channel'), defined(channels[1], 'another channel')];
  const [left, right] = await Promise.all([first.document(), second.document()]);
  const from = Math.max(left.firstSegment, right.firstSegment);
  return Promise.all(left.renditions.map(({ id }) => compareRendition([first, second], id, from, signal)));
}

/** Segments and init segments that differ, with what was compared; rejects a comparison of too little. */
export function differencesOf(
  renditions: readonly ComparedRendition[],
  seconds: number,
): { readonly count: number; readonly lines: readonly string[]; readonly note: string } {
  const sum = (of: (rendition: ComparedRendition) => number): number =>
    renditions.reduce((total, rendition) => total + of(rendition), 0);
  const compared = sum((rendition) => rendition.compared);
  const wanted = (seconds / SEGMENT_SECONDS) * renditions.length * COMMON_SHARE_MIN;
  if (compared < wanted)
    throw new Error(`the channels have ${compared} segments in common, not ${Math.round(wanted)}`);
  return {
    count: sum(({ differing, areInitsEqual }) => differing.length + (areInitsEqual ? 0 : 1)),
    lines: renditions.flatMap(({ differing }) => differing),
    note: `${compared} common segments of ${renditions.length} renditions in ${Math.round(seconds)} s: number, start, frames; ${sum(({ lacking }) => lacking)} that one channel lacks`,
  };
}
