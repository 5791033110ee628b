// A live media playlist as a viewer loads it: pieces in their order, each a part, or a whole segment whose parts are not
// listed any more. Times are those of the clock, from EXT-X-PROGRAM-DATE-TIME; without dates there is no latency to
// measure, and such a playlist is not played.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.3.8, 4.4.4.6 and 4.4.4.9.

import type { ParsedPart } from '#media/hls/parse-live-tags.ts';
import type { ParsedMediaPlaylist, ParsedSegment } from '#media/hls/parse-media-playlist.ts';
import { parsePlaylist } from '#media/hls/parse-playlist.ts';

export type LivePiece = {
  readonly segment: number;
  readonly part: number;
  /** Nothing of its segment comes behind it. */
  readonly isLast: boolean;
  readonly uri: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly isIndependent: boolean;
  /** Nobody has it: viewers step over it. */
  readonly isGap: boolean;
};

export type LivePlaylist = {
  readonly pieces: readonly LivePiece[];
  readonly initUri: string | undefined;
  readonly targetMs: number;
  /** Duration of a piece: PART-TARGET, or the target duration where there are no parts. */
  readonly pieceMs: number;
  readonly holdBackMs: number;
  readonly isEnded: boolean;
  /** The query that asks for the next version; undefined where reloads are not held. */
  readonly nextQuery: string | undefined;
};

/** Of HOLD-BACK and PART-HOLD-BACK, where the tags leave them out. */
const HOLD_BACK_TARGETS = 3;

/** Reads a live playlist; undefined when it is none, or has no dates. */
export function readLivePlaylist(text: string): LivePlaylist | undefined {
  const playlist = parsePlaylist(text);
  if (!playlist.isPlaylist || playlist.kind !== 'media' || playlist.targetDurationSeconds === null)
    return undefined;
  const pieces = piecesOf(playlist);
  const targetMs = playlist.targetDurationSeconds * 1_000;
  const partMs = playlist.partTargetSeconds === null ? undefined : playlist.partTargetSeconds * 1_000;
  const { partHoldBackSeconds, holdBackSeconds, canBlockReload } = playlist.serverControl;
  const pieceMs = partMs ?? targetMs;
  const declared = partMs === undefined ? holdBackSeconds : partHoldBackSeconds;
  if (pieces.length === 0) return undefined;
  return {
    pieces,
    initUri: playlist.segments[0]?.map?.uri,
    targetMs,
    pieceMs,
    holdBackMs: declared === null ? HOLD_BACK_TARGETS * pieceMs : declared * 1_000,
    isEnded: playlist.isEnded,
    nextQuery: canBlockReload ? nextQuery(playlist) : undefined,
  };
}

function nextQuery({ mediaSequence, segments, openParts, partTargetSeconds }: ParsedMediaPlaylist): string {
  const segment = `_HLS_msn=${mediaSequence + segments.length}`;
  return partTargetSeconds === null ? segment : `${segment}&_HLS_part=${openParts.length}`;
}

function piecesOf(playlist: ParsedMediaPlaylist): LivePiece[] {
  const pieces: LivePiece[] = [];
  let atMs: number | null = null;
  for (const segment of playlist.segments) {
    atMs = segment.dateMs ?? atMs;
    if (atMs === null) continue;
    pieces.push(...piecesOfSegment(segment, atMs));
    atMs += segment.durationSeconds * 1_000;
  }
  const openMs = playlist.openDateMs ?? atMs;
  const segment = playlist.mediaSequence + playlist.segments.length;
  if (openMs !== null) pieces.push(...partPieces(segment, playlist.openParts, openMs, false));
  return pieces;
}

/** Parts that are ranges of a resource are not asked for one by one: the segment is taken whole. */
function piecesOfSegment(segment: ParsedSegment, startMs: number): LivePiece[] {
  const { mediaSequence, parts, uri, durationSeconds, isGap } = segment;
  if (parts.length > 0 && parts.every(({ range }) => range === null))
    return partPieces(mediaSequence, parts, startMs, true);
  const durationMs = durationSeconds * 1_000;
  const place = { segment: mediaSequence, part: 0, isLast: true };
  return [{ ...place, uri, startMs, durationMs, isIndependent: true, isGap }];
}

function partPieces(
  segment: number,
  parts: readonly ParsedPart[],
  startMs: number,
  isWhole: boolean,
): LivePiece[] {
  let atMs = startMs;
  return parts
    .filter(({ range }) => range === null)
    .map(({ uri, durationSeconds, isIndependent, isGap }, part) => {
      const durationMs = durationSeconds * 1_000;
      const isLast = isWhole && part === parts.length - 1;
      const piece = { segment, part, isLast, uri, startMs: atMs, durationMs, isIndependent, isGap };
      atMs += durationMs;
      return piece;
    });
}
