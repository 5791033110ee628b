// Configuration records from bare parameter sets, for publishers whose protocol carries them among the pictures.
// Source: ISO/IEC 14496-15, 5.3.3 (H.264) and 8.3.3 (HEVC). What the records repeat of an H.264 picture's colours is left
// out, as many encoders do: readers take it from the parameter set.

import { ContributionError } from './contribution-error.ts';
import { readHevcProfile } from './parameter-sets.ts';

const HEVC_VPS = 32;
const HEVC_SPS = 33;
const HEVC_PPS = 34;

function withLength(set: Uint8Array): number[] {
  if (set.length > 0xffff) throw new ContributionError('too-large', `a parameter set of ${set.length} bytes`);
  return [set.length >> 8, set.length & 255, ...set];
}

/**
 * An AVCDecoderConfigurationRecord for units with four bytes of length.
 * @throws ContributionError
 */
export function writeAvcConfig(sps: readonly Uint8Array[], pps: readonly Uint8Array[]): Uint8Array {
  const [first] = sps;
  if (first === undefined || first.length < 4)
    throw new ContributionError('malformed', 'an H.264 parameter set ends too early');
  const [, profile = 0, compatibility = 0, level = 0] = first;
  return Uint8Array.from([
    ...[1, profile, compatibility, level, 0xff, 0xe0 | sps.length],
    ...sps.flatMap(withLength),
    pps.length,
    ...pps.flatMap(withLength),
  ]);
}

/**
 * An HEVCDecoderConfigurationRecord for units with four bytes of length.
 * @throws ContributionError
 */
export function writeHevcConfig(
  vps: readonly Uint8Array[],
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): Uint8Array {
  const [first] = sps;
  if (first === undefined) throw new ContributionError('malformed', 'no HEVC parameter sets');
  const { profileTierLevel, chroma, bitDepthLuma, bitDepthChroma, subLayers, isNested } =
    readHevcProfile(first);
  const arrays = [
    [HEVC_VPS, vps],
    [HEVC_SPS, sps],
    [HEVC_PPS, pps],
  ] as const;
  return Uint8Array.from([
    ...[1, ...profileTierLevel],
    // No slices that must be told apart, no kind of parallelism.
    ...[0xf0, 0, 0xfc, 0xfc | chroma, 0xf8 | (bitDepthLuma - 8), 0xf8 | (bitDepthChroma - 8)],
    // No average frame rate; the layers in time; four bytes of length.
    ...[0, 0, ((subLayers + 1) << 3) | (isNested ? 4 : 0) | 3],
    arrays.length,
    ...arrays.flatMap(([type, sets]) => [0x80 | type, 0, sets.length, ...sets.flatMap(withLength)]),
  ]);
}
