// One movie fragment (moof + mdat): reading its samples, and writing a new one from samples of several.
// Only what CMAF allows is read: one track per fragment, data offsets from the start of the moof.
// Source: ISO/IEC 14496-12, sections 8.8.4 to 8.8.12; ISO/IEC 23000-19, section 7.5.

import { type Box, ByteReader, boxesIn, findBox, requireBox } from './byte-reader.ts';
import { CmafError } from './cmaf-error.ts';
import type { InitTrack, SampleDefaults } from './init-segment.ts';
import { SAMPLES_PER_FRAGMENT_MAX } from './limits.ts';

/** One frame. */
export interface Sample {
  readonly decodeTicks: number;
  /** When it is shown: decode time plus composition offset. */
  readonly presentationTicks: number;
  readonly durationTicks: number;
  readonly flags: number;
  /** A decoder can start here. */
  readonly isSync: boolean;
  /** Where the frame lies in the mdat box, header included. */
  readonly offset: number;
  readonly bytes: number;
}

/** A fragment of one track as it came. */
export interface Fragment {
  readonly kind: 'fragment';
  readonly track: InitTrack;
  readonly samples: readonly Sample[];
  readonly moof: Uint8Array;
  readonly mdat: Uint8Array;
}

const BOX_HEADER_BYTES = 8;
const FLAG_NON_SYNC = 0x10000;

interface TrackFragmentHeader {
  readonly track: InitTrack;
  readonly defaults: SampleDefaults;
}

function parseHeader(bytes: Uint8Array, tfhd: Box, tracks: readonly InitTrack[]): TrackFragmentHeader {
  const reader = new ByteReader(bytes, tfhd.body, tfhd.end);
  const flags = reader.u32() & 0xffffff;
  const id = reader.u32();
  const track = tracks.find((candidate) => candidate.id === id);
  if (track === undefined) throw new CmafError('malformed', `a fragment belongs to no track: ${id}`);
  if (flags & 0x1) throw new CmafError('unsupported', 'a fragment has offsets from the start of the file');
  if (flags & 0x2) reader.skip(4);
  const durationTicks = flags & 0x8 ? reader.u32() : track.defaults.durationTicks;
  const sampleBytes = flags & 0x10 ? reader.u32() : track.defaults.bytes;
  const sampleFlags = flags & 0x20 ? reader.u32() : track.defaults.flags;
  return { track, defaults: { durationTicks, bytes: sampleBytes, flags: sampleFlags } };
}

function parseDecodeTime(bytes: Uint8Array, tfdt: Box): number {
  const reader = new ByteReader(bytes, tfdt.body, tfdt.end);
  const version = reader.u8();
  reader.skip(3);
  return version === 1 ? reader.u64() : reader.u32();
}

/** Where the next sample lies and starts; shared by the runs of a fragment. */
interface Cursor {
  decodeTicks: number;
  offset: number;
}

function parseRun(bytes: Uint8Array, trun: Box, defaults: SampleDefaults, cursor: Cursor): Sample[] {
  const reader = new ByteReader(bytes, trun.body, trun.end);
  const versionAndFlags = reader.u32();
  const version = versionAndFlags >>> 24;
  const flags = versionAndFlags & 0xffffff;
  const count = reader.u32();
  if (count > SAMPLES_PER_FRAGMENT_MAX) throw new CmafError('too-large', `a fragment has ${count} samples`);
  if (flags & 0x1) cursor.offset = reader.i32() - bytes.length;
  const firstFlags = flags & 0x4 ? reader.u32() : undefined;
  const samples: Sample[] = [];
  for (let index = 0; index < count; index += 1) {
    const durationTicks = flags & 0x100 ? reader.u32() : defaults.durationTicks;
    const sampleBytes = flags & 0x200 ? reader.u32() : defaults.bytes;
    const ownFlags = flags & 0x400 ? reader.u32() : defaults.flags;
    const sampleFlags = index === 0 && firstFlags !== undefined ? firstFlags : ownFlags;
    const composition = flags & 0x800 ? (version === 0 ? reader.u32() : reader.i32()) : 0;
    samples.push({
      decodeTicks: cursor.decodeTicks,
      presentationTicks: cursor.decodeTicks + composition,
      durationTicks,
      flags: sampleFlags,
      isSync: (sampleFlags & FLAG_NON_SYNC) === 0,
      offset: cursor.offset,
      bytes: sampleBytes,
    });
    cursor.decodeTicks += durationTicks;
    cursor.offset += sampleBytes;
  }
  return samples;
}

