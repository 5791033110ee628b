// What the parameter sets of H.264 and HEVC say of the picture: its size as players show it and, where H.264 says it, the
// frame rate. Sources: ISO/IEC 14496-10 (H.264) 7.3.2.1.1 and annex E; ISO/IEC 23008-2 (HEVC) 7.3.2.2, 7.3.3; the
// configuration records of ISO/IEC 14496-15, 5.3.3 and 8.3.3. Reading past the end is a ContributionError.

import { ContributionError } from './contribution-error.ts';
import { CONFIG_BYTES_MAX } from './limits.ts';

export interface PictureFormat {
  /** Of the cropped picture with square pixels. */
  readonly width: number;
  readonly height: number;
  /** null when the parameter sets do not say. */
  readonly frameRate: number | null;
}

/** Level 6.2 of both codecs stops here; larger is an attack or a mistake. */
const SIDE_PX_MAX = 16_384;
const HEVC_SPS = 33;

interface Bits {
  u(count: number): number;
  /** Exp-Golomb, unsigned and signed (H.264, 9.1). */
  ue(): number;
  se(): number;
  skip(count: number): void;
}

/**
 * Reads a configuration record.
 * @throws ContributionError when it cannot be understood
 */
export function readPictureFormat(codec: 'avc1' | 'hvc1', config: Uint8Array): PictureFormat {
  if (config.length > CONFIG_BYTES_MAX)
    throw new ContributionError('too-large', `parameter sets of ${config.length} bytes`);
  const format = codec === 'avc1' ? readAvc(firstAvcSps(config)) : readHevc(firstHevcSps(config));
  if (
    !(format.width >= 2 && format.height >= 2 && format.width <= SIDE_PX_MAX && format.height <= SIDE_PX_MAX)
  )
    throw new ContributionError('unsupported', `a picture of ${format.width}x${format.height}`);
  return format;
}

function slice(config: Uint8Array, start: number, length: number): Uint8Array {
  if (start + length > config.length)
    throw new ContributionError('malformed', 'parameter sets end too early');
  return config.subarray(start, start + length);
}

const u16At = (config: Uint8Array, at: number): number => {
  const [high = 0, low = 0] = slice(config, at, 2);
  return high * 256 + low;
};

function firstAvcSps(config: Uint8Array): Uint8Array {
  const count = (slice(config, 5, 1)[0] ?? 0) & 31;
  if (config[0] !== 1 || count === 0) throw new ContributionError('malformed', 'no H.264 parameter sets');
  return slice(config, 8, u16At(config, 6));
}

function firstHevcSps(config: Uint8Array): Uint8Array {
  const arrays = slice(config, 22, 1)[0] ?? 0;
  let at = 23;
  for (let array = 0; array < arrays; array += 1) {
    const type = (slice(config, at, 1)[0] ?? 0) & 63;
    const count = u16At(config, at + 1);
    at += 3;
    for (let unit = 0; unit < count; unit += 1) {
      const length = u16At(config, at);
      if (type === HEVC_SPS) return slice(config, at + 2, length);
      at += 2 + length;
    }
  }
  throw new ContributionError('malformed', 'no HEVC parameter sets');
}

