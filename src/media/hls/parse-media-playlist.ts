// A media playlist as a player sees it: segments with their times, ranges, keys and init segments. A tag that says
// something about the playlist or about the segment after it has its case in `MediaReader.tag`.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.3 and 4.4.4.

import { type ByteRangeOf, parseRange } from './parse-byte-range.ts';
import type { PlaylistLines, TagLine, UriLine } from './parse-lines.ts';
import {
  hintOf,
  NO_SERVER_CONTROL,
  type ParsedPart,
  type ParsedPreloadHint,
  type ParsedRenditionReport,
  type ParsedServerControl,
  partOf,
  reportOf,
  serverControlOf,
} from './parse-live-tags.ts';
import type { PlaylistProblem } from './parse-problem.ts';

export interface ParsedMap {
  readonly uri: string;
  readonly range: ByteRangeOf | null;
  readonly line: number;
}

export interface ParsedSegment {
  /** As written: relative to the address of the playlist. */
  readonly uri: string;
  readonly line: number;
  /** From the beginning of the first segment that the playlist lists. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
  readonly range: ByteRangeOf | null;
  readonly map: ParsedMap | null;
  /** METHOD of the key in force; null when the segment is in the clear. */
  readonly keyMethod: string | null;
  /** A discontinuity stands before it. */
  readonly isDiscontinuity: boolean;
  readonly isGap: boolean;
  readonly mediaSequence: number;
  /** EXT-X-PROGRAM-DATE-TIME before it, in milliseconds since the epoch; null without. */
  readonly dateMs: number | null;
  /** Those that are listed; old segments have none. */
  readonly parts: readonly ParsedPart[];
}

export interface ParsedMediaPlaylist {
  readonly kind: 'media';
  readonly isPlaylist: boolean;
  readonly version: number;
  readonly targetDurationSeconds: number | null;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly playlistType: string | null;
  readonly isEnded: boolean;
  readonly isIndependent: boolean;
  readonly isIFramesOnly: boolean;
  readonly startOffsetSeconds: number | null;
  readonly segments: readonly ParsedSegment[];
  /** Of all segments together. */
  readonly durationSeconds: number;
  readonly partTargetSeconds: number | null;
  readonly serverControl: ParsedServerControl;
  /** Segments that a delta update leaves out at its beginning; 0 in a whole playlist. */
  readonly skippedSegments: number;
  /** Parts after the last whole segment, of the one that is being made, and the date before them. */
  readonly openParts: readonly ParsedPart[];
  readonly openDateMs: number | null;
  readonly preloadHints: readonly ParsedPreloadHint[];
  readonly renditionReports: readonly ParsedRenditionReport[];
  readonly tags: readonly TagLine[];
  readonly problems: readonly PlaylistProblem[];
}

/** What tags say of the playlist as a whole, with what holds without them. */
interface Head {
  version: number;
  targetDurationSeconds: number | null;
  mediaSequence: number;
  discontinuitySequence: number;
  playlistType: string | null;
  isEnded: boolean;
  isIndependent: boolean;
  isIFramesOnly: boolean;
  startOffsetSeconds: number | null;
  partTargetSeconds: number | null;
  serverControl: ParsedServerControl;
  skippedSegments: number;
}

function wholeNumber({ value }: TagLine): number | null {
  return /^\d{1,15}$/.test(value) ? Number(value) : null;
}

class MediaReader {
  readonly head: Head = {
    version: 1,
    targetDurationSeconds: null,
    mediaSequence: 0,
    discontinuitySequence: 0,
    playlistType: null,
    isEnded: false,
    isIndependent: false,
    isIFramesOnly: false,
    startOffsetSeconds: null,
    partTargetSeconds: null,
    serverControl: NO_SERVER_CONTROL,
    skippedSegments: 0,
  };
  readonly preloadHints: ParsedPreloadHint[] = [];
  readonly renditionReports: ParsedRenditionReport[] = [];
  openParts: ParsedPart[] = [];
  openDateMs: number | null = null;
  readonly segments: ParsedSegment[] = [];
  readonly tags: TagLine[] = [];
  readonly problems: PlaylistProblem[] = [];
  endSeconds = 0;
  readonly #seen = new Set<string>();
  #duration: number | null = null;
  #byteRange: string | null = null;
  #map: ParsedMap | null = null;
  #keyMethod: string | null = null;
  #isDiscontinuity = false;
  #isGap = false;

