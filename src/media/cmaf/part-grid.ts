// The grid of a live rendition: where each frame lies on the timeline, and which segment and part it belongs to.
// Segment n holds what begins in [n·T, (n+1)·T) after the Unix epoch, part p of it what begins in its p-th share. Both
// follow from the index of a frame alone, so channels that never talk to each other cut at the same places.
// Everything is counted in whole numbers; no product passes 2^53 within centuries of frames.

export interface PartGridOptions {
  /** Where frame 0 lies, before the phase; a multiple of the segment duration. */
  readonly anchorMs: number;
  readonly segmentDurationMs: number;
  readonly partsPerSegment: number;
  readonly timescale: number;
  /** Ticks from one frame to the next. */
  readonly frameTicks: number;
  /** From the anchor to the start of frame 0. */
  readonly phaseTicks?: number;
}

export interface GridPlace {
  readonly segment: number;
  readonly part: number;
}

/** The grid of frames of one rendition; indexes count frames from the anchor on. */
export interface PartGrid {
  readonly timescale: number;
  readonly frameTicks: number;
  readonly partsPerSegment: number;
  /** The longest that a part can be. */
  readonly partTargetTicks: number;
  /** When a frame begins, in ticks since the Unix epoch. */
  startTicks(index: number): number;
  place(index: number): GridPlace;
  /** The first frame of a segment. */
  firstIndex(segment: number): number;
}

/** Creates a grid; throws a RangeError when frames are longer than parts. */
export function createPartGrid(options: PartGridOptions): PartGrid {
  const { anchorMs, segmentDurationMs, partsPerSegment, timescale, frameTicks, phaseTicks = 0 } = options;
  // Times are compared in ticks·1000, in which a segment is a whole number whatever its duration.
  const segmentUnits = timescale * segmentDurationMs;
  if (frameTicks * 1_000 * partsPerSegment > segmentUnits)
    throw new RangeError(
      `a frame of ${frameTicks}/${timescale} s is longer than a ${partsPerSegment}th of ${segmentDurationMs} ms`,
    );
  const anchorSegment = Math.round(anchorMs / segmentDurationMs);
  const anchorTicks =
    Math.floor(anchorMs / 1_000) * timescale + Math.floor(((anchorMs % 1_000) * timescale) / 1_000);

  function place(index: number): GridPlace {
    const units = (phaseTicks + index * frameTicks) * 1_000;
    const segmentsSince = Math.floor(units / segmentUnits);
    const within = units - segmentsSince * segmentUnits;
    return {
      segment: anchorSegment + segmentsSince,
      part: Math.floor((within * partsPerSegment) / segmentUnits),
    };
  }

  return {
    timescale,
    frameTicks,
    partsPerSegment,
    partTargetTicks: Math.ceil(segmentUnits / (1_000 * partsPerSegment * frameTicks)) * frameTicks,
    startTicks: (index) => anchorTicks + phaseTicks + index * frameTicks,
    place,
    firstIndex: (segment) =>
      Math.ceil(((segment - anchorSegment) * segmentUnits - phaseTicks * 1_000) / (frameTicks * 1_000)),
  };
}
