// The sizes and bit rates of the ladder. A rung is named by the short side of the upright picture, so that a phone
// video of 1080x1920 gives the same rungs as one of 1920x1080. Nothing is ever scaled up.

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export interface LadderPolicy {
  /** Short sides, largest first. */
  readonly heights: readonly number[];
  /** Renditions of a source up to 720 lines: each costs encoding time before the first frame is on screen. */
  readonly renditionsMax: number;
  /** Renditions of larger sources, which need one more step down to a slow link. */
  readonly renditionsLargeMax: number;
  /** A source this much larger than the rung below it also gets a rung of its own size. */
  readonly ownRungRatio: number;
  readonly longSideMax: number;
  readonly durationMsMax: number;
  readonly audioTracksMax: number;
}

export const LADDER_POLICY: LadderPolicy = {
  heights: [1080, 720, 480, 360, 240],
  renditionsMax: 3,
  renditionsLargeMax: 4,
  // 10 %: below it the eye hardly sees the difference, above it text on screen casts suffers.
  ownRungRatio: 1.1,
  // Level 5.2 of H.264, which decoders on the web stop at, allows 4096 pixels in a row.
  longSideMax: 4_096,
  // The media document grows with the length; at twelve hours it is about half a megabyte and still travels whole.
  durationMsMax: 12 * 3_600_000,
  // Dubbed films have up to eight; each track is an encoder of its own.
  audioTracksMax: 8,
};

const LARGE_SOURCE_ABOVE = 720;

/** Bit rate of 1280x720 at 30 frames per second, which the others derive from. */
const REFERENCE = { bitrateBps: 2_500_000, pixels: 1_280 * 720, framesPerSecond: 30 };
/** Bits grow slower than pixels and frames, since neighbours resemble each other more. */
const PIXELS_EXPONENT = 0.75;
const FRAMES_EXPONENT = 0.6;
const PEAK_RATIO = 1.5;
const BITRATE_MIN_BPS = 100_000;

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);
const evenDown = (value: number): number => Math.max(2, Math.floor(value / 2) * 2);

/** The picture as a player shows it: square pixels, turned upright. */
export function displayedSize(
  coded: PictureSize,
  sampleAspect: readonly [number, number],
  rotationDegrees: 0 | 90 | 180 | 270,
): PictureSize {
  const [horizontal, vertical] = sampleAspect;
  const ratio = horizontal > 0 && vertical > 0 ? horizontal / vertical : 1;
  const width = Math.round(coded.width * ratio);
  return rotationDegrees === 90 || rotationDegrees === 270
    ? { width: coded.height, height: width }
    : { width, height: coded.height };
}

/** The short sides to make, largest first. */
export function chooseShortSides(shortSide: number, policy: LadderPolicy): number[] {
  const fitting = policy.heights.filter((height) => height <= shortSide);
  const largest = fitting[0];
  const isAboveLadder = largest !== undefined && largest === policy.heights[0];
  const own = evenDown(shortSide);
  if (largest === undefined || (!isAboveLadder && own > largest * policy.ownRungRatio)) fitting.unshift(own);
  const max = shortSide > LARGE_SOURCE_ABOVE ? policy.renditionsLargeMax : policy.renditionsMax;
  return fitting.slice(0, max);
}

/** The even size of a rung; the long side follows from the shape of the picture. */
export function rungSize(displayed: PictureSize, shortSide: number, policy: LadderPolicy): PictureSize {
  const isPortrait = displayed.height > displayed.width;
  const ratio = Math.max(displayed.width, displayed.height) / Math.min(displayed.width, displayed.height);
  const isOwnSize = shortSide === evenDown(Math.min(displayed.width, displayed.height));
  // At the source's own size an odd side loses a line rather than gaining one.
  const fullLong = isOwnSize
    ? evenDown(Math.max(displayed.width, displayed.height))
    : even(shortSide * ratio);
  const longSide = Math.min(fullLong, policy.longSideMax);
  const short = longSide < fullLong ? even(longSide / ratio) : shortSide;
  return isPortrait ? { width: short, height: longSide } : { width: longSide, height: short };
}

/** Average and peak bit rate of a picture size at a frame rate. */
export function bitrates(
  size: PictureSize,
  framesPerSecond: number,
  factor = 1,
): { bitrateBps: number; maxBitrateBps: number } {
  const pixels = ((size.width * size.height) / REFERENCE.pixels) ** PIXELS_EXPONENT;
  const frames = (framesPerSecond / REFERENCE.framesPerSecond) ** FRAMES_EXPONENT;
  const thousands = Math.round((REFERENCE.bitrateBps * factor * pixels * frames) / 1_000);
  const bitrateBps = Math.max(BITRATE_MIN_BPS, thousands * 1_000);
  return { bitrateBps, maxBitrateBps: Math.round((bitrateBps * PEAK_RATIO) / 1_000) * 1_000 };
}
