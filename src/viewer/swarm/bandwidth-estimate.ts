// The throughput estimate of hls.js 1.7 as plain data: the lesser of two moving averages (half-lives of 3 s and 9 s of
// downloading), and the usual time to the first byte. Half-lives count seconds of download, not of the clock.
// Source: hls.js src/utils/ewma-bandwidth-estimator.ts and ewma.ts, which follow Shaka Player.

type Average = { readonly halfLife: number; readonly sum: number; readonly weight: number };

export type BandwidthEstimate = {
  readonly fast: Average;
  readonly slow: Average;
  readonly firstByte: Average;
  /** Held until the first sample. */
  readonly defaultBps: number;
};

const FAST_HALF_LIFE_SECONDS = 3;
const SLOW_HALF_LIFE_SECONDS = 9;
const DEFAULT_FIRST_BYTE_MS = 100;
/** Below this total weight an average says nothing. */
const WEIGHT_MIN = 0.001;
/** A download that took less was served from somewhere near; its rate would be fantasy. */
const SAMPLE_MS_MIN = 50;

function emptyAverage(halfLife: number): Average {
  return { halfLife, sum: 0, weight: 0 };
}

function withSample(average: Average, weight: number, value: number): Average {
  const alpha = 0.5 ** (weight / average.halfLife);
  return { ...average, sum: value * (1 - alpha) + alpha * average.sum, weight: average.weight + weight };
}

function meanOf({ halfLife, sum, weight }: Average): number {
  const share = 1 - 0.5 ** (weight / halfLife);
  return share > 0 ? sum / share : sum;
}

/** An estimate that has seen nothing. */
export function initialEstimate(defaultBps: number): BandwidthEstimate {
  return {
    fast: emptyAverage(FAST_HALF_LIFE_SECONDS),
    slow: emptyAverage(SLOW_HALF_LIFE_SECONDS),
    firstByte: emptyAverage(SLOW_HALF_LIFE_SECONDS),
    defaultBps,
  };
}

/** The estimate after a download. */
export function withDownload(
  estimate: BandwidthEstimate,
  durationMs: number,
  bytes: number,
): BandwidthEstimate {
  if (bytes <= 0) return estimate;
  const seconds = Math.max(durationMs, Math.min(SAMPLE_MS_MIN, bytes / 100_000)) / 1_000;
  const bitsPerSecond = (bytes * 8) / seconds;
  return {
    ...estimate,
    fast: withSample(estimate.fast, seconds, bitsPerSecond),
    slow: withSample(estimate.slow, seconds, bitsPerSecond),
  };
}

/** The estimate after a wait for a first byte; long waits weigh little. */
export function withWait(estimate: BandwidthEstimate, firstByteMs: number): BandwidthEstimate {
  const weight = Math.SQRT2 * Math.exp(-((firstByteMs / 1_000) ** 2) / 2);
  return { ...estimate, firstByte: withSample(estimate.firstByte, weight, Math.max(firstByteMs, 5)) };
}

/** Whether a download has been measured. */
export function canEstimate(estimate: BandwidthEstimate): boolean {
  return estimate.fast.weight >= WEIGHT_MIN;
}

/** Bits per second that may be counted on: fast to fall, slow to rise. */
export function estimatedBps(estimate: BandwidthEstimate): number {
  if (!canEstimate(estimate)) return estimate.defaultBps;
  return Math.min(meanOf(estimate.fast), meanOf(estimate.slow));
}

/** The usual time to the first byte. */
export function estimatedFirstByteMs(estimate: BandwidthEstimate): number {
  return estimate.firstByte.weight >= WEIGHT_MIN ? meanOf(estimate.firstByte) : DEFAULT_FIRST_BYTE_MS;
}
