// What the boxes of an init segment and of a media segment say, for checks from outside. The bytes may come from any
// packager: what is legal but not read here (several tracks, other codecs) ends in CmafError('unsupported').
// Sources: ISO/IEC 14496-12, sections 4.2, 4.3, 8.3.2, 8.16.3; ISO/IEC 23000-19, section 7.3.

import { type Box, ByteReader, boxesIn, findBox, fourCharacters, requireBox } from './byte-reader.ts';
import { CmafError } from './cmaf-error.ts';
import { parseFragment } from './fragment.ts';
import { type InitTrack, parseMoov } from './init-segment.ts';

export interface InitInspection {
  /** Top-level boxes in their order. */
  readonly boxTypes: readonly string[];
  /** Major brand first. */
  readonly brands: readonly string[];
  readonly tracks: readonly InitTrack[];
  /**
   * For each track, the media time at which its presentation begins: an edit list moves it past encoder delay, or, when
   * it is negative, the media begins that much later.
   */
  readonly editTicks: readonly number[];
}

export interface FragmentInspection {
  readonly decodeTicks: number;
  /** Sum of the durations of its samples. */
  readonly durationTicks: number;
  readonly earliestPresentationTicks: number;
  readonly endPresentationTicks: number;
  readonly sampleCount: number;
  readonly longestSampleTicks: number;
  readonly startsWithSync: boolean;
}

export interface SegmentInspection {
  readonly track: InitTrack;
  readonly boxTypes: readonly string[];
  readonly fragments: readonly FragmentInspection[];
}

export interface IndexEntry {
  readonly offset: number;
  readonly length: number;
  readonly durationTicks: number;
}

export interface SegmentIndex {
  readonly timescale: number;
  readonly earliestPresentationTicks: number;
  readonly entries: readonly IndexEntry[];
}

/** A fragment per frame at 120 frames a second, for a minute. */
const TOP_BOXES_MAX = 16_384;

/** The boxes of a file, which must fill it exactly. */
export function topLevelBoxes(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  let at = 0;
  while (at < bytes.length) {
    const reader = new ByteReader(bytes, at, bytes.length);
    let size = reader.u32();
    const type = reader.type();
    if (size === 1) size = reader.u64();
    // A size of 0 lasts to the end of the file.
    if (size === 0) size = bytes.length - at;
    if (size < reader.position - at || at + size > bytes.length)
      throw new CmafError('malformed', `box ${JSON.stringify(type)} at byte ${at} declares ${size} bytes`);
    if (boxes.length >= TOP_BOXES_MAX) throw new CmafError('too-large', `more than ${TOP_BOXES_MAX} boxes`);
    boxes.push({ type, start: at, body: reader.position, end: at + size });
    at += size;
  }
  return boxes;
}

/** Whether bytes begin as a file of boxes does. */
export function looksLikeBoxes(bytes: Uint8Array): boolean {
  return ['ftyp', 'styp', 'sidx', 'moof', 'moov', 'emsg', 'prft'].includes(fourCharacters(bytes, 4));
}

/** The timescale of a movie, in which empty edits are counted. */
function movieTimescale(bytes: Uint8Array, moov: Box): number {
  const mvhd = requireBox(bytes, moov, ['mvhd']);
  const reader = new ByteReader(bytes, mvhd.body, mvhd.end);
  const version = reader.u8();
  reader.skip(3 + (version === 1 ? 16 : 8));
  return reader.u32();
}

/** ISO/IEC 14496-12, 8.6.6: empty edits, then one that names the media time at which presentation begins. */
function editOf(bytes: Uint8Array, trak: Box, ticksPerMovieTick: number): number {
  const edts = findBox(boxesIn(bytes, trak.body, trak.end), 'edts');
  const elst = edts === undefined ? undefined : findBox(boxesIn(bytes, edts.body, edts.end), 'elst');
  if (elst === undefined) return 0;
  const reader = new ByteReader(bytes, elst.body, elst.end);
  const isLong = reader.u8() === 1;
  reader.skip(3);
  const count = reader.u32();
  let emptyTicks = 0;
  for (let index = 0; index < count; index += 1) {
    const duration = isLong ? reader.u64() : reader.u32();
    const high = isLong ? reader.i32() : 0;
    const low = isLong ? reader.u32() : reader.i32();
    const mediaTime = isLong ? high * 2 ** 32 + low : low;
    reader.skip(4);
    if (mediaTime >= 0) return mediaTime - emptyTicks;
    emptyTicks += duration * ticksPerMovieTick;
  }
  return -emptyTicks;
}

