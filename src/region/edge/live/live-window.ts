// What an edge has of one rendition of a broadcast: parts as they arrive, newest segments with their bytes, older ones
// by their numbers alone. Which of two channels a part came from does not matter: they are interchangeable. Limits: bytes
// are kept for KEPT_MS; a segment without bytes is 100 bytes of notes, and the window holds the DVR window of them.

import { defined } from '#base/assert.ts';
import type { LivePart, LiveRendition } from '#contract/live.ts';
import type { PartGrid } from '#media/cmaf/part-grid.ts';
import { type LivePlaylistSegment, listsParts } from '#media/hls/live-playlist.ts';
import type { LiveEdge } from '#media/hls/live-request.ts';
import { KEPT_MS, SEGMENTS_KEPT_BESIDE } from './limits.ts';

export interface HeldPart extends LivePart {
  readonly data: Buffer;
}

interface HeldSegment {
  readonly segment: number;
  parts: HeldPart[];
  isWhole: boolean;
  isGap: boolean;
  durationTicks: number;
}

export interface LiveWindowOptions {
  readonly rendition: LiveRendition;
  readonly grid: PartGrid;
  readonly segmentDurationMs: number;
  readonly dvrWindowMs: number;
  /** Whether it is known that nobody has a segment that was never seen here; absent: of none. */
  isLost?(segment: number): boolean;
  /** The bytes of a segment's parts are not kept here any longer. */
  onForgotten?(segment: number, partCount: number): void;
}

/** Where a part lies. */
export interface PartPlace {
  readonly segment: number;
  readonly part: number;
}

/** The window of one rendition. */
export class LiveWindow {
  readonly rendition: LiveRendition;
  readonly #options: LiveWindowOptions;
  /** Oldest first; without holes from the first segment on. */
  #segments: HeldSegment[] = [];
  /** The oldest that was ever in the window. */
  #firstListed = 0;
  #isEnded = false;
  /** Grows with every change, so that texts made from the window can be kept. */
  version = 0;

  constructor(options: LiveWindowOptions) {
    this.#options = options;
    this.rendition = options.rendition;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whether a playlist would name a segment: players cannot begin without one. */
  get hasWhole(): boolean {
    return this.#segments.some(({ isWhole }) => isWhole);
  }

  /** The part that should come next; undefined while there is nothing. */
  next(): PartPlace | undefined {
    const last = this.#segments.at(-1);
    if (last === undefined) return undefined;
    return last.isWhole || last.isGap
      ? { segment: last.segment + 1, part: 0 }
      : { segment: last.segment, part: last.parts.length };
  }

  /**
   * Takes a part; false when it is known already, or does not follow what is here. The first part begins the window;
   * segments before it, as far back as a channel has them, are known by the grid.
   */
  add(part: LivePart, data: Buffer, firstSegment: number): boolean {
    const next = this.next();
    if (next === undefined) this.#begin(part, firstSegment);
    else if (part.segment < next.segment || (part.segment === next.segment && part.part < next.part))
      return false;
    else if (part.segment > next.segment) this.#step(part.segment);
    const segment = this.#open(part.segment);
    if (segment.parts.length !== part.part) return false;
    segment.parts.push({ ...part, data });
    segment.durationTicks += part.durationTicks;
    if (part.isLast) segment.isWhole = true;
    this.#trim();
    this.version += 1;
    return true;
  }

  /** Nobody has these segments. */
  addGap(segment: number, segmentCount: number): void {
    for (let number = segment; number < segment + segmentCount; number += 1) {
      const next = this.next();
      if (next === undefined || number < next.segment) continue;
      if (number > next.segment) this.#step(number);
      const held = this.#open(number);
      held.parts = [];
      held.isGap = true;
      held.durationTicks = this.#durationTicks(number);
      this.version += 1;
    }
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const last = this.#segments.at(-1);
    // The broadcast may end within a segment: what is there of it is its last.
    if (last !== undefined && !last.isGap) {
      if (last.parts.length > 0) last.isWhole = true;
      else if (!last.isWhole) this.#segments.pop();
    }
    this.version += 1;
  }

  /** The newest that a playlist lists. */
  edge(): LiveEdge | undefined {
    const last = this.#segments.at(-1);
    if (last === undefined) return undefined;
    const { partsPerSegment } = this.#options.grid;
    const { partTargetTicks, timescale } = this.rendition;
    const isWhole = last.isWhole || last.isGap;
    return {
      lastSegment: last.segment,
      // Of older segments only the number is known; all of their parts have been there.
      lastPart: isWhole && last.parts.length === 0 ? partsPerSegment - 1 : last.parts.length - 1,
      isWhole,
      isEnded: this.#isEnded,
      partTargetMs: (partTargetTicks * 1_000) / timescale,
      partsPerSegment,
    };
  }

  part({ segment, part }: PartPlace): HeldPart | undefined {
    return this.#find(segment)?.parts[part];
  }

  /** Parts of a segment that are here, and whether they are all of it; undefined when the window does not have it. */
  segment(
    number: number,
  ): { readonly parts: readonly HeldPart[]; readonly isWhole: boolean; readonly isGap: boolean } | undefined {
    return this.#find(number) ?? (this.#hasLeft(number) ? this.#known(number) : undefined);
  }

  /** For the playlist: whole segments, and the open one. */
  listing(): { segments: LivePlaylistSegment[]; open: LivePlaylistSegment | undefined } {
    const last = this.#segments.at(-1);
    const isOpen = last !== undefined && !last.isWhole && !last.isGap;
    const whole = isOpen ? this.#segments.slice(0, -1) : this.#segments;
    const list = (held: HeldSegment, hasParts: boolean): LivePlaylistSegment => ({
      segment: held.segment,
      startTicks: this.#startTicks(held.segment),
      durationTicks: held.durationTicks,
      isGap: held.isGap,
      parts: hasParts ? held.parts : [],
    });
    return {
      segments: whole.map((held, index) => list(held, listsParts(whole.length - 1 - index))),
      open: isOpen ? list(last, true) : undefined,
    };
  }

  /** First tick of a whole segment. */
  #startTicks(segment: number): number {
    const { grid } = this.#options;
    return grid.startTicks(grid.firstIndex(segment));
  }