/** Reads a fragment from its two boxes, headers included. */
export function parseFragment(moof: Uint8Array, mdat: Uint8Array, tracks: readonly InitTrack[]): Fragment {
  const box = boxesIn(moof, 0, moof.length)[0];
  if (box?.type !== 'moof') throw new CmafError('malformed', 'there is no moof box');
  const trafs = boxesIn(moof, box.body, box.end).filter(({ type }) => type === 'traf');
  const traf = trafs[0];
  if (traf === undefined || trafs.length > 1)
    throw new CmafError('unsupported', `a fragment has ${trafs.length} tracks`);
  const parts = boxesIn(moof, traf.body, traf.end);
  const { track, defaults } = parseHeader(moof, requireBox(moof, traf, ['tfhd']), tracks);
  const tfdt = findBox(parts, 'tfdt');
  if (tfdt === undefined) throw new CmafError('unsupported', 'a fragment has no decode time');
  const cursor: Cursor = { decodeTicks: parseDecodeTime(moof, tfdt), offset: BOX_HEADER_BYTES };
  const samples: Sample[] = [];
  for (const part of parts) {
    if (part.type !== 'trun') continue;
    samples.push(...parseRun(moof, part, defaults, cursor));
    if (samples.length > SAMPLES_PER_FRAGMENT_MAX)
      throw new CmafError('too-large', `a fragment has more than ${SAMPLES_PER_FRAGMENT_MAX} samples`);
  }
  for (const sample of samples)
    if (sample.offset < BOX_HEADER_BYTES || sample.offset + sample.bytes > mdat.length)
      throw new CmafError('malformed', 'a sample lies outside of its fragment');
  if (!Number.isSafeInteger(cursor.decodeTicks)) throw new CmafError('malformed', 'a time is out of range');
  return { kind: 'fragment', track, samples, moof, mdat };
}

class Writer {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u32(...values: number[]): void {
    for (const value of values) {
      this.#view.setUint32(this.#position, value >>> 0);
      this.#position += 4;
    }
  }

  u64(value: number): void {
    this.u32(Math.floor(value / 2 ** 32), value % 2 ** 32);
  }

  header(length: number, type: string): void {
    this.u32(length);
    for (let index = 0; index < 4; index += 1) {
      this.bytes[this.#position] = type.charCodeAt(index);
      this.#position += 1;
    }
  }
}

/**
 * Writes the moof box, and the header of its mdat, for samples that were cut out of other fragments.
 * Fields in which all samples agree are written once, so that an audio segment costs four bytes a frame.
 */
export function writeFragmentHeader(
  sequence: number,
  trackId: number,
  samples: readonly Sample[],
): Uint8Array {
  const first = samples[0];
  if (first === undefined) throw new CmafError('malformed', 'a fragment without samples');
  const hasDurations = samples.some(({ durationTicks }) => durationTicks !== first.durationTicks);
  const hasFlags = samples.some(({ flags }) => flags !== first.flags);
  const hasOffsets = samples.some(({ presentationTicks, decodeTicks }) => presentationTicks !== decodeTicks);
  const perSample = 4 * (1 + Number(hasDurations) + Number(hasFlags) + Number(hasOffsets));
  const trunBytes = 20 + samples.length * perSample;
  const trafBytes = 8 + 24 + 20 + trunBytes;
  const moofBytes = 8 + 16 + trafBytes;
  const writer = new Writer(moofBytes + BOX_HEADER_BYTES);
  writer.header(moofBytes, 'moof');
  writer.header(16, 'mfhd');
  writer.u32(0, sequence);
  writer.header(trafBytes, 'traf');
  writer.header(24, 'tfhd');
  // Default base is moof, default duration, default flags.
  writer.u32(0x020028, trackId, first.durationTicks, first.flags);
  writer.header(20, 'tfdt');
  writer.u32(0x01000000);
  writer.u64(first.decodeTicks);
  writer.header(trunBytes, 'trun');
  const flags = 0x201 | (hasDurations ? 0x100 : 0) | (hasFlags ? 0x400 : 0) | (hasOffsets ? 0x800 : 0);
  writer.u32(0x01000000 | flags, samples.length, moofBytes + BOX_HEADER_BYTES);
  let payloadBytes = 0;
  for (const sample of samples) {
    if (hasDurations) writer.u32(sample.durationTicks);
    writer.u32(sample.bytes);
    if (hasFlags) writer.u32(sample.flags);
    if (hasOffsets) writer.u32(sample.presentationTicks - sample.decodeTicks);
    payloadBytes += sample.bytes;
  }
  writer.header(payloadBytes + BOX_HEADER_BYTES, 'mdat');
  return writer.bytes;
}

/** A copy of fragments that lie so many ticks later; all else, their sequence numbers too, stays as it is. */
export function moveFragments(fragments: Uint8Array, ticks: number): Uint8Array {
  const moved = Uint8Array.from(fragments);
  const view = new DataView(moved.buffer);
  for (const moof of boxesIn(moved, 0, moved.length)) {
    if (moof.type !== 'moof') continue;
    const tfdt = requireBox(moved, moof, ['traf', 'tfdt']);
    if (moved[tfdt.body] !== 1) throw new CmafError('unsupported', 'a decode time has 32 bits');
    const decodeTicks = parseDecodeTime(moved, tfdt) + ticks;
    view.setUint32(tfdt.body + 4, Math.floor(decodeTicks / 2 ** 32));
    view.setUint32(tfdt.body + 8, decodeTicks % 2 ** 32);
  }
  return moved;
}
