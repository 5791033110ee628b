// Fits the ladder to one video. A few short samples, encoded at constant quality in a large and the smallest size, tell
// how many bits the picture needs; other sizes lie on a power law through them, as bits do over pixels. Then
//
// - a rung whose picture needs less than planned is encoded at constant quality, under its planned peak: quiet scenes
//   and quiet videos cost less, and a busy scene that the samples missed still gets its bits;
// - one that needs more than the preset allows gets that bound as its average rate;
// - one that needs next to nothing gets a better picture, since that costs nothing either;
// - a rung that saves too little against the one above it is dropped, and so is everything below a rung that passes
//   through the slowest link already. What is left is the part of the convex hull that is worth having.
//
// Source of the idea: A. Aaron et al., "Per-Title Encode Optimization" (Netflix, 2015). Nothing is ever scaled up: the
// rungs are those of the preset or fewer.

import type { PlannedVideo, PlanReason } from './plan-ladder.ts';
import type { Preset } from './presets.ts';

/** What one sample needed in one size. */
export interface SampledSize {
  readonly width: number;
  readonly height: number;
  readonly keyFrameBytes: number;
  readonly otherBytes: number;
  readonly otherFrames: number;
}

export interface FitInput {
  /** H.264 rungs, largest first. */
  readonly rungs: readonly PlannedVideo[];
  /** By sample: its sizes, the larger first. */
  readonly samples: readonly (readonly SampledSize[])[];
  readonly framesPerSegment: number;
  readonly framesPerSecond: number;
}

/** The next rung must save this much, or it is no step that a player would gain by. */
const STEP_SHARE_MAX = 0.7;
/** The last rung is there for bad links: a smaller step will do. */
const LAST_STEP_SHARE_MAX = 0.85;
/** A mobile link at its worst still carries this; a rung that needs no more is small enough for everybody. */
const SLOW_LINK_BPS = 250_000;
/** Rate doubles for about so many steps of x264's factor. */
const FACTOR_PER_DOUBLING = 6;
/** Better than this much and nobody sees it. */
const FACTOR_GAIN_MAX = 4;
/** Below this, headers and the audio beside it weigh more than the picture. */
const NEED_BPS_MIN = 20_000;
/** Bits over pixels: between nothing and a little more than in proportion, whatever two samples say. */
const EXPONENT_MIN = 0.2;
const EXPONENT_MAX = 1.2;
/** Peak over average of a rung at constant quality. */
const PEAK_RATIO = 1.5;

const thousands = (bps: number): number => Math.round(bps / 1_000) * 1_000;
const pixels = ({ width, height }: { width: number; height: number }): number => width * height;

/** Rate of a whole video that is like the samples: each segment has one key frame, whatever the samples had. */
function neededBps(sizes: readonly SampledSize[], framesPerSegment: number, framesPerSecond: number): number {
  const rates = sizes.map(({ keyFrameBytes, otherBytes, otherFrames }) => {
    const perFrame = otherFrames === 0 ? keyFrameBytes : otherBytes / otherFrames;
    const segmentBytes = keyFrameBytes + perFrame * (framesPerSegment - 1);
    return (segmentBytes * 8 * framesPerSecond) / framesPerSegment;
  });
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return Math.max(NEED_BPS_MIN, mean);
}

/** The rate that each picture size needs, from the two that were sampled. */
function needBySize(input: FitInput): (size: { width: number; height: number }) => number {
  const { samples, framesPerSegment, framesPerSecond } = input;
  const of = (at: 0 | -1): { need: number; area: number } => {
    const sizes = samples.flatMap((sample) => sample.at(at) ?? []);
    const area = sizes[0] === undefined ? 1 : pixels(sizes[0]);
    return { need: neededBps(sizes, framesPerSegment, framesPerSecond), area };
  };
  const large = of(0);
  const small = of(-1);
  const slope =
    large.area === small.area
      ? EXPONENT_MIN
      : Math.log(large.need / small.need) / Math.log(large.area / small.area);
  const exponent = Math.min(EXPONENT_MAX, Math.max(EXPONENT_MIN, slope));
  return (size) => Math.max(NEED_BPS_MIN, large.need * (pixels(size) / large.area) ** exponent);
}

