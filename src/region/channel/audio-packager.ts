// The audio of a channel: AAC frames as the publisher sent them, each on its place of the timeline's grid, never encoded
// again. Places that stay empty get a frame of silence, so that numbers go on without holes. What is filled, and when,
// follows from the records alone, so that both channels of a broadcast decide alike.

import type { PartGrid } from '#media/cmaf/part-grid.ts';
import type { MadePart } from '#media/cmaf/part-maker.ts';
import { PartMaker } from '#media/cmaf/part-maker.ts';
import { AUDIO_KEPT_FRAMES_MAX } from './limits.ts';

export type PackagedAudio =
  | { readonly kind: 'part'; readonly part: MadePart }
  | { readonly kind: 'gap'; readonly segment: number; readonly segmentCount: number };

export interface AudioPackagerOptions {
  readonly grid: PartGrid;
  /** A frame of silence; null: there is none, and holes stay. */
  readonly silence: Uint8Array | null;
  /** A frame of no more bytes is silence. */
  readonly silentBytesMax: number;
  /** Holes of more segments are not filled. */
  readonly fillSegmentsMax: number;
}

/** Puts audio frames into parts. */
export class AudioPackager {
  readonly #options: AudioPackagerOptions;
  readonly #maker: PartMaker;
  /** Frames from before it was known where the channel begins. */
  #kept: { index: number; data: Uint8Array }[] = [];
  #next: number | undefined;
  silentFrames = 0;
  /** Frames in a row that say nothing, whoever made them. */
  #silentInRow = 0;

  constructor(options: AudioPackagerOptions) {
    this.#options = options;
    this.#maker = new PartMaker(options.grid);
  }

  /** Ticks of silence by now. */
  get silentTicks(): number {
    return this.#silentInRow * this.#options.grid.frameTicks;
  }

  /** Says with which segment the channel begins. */
  begin(segment: number): PackagedAudio[] {
    this.#next = this.#options.grid.firstIndex(segment);
    const kept = this.#kept;
    this.#kept = [];
    return kept.flatMap(({ index, data }) => this.push(index, data));
  }

  /** Takes the frame that belongs to a place; what comes too late for its place is left out. */
  push(index: number, data: Uint8Array): PackagedAudio[] {
    if (this.#next === undefined) {
      this.#kept.push({ index, data });
      if (this.#kept.length > AUDIO_KEPT_FRAMES_MAX) this.#kept.shift();
      return [];
    }
    if (index < this.#next) return [];
    const before = this.fillTo(index);
    this.#next = index + 1;
    const isSilent = data.length <= this.#options.silentBytesMax;
    this.#silentInRow = isSilent ? this.#silentInRow + 1 : 0;
    return [...before, ...toParts(this.#maker.push({ index, isKey: true, data }))];
  }

  /** Fills every place before this one. */
  fillTo(end: number): PackagedAudio[] {
    const { grid, silence, fillSegmentsMax } = this.#options;
    if (this.#next === undefined || this.#next >= end) return [];
    const packaged: PackagedAudio[] = [];
    const from = grid.place(this.#next).segment;
    const to = grid.place(end).segment;
    if (silence === null || to - from > fillSegmentsMax) {
      packaged.push(...toParts(this.#maker.flush()));
      const isAtStart = grid.firstIndex(to) === end;
      packaged.push({
        kind: 'gap',
        segment: from,
        segmentCount: Math.max(1, to - from + (isAtStart ? 0 : 1)),
      });
      this.#next = end;
      return packaged;
    }
    for (; this.#next < end; this.#next += 1) {
      this.silentFrames += 1;
      this.#silentInRow += 1;
      packaged.push(...toParts(this.#maker.push({ index: this.#next, isKey: true, data: silence })));
    }
    return packaged;
  }

  /** The broadcast has ended. */
  end(): PackagedAudio[] {
    return toParts(this.#maker.flush(true));
  }
}

function toParts(parts: readonly MadePart[]): PackagedAudio[] {
  return parts.map((part) => ({ kind: 'part', part }));
}
