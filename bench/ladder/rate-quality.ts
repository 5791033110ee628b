// Bits at equal quality of two ladders. Each is a curve of rate over quality through its rungs, straight between them
// in the logarithm of the rate; the result is the mean ratio of the rates over the qualities that both reach (the idea
// of G. Bjøntegaard, VCEG-M33, with straight lines, since a ladder has too few rungs for a polynomial).

export interface RatePoint {
  readonly bitrateBps: number;
  /** In dB. */
  readonly quality: number;
}

/** Rungs that no other one beats with fewer bits, by rising quality. */
export function usefulPoints(points: readonly RatePoint[]): RatePoint[] {
  return points
    .filter(
      (point) =>
        !points.some(
          (other) =>
            other !== point && other.quality >= point.quality && other.bitrateBps <= point.bitrateBps,
        ),
    )
    .sort((left, right) => left.quality - right.quality);
}

function logRateAt(curve: readonly RatePoint[], quality: number): number {
  const at = curve.findIndex((point) => point.quality >= quality);
  const above = curve[at === -1 ? curve.length - 1 : at];
  const below = curve[at <= 0 ? 0 : at - 1];
  if (above === undefined || below === undefined) return Number.NaN;
  if (at <= 0 || above.quality === below.quality) return Math.log(above.bitrateBps);
  const share = (quality - below.quality) / (above.quality - below.quality);
  return Math.log(below.bitrateBps) * (1 - share) + Math.log(above.bitrateBps) * share;
}

const STEPS = 100;

/** What `own` spends of what `peer` spends for the same quality; null when they share no quality. */
export function rateRatio(own: readonly RatePoint[], peer: readonly RatePoint[]): number | null {
  const [left, right] = [usefulPoints(own), usefulPoints(peer)];
  const least = Math.max(left[0]?.quality ?? Number.NaN, right[0]?.quality ?? Number.NaN);
  const most = Math.min(left.at(-1)?.quality ?? Number.NaN, right.at(-1)?.quality ?? Number.NaN);
  if (!(most >= least)) return null;
  let sum = 0;
  for (let step = 0; step <= STEPS; step += 1) {
    const quality = least + ((most - least) * step) / STEPS;
    sum += logRateAt(left, quality) - logRateAt(right, quality);
  }
  return Math.exp(sum / (STEPS + 1));
}
