// Makes the parts of one live rendition from its frames, one moof and one mdat a part. Frames come one by one with
// their index on the grid; a part is made with its last frame, without waiting for the next. All that is in a header
// follows from indexes and frames, so it is the same in every region.
// Limits: composition offsets are not written; live encoders reorder no frames. A hole in the indexes leaves a part
// that is marked as damaged, never one that looks whole.

import { moveFragments, type Sample, writeFragmentHeader } from './fragment.ts';
import type { GridPlace, PartGrid } from './part-grid.ts';

export interface PartFrame {
  readonly index: number;
  readonly isKey: boolean;
  readonly data: Uint8Array;
}

/** A part with its bytes; its place and times as the contract says (livePartSchema). */
export interface MadePart {
  readonly segment: number;
  readonly part: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly frameCount: number;
  readonly isIndependent: boolean;
  readonly isLast: boolean;
  readonly isDamaged: boolean;
  readonly data: Uint8Array;
}

/** ISO/IEC 14496-12, 8.8.3.1: depends on no other sample; depends on others and is no sync sample. */
const SYNC_FLAGS = 0x02000000;
const NON_SYNC_FLAGS = 0x01010000;
const TRACK_ID = 1;

interface OpenPart {
  readonly place: GridPlace;
  readonly frames: PartFrame[];
}

/** Puts the frames of one rendition into parts. */
export class PartMaker {
  readonly #grid: PartGrid;
  #open: OpenPart | undefined;

  constructor(grid: PartGrid) {
    this.#grid = grid;
  }

  /** Takes the next frame and returns the parts that are complete with it. */
  push(frame: PartFrame): MadePart[] {
    const parts: MadePart[] = [];
    const place = this.#grid.place(frame.index);
    if (this.#open !== undefined && !isSame(this.#open.place, place)) parts.push(...this.flush());
    this.#open ??= { place, frames: [] };
    this.#open.frames.push(frame);
    if (!isSame(place, this.#grid.place(frame.index + 1))) parts.push(...this.flush());
    return parts;
  }

  /** The part that was begun, as it is: damaged, or, when the broadcast ends with it, the last of its segment. */
  flush(isEnd = false): MadePart[] {
    const open = this.#open;
    this.#open = undefined;
    return open === undefined ? [] : [this.#make(open, isEnd)];
  }

  #make({ place, frames }: OpenPart, isEnd: boolean): MadePart {
    const grid = this.#grid;
    const first = frames[0]?.index ?? 0;
    const last = frames.at(-1)?.index ?? 0;
    const next = grid.place(last + 1);
    const isBegun = !isSame(grid.place(first - 1), place);
    const isComplete = isEnd || !isSame(next, place);
    const isWhole = isBegun && isComplete && frames.length === last - first + 1;
    const samples = frames.map((frame, position): Sample => {
      const following = frames[position + 1]?.index ?? frame.index + 1;
      const ticks = grid.startTicks(frame.index);
      return {
        decodeTicks: ticks,
        presentationTicks: ticks,
        durationTicks: grid.startTicks(following) - ticks,
        flags: frame.isKey ? SYNC_FLAGS : NON_SYNC_FLAGS,
        isSync: frame.isKey,
        offset: 0,
        bytes: frame.data.length,
      };
    });
    const sequence = (place.segment * grid.partsPerSegment + place.part) % 2 ** 32;
    return {
      ...place,
      startTicks: grid.startTicks(first),
      durationTicks: grid.startTicks(last + 1) - grid.startTicks(first),
      frameCount: frames.length,
      isIndependent: frames[0]?.isKey ?? false,
      isLast: isEnd || next.segment !== place.segment,
      isDamaged: !isWhole,
      data: Buffer.concat([
        writeFragmentHeader(sequence, TRACK_ID, samples),
        ...frames.map(({ data }) => data),
      ]),
    };
  }
}

function isSame(left: GridPlace, right: GridPlace): boolean {
  return left.segment === right.segment && left.part === right.part;
}

/** The same part so many segments later: its frames again, on other places. */
export function repeatPart(part: MadePart, segmentsLater: number, grid: PartGrid): MadePart {
  const { firstIndex, startTicks } = grid;
  const segment = part.segment + segmentsLater;
  const ticks = startTicks(firstIndex(segment)) - startTicks(firstIndex(part.segment));
  return {
    ...part,
    segment,
    startTicks: part.startTicks + ticks,
    data: moveFragments(part.data, ticks),
  };
}
