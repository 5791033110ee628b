// Builds init segments (ftyp + moov) of single live tracks from the decoder's configuration alone. Channels in other
// regions, with another FFmpeg, arrive at the same bytes, since nothing in them comes from a muxer: no name of a
// compressor, no time of creation.
// Sources: ISO/IEC 14496-12, sections 8.2 to 8.8 and 12; ISO/IEC 14496-15, section 5.4.2 (avc1); ISO/IEC 14496-14,
// section 5.6 (mp4a); ISO/IEC 14496-1, section 7.2.6 (descriptors); ISO/IEC 23000-19, section 7.3 (brand cmfc).

import { type BoxPart, box, bytesOf, fullBox, u16, u32, zeros } from './box-writer.ts';

const TRACK_ID = 1;
const MOVIE_TIMESCALE = 1_000;
/** Identity, in 16.16 and 2.30 fixed point. */
const MATRIX = [65_536, 0, 0, 0, 65_536, 0, 0, 0, 0x40000000].flatMap(u32);
/** Language code "und", five bits a letter. */
const UNDETERMINED = 0x55c4;
const NEXT_TRACK_ID = 2;

interface TrackParts {
  readonly handler: 'vide' | 'soun';
  readonly timescale: number;
  readonly width: number;
  readonly height: number;
  readonly mediaHeader: Uint8Array;
  readonly sampleEntry: Uint8Array;
}

function writeInit(track: TrackParts): Uint8Array {
  const isSound = track.handler === 'soun';
  const mvhd = fullBox(
    'mvhd',
    0,
    0,
    zeros(8),
    u32(MOVIE_TIMESCALE),
    u32(0),
    u32(65_536),
    u16(256),
    zeros(10),
    MATRIX,
    zeros(24),
    u32(NEXT_TRACK_ID),
  );
  const tkhd = fullBox(
    'tkhd',
    0,
    3,
    zeros(8),
    u32(TRACK_ID),
    // Reserved, duration, reserved, layer.
    zeros(18),
    u16(isSound ? 1 : 0),
    u16(isSound ? 256 : 0),
    u16(0),
    MATRIX,
    u32(track.width * 65_536),
    u32(track.height * 65_536),
  );
  const mdhd = fullBox('mdhd', 0, 0, zeros(8), u32(track.timescale), u32(0), u16(UNDETERMINED), u16(0));
  const hdlr = fullBox('hdlr', 0, 0, u32(0), track.handler, zeros(12), 0);
  const dinf = box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1)));
  const stbl = box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), track.sampleEntry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0), u32(0)),
    fullBox('stco', 0, 0, u32(0)),
  );
  const mdia = box('mdia', mdhd, hdlr, box('minf', track.mediaHeader, dinf, stbl));
  const trex = fullBox('trex', 0, 0, u32(TRACK_ID), u32(1), u32(0), u32(0), u32(0));
  const moov = box('moov', mvhd, box('trak', tkhd, mdia), box('mvex', trex));
  return bytesOf(box('ftyp', 'iso6', u32(0), 'iso6', 'cmfc', 'mp41'), moov);
}

/** The init segment of H.264 with square pixels; `avcConfig` is an AVCDecoderConfigurationRecord. */
export function writeAvcInit(options: {
  readonly timescale: number;
  readonly width: number;
  readonly height: number;
  readonly avcConfig: Uint8Array;
}): Uint8Array {
  const { timescale, width, height, avcConfig } = options;
  const resolution = u32(72 * 65_536);
  const sampleEntry = box(
    'avc1',
    zeros(6),
    u16(1),
    zeros(16),
    u16(width),
    u16(height),
    resolution,
    resolution,
    u32(0),
    u16(1),
    zeros(32),
    u16(24),
    u16(0xffff),
    box('avcC', avcConfig),
    box('pasp', u32(1), u32(1)),
  );
  return writeInit({
    handler: 'vide',
    timescale,
    width,
    height,
    mediaHeader: fullBox('vmhd', 0, 1, zeros(8)),
    sampleEntry,
  });
}

/** A descriptor: its length takes four bytes of seven bits, whatever it is. */
function descriptor(tag: number, ...parts: readonly BoxPart[]): Uint8Array {
  const body = bytesOf(...parts);
  const { length } = body;
  const sizes = [21, 14, 7].map((shift) => ((length >>> shift) & 127) | 128);
  return bytesOf(tag, sizes, length & 127, body);
}

/** The init segment of AAC, counted in samples; `audioConfig` is an AudioSpecificConfig. */
export function writeAacInit(options: {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitrateBps: number;
  readonly audioConfig: Uint8Array;
}): Uint8Array {
  const { sampleRate, channels, bitrateBps, audioConfig } = options;
  const decoderConfig = descriptor(
    4,
    // MPEG-4 audio; an audio stream; no buffer size is named.
    [0x40, 0x15],
    zeros(3),
    u32(bitrateBps),
    u32(bitrateBps),
    descriptor(5, audioConfig),
  );
  const esds = fullBox('esds', 0, 0, descriptor(3, u16(TRACK_ID), 0, decoderConfig, descriptor(6, 2)));
  const sampleEntry = box(
    'mp4a',
    zeros(6),
    u16(1),
    zeros(8),
    u16(channels),
    u16(16),
    zeros(4),
    // 16.16 fixed point; rates that do not fit are said by the configuration alone.
    u16(sampleRate < 65_536 ? sampleRate : 0),
    u16(0),
    esds,
  );
  return writeInit({
    handler: 'soun',
    timescale: sampleRate,
    width: 0,
    height: 0,
    mediaHeader: fullBox('smhd', 0, 0, zeros(4)),
    sampleEntry,
  });
}
