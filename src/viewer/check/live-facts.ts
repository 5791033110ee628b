// What a check sees of live playlists while it watches them: every answer to a reload with its time, and what became of
// parts, hints, delta updates and requests that a server must refuse. All times are milliseconds since watching began.

import type { ParsedPart } from '#media/hls/parse-live-tags.ts';
import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import type { ByteRange, ResourceFacts } from './facts.ts';

/** What a reload asked for; null when it asked for whatever there is. */
export interface Asked {
  readonly segment: number | null;
  readonly part: number | null;
  readonly isDelta: boolean;
}

export interface LiveUpdate {
  readonly asked: Asked;
  readonly askedMs: number;
  readonly answeredMs: number;
  readonly resource: ResourceFacts;
  readonly playlist: ParsedMediaPlaylist | null;
}

/** A delta update and the whole playlist, asked for one after the other with the same directives. */
export interface DeltaPair {
  readonly delta: LiveUpdate;
  readonly whole: LiveUpdate;
}

/** A request with directives that must be refused. */
export interface RefusalProbe {
  readonly kind: 'part-alone' | 'segment-far' | 'part-far';
  readonly resource: ResourceFacts;
}

export interface HintFacts {
  readonly url: string;
  readonly range: ByteRange | null;
  readonly segment: number;
  readonly part: number;
  readonly resource: ResourceFacts;
  /** From the request to the first line of the answer, and from there to the last byte. */
  readonly heldMs: number | null;
  readonly transferMs: number;
  readonly digest: string | null;
}

export interface PartFacts {
  readonly url: string;
  readonly range: ByteRange | null;
  readonly segment: number;
  readonly part: number;
  readonly declared: ParsedPart;
  readonly resource: ResourceFacts;
  readonly digest: string | null;
  readonly kind: 'video' | 'audio' | null;
  /** Whether one of its fragments begins with a sync sample; null when it could not be read. */
  readonly hasSync: boolean | null;
}

/** A segment held against its parts. */
export interface JoinFacts {
  readonly url: string;
  readonly segment: number;
  readonly partsDigest: string;
  readonly partsBytes: number;
  readonly segmentDigest: string;
  readonly segmentBytes: number;
}

/** Something that left a playlist, asked for right afterwards. */
export interface RemovedFacts {
  readonly kind: 'part' | 'segment';
  readonly url: string;
  readonly segment: number;
  readonly resource: ResourceFacts;
}

export interface LivePlaylistFacts {
  readonly url: string;
  /** After redirects; what the playlist names is relative to it. */
  readonly baseUrl: string;
  /** In the order in which they were answered; the first is the one before watching began. */
  readonly updates: readonly LiveUpdate[];
  readonly deltas: readonly DeltaPair[];
  readonly probes: readonly RefusalProbe[];
  readonly hints: readonly HintFacts[];
  readonly parts: readonly PartFacts[];
  readonly joins: readonly JoinFacts[];
  readonly removed: readonly RemovedFacts[];
  /** When watching it ended. */
  readonly endedMs: number;
}

export interface LiveFacts {
  readonly watchedMs: number;
  /** By address, as in the facts of playlists. */
  readonly playlists: ReadonlyMap<string, LivePlaylistFacts>;
}

/** A place on the timeline of a playlist. */
export interface LivePosition {
  readonly segment: number;
  readonly part: number;
}

export const isBefore = (left: LivePosition, right: LivePosition): boolean =>
  left.segment < right.segment || (left.segment === right.segment && left.part < right.part);

/** The newest segment and part; a whole segment whose parts are not listed has them all. Null for an empty playlist. */
export function newestOf(playlist: ParsedMediaPlaylist): LivePosition | null {
  const last = playlist.segments.at(-1);
  if (playlist.openParts.length > 0)
    return { segment: nextSegment(playlist), part: playlist.openParts.length - 1 };
  if (last === undefined) return null;
  const part = last.parts.length > 0 ? last.parts.length - 1 : Number.MAX_SAFE_INTEGER;
  return { segment: last.mediaSequence, part };
}

/** Media sequence number of the segment that is being made. */
export function nextSegment(playlist: ParsedMediaPlaylist): number {
  return playlist.mediaSequence + playlist.skippedSegments + playlist.segments.length;
}

export interface ListedPart extends LivePosition {
  readonly declared: ParsedPart;
  /** The last of a segment that is whole. */
  readonly isLast: boolean;
}

/** Every part that a playlist lists, with its place. */
export function listedParts(playlist: ParsedMediaPlaylist): ListedPart[] {
  const whole = playlist.segments.flatMap(({ mediaSequence, parts }) =>
    parts.map((declared, part) => ({
      segment: mediaSequence,
      part,
      declared,
      isLast: part === parts.length - 1,
    })),
  );
  const segment = nextSegment(playlist);
  return [
    ...whole,
    ...playlist.openParts.map((declared, part) => ({ segment, part, declared, isLast: false })),
  ];
}

/** Whether a playlist lists parts, or says that it will. */
export function hasParts(playlist: ParsedMediaPlaylist): boolean {
  return playlist.partTargetSeconds !== null || listedParts(playlist).length > 0;
}
