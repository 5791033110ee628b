// A histogram whose parts can be added up: fixed buckets of a logarithmic scale, the same in every process, so that the
// sum of two histograms is the sum of their buckets. Any quantile read from it is off by at most 2 % of its value.
// Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees" (2019),
// here with fixed bounds instead of collapsing buckets: values are 1 to 1e8 (a millisecond to a day, a kbit/s to 100 Tbit/s).

/** Largest relative error of a quantile. */
const ERROR_MAX = 0.02;
const GAMMA = (1 + ERROR_MAX) / (1 - ERROR_MAX);
const LOG_GAMMA = Math.log(GAMMA);
/** What is larger counts as this. */
const VALUE_MAX = 1e8;
/** Buckets are 0 (values up to 1) to this one. */
export const BUCKET_INDEX_MAX = Math.ceil(Math.log(VALUE_MAX) / LOG_GAMMA);

/** Counts by bucket; empty buckets are absent. */
export type Buckets = Readonly<Record<number, number>>;

/** The bucket of a value; values below 1, and what is no number, are in bucket 0. */
export function bucketOf(value: number): number {
  if (!(value > 1)) return 0;
  return Math.min(BUCKET_INDEX_MAX, Math.ceil(Math.log(value) / LOG_GAMMA));
}

/** Largest value of a bucket. */
export function bucketUpperBound(index: number): number {
  return GAMMA ** index;
}

/** The value that stands for a bucket: off by at most 2 % for every value in it. */
export function bucketValue(index: number): number {
  return index === 0 ? 1 : (2 * GAMMA ** index) / (GAMMA + 1);
}

/** Adds `more` to `sum`, in place. */
export function addBuckets(sum: Record<number, number>, more: Buckets): void {
  for (const index of Object.keys(more)) {
    const at = Number(index);
    sum[at] = (sum[at] ?? 0) + (more[at] ?? 0);
  }
}

/** The value below which `share` (0 to 1) of the counts lie; undefined when there are none. */
export function quantileOf(buckets: Buckets, share: number): number | undefined {
  const indices = Object.keys(buckets)
    .map(Number)
    .sort((one, other) => one - other);
  const total = indices.reduce((sum, index) => sum + (buckets[index] ?? 0), 0);
  if (total <= 0) return undefined;
  let rest = Math.max(1, Math.ceil(share * total));
  for (const index of indices) {
    rest -= buckets[index] ?? 0;
    if (rest <= 0) return bucketValue(index);
  }
  return bucketValue(indices.at(-1) ?? 0);
}

/** How many of the counts are above `limit`; the bucket that holds the limit counts as not above. */
export function countAbove(buckets: Buckets, limit: number): number {
  const last = bucketOf(limit);
  let above = 0;
  for (const index of Object.keys(buckets)) if (Number(index) > last) above += buckets[Number(index)] ?? 0;
  return above;
}
