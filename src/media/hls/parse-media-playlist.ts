// A media playlist as a player sees it: segments with their durations, ranges, keys and init segments.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.3 and 4.4.4.

import type { PlaylistLines, TagLine, UriLine } from './parse-lines.ts';
import type { PlaylistProblem } from './parse-problem.ts';

export interface ByteRangeOf {
  readonly offset: number;
  readonly length: number;
}

export interface ParsedMap {
  readonly uri: string;
  readonly range: ByteRangeOf | null;
  readonly line: number;
}

export interface ParsedSegment {
  readonly uri: string;
  readonly line: number;
  readonly durationSeconds: number;
  readonly range: ByteRangeOf | null;
  readonly map: ParsedMap | null;
  /** METHOD of the key in force; null when the segment is in the clear. */
  readonly keyMethod: string | null;
  /** A discontinuity stands before it. */
  readonly isDiscontinuity: boolean;
  readonly isGap: boolean;
}

export interface ParsedMediaPlaylist {
  readonly kind: 'media';
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
  readonly tags: readonly TagLine[];
  readonly problems: readonly PlaylistProblem[];
}

/** `n@o`; without an offset it goes on where the range before it ended. */
function parseRange(text: string, nextOffset: number | null): ByteRangeOf | null {
  const match = /^(\d{1,16})(?:@(\d{1,16}))?$/.exec(text);
  if (match === null) return null;
  const offset = match[2] === undefined ? nextOffset : Number(match[2]);
  return offset === null ? null : { offset, length: Number(match[1]) };
}

class MediaReader {
  readonly segments: ParsedSegment[] = [];
  readonly tags: TagLine[] = [];
  readonly problems: PlaylistProblem[] = [];
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
      case 'EXT-X-MEDIA-SEQUENCE':
      case 'EXT-X-DISCONTINUITY-SEQUENCE':
        if (this.segments.length > 0)
          this.#note('tag-late', tag.line, tag.name, `#${tag.name} stands after the first segment`);
        break;
    }
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
    this.segments.push({
      uri,
      line,
      durationSeconds: this.#duration ?? 0,
      range: this.#range(uri, line),
      map: this.#map,
      keyMethod: this.#keyMethod,
      isDiscontinuity: this.#isDiscontinuity,
      isGap: this.#isGap,
    });
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

function tagNumber(tags: readonly TagLine[], name: string): number | null {
  const value = tags.find((tag) => tag.name === name)?.value;
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** Reads a media playlist from its lines. */
export function parseMediaPlaylist(source: PlaylistLines): ParsedMediaPlaylist {
  const reader = new MediaReader();
  for (const line of source.lines) {
    if (line.kind === 'uri') reader.uri(line);
    else reader.tag(line);
  }
  const { tags, segments } = reader;
  const has = (name: string): boolean => tags.some((tag) => tag.name === name);
  const start = tags.find(({ name }) => name === 'EXT-X-START')?.attributes.get('TIME-OFFSET')?.value;
  return {
    kind: 'media',
    version: tagNumber(tags, 'EXT-X-VERSION') ?? 1,
    targetDurationSeconds: tagNumber(tags, 'EXT-X-TARGETDURATION'),
    mediaSequence: tagNumber(tags, 'EXT-X-MEDIA-SEQUENCE') ?? 0,
    discontinuitySequence: tagNumber(tags, 'EXT-X-DISCONTINUITY-SEQUENCE') ?? 0,
    playlistType: tags.find(({ name }) => name === 'EXT-X-PLAYLIST-TYPE')?.value ?? null,
    isEnded: has('EXT-X-ENDLIST'),
    isIndependent: has('EXT-X-INDEPENDENT-SEGMENTS'),
    isIFramesOnly: has('EXT-X-I-FRAMES-ONLY'),
    startOffsetSeconds: start === undefined ? null : Number(start),
    segments,
    tags,
    problems: [...source.problems, ...reader.problems],
  };
}
