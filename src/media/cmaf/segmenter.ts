// Groups the fragments of one track into segments on an absolute grid: segment n holds what starts in
// [n·T, (n+1)·T) after the start of the timeline. Whoever encodes the same source again cuts at the same places,
// with nothing to agree on. Fragments are cut between frames where they do not fit the grid, as those of audio do.
// Limits: cuts lie at sync samples; 50 ms of tolerance let the priming frame of AAC (21 ms early) and audio frames
// that straddle a boundary join the segment they belong to.

import { CmafError } from './cmaf-error.ts';
import { type Fragment, type Sample, writeFragmentHeader } from './fragment.ts';

export interface SegmenterOptions {
  /** Where presentation time 0 lies on the media timeline. */
  readonly timelineStartMs: number;
  readonly segmentDurationMs: number;
  readonly toleranceMs?: number;
}

export interface Segment {
  readonly number: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly timescale: number;
  readonly frameCount: number;
  /** styp + moof + mdat. */
  readonly data: Uint8Array;
}

const TOLERANCE_MS = 50;
/** Segment type box: brand msdh (a DASH media segment), compatible with msdh and cmfs (a CMAF segment). */
const STYP = Uint8Array.from(
  [0, 0, 0, 24, ...'stypmsdh', 0, 0, 0, 0, ...'msdhcmfs'].map((part) =>
    typeof part === 'number' ? part : part.charCodeAt(0),
  ),
);

interface Piece {
  readonly fragment: Fragment;
  readonly samples: Sample[];
}

/** Cuts one track into segments. */
export class Segmenter {
  readonly #options: SegmenterOptions;
  #number = -1;
  #pieces: Piece[] = [];

  constructor(options: SegmenterOptions) {
    this.#options = options;
  }

  /** Takes the next fragment and returns the segments that it completed. */
  push(fragment: Fragment): Segment[] {
    const segments: Segment[] = [];
    let piece: Piece | undefined;
    for (const sample of fragment.samples) {
      if (sample.isSync || this.#number < 0) {
        const number = this.#numberOf(sample.presentationTicks, fragment.track.timescale);
        if (number > this.#number) {
          const segment = this.#close(sample.presentationTicks);
          if (segment !== undefined) {
            if (number !== segment.number + 1)
              throw new CmafError('gap', `segment ${segment.number} is followed by ${number}`);
            segments.push(segment);
          }
          this.#number = number;
          piece = undefined;
        }
      }
      if (piece === undefined) {
        piece = { fragment, samples: [] };
        this.#pieces.push(piece);
      }
      piece.samples.push(sample);
    }
    return segments;
  }

  /** The last segment, once the stream has ended. */
  flush(): Segment[] {
    const segment = this.#close(undefined);
    return segment === undefined ? [] : [segment];
  }

  #numberOf(ticks: number, timescale: number): number {
    const { timelineStartMs, segmentDurationMs, toleranceMs = TOLERANCE_MS } = this.#options;
    const sinceStartMs = (ticks * 1_000) / timescale - timelineStartMs + toleranceMs;
    return Math.max(0, Math.floor(sinceStartMs / segmentDurationMs));
  }

  /** Closes the open segment; it lasts until the next one starts, or until its last frame ends. */
  #close(nextStartTicks: number | undefined): Segment | undefined {
    const pieces = this.#pieces;
    const first = pieces[0]?.samples[0];
    if (pieces[0] === undefined || first === undefined) return undefined;
    this.#pieces = [];
    const { track } = pieces[0].fragment;
    const samples = pieces.flatMap((piece) => piece.samples);
    let endTicks = nextStartTicks ?? 0;
    if (nextStartTicks === undefined)
      for (const sample of samples)
        endTicks = Math.max(endTicks, sample.presentationTicks + sample.durationTicks);
    const durationTicks = endTicks - first.presentationTicks;
    if (durationTicks <= 0) throw new CmafError('malformed', `segment ${this.#number} has no duration`);
    return {
      number: this.#number,
      startTicks: first.presentationTicks,
      durationTicks,
      timescale: track.timescale,
      frameCount: samples.length,
      data: join(segmentParts(this.#number, track.id, pieces, samples)),
    };
  }
}

/** A fragment that is a whole segment is passed on as it came; anything else gets a header of its own. */
function segmentParts(
  number: number,
  trackId: number,
  pieces: readonly Piece[],
  samples: readonly Sample[],
): Uint8Array[] {
  const only = pieces.length === 1 ? pieces[0] : undefined;
  if (only !== undefined && only.samples.length === only.fragment.samples.length)
    return [STYP, only.fragment.moof, only.fragment.mdat];
  const payload = pieces.flatMap(({ fragment, samples: own }) =>
    own.map(({ offset, bytes }) => fragment.mdat.subarray(offset, offset + bytes)),
  );
  return [STYP, writeFragmentHeader(number + 1, trackId, samples), ...payload];
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