/** Bits of a NAL unit after its header, without emulation prevention (H.264, 7.4.1). */
function bitsOf(unit: Uint8Array, headerBytes: number): Bits {
  const plain: number[] = [];
  let zeros = 0;
  for (const byte of unit.subarray(headerBytes)) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    plain.push(byte);
  }
  let at = 0;
  function u(count: number): number {
    if (at + count > plain.length * 8)
      throw new ContributionError('malformed', 'a parameter set ends too early');
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      value = value * 2 + (((plain[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
      at += 1;
    }
    return value;
  }
  function ue(): number {
    let zeroBits = 0;
    while (u(1) === 0) {
      zeroBits += 1;
      if (zeroBits > 31) throw new ContributionError('malformed', 'a number in a parameter set is too large');
    }
    return 2 ** zeroBits - 1 + u(zeroBits);
  }
  return {
    u,
    ue,
    se() {
      const value = ue();
      return value % 2 === 1 ? (value + 1) / 2 : -value / 2;
    },
    skip: (count) => void u(count),
  };
}

/** Profiles whose parameter sets tell the chroma format (H.264, 7.3.2.1.1). */
const CHROMA_PROFILES = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

function readAvc(unit: Uint8Array): PictureFormat {
  const bits = bitsOf(unit, 1);
  const profile = bits.u(8);
  bits.skip(16);
  bits.ue();
  const chroma = CHROMA_PROFILES.includes(profile) ? readAvcChroma(bits) : 1;
  bits.ue();
  const orderType = bits.ue();
  if (orderType === 0) bits.ue();
  else if (orderType === 1) {
    bits.skip(1);
    bits.se();
    bits.se();
    const cycle = bits.ue();
    for (let index = 0; index < cycle; index += 1) bits.se();
  }
  bits.ue();
  bits.skip(1);
  const widthBlocks = bits.ue() + 1;
  const heightUnits = bits.ue() + 1;
  const isFrameOnly = bits.u(1);
  if (isFrameOnly === 0) bits.skip(1);
  bits.skip(1);
  const crop = bits.u(1) === 1 ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const stepX = chroma === 1 || chroma === 2 ? 2 : 1;
  const stepY = (chroma === 1 ? 2 : 1) * (2 - isFrameOnly);
  const width = widthBlocks * 16 - (left + right) * stepX;
  const height = heightUnits * 16 * (2 - isFrameOnly) - (top + bottom) * stepY;
  const usability = bits.u(1) === 1 ? readAvcUsability(bits) : { aspect: 1, frameRate: null };
  return { width: Math.round(width * usability.aspect), height, frameRate: usability.frameRate };
}

/** Chroma format, bit depths and scaling lists of high profiles. */
function readAvcChroma(bits: Bits): number {
  const format = bits.ue();
  const hasSeparatePlanes = format === 3 && bits.u(1) === 1;
  bits.ue();
  bits.ue();
  bits.skip(1);
  const lists = bits.u(1) === 0 ? 0 : format === 3 ? 12 : 8;
  for (let list = 0; list < lists; list += 1) if (bits.u(1) === 1) skipScalingList(bits, list < 6 ? 16 : 64);
  return hasSeparatePlanes ? 0 : format;
}

function skipScalingList(bits: Bits, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size; index += 1) {
    if (next !== 0) next = (last + bits.se() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

/** Width of a pixel over its height by aspect_ratio_idc (H.264, table E-1); 255: it follows in numbers. */
const ASPECTS: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];
const ASPECT_IN_NUMBERS = 255;

function readAspect(bits: Bits): number {
  const code = bits.u(8);
  const [across, down] = code === ASPECT_IN_NUMBERS ? [bits.u(16), bits.u(16)] : (ASPECTS[code] ?? [1, 1]);
  return across > 0 && down > 0 ? across / down : 1;
}

function readAvcUsability(bits: Bits): { aspect: number; frameRate: number | null } {
  const aspect = bits.u(1) === 1 ? readAspect(bits) : 1;
  if (bits.u(1) === 1) bits.skip(1);
  if (bits.u(1) === 1) {
    bits.skip(4);
    if (bits.u(1) === 1) bits.skip(24);
  }
  if (bits.u(1) === 1) {
    bits.ue();
    bits.ue();
  }
  if (bits.u(1) === 0) return { aspect, frameRate: null };
  const unitsInTick = bits.u(32);
  const timescale = bits.u(32);
  // A tick is a field, of which a frame has two.
  return { aspect, frameRate: unitsInTick > 0 && timescale > 0 ? timescale / (2 * unitsInTick) : null };
}

function readHevc(unit: Uint8Array): PictureFormat {
  const bits = bitsOf(unit, 2);
  const subLayers = readHevcLayers(bits).subLayers;
  bits.skip(96);
  skipSubLayers(bits, subLayers);
  const { width, height } = readHevcSize(bits);
  return { width, height, frameRate: null };
}

/** What the configuration record of HEVC repeats of a sequence parameter set. */
export interface HevcProfile {
  /** general_profile_space to general_level_idc, twelve bytes. */
  readonly profileTierLevel: readonly number[];
  readonly chroma: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Layers in time beyond the first. */
  readonly subLayers: number;
  readonly isNested: boolean;
}

/**
 * Reads a sequence parameter set of HEVC.
 * @throws ContributionError when it cannot be understood
 */
export function readHevcProfile(unit: Uint8Array): HevcProfile {
  const bits = bitsOf(unit, 2);
  const layers = readHevcLayers(bits);
  const profileTierLevel = Array.from({ length: 12 }, () => bits.u(8));
  skipSubLayers(bits, layers.subLayers);
  const { chroma } = readHevcSize(bits);
  const [bitDepthLuma, bitDepthChroma] = [8 + bits.ue(), 8 + bits.ue()];
  if (chroma > 3 || bitDepthLuma > 15 || bitDepthChroma > 15)
    throw new ContributionError('malformed', 'an HEVC parameter set contradicts itself');
  return { ...layers, profileTierLevel, chroma, bitDepthLuma, bitDepthChroma };
}

function readHevcLayers(bits: Bits): { subLayers: number; isNested: boolean } {
  bits.skip(4);
  return { subLayers: bits.u(3), isNested: bits.u(1) === 1 };
}

function readHevcSize(bits: Bits): { chroma: number; width: number; height: number } {
  bits.ue();
  const chroma = bits.ue();
  if (chroma === 3) bits.skip(1);
  const width = bits.ue();
  const height = bits.ue();
  const crop = bits.u(1) === 1 ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const stepX = chroma === 1 || chroma === 2 ? 2 : 1;
  const stepY = chroma === 1 ? 2 : 1;
  return { chroma, width: width - (left + right) * stepX, height: height - (top + bottom) * stepY };
}

/** The rest of profile_tier_level: what each layer says of itself. */
function skipSubLayers(bits: Bits, subLayers: number): void {
  const present = Array.from({ length: subLayers }, () => [bits.u(1), bits.u(1)] as const);
  if (subLayers > 0) bits.skip(2 * (8 - subLayers));
  for (const [hasProfile, hasLevel] of present) bits.skip(hasProfile * 88 + hasLevel * 8);
}
