// Frame rates as exact fractions. Renditions come out at a constant rate between 10 and 60: players and segment
// grids need one, and nobody sees more on the web. A constant source rate is kept exactly where it fits; a variable
// one becomes the usual rate nearest to its average.

export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

export const FRAME_RATE_MIN = 10;
export const FRAME_RATE_MAX = 60;
/** When the file does not say. */
export const FRAME_RATE_UNKNOWN: FrameRate = { numerator: 30, denominator: 1 };
/** Constant rates with a larger denominator are measuring noise; the usual ones need 1001. */
const DENOMINATOR_MAX = 1_001;

const USUAL: readonly FrameRate[] = [
  { numerator: 10, denominator: 1 },
  { numerator: 12, denominator: 1 },
  { numerator: 15, denominator: 1 },
  { numerator: 20, denominator: 1 },
  { numerator: 24_000, denominator: 1_001 },
  { numerator: 24, denominator: 1 },
  { numerator: 25, denominator: 1 },
  { numerator: 30_000, denominator: 1_001 },
  { numerator: 30, denominator: 1 },
  { numerator: 48, denominator: 1 },
  { numerator: 50, denominator: 1 },
  { numerator: 60_000, denominator: 1_001 },
  { numerator: 60, denominator: 1 },
];

/** Frames per second as a number. */
export function perSecond(rate: FrameRate): number {
  return rate.numerator / rate.denominator;
}

function greatestCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : greatestCommonDivisor(right, left % right);
}

function reduced(numerator: number, denominator: number): FrameRate {
  const divisor = greatestCommonDivisor(numerator, denominator);
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

function nearestUsual(framesPerSecond: number): FrameRate {
  let best = FRAME_RATE_UNKNOWN;
  for (const rate of USUAL)
    if (Math.abs(perSecond(rate) - framesPerSecond) < Math.abs(perSecond(best) - framesPerSecond))
      best = rate;
  return best;
}

export interface FrameRateChoice {
  readonly rate: FrameRate;
  readonly reason: 'kept' | 'variable' | 'divided' | 'multiplied' | 'unknown' | 'snapped';
}

/** Chooses the constant rate of all renditions, at most `framesPerSecondMax`. */
export function chooseFrameRate(
  source: FrameRate | null,
  isVariable: boolean,
  framesPerSecondMax = FRAME_RATE_MAX,
): FrameRateChoice {
  if (source === null || !(source.numerator > 0) || !(source.denominator > 0))
    return { rate: FRAME_RATE_UNKNOWN, reason: 'unknown' };
  if (isVariable)
    return { rate: nearestUsual(Math.min(framesPerSecondMax, perSecond(source))), reason: 'variable' };
  const { numerator, denominator } = reduced(source.numerator, source.denominator);
  const framesPerSecond = numerator / denominator;
  if (denominator > DENOMINATOR_MAX)
    return { rate: nearestUsual(Math.min(framesPerSecondMax, framesPerSecond)), reason: 'snapped' };
  // Every second (third …) frame is dropped, or shown twice, evenly: motion stays smooth.
  if (framesPerSecond > framesPerSecondMax)
    return {
      rate: reduced(numerator, denominator * Math.ceil(framesPerSecond / framesPerSecondMax)),
      reason: 'divided',
    };
  if (framesPerSecond < FRAME_RATE_MIN) {
    const factor = Math.ceil(FRAME_RATE_MIN / framesPerSecond);
    return { rate: reduced(numerator * factor, denominator), reason: 'multiplied' };
  }
  return { rate: { numerator, denominator }, reason: 'kept' };
}
