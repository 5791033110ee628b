// Families of renditions: the H.264 rungs, which every player takes, and the same rungs again in newer codecs where
// they are asked for. A family is complete in itself, since players stay within the one they began with.
//
// The shares come from our own encoders at equal SSIM (SVT-AV1 and x265 against x264, each at its speed for uploads);
// they bound the rates, while constant quality decides what is spent below.

import type { PlannedVideo, PlanReason } from './plan-ladder.ts';

export type VideoCodec = 'h264' | 'av1' | 'hevc';

/** In the order in which families are named: the one that everybody takes first, then the smaller the sooner. */
export const VIDEO_CODECS: readonly VideoCodec[] = ['h264', 'av1', 'hevc'];

/** Bits for the same picture, as a share of those of H.264. */
const BITRATE_SHARES: Readonly<Record<VideoCodec, number>> = { h264: 1, av1: 0.65, hevc: 0.75 };
/** What the scale of a codec's quality factor is ahead of x264's, for about the same picture. */
const QUALITY_OFFSETS: Readonly<Record<VideoCodec, number>> = { h264: 0, av1: 12, hevc: 3 };

/** SVT-AV1 takes no smaller side; pictures below that save nothing by any codec. */
const SIDE_MIN = 64;

const thousands = (bps: number): number => Math.round(bps / 1_000) * 1_000;

/**
 * Adds to the H.264 rungs those of the other codecs that are wanted. What the engine cannot encode is left out with
 * a reason: a video in one codec is better than none.
 */
export function addCodecFamilies(
  rungs: readonly PlannedVideo[],
  wanted: readonly string[],
  available: readonly VideoCodec[],
  qualityFactor: number,
): { outputs: PlannedVideo[]; reasons: PlanReason[] } {
  const outputs = [...rungs];
  const reasons: PlanReason[] = [];
  for (const codec of VIDEO_CODECS) {
    if (codec === 'h264' || !wanted.includes(codec)) continue;
    const fitting = rungs.filter(({ width, height }) => Math.min(width, height) >= SIDE_MIN);
    const isAvailable = available.includes(codec);
    const added = isAvailable ? fitting : [];
    const code = !isAvailable ? 'codec-unavailable' : added.length === 0 ? 'codec-too-small' : 'codec-added';
    reasons.push({ code, subject: codec, values: { rungs: added.length, sideMin: SIDE_MIN } });
    outputs.push(...added.map((rung) => inCodec(rung, codec, qualityFactor)));
  }
  return { outputs, reasons };
}

/** The same rung in another codec, always of constant quality under the peak: that is what these encoders do best. */
function inCodec(rung: PlannedVideo, codec: VideoCodec, qualityFactor: number): PlannedVideo {
  const share = BITRATE_SHARES[codec];
  return {
    ...rung,
    id: `${rung.id}-${codec}`,
    codec,
    bitrateBps: thousands(rung.bitrateBps * share),
    maxBitrateBps: thousands(rung.maxBitrateBps * share),
    qualityFactor: (rung.qualityFactor ?? qualityFactor) + QUALITY_OFFSETS[codec],
  };
}