function editsOf(bytes: Uint8Array, moov: Box, tracks: readonly InitTrack[]): number[] {
  const timescale = movieTimescale(bytes, moov);
  const traks = boxesIn(bytes, moov.body, moov.end).filter(({ type }) => type === 'trak');
  return traks.map((trak, index) => {
    const ticks = tracks[index]?.timescale ?? 0;
    return editOf(bytes, trak, timescale === 0 ? 0 : ticks / timescale);
  });
}

/** Reads ftyp and moov; a CmafError says what is missing or broken. */
export function inspectInit(bytes: Uint8Array): InitInspection {
  const boxes = topLevelBoxes(bytes);
  const ftyp = findBox(boxes, 'ftyp');
  const moov = findBox(boxes, 'moov');
  if (ftyp === undefined) throw new CmafError('malformed', 'there is no ftyp box');
  if (moov === undefined) throw new CmafError('malformed', 'there is no moov box');
  const brands: string[] = [];
  for (let at = ftyp.body; at + 4 <= ftyp.end; at += 4)
    if (at !== ftyp.body + 4) brands.push(fourCharacters(bytes, at));
  const tracks = parseMoov(bytes.subarray(moov.start, moov.end));
  return {
    boxTypes: boxes.map(({ type }) => type),
    brands,
    tracks,
    editTicks: editsOf(bytes, moov, tracks),
  };
}

/** Reads the fragments of a media segment, which belong to one track. */
export function inspectSegment(bytes: Uint8Array, tracks: readonly InitTrack[]): SegmentInspection {
  const boxes = topLevelBoxes(bytes);
  const fragments: FragmentInspection[] = [];
  let track: InitTrack | undefined;
  for (const [index, box] of boxes.entries()) {
    if (box.type !== 'moof') continue;
    const mdat = boxes[index + 1];
    if (mdat?.type !== 'mdat')
      throw new CmafError('malformed', `a moof is followed by ${mdat?.type ?? 'nothing'}`);
    const { start, end } = box;
    const fragment = parseFragment(bytes.subarray(start, end), bytes.subarray(mdat.start, mdat.end), tracks);
    if (track !== undefined && track.id !== fragment.track.id)
      throw new CmafError('unsupported', 'a segment has fragments of several tracks');
    track = fragment.track;
    const first = fragment.samples[0];
    if (first === undefined) throw new CmafError('malformed', 'a fragment has no samples');
    let earliest = first.presentationTicks;
    let latest = first.presentationTicks;
    let durationTicks = 0;
    let longestSampleTicks = 0;
    for (const sample of fragment.samples) {
      earliest = Math.min(earliest, sample.presentationTicks);
      latest = Math.max(latest, sample.presentationTicks + sample.durationTicks);
      durationTicks += sample.durationTicks;
      longestSampleTicks = Math.max(longestSampleTicks, sample.durationTicks);
    }
    fragments.push({
      decodeTicks: first.decodeTicks,
      durationTicks,
      earliestPresentationTicks: earliest,
      endPresentationTicks: latest,
      sampleCount: fragment.samples.length,
      longestSampleTicks,
      startsWithSync: first.isSync,
    });
  }
  if (track === undefined) throw new CmafError('malformed', 'there is no moof box');
  return { track, boxTypes: boxes.map(({ type }) => type), fragments };
}

/** Reads a segment index whose entries are media; `firstOffset` is where the byte after the index lies in the file. */
export function parseSegmentIndex(bytes: Uint8Array, fileOffset: number): SegmentIndex {
  const box = findBox(boxesIn(bytes, 0, bytes.length), 'sidx');
  if (box === undefined) throw new CmafError('malformed', 'there is no sidx box');
  const reader = new ByteReader(bytes, box.body, box.end);
  const version = reader.u8();
  reader.skip(7);
  const timescale = reader.u32();
  if (timescale === 0) throw new CmafError('malformed', 'the index has a timescale of 0');
  const earliestPresentationTicks = version === 0 ? reader.u32() : reader.u64();
  let offset = fileOffset + box.end + (version === 0 ? reader.u32() : reader.u64());
  reader.skip(2);
  const count = reader.u16();
  const entries: IndexEntry[] = [];
  for (let index = 0; index < count; index += 1) {
    const reference = reader.u32();
    if (reference & 0x80000000) throw new CmafError('unsupported', 'an index of indexes');
    const durationTicks = reader.u32();
    reader.skip(4);
    entries.push({ offset, length: reference, durationTicks });
    offset += reference;
  }
  return { timescale, earliestPresentationTicks, entries };
}