/** One rung at the rate that its picture needs, within the bounds of the preset. */
function fitRung(
  rung: PlannedVideo,
  need: number,
  preset: Preset,
): { rung: PlannedVideo; reason: PlanReason } {
  const { bitrateBps: planned } = rung;
  const most = planned * preset.perTitleShareMax;
  const least = planned * preset.perTitleShareMin;
  const values = { plannedBps: planned, neededBps: Math.round(need), leastBps: Math.round(least) };
  if (need > most) {
    const bitrateBps = thousands(most);
    return {
      rung: { ...rung, bitrateBps, maxBitrateBps: thousands(most * PEAK_RATIO) },
      reason: { code: 'rung-bounded', subject: rung.id, values: { ...values, mostBps: Math.round(most) } },
    };
  }
  const gain = need >= least ? 0 : Math.min(FACTOR_GAIN_MAX, FACTOR_PER_DOUBLING * Math.log2(least / need));
  const bitrateBps = Math.max(1_000, thousands(need * 2 ** (gain / FACTOR_PER_DOUBLING)));
  const qualityFactor = Math.round((preset.qualityFactor - gain) * 10) / 10;
  return {
    rung: { ...rung, bitrateBps, qualityFactor },
    reason: {
      code: gain > 0 ? 'rung-improved' : 'rung-fitted',
      subject: rung.id,
      values: { ...values, qualityFactor },
    },
  };
}

/** Fits H.264 rungs to what samples of the video needed; as they are when there is no sample. */
export function fitLadder(
  input: FitInput,
  preset: Preset,
): { rungs: readonly PlannedVideo[]; reasons: PlanReason[] } {
  const { rungs, samples } = input;
  if (!samples.some((sizes) => sizes.length > 0))
    return { rungs, reasons: [{ code: 'per-title-no-samples', subject: 'video', values: { samples: 0 } }] };
  const needOf = needBySize(input);
  const kept: PlannedVideo[] = [];
  const reasons: PlanReason[] = [];
  for (const [index, planned] of rungs.entries()) {
    const { rung, reason } = fitRung(planned, needOf(planned), preset);
    const above = kept.at(-1);
    if (above !== undefined) {
      const isLast = index === rungs.length - 1;
      const isSmallEnough = above.bitrateBps <= SLOW_LINK_BPS;
      const shareMax = isLast ? LAST_STEP_SHARE_MAX : STEP_SHARE_MAX;
      const saves = rung.bitrateBps <= above.bitrateBps * shareMax;
      if (isSmallEnough || !saves) {
        reasons.push({
          code: isSmallEnough ? 'rung-dropped-below-slow-link' : 'rung-dropped-too-near',
          subject: planned.id,
          values: {
            bitrateBps: rung.bitrateBps,
            aboveBps: above.bitrateBps,
            shareMax,
            slowLinkBps: SLOW_LINK_BPS,
          },
        });
        continue;
      }
    }
    kept.push(rung);
    reasons.push(reason);
  }
  return { rungs: kept, reasons };
}

/** Larger pictures are not sampled: they cost too much waiting, and what they need follows from smaller ones. */
const SAMPLED_PIXELS_MAX = 1_280 * 720;

/** The rungs in whose sizes samples are taken: one or two, the larger first. */
export function sampledRungs(rungs: readonly PlannedVideo[]): PlannedVideo[] {
  const smallest = rungs.at(-1);
  if (smallest === undefined) return [];
  const larger = rungs.find((rung) => rung !== smallest && pixels(rung) <= SAMPLED_PIXELS_MAX);
  return larger === undefined ? [smallest] : [larger, smallest];
}

/** Where samples lie, as shares of the length: in the middle, past the titles, before the credits; the best first. */
const SAMPLE_SHARES: readonly number[] = [0.45, 0.12, 0.78];
/** Long enough for motion to show, short enough for the first frame not to wait. */
const SAMPLE_SECONDS = 0.8;
/** Between samples of a short video there should be something. */
const SAMPLE_SPACING_MS = 2_000;

/** When samples of a video begin, and how many frames each has. */
export function planSamples(
  durationMs: number,
  framesPerSecond: number,
): { atMs: number[]; frameCount: number } {
  const frameCount = Math.max(8, Math.round(SAMPLE_SECONDS * framesPerSecond));
  const count = Math.max(1, Math.min(SAMPLE_SHARES.length, Math.floor(durationMs / SAMPLE_SPACING_MS)));
  const shares = count === SAMPLE_SHARES.length ? SAMPLE_SHARES : SAMPLE_SHARES.slice(0, count);
  return { atMs: shares.map((share) => Math.round(durationMs * share)), frameCount };
}
