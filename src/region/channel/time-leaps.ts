// Long holes of a picture, cut short for the encoder. When frames stay away, the encoder would have to make every frame
// of the hole when the next one comes. Instead it is told that the hole is shorter by whole segments: it fills what is
// left of the segment in which the picture stopped, one whole segment of the still picture, and the beginning of the
// segment in which it goes on. The segments that were cut out are copies of the still one.
// Where a hole is cut follows from the places of the frames on its two sides alone.

import type { PartGrid } from '#media/cmaf/part-grid.ts';

/** A cut: from this place of the encoder's on, what comes out lies so many segments later. */
export interface Leap {
  readonly fromInner: number;
  /** Segments that were cut out here. */
  readonly segmentCount: number;
  /** Frames to add to places of the encoder from here on. */
  readonly shift: number;
}

/** The cuts of one encoder run. */
export class TimeLeaps {
  readonly #grid: PartGrid;
  readonly #framesPerSegment: number;
  readonly #leaps: Leap[] = [];
  #last: number;

  /** `lastPlace`: nothing at or before it is cut. */
  constructor(grid: PartGrid, framesPerSegment: number, lastPlace: number) {
    this.#grid = grid;
    this.#framesPerSegment = framesPerSegment;
    this.#last = lastPlace;
  }

  /** The encoder's place for a frame that is written to it. */
  toInner(place: number): number {
    const shift = this.#leaps.at(-1)?.shift ?? 0;
    const next = this.#grid.firstIndex(this.#grid.place(this.#last).segment + 2);
    const segmentCount = Math.floor((place - next) / this.#framesPerSegment);
    this.#last = Math.max(this.#last, place);
    if (segmentCount <= 0) return place - shift;
    const leap = {
      fromInner: next - shift,
      segmentCount,
      shift: shift + segmentCount * this.#framesPerSegment,
    };
    this.#leaps.push(leap);
    return place - leap.shift;
  }

  /** The cut that a frame which comes out lies behind; undefined before the first. */
  leapBefore(inner: number): Leap | undefined {
    return this.#leaps.findLast(({ fromInner }) => fromInner <= inner);
  }
}
