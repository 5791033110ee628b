// What an init segment (ftyp + moov) says of its tracks: codec, size, rates, and the defaults of fragments.
// Source: ISO/IEC 14496-12, sections 8.3 (trak), 8.4 (mdia), 8.5.2 (stsd), 8.8.3 (trex).

import { type Box, ByteReader, boxesIn, findBox, requireBox } from './byte-reader.ts';
import { CmafError } from './cmaf-error.ts';
import { audioConfig, videoCodec } from './codec-string.ts';
import { TRACKS_MAX } from './limits.ts';

/** One track of an init segment. */
export interface InitTrack {
  readonly id: number;
  readonly kind: 'video' | 'audio';
  readonly timescale: number;
  /** RFC 6381, e.g. avc1.64001f. */
  readonly codecs: string;
  /** Video only. */
  readonly width: number | null;
  readonly height: number | null;
  /** Audio only. */
  readonly channels: number | null;
  readonly sampleRate: number | null;
  /** What fragments of this track inherit. */
  readonly defaults: SampleDefaults;
}

export interface SampleDefaults {
  readonly durationTicks: number;
  readonly bytes: number;
  readonly flags: number;
}

const NO_DEFAULTS: SampleDefaults = { durationTicks: 0, bytes: 0, flags: 0 };

function trackId(bytes: Uint8Array, trak: Box): number {
  const tkhd = requireBox(bytes, trak, ['tkhd']);
  const reader = new ByteReader(bytes, tkhd.body, tkhd.end);
  const version = reader.u8();
  reader.skip(3 + (version === 1 ? 16 : 8));
  return reader.u32();
}

function timescaleOf(bytes: Uint8Array, trak: Box): number {
  const mdhd = requireBox(bytes, trak, ['mdia', 'mdhd']);
  const reader = new ByteReader(bytes, mdhd.body, mdhd.end);
  const version = reader.u8();
  reader.skip(3 + (version === 1 ? 16 : 8));
  const timescale = reader.u32();
  if (timescale === 0) throw new CmafError('malformed', 'a track has a timescale of 0');
  return timescale;
}

function kindOf(bytes: Uint8Array, trak: Box): InitTrack['kind'] {
  const hdlr = requireBox(bytes, trak, ['mdia', 'hdlr']);
  const reader = new ByteReader(bytes, hdlr.body, hdlr.end);
  reader.skip(8);
  const handler = reader.type();
  if (handler === 'vide') return 'video';
  if (handler === 'soun') return 'audio';
  throw new CmafError('unsupported', `a track is neither video nor audio: ${JSON.stringify(handler)}`);
}

function sampleEntry(bytes: Uint8Array, trak: Box): Box {
  const stsd = requireBox(bytes, trak, ['mdia', 'minf', 'stbl', 'stsd']);
  const reader = new ByteReader(bytes, stsd.body, stsd.end);
  reader.skip(8);
  const entry = boxesIn(bytes, reader.position, stsd.end)[0];
  if (entry === undefined) throw new CmafError('malformed', 'a track has no sample entry');
  return entry;
}

function defaultsByTrack(bytes: Uint8Array, moov: Box): Map<number, SampleDefaults> {
  const defaults = new Map<number, SampleDefaults>();
  const mvex = findBox(boxesIn(bytes, moov.body, moov.end), 'mvex');
  if (mvex === undefined) throw new CmafError('unsupported', 'the file is not fragmented');
  for (const box of boxesIn(bytes, mvex.body, mvex.end)) {
    if (box.type !== 'trex') continue;
    const reader = new ByteReader(bytes, box.body, box.end);
    reader.skip(4);
    const id = reader.u32();
    reader.skip(4);
    defaults.set(id, { durationTicks: reader.u32(), bytes: reader.u32(), flags: reader.u32() });
  }
  return defaults;
}

function parseTrack(bytes: Uint8Array, trak: Box, defaults: Map<number, SampleDefaults>): InitTrack {
  const id = trackId(bytes, trak);
  const kind = kindOf(bytes, trak);
  const entry = sampleEntry(bytes, trak);
  const reader = new ByteReader(bytes, entry.body, entry.end);
  const common = {
    id,
    kind,
    timescale: timescaleOf(bytes, trak),
    defaults: defaults.get(id) ?? NO_DEFAULTS,
  };
  if (kind === 'video') {
    reader.skip(24);
    const codecs = videoCodec(bytes, entry);
    return { ...common, codecs, width: reader.u16(), height: reader.u16(), channels: null, sampleRate: null };
  }
  reader.skip(16);
  const channels = reader.u16();
  reader.skip(6);
  // 16.16 fixed point; the fraction is always 0.
  const sampleRate = reader.u32() >>> 16;
  const config = audioConfig(bytes, entry);
  return {
    ...common,
    codecs: config.codecs,
    width: null,
    height: null,
    channels: config.channels ?? channels,
    sampleRate: config.sampleRate ?? sampleRate,
  };
}

/** Reads the tracks of a moov box, given whole, header included. */
export function parseMoov(bytes: Uint8Array): readonly InitTrack[] {
  const moov = boxesIn(bytes, 0, bytes.length)[0];
  if (moov?.type !== 'moov') throw new CmafError('malformed', 'there is no moov box');
  const traks = boxesIn(bytes, moov.body, moov.end).filter((box) => box.type === 'trak');
  if (traks.length === 0) throw new CmafError('malformed', 'there is no track');
  if (traks.length > TRACKS_MAX) throw new CmafError('too-large', `more than ${TRACKS_MAX} tracks`);
  const defaults = defaultsByTrack(bytes, moov);
  return traks.map((trak) => parseTrack(bytes, trak, defaults));
}
