// The bad events of an indicator, slice by slice: what an objective counted before it burnt.

import { type SloPoint, selects } from './book.ts';
import type { Indicator, Selector } from './slo.ts';

export interface EventSlice {
  readonly atMs: number;
  readonly bad: number;
  readonly total: number;
}

/**
 * Counts the events of points by their slices.
 * @param bucketOf the bucket of a histogram's value
 */
export function countEvents(
  indicator: Indicator,
  points: readonly SloPoint[],
  bucketOf: (value: number) => number,
): EventSlice[] {
  return [...Map.groupBy(points, ({ atMs }) => atMs)].map(([atMs, own]) => ({
    atMs,
    ...countSlice(indicator, own, bucketOf),
  }));
}

function countSlice(
  indicator: Indicator,
  points: readonly SloPoint[],
  bucketOf: (value: number) => number,
): { readonly bad: number; readonly total: number } {
  if (indicator.kind === 'threshold') {
    const own = points.filter((point) => selects(indicator.metric, point));
    const count = own.reduce((sum, point) => sum + point.count, 0);
    const mean = own.reduce((sum, point) => sum + (point.sum ?? 0), 0) / Math.max(1, count);
    const { op, limit } = indicator;
    const isGood = { lte: mean <= limit, lt: mean < limit, gte: mean >= limit, gt: mean > limit }[op];
    return { bad: isGood ? 0 : count, total: count };
  }
  const sum = (selector: Selector): number =>
    points
      .filter((point) => selects(selector, point))
      .reduce((total, point) => total + countUpTo(selector, point, bucketOf), 0);
  const total = sum(indicator.total);
  return { total, bad: 'bad' in indicator ? sum(indicator.bad) : Math.max(0, total - sum(indicator.good)) };
}

function countUpTo(
  { atMost }: Selector,
  { count, buckets }: SloPoint,
  bucketOf: (value: number) => number,
): number {
  if (atMost === undefined) return count;
  const last = bucketOf(atMost);
  return Object.entries(buckets ?? {}).reduce(
    (sum, [bucket, own]) => (Number(bucket) <= last ? sum + own : sum),
    0,
  );
}
