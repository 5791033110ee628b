// Groups the fragments of one track into segments on an absolute grid: segment n holds what starts in
// [n·T, (n+1)·T) after the start of the timeline; where the grid has a short first segment, that span of the grid is
// two segments, so that playing can begin sooner, and the numbers after it are one higher. Whoever encodes the same source again cuts at the same places,
// with nothing to agree on. Fragments are cut between frames where they do not fit the grid, as those of audio do.
// Limits: cuts lie at sync samples; 50 ms of tolerance let the priming frame of AAC (21 ms early) and audio frames
// that straddle a boundary join the segment they belong to.

import { CmafError } from './cmaf-error.ts';
import { type Fragment, type Sample, writeFragmentHeader } from './fragment.ts';

export interface SegmenterOptions {
  /** Where presentation time 0 lies on the media timeline. */
  readonly timelineStartMs: number;
  readonly segmentDurationMs: number;
  /** Where the first span of the grid is cut in two; absent: nowhere. */
  readonly firstSegmentMs?: number;
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

/** Headers of moof and mfhd, version and flags. */
const SEQUENCE_OFFSET = 20;

interface Piece {
  readonly fragment: Fragment;
  readonly samples: Sample[];
}

/** The segment that is being filled. */
interface OpenSegment {
  readonly number: number;
  readonly startTicks: number;
  durationTicks: number;
  readonly pieces: Piece[];
}

/** Cuts one track into segments. */
export class Segmenter {
  readonly #options: SegmenterOptions;
  #open: OpenSegment | undefined;
  #lastNumber = -1;

  constructor(options: SegmenterOptions) {
    this.#options = options;
  }

  /** Takes the next fragment and returns the segments that it completed. */
  push(fragment: Fragment): Segment[] {
    const { timescale } = fragment.track;
    const segments: Segment[] = [];
    let piece: Piece | undefined;
    for (const sample of fragment.samples) {
      const isNext =
        this.#open !== undefined &&
        sample.isSync &&
        this.#numberOf(sample.presentationTicks, timescale) > this.#open.number;
      if (this.#open !== undefined && isNext)
        segments.push(this.#close(this.#open, sample.presentationTicks));
      const open = this.#open ?? this.#start(sample, timescale);
      if (piece === undefined || !open.pieces.includes(piece)) {
        piece = { fragment, samples: [] };
        open.pieces.push(piece);
      }
      piece.samples.push(sample);
      open.durationTicks += sample.durationTicks;
    }
    // A group of pictures that fills its segment completes it: nobody waits for the next one to begin.
    if (this.#open !== undefined) {
      const nextTicks = this.#open.startTicks + this.#open.durationTicks;
      if (this.#numberOf(nextTicks, timescale) > this.#open.number)
        segments.push(this.#close(this.#open, nextTicks));
    }
    return segments;
  }

  /** The last segment, once the stream has ended. */
  flush(): Segment[] {
    const open = this.#open;
    if (open === undefined) return [];
    let endTicks = 0;
    for (const { samples } of open.pieces)
      for (const sample of samples)
        endTicks = Math.max(endTicks, sample.presentationTicks + sample.durationTicks);
    return [this.#close(open, endTicks)];
  }

  #numberOf(ticks: number, timescale: number): number {
    const { timelineStartMs, segmentDurationMs, firstSegmentMs, toleranceMs = TOLERANCE_MS } = this.#options;
    const sinceStartMs = (ticks * 1_000) / timescale - timelineStartMs + toleranceMs;
    const span = Math.max(0, Math.floor(sinceStartMs / segmentDurationMs));
    return firstSegmentMs === undefined || sinceStartMs < firstSegmentMs ? span : span + 1;
  }

  #start(sample: Sample, timescale: number): OpenSegment {
    const number = this.#numberOf(sample.presentationTicks, timescale);
    if (this.#lastNumber >= 0 && number !== this.#lastNumber + 1)
      throw new CmafError('gap', `segment ${this.#lastNumber} is followed by ${number}`);
    if (!sample.isSync)
      throw new CmafError('malformed', `segment ${number} does not start with a sync sample`);
    this.#open = { number, startTicks: sample.presentationTicks, durationTicks: 0, pieces: [] };
    return this.#open;
  }

  /** Closes the open segment, which lasts until `endTicks`. */
  #close(open: OpenSegment, endTicks: number): Segment {
    this.#open = undefined;
    this.#lastNumber = open.number;
    const { number, startTicks, pieces } = open;
    const durationTicks = endTicks - startTicks;
    const track = pieces[0]?.fragment.track;
    if (track === undefined || durationTicks <= 0)
      throw new CmafError('malformed', `segment ${number} has no duration`);
    const samples = pieces.flatMap((piece) => piece.samples);
    return {
      number,
      startTicks,
      durationTicks,
      timescale: track.timescale,
      frameCount: samples.length,
      data: join(segmentParts(number, track.id, pieces, samples)),
    };
  }
}

/** A fragment that is a whole segment is passed on as it came, but for its number; anything else gets a header of its own. */
function segmentParts(
  number: number,
  trackId: number,
  pieces: readonly Piece[],
  samples: readonly Sample[],
): Uint8Array[] {
  const only = pieces.length === 1 ? pieces[0] : undefined;
  if (only !== undefined && only.samples.length === only.fragment.samples.length)
    return [STYP, numbered(only.fragment.moof, number + 1), only.fragment.mdat];
  const payload = pieces.flatMap(({ fragment, samples: own }) =>
    own.map(({ offset, bytes }) => fragment.mdat.subarray(offset, offset + bytes)),
  );
  return [STYP, writeFragmentHeader(number + 1, trackId, samples), ...payload];
}

/** The moof with a sequence number that grows over the whole track, also where its encoder began to count anew. */
function numbered(moof: Uint8Array, sequence: number): Uint8Array {
  const view = new DataView(moof.buffer, moof.byteOffset, moof.byteLength);
  // ISO/IEC 14496-12, section 8.8.5: mfhd is the first box of a moof; its number follows version and flags.
  if (view.getUint32(SEQUENCE_OFFSET) === sequence) return moof;
  const copy = Uint8Array.from(moof);
  new DataView(copy.buffer).setUint32(SEQUENCE_OFFSET, sequence);
  return copy;
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
