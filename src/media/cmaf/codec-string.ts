// Codec strings of RFC 6381 from the sample entry of a track, for playlists and manifests.
// Sources: ISO/IEC 14496-15 annex E (avc1, hvc1), ISO/IEC 14496-1 section 7.2.6 (descriptors of mp4a),
// the AV1 codec ISO media file format binding, section 5.

import { type Box, ByteReader, boxesIn, findBox } from './byte-reader.ts';
import { CmafError } from './cmaf-error.ts';

/** Bytes of a visual sample entry before its own boxes. */
export const VISUAL_ENTRY_BYTES = 78;
/** Bytes of an audio sample entry before its own boxes. */
export const AUDIO_ENTRY_BYTES = 28;

const hex2 = (value: number): string => value.toString(16).padStart(2, '0');

function configuration(bytes: Uint8Array, entry: Box, headerBytes: number, type: string): ByteReader {
  if (entry.body + headerBytes > entry.end)
    throw new CmafError('malformed', `box ${entry.type} is too short`);
  const box = findBox(boxesIn(bytes, entry.body + headerBytes, entry.end), type);
  if (box === undefined) throw new CmafError('malformed', `box ${entry.type} has no ${type}`);
  return new ByteReader(bytes, box.body, box.end);
}

function avcCodec(type: string, reader: ByteReader): string {
  reader.skip(1);
  return `${type}.${hex2(reader.u8())}${hex2(reader.u8())}${hex2(reader.u8())}`;
}

/** e.g. hvc1.1.6.L93.B0: profile, compatibility in reversed bit order, tier and level, constraint bytes. */
function hevcCodec(type: string, reader: ByteReader): string {
  reader.skip(1);
  const profile = reader.u8();
  const compatibility = reader.u32();
  let reversed = 0;
  for (let bit = 0; bit < 32; bit += 1) if ((compatibility >>> bit) & 1) reversed += 2 ** (31 - bit);
  const constraints = Array.from({ length: 6 }, () => reader.u8());
  const level = reader.u8();
  while (constraints.at(-1) === 0) constraints.pop();
  const space = ['', 'A', 'B', 'C'][profile >> 6] ?? '';
  const parts = [
    `${type}.${space}${profile & 31}`,
    reversed.toString(16),
    `${profile & 32 ? 'H' : 'L'}${level}`,
    ...constraints.map((byte) => byte.toString(16).toUpperCase()),
  ];
  return parts.join('.');
}

/** e.g. av01.0.04M.08: profile, level and tier, bit depth. */
function av1Codec(reader: ByteReader): string {
  reader.skip(1);
  const first = reader.u8();
  const second = reader.u8();
  const level = String(first & 31).padStart(2, '0');
  const isHighDepth = (second & 0x40) !== 0;
  const isTwelveBit = (second & 0x20) !== 0;
  const depth = isHighDepth ? (isTwelveBit ? '12' : '10') : '08';
  return `av01.${first >> 5}.${level}${second & 0x80 ? 'H' : 'M'}.${depth}`;
}

/** Moves past a descriptor's length field, which is 7 bits a byte. */
function skipDescriptorLength(reader: ByteReader): void {
  for (let count = 0; count < 4; count += 1) if ((reader.u8() & 0x80) === 0) return;
  throw new CmafError('malformed', 'a descriptor length has more than four bytes');
}

/** Reads bits, most significant first, for as long as there are bytes. */
function bitReader(reader: ByteReader): (count: number) => number {
  let byte = 0;
  let left = 0;
  return (count) => {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      if (left === 0) {
        byte = reader.u8();
        left = 8;
      }
      left -= 1;
      value = value * 2 + ((byte >> left) & 1);
    }
    return value;
  };
}

const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
/** By channel configuration; 0 means that the stream itself says. */
const AAC_CHANNELS = [null, 1, 2, 3, 4, 5, 6, 8];

export interface AudioConfig {
  /** e.g. mp4a.40.2: object type indication, and for MPEG-4 audio the object type of the stream. */
  readonly codecs: string;
  /** What the stream says of itself, which is right where the sample entry around it is not; null when it is silent. */
  readonly channels: number | null;
  readonly sampleRate: number | null;
}

function aacConfig(reader: ByteReader): AudioConfig {
  reader.skip(4);
  if (reader.u8() !== 3) throw new CmafError('malformed', 'esds has no ES descriptor');
  skipDescriptorLength(reader);
  reader.skip(2);
  const flags = reader.u8();
  if (flags & 0x80) reader.skip(2);
  if (flags & 0x40) reader.skip(reader.u8());
  if (flags & 0x20) reader.skip(2);
  if (reader.u8() !== 4) throw new CmafError('malformed', 'esds has no decoder configuration');
  skipDescriptorLength(reader);
  const indication = reader.u8();
  if (indication !== 0x40) return { codecs: `mp4a.${hex2(indication)}`, channels: null, sampleRate: null };
  reader.skip(12);
  if (reader.u8() !== 5) throw new CmafError('malformed', 'esds has no audio configuration');
  skipDescriptorLength(reader);
  const bits = bitReader(reader);
  const shortType = bits(5);
  const objectType = shortType === 31 ? 32 + bits(6) : shortType;
  const rateIndex = bits(4);
  const sampleRate = rateIndex === 15 ? bits(24) : (AAC_RATES[rateIndex] ?? null);
  return { codecs: `mp4a.40.${objectType}`, channels: AAC_CHANNELS[bits(4)] ?? null, sampleRate };
}

/** What the sample entry of an AAC track says. */
export function audioConfig(bytes: Uint8Array, entry: Box): AudioConfig {
  if (entry.type !== 'mp4a')
    throw new CmafError('unsupported', `no codec string for sample entry ${JSON.stringify(entry.type)}`);
  return aacConfig(configuration(bytes, entry, AUDIO_ENTRY_BYTES, 'esds'));
}

/** The RFC 6381 string of a video sample entry; a CmafError for codecs that are not packaged here. */
export function videoCodec(bytes: Uint8Array, entry: Box): string {
  switch (entry.type) {
    case 'avc1':
    case 'avc3':
      return avcCodec(entry.type, configuration(bytes, entry, VISUAL_ENTRY_BYTES, 'avcC'));
    case 'hvc1':
    case 'hev1':
      return hevcCodec(entry.type, configuration(bytes, entry, VISUAL_ENTRY_BYTES, 'hvcC'));
    case 'av01':
      return av1Codec(configuration(bytes, entry, VISUAL_ENTRY_BYTES, 'av1C'));
    default:
      throw new CmafError('unsupported', `no codec string for sample entry ${JSON.stringify(entry.type)}`);
  }
}
