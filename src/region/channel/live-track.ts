// One rendition of a channel in memory: the parts of the last half minute, and those who follow it. What is published is
// told to followers in order; a new follower is first told what it asked for of what is there.
// A segment is whole when it has all of its parts, undamaged; anything else is known as parts only.

import type { LiveFault, LiveRendition } from '#contract/live.ts';
import type { MadePart } from '#media/cmaf/part-maker.ts';
import { MARKS_MAX } from './limits.ts';

/** A part, with what was wrong with its picture or sound when it was made. */
export type TrackPart = MadePart & { readonly faults?: readonly LiveFault[] };

export type TrackEvent =
  | { readonly kind: 'part'; readonly part: TrackPart }
  /** None of these segments is or becomes whole here. */
  | { readonly kind: 'gap'; readonly segment: number; readonly segmentCount: number }
  | { readonly kind: 'end'; readonly reason: 'ended' | 'stopped' };

export type TrackListener = (event: TrackEvent) => void;

interface WindowSegment {
  readonly parts: TrackPart[];
  isWhole: boolean;
}

/** What may be wrong with a segment. */
export type SegmentMark = LiveFault | 'damaged' | 'gap';

/** A whole segment. */
export interface WholeSegment {
  readonly number: number;
  readonly startTicks: number;
  readonly durationTicks: number;
  readonly frameCount: number;
  readonly data: Buffer;
}

/** The window of one rendition. */
export class LiveTrack {
  readonly rendition: LiveRendition;
  readonly init: Buffer;
  readonly #windowSegments: number;
  readonly #segments = new Map<number, WindowSegment>();
  readonly #listeners = new Set<TrackListener>();
  /** Segments that are not as they should be, oldest first. */
  readonly #marks = new Map<number, Set<SegmentMark>>();
  #end: TrackEvent | undefined;
  #lastSegment = -1;
  #bytes = 0;

  constructor(rendition: LiveRendition, init: Buffer, windowSegments: number) {
    this.rendition = rendition;
    this.init = init;
    this.#windowSegments = windowSegments;
  }

  /** Bytes of all parts in the window. */
  get bytes(): number {
    return this.#bytes;
  }

  get followerCount(): number {
    return this.#listeners.size;
  }

  /** The newest segment that has a part; -1 before the first. */
  get lastSegment(): number {
    return this.#lastSegment;
  }

  /** The oldest segment in the window; undefined before the first. */
  get firstSegment(): number | undefined {
    return this.#segments.keys().next().value;
  }

  /** Segments from this one on that are not as they should be. */
  marks(fromSegment: number): { readonly segment: number; readonly faults: SegmentMark[] }[] {
    return [...this.#marks].flatMap(([segment, faults]) =>
      segment < fromSegment ? [] : [{ segment, faults: [...faults] }],
    );
  }

  publish(part: TrackPart): void {
    let segment = this.#segments.get(part.segment);
    if (segment === undefined) {
      segment = { parts: [], isWhole: false };
      this.#segments.set(part.segment, segment);
      this.#lastSegment = part.segment;
      this.#forget();
    }
    segment.parts.push(part);
    this.#bytes += part.data.length;
    if (part.isLast) segment.isWhole = isWhole(segment.parts);
    for (const fault of part.faults ?? []) this.#mark(part.segment, fault);
    if (part.isDamaged) this.#mark(part.segment, 'damaged');
    this.#tell({ kind: 'part', part });
  }

  gap(segment: number, segmentCount: number): void {
    if (segmentCount <= 0) return;
    const end = segment + segmentCount;
    for (let number = Math.max(segment, end - MARKS_MAX); number < end; number += 1)
      this.#mark(number, 'gap');
    this.#tell({ kind: 'gap', segment, segmentCount });
  }

  /** Says that nothing follows. When the broadcast has ended, its last segment is whole with what it has. */
  end(reason: 'ended' | 'stopped'): void {
    if (this.#end !== undefined) return;
    const last = this.#segments.get(this.#lastSegment);
    if (reason === 'ended' && last !== undefined) last.isWhole = isWhole(last.parts);
    this.#end = { kind: 'end', reason };
    this.#tell(this.#end);
    this.#listeners.clear();
  }

  /**
   * Tells the listener the parts in the window from segment `from` on, or from the newest independent part, and then
   * all that is published; returns how to stop.
   */
  follow(from: number | undefined, listener: TrackListener): () => void {
    const parts = [...this.#segments.values()].flatMap((segment) => segment.parts);
    const first =
      from === undefined
        ? parts.findLastIndex(({ isIndependent }) => isIndependent)
        : parts.findIndex(({ segment }) => segment >= from);
    if (first >= 0) for (const part of parts.slice(first)) listener({ kind: 'part', part });
    // A follower from a later segment on is not told the rest of the one before.
    const own: TrackListener = (event) => {
      if (event.kind !== 'part' || event.part.segment >= (from ?? 0)) listener(event);
    };
    if (this.#end === undefined) this.#listeners.add(own);
    else listener(this.#end);
    return () => this.#listeners.delete(own);
  }

  part(segment: number, part: number): TrackPart | undefined {
    return this.#segments.get(segment)?.parts.find((candidate) => candidate.part === part);
  }

  parts(segment: number): readonly TrackPart[] {
    return this.#segments.get(segment)?.parts ?? [];
  }

  /** A segment of the window, when it is whole. */
  segment(number: number): WholeSegment | undefined {
    const segment = this.#segments.get(number);
    const first = segment?.parts[0];
    if (segment === undefined || first === undefined || !segment.isWhole) return undefined;
    return {
      number,
      startTicks: first.startTicks,
      durationTicks: segment.parts.reduce((sum, { durationTicks }) => sum + durationTicks, 0),
      frameCount: segment.parts.reduce((sum, { frameCount }) => sum + frameCount, 0),
      data: Buffer.concat(segment.parts.map(({ data }) => data)),
    };
  }

  #mark(segment: number, mark: SegmentMark): void {
    const marks = this.#marks.get(segment);
    if (marks !== undefined) {
      marks.add(mark);
      return;
    }
    this.#marks.set(segment, new Set([mark]));
    const oldest = this.#marks.keys().next();
    if (this.#marks.size > MARKS_MAX && oldest.done !== true) this.#marks.delete(oldest.value);
  }

  #tell(event: TrackEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #forget(): void {
    for (const [number, { parts }] of this.#segments) {
      if (number > this.#lastSegment - this.#windowSegments) return;
      this.#segments.delete(number);
      this.#bytes -= parts.reduce((sum, { data }) => sum + data.length, 0);
    }
  }
}

function isWhole(parts: readonly MadePart[]): boolean {
  return parts.every(({ part, isDamaged }, index) => part === index && !isDamaged);
}