  #note(code: PlaylistProblem['code'], line: number, tag: string, detail: string): void {
    this.problems.push({ code, line, tag, detail });
  }

  tag(tag: TagLine): void {
    this.tags.push(tag);
    switch (tag.name) {
      case 'EXTINF':
        this.#duration = Number.parseFloat(tag.value) || 0;
        break;
      case 'EXT-X-BYTERANGE':
        this.#byteRange = tag.value;
        break;
      case 'EXT-X-DISCONTINUITY':
        this.#isDiscontinuity = true;
        break;
      case 'EXT-X-GAP':
        this.#isGap = true;
        break;
      case 'EXT-X-KEY': {
        const method = tag.attributes.get('METHOD')?.value ?? 'NONE';
        this.#keyMethod = method === 'NONE' ? null : method;
        break;
      }
      case 'EXT-X-MAP':
        this.#readMap(tag);
        break;
      case 'EXT-X-PROGRAM-DATE-TIME': {
        const dateMs = Date.parse(tag.value);
        this.openDateMs = Number.isNaN(dateMs) ? null : dateMs;
        break;
      }
      case 'EXT-X-PART':
        this.openParts.push(partOf(tag, this.openParts.at(-1) ?? this.segments.at(-1)?.parts.at(-1) ?? null));
        break;
      case 'EXT-X-PRELOAD-HINT':
        this.preloadHints.push(hintOf(tag));
        break;
      case 'EXT-X-RENDITION-REPORT':
        this.renditionReports.push(reportOf(tag));
        break;
      default:
        // The first of a repeated tag counts.
        if (tag.spec?.isOnce === true && !this.#seen.has(tag.name)) this.#readHead(tag);
    }
  }

  #readHead(tag: TagLine): void {
    const { head } = this;
    this.#seen.add(tag.name);
    switch (tag.name) {
      case 'EXT-X-VERSION':
        head.version = wholeNumber(tag) ?? 1;
        break;
      case 'EXT-X-TARGETDURATION':
        head.targetDurationSeconds = wholeNumber(tag);
        break;
      case 'EXT-X-MEDIA-SEQUENCE':
        this.#expectBeforeSegments(tag);
        head.mediaSequence = wholeNumber(tag) ?? 0;
        break;
      case 'EXT-X-DISCONTINUITY-SEQUENCE':
        this.#expectBeforeSegments(tag);
        head.discontinuitySequence = wholeNumber(tag) ?? 0;
        break;
      case 'EXT-X-PLAYLIST-TYPE':
        head.playlistType = tag.value;
        break;
      case 'EXT-X-ENDLIST':
        head.isEnded = true;
        break;
      case 'EXT-X-INDEPENDENT-SEGMENTS':
        head.isIndependent = true;
        break;
      case 'EXT-X-I-FRAMES-ONLY':
        head.isIFramesOnly = true;
        break;
      case 'EXT-X-PART-INF': {
        const target = Number(tag.attributes.get('PART-TARGET')?.value);
        head.partTargetSeconds = target > 0 ? target : null;
        break;
      }
      case 'EXT-X-SERVER-CONTROL':
        head.serverControl = serverControlOf(tag);
        break;
      case 'EXT-X-SKIP':
        head.skippedSegments = Number.parseInt(tag.attributes.get('SKIPPED-SEGMENTS')?.value ?? '', 10) || 0;
        break;
      case 'EXT-X-START': {
        const offset = tag.attributes.get('TIME-OFFSET')?.value;
        head.startOffsetSeconds = offset === undefined ? null : Number(offset);
        break;
      }
    }
  }

  #expectBeforeSegments({ name, line }: TagLine): void {
    if (this.segments.length > 0)
      this.#note('tag-late', line, name, `#${name} stands after the first segment`);
  }

  #readMap(tag: TagLine): void {
    const range = tag.attributes.get('BYTERANGE')?.value;
    const uri = tag.attributes.get('URI')?.value;
    if (uri === undefined) return;
    this.#map = { uri, range: range === undefined ? null : parseRange(range, 0), line: tag.line };
  }

  uri({ uri, line }: UriLine): void {
    if (this.#duration === null)
      this.#note('extinf-missing', line, 'EXTINF', `segment ${uri} has no #EXTINF before it`);
    const durationSeconds = this.#duration ?? 0;
    this.segments.push({
      uri,
      line,
      startSeconds: this.endSeconds,
      durationSeconds,
      range: this.#range(uri, line),
      map: this.#map,
      keyMethod: this.#keyMethod,
      isDiscontinuity: this.#isDiscontinuity,
      isGap: this.#isGap,
      mediaSequence: this.head.mediaSequence + this.head.skippedSegments + this.segments.length,
      dateMs: this.openDateMs,
      parts: this.openParts,
    });
    this.openParts = [];
    this.openDateMs = null;
    this.endSeconds += durationSeconds;
    this.#duration = null;
    this.#byteRange = null;
    this.#isDiscontinuity = false;
    this.#isGap = false;
  }

  #range(uri: string, line: number): ByteRangeOf | null {
    if (this.#byteRange === null) return null;
    const before = this.segments.at(-1);
    const next =
      before?.uri === uri && before.range !== null ? before.range.offset + before.range.length : null;
    const range = parseRange(this.#byteRange, next);
    if (range === null)
      this.#note('byterange', line, 'EXT-X-BYTERANGE', `the range of ${uri} has no offset to go on from`);
    return range;
  }
}

/** Reads a media playlist from its lines. */
export function parseMediaPlaylist(source: PlaylistLines): ParsedMediaPlaylist {
  const reader = new MediaReader();
  for (const line of source.lines) {
    if (line.kind === 'uri') reader.uri(line);
    else reader.tag(line);
  }
  const { head, segments, tags, endSeconds, openParts, openDateMs, preloadHints, renditionReports } = reader;
  return {
    kind: 'media',
    isPlaylist: source.isPlaylist,
    ...head,
    segments,
    durationSeconds: endSeconds,
    openParts,
    openDateMs,
    preloadHints,
    renditionReports,
    tags,
    problems: [...source.problems, ...reader.problems],
  };
}
