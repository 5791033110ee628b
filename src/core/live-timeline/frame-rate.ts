// The frame rate of a broadcast's renditions, fixed for its life. Segments have whole numbers of frames only at whole
// rates, so 29.97 becomes 30: the encoder shows one frame in a thousand twice, which nobody sees.

export const LIVE_FRAME_RATES = [24, 25, 30, 48, 50, 60] as const;
export type LiveFrameRate = (typeof LIVE_FRAME_RATES)[number];

/** When nobody says and nothing could be measured. */
const UNKNOWN_FRAME_RATE = 30;

/** The rate nearest to the source's; of faster sources every second (third …) frame is left out, of slower ones shown twice. */
export function chooseLiveFrameRate(framesPerSecond: number | null): LiveFrameRate {
  if (framesPerSecond === null || !Number.isFinite(framesPerSecond) || framesPerSecond <= 0)
    return UNKNOWN_FRAME_RATE;
  const [slowest, fastest] = [LIVE_FRAME_RATES[0], LIVE_FRAME_RATES[LIVE_FRAME_RATES.length - 1] ?? 60];
  let wanted = framesPerSecond;
  if (wanted > fastest * 1.02) wanted /= Math.ceil(wanted / (fastest * 1.02));
  else if (wanted < slowest * 0.9) wanted *= Math.ceil((slowest * 0.9) / wanted);
  let best: LiveFrameRate = UNKNOWN_FRAME_RATE;
  for (const rate of LIVE_FRAME_RATES) if (Math.abs(rate - wanted) < Math.abs(best - wanted)) best = rate;
  return best;
}

/**
 * Frames per second of decoding times in milliseconds, which publishers round; null for fewer than two.
 * The median step is what most frames have, so that a gap or a burst does not count.
 */
export function measureFrameRate(timesMs: readonly number[]): number | null {
  if (timesMs.length < 2) return null;
  const steps = timesMs
    .slice(1)
    .map((time, index) => time - (timesMs[index] ?? time))
    .filter((step) => step > 0)
    .sort((left, right) => left - right);
  const median = steps[steps.length >> 1];
  if (median === undefined) return null;
  // Steps of 33 and 34 ms average to the rate; those far from the median are gaps.
  const usual = steps.filter((step) => step > median / 2 && step < median * 1.5);
  return (1_000 * usual.length) / usual.reduce((sum, step) => sum + step, 0);
}
