// The tags of live playlists: parts, what comes next, what a server offers, and where other renditions are.
// Source: draft-pantos-hls-rfc8216bis, sections 4.4.3.8, 4.4.4.9, 4.4.5.3 and 4.4.5.4.

import { type ByteRangeOf, parseRange } from './parse-byte-range.ts';
import type { TagLine } from './parse-lines.ts';

export interface ParsedPart {
  readonly uri: string;
  readonly line: number;
  readonly durationSeconds: number;
  readonly range: ByteRangeOf | null;
  readonly isIndependent: boolean;
  readonly isGap: boolean;
}

export interface ParsedPreloadHint {
  readonly type: string;
  readonly uri: string;
  readonly line: number;
  /** First byte that is wanted; null when the whole resource is. */
  readonly rangeStart: number | null;
  readonly rangeLength: number | null;
}

export interface ParsedRenditionReport {
  readonly uri: string;
  readonly line: number;
  readonly lastSegment: number | null;
  readonly lastPart: number | null;
}

export interface ParsedServerControl {
  readonly canBlockReload: boolean;
  readonly canSkipUntilSeconds: number | null;
  readonly canSkipDateRanges: boolean;
  readonly holdBackSeconds: number | null;
  readonly partHoldBackSeconds: number | null;
}

/** What holds without the tag. */
export const NO_SERVER_CONTROL: ParsedServerControl = {
  canBlockReload: false,
  canSkipUntilSeconds: null,
  canSkipDateRanges: false,
  holdBackSeconds: null,
  partHoldBackSeconds: null,
};

const textOf = (tag: TagLine, name: string): string | null => tag.attributes.get(name)?.value ?? null;

function numberOf(tag: TagLine, name: string): number | null {
  const text = textOf(tag, name);
  return text !== null && /^\d{0,15}\.?\d+$/.test(text) ? Number(text) : null;
}

/** Reads EXT-X-PART; a range without an offset goes on where that of the part before it ended. */
export function partOf(tag: TagLine, before: ParsedPart | null): ParsedPart {
  const uri = textOf(tag, 'URI') ?? '';
  const range = textOf(tag, 'BYTERANGE');
  const isSame = before !== null && before.uri === uri && before.range !== null;
  const next = isSame && before.range !== null ? before.range.offset + before.range.length : 0;
  return {
    uri,
    line: tag.line,
    durationSeconds: numberOf(tag, 'DURATION') ?? 0,
    range: range === null ? null : parseRange(range, next),
    isIndependent: textOf(tag, 'INDEPENDENT') === 'YES',
    isGap: textOf(tag, 'GAP') === 'YES',
  };
}

/** Reads EXT-X-PRELOAD-HINT. */
export function hintOf(tag: TagLine): ParsedPreloadHint {
  const rangeLength = numberOf(tag, 'BYTERANGE-LENGTH');
  return {
    type: textOf(tag, 'TYPE') ?? '',
    uri: textOf(tag, 'URI') ?? '',
    line: tag.line,
    rangeStart: numberOf(tag, 'BYTERANGE-START') ?? (rangeLength === null ? null : 0),
    rangeLength,
  };
}

/** Reads EXT-X-RENDITION-REPORT. */
export function reportOf(tag: TagLine): ParsedRenditionReport {
  return {
    uri: textOf(tag, 'URI') ?? '',
    line: tag.line,
    lastSegment: numberOf(tag, 'LAST-MSN'),
    lastPart: numberOf(tag, 'LAST-PART'),
  };
}

/** Reads EXT-X-SERVER-CONTROL. */
export function serverControlOf(tag: TagLine): ParsedServerControl {
  return {
    canBlockReload: textOf(tag, 'CAN-BLOCK-RELOAD') === 'YES',
    canSkipUntilSeconds: numberOf(tag, 'CAN-SKIP-UNTIL'),
    canSkipDateRanges: textOf(tag, 'CAN-SKIP-DATERANGES') === 'YES',
    holdBackSeconds: numberOf(tag, 'HOLD-BACK'),
    partHoldBackSeconds: numberOf(tag, 'PART-HOLD-BACK'),
  };
}
