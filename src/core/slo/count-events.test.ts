import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countEvents } from './count-events.ts';

const point = (atMs: number, outcome: string, count: number) => ({
  atMs,
  name: 'viewer_requests',
  labels: { outcome },
  count,
});
const select = (series: string, labels: Record<string, string[]> = {}) => ({ series: [series], labels });

test('bad events are those named bad, or those of all that are not good', () => {
  const points = [point(0, 'ok', 90), point(0, 'late', 4), point(0, 'failed', 6), point(5_000, 'ok', 10)];
  const total = select('viewer_requests');
  const expected = [
    { atMs: 0, bad: 10, total: 100 },
    { atMs: 5_000, bad: 0, total: 10 },
  ];
  const good = select('viewer_requests', { outcome: ['ok'] });
  assert.deepEqual(countEvents({ kind: 'ratio', good, total }, points, Math.floor), expected);
  const bad = select('viewer_requests', { outcome: ['late', 'failed'] });
  assert.deepEqual(countEvents({ kind: 'ratio', bad, total }, points, Math.floor), expected);
});

test('of a histogram, samples up to a value are good; a mean beyond its limit makes all of them bad', () => {
  const points = [
    { atMs: 0, name: 'startup', labels: {}, count: 10, sum: 200, buckets: { 1: 4, 2: 3, 9: 3 } },
  ];
  const total = select('startup');
  const good = { ...total, atMost: 2 };
  assert.deepEqual(countEvents({ kind: 'ratio', good, total }, points, Math.floor), [
    { atMs: 0, bad: 3, total: 10 },
  ]);
  const threshold = (limit: number) =>
    countEvents({ kind: 'threshold', metric: total, op: 'lte', limit }, points, Math.floor);
  assert.deepEqual(threshold(20), [{ atMs: 0, bad: 0, total: 10 }]);
  assert.deepEqual(threshold(19), [{ atMs: 0, bad: 10, total: 10 }]);
});
