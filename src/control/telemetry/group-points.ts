// Questions about series: the labels that they name, and the sums over those that they do not.

import { addBuckets } from '#base/log-buckets.ts';
import { MeridianError } from '#contract/errors.ts';
import type { Labels } from '#core/telemetry/series.ts';
import type { RollupPoint } from './feed.ts';

/** Reads `label:value,label:value`. Throws invalid_request for a label that the series has not. */
export function parseLabels(text: string, known: readonly string[]): Labels {
  const labels: Record<string, string> = {};
  for (const part of text.split(',').filter((piece) => piece !== '')) {
    const colon = part.indexOf(':');
    const label = part.slice(0, Math.max(0, colon));
    if (!known.includes(label))
      throw new MeridianError('invalid_request', {
        reason: `query.labels: ${part} is not of the form label:value with one of ${known.join(', ')}`,
      });
    labels[label] = part.slice(colon + 1);
  }
  return labels;
}

/** Sums of points by time and by these labels alone. */
export function groupPoints(points: readonly RollupPoint[], by: readonly string[]): RollupPoint[] {
  const groups = new Map<string, { -readonly [K in keyof RollupPoint]: RollupPoint[K] }>();
  for (const point of points) {
    const labels = Object.fromEntries(by.map((label) => [label, point.labels[label] ?? '']));
    const key = `${point.atMs} ${by.map((label) => labels[label]).join('\n')}`;
    const group = groups.get(key);
    if (group === undefined) {
      const buckets = point.buckets === undefined ? {} : { buckets: { ...point.buckets } };
      groups.set(key, { ...point, labels, ...buckets });
      continue;
    }
    group.count += point.count;
    if (point.sum !== undefined) group.sum = (group.sum ?? 0) + point.sum;
    if (point.buckets !== undefined) {
      const sum: Record<number, number> = { ...group.buckets };
      addBuckets(sum, point.buckets);
      group.buckets = sum;
    }
  }
  return [...groups.values()];
}