  #durationTicks(segment: number): number {
    return this.#startTicks(segment + 1) - this.#startTicks(segment);
  }

  #find(number: number): HeldSegment | undefined {
    const first = this.#segments[0];
    return first === undefined ? undefined : this.#segments[number - first.segment];
  }

  /** Whether a segment was in the window until lately: it can be fetched for as long as it was listed (rfc8216bis 6.2.2). */
  #hasLeft(number: number): boolean {
    const first = this.#segments[0]?.segment ?? 0;
    const kept = Math.max(this.#firstListed, first - this.#count - SEGMENTS_KEPT_BESIDE);
    return number < first && number >= kept;
  }

  /** Segments of a full window, beside the one that is made. */
  get #count(): number {
    return Math.ceil(this.#options.dvrWindowMs / this.#options.segmentDurationMs);
  }

  #begin(part: LivePart, firstSegment: number): void {
    const first = Math.max(firstSegment, part.segment - this.#count);
    this.#firstListed = first;
    for (let number = first; number < part.segment; number += 1) this.#segments.push(this.#known(number));
    this.#segments.push(emptySegment(part.segment));
  }

  /** A segment that this edge never saw: a channel has it, unless it is known that none does. */
  #known(segment: number): HeldSegment {
    const isGap = this.#options.isLost?.(segment) ?? false;
    return { ...emptySegment(segment), isWhole: !isGap, isGap, durationTicks: this.#durationTicks(segment) };
  }

  /** Goes on at a later segment: what lies between has its place, and is looked for when somebody asks. */
  #step(segment: number): void {
    const last = defined(this.#segments.at(-1), 'a segment before');
    if (!last.isWhole && !last.isGap) {
      last.isWhole = true;
      last.parts = [];
      last.durationTicks = this.#durationTicks(last.segment);
    }
    for (let number = last.segment + 1; number < segment; number += 1)
      this.#segments.push(this.#known(number));
  }

  #open(segment: number): HeldSegment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.segment === segment) return last;
    const opened = emptySegment(segment);
    this.#segments.push(opened);
    return opened;
  }

  #trim(): void {
    const { segmentDurationMs } = this.#options;
    const kept = Math.ceil(KEPT_MS / segmentDurationMs);
    const old = this.#segments[this.#segments.length - 1 - kept];
    if (old?.isWhole && old.parts.length > 0) {
      this.#options.onForgotten?.(old.segment, old.parts.length);
      old.parts = [];
    }
    const count = this.#count + 1;
    if (this.#segments.length > count) this.#segments.splice(0, this.#segments.length - count);
  }
}

function emptySegment(segment: number): HeldSegment {
  return { segment, parts: [], isWhole: false, isGap: false, durationTicks: 0 };
}
