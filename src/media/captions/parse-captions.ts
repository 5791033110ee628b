// Reads a caption file, WebVTT or SubRip, strictly: what is wrong is named with its line, so that whoever made the file
// can mend it, instead of captions that are missing or late without anybody knowing why.
// Kept are times, text and the place on the screen. Styles, regions and comments are left out.
// Sources: W3C WebVTT, section 4; SubRip as it is written by the usual tools.

import type { CaptionCue, CaptionResult } from './cue.ts';
import { cleanSettings } from './cue-settings.ts';
import { cleanCueText } from './cue-text.ts';
import { type CueTiming, parseTiming } from './cue-time.ts';
import { CAPTION_BYTES_MAX, CAPTION_CUES_MAX, CUE_LENGTH_MAX, LINE_LENGTH_MAX } from './limits.ts';

interface Block {
  /** Of its first line, from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

type Refusal = { readonly kind: 'refused'; readonly line: number; readonly reason: string };

function refuse(line: number, reason: string): Refusal {
  return { kind: 'refused', line, reason };
}

function isRefusal(value: object): value is Refusal {
  return 'kind' in value && value.kind === 'refused';
}

/** Lines that belong together: those between empty lines. */
function blocksOf(lines: readonly string[]): Block[] {
  const blocks: Block[] = [];
  let current: string[] = [];
  for (const [index, line] of [...lines, ''].entries()) {
    if (line.trim() !== '') current.push(line);
    else if (current.length > 0) {
      blocks.push({ line: index + 1 - current.length, lines: current });
      current = [];
    }
  }
  return blocks;
}

/** Reads a file's text; bytes are decoded by the caller. */
export function parseCaptions(text: string): CaptionResult {
  if (text.length > CAPTION_BYTES_MAX) return refuse(1, `the file is larger than ${CAPTION_BYTES_MAX} bytes`);
  if (text.includes('\0'))
    return refuse(lineOf(text, text.indexOf('\0')), 'it holds a NUL: this is no text file');
  if (text.includes('\ufffd'))
    return refuse(lineOf(text, text.indexOf('\ufffd')), 'it holds characters that are not UTF-8');
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  const long = lines.findIndex((line) => line.length > LINE_LENGTH_MAX);
  if (long !== -1) return refuse(long + 1, `the line is longer than ${LINE_LENGTH_MAX} characters`);
  if (lines.every((line) => line.trim() === '')) return refuse(1, 'the file is empty');
  const isWebVtt = /^WEBVTT(?:[ \t]|$)/.test(lines[0] ?? '');
  const format = isWebVtt ? 'webvtt' : 'srt';
  const blocks = blocksOf(lines);
  const body = isWebVtt ? withoutHeader(blocks) : blocks;
  if (isRefusal(body)) return body;
  const cues: CaptionCue[] = [];
  for (const block of body) {
    const cue = isWebVtt ? readWebVttBlock(block, cues.length > 0) : readSrtBlock(block);
    if (cue === null) continue;
    if (isRefusal(cue)) return cue;
    cues.push(cue);
    if (cues.length > CAPTION_CUES_MAX)
      return refuse(block.line, `there are more than ${CAPTION_CUES_MAX} cues`);
  }
  if (cues.length === 0) return refuse(1, 'there is no cue with text in it');
  // WebVTT wants them in the order of their starts; tools that append late lines do not keep it.
  cues.sort((left, right) => left.startMs - right.startMs);
  return { kind: 'captions', format, cues };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n|\r|\n/).length;
}

function withoutHeader(blocks: readonly Block[]): readonly Block[] | Refusal {
  const [header, ...rest] = blocks;
  for (const [index, line] of (header?.lines ?? []).entries()) {
    if (line.startsWith('X-TIMESTAMP-MAP'))
      return refuse(
        index + 1,
        'it is one segment of a stream (X-TIMESTAMP-MAP); send a file whose times count from the start of the video',
      );
    if (line.includes('-->')) return refuse(index + 1, 'an empty line must follow WEBVTT');
  }
  return rest;
}

function readWebVttBlock(block: Block, hasCues: boolean): CaptionCue | Refusal | null {
  const [first = '', second] = block.lines;
  if (/^NOTE(?:[ \t]|$)/.test(first)) return null;
  if (/^(?:STYLE|REGION)[ \t]*$/.test(first))
    return hasCues ? refuse(block.line, `a ${first.trim()} block must stand before the first cue`) : null;
  const hasIdentifier = !first.includes('-->') && second !== undefined;
  const timingIndex = hasIdentifier ? 1 : 0;
  return readCue(
    block,
    timingIndex,
    (timing) => cleanSettings(timing.rest),
    (text) => text,
  );
}

function readSrtBlock(block: Block): CaptionCue | Refusal | null {
  const [first = '', second] = block.lines;
  if (!first.includes('-->') && !/^\d+$/.test(first.trim()))
    return refuse(
      block.line,
      'a number and a line such as 00:00:01,000 --> 00:00:04,000 must come first (WebVTT files begin with WEBVTT)',
    );
  // A number alone is what an editor leaves of a deleted cue.
  if (!first.includes('-->') && second === undefined) return null;
  const timingIndex = first.includes('-->') ? 0 : 1;
  const isAtTop = block.lines.some((line) => /\{\\an[789]\}/.test(line));
  return readCue(
    block,
    timingIndex,
    () => (isAtTop ? 'line:0' : ''),
    (text) => text.replace(/\{\\[^}]*\}/g, ''),
  );
}

function readCue(
  block: Block,
  timingIndex: number,
  settingsOf: (timing: CueTiming) => string,
  prepare: (text: string) => string,
): CaptionCue | Refusal | null {
  const timing = parseTiming(block.lines[timingIndex] ?? '');
  if (typeof timing === 'string') return refuse(block.line + timingIndex, timing);
  const lines = block.lines.slice(timingIndex + 1);
  const arrow = lines.findIndex((line) => line.includes('-->'));
  if (arrow !== -1)
    return refuse(block.line + timingIndex + 1 + arrow, 'an empty line must stand between two cues');
  const raw = prepare(lines.join('\n'));
  const text = raw.length > CUE_LENGTH_MAX ? raw : cleanCueText(raw);
  if (text.length > CUE_LENGTH_MAX)
    return refuse(block.line + timingIndex + 1, `the cue is longer than ${CUE_LENGTH_MAX} characters`);
  if (text === '') return null;
  return { startMs: timing.startMs, endMs: timing.endMs, settings: settingsOf(timing), text };
}
