import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advanceRates, type RateTrack, ratesOf, totalsOf, ZERO_TOTALS } from './rates.ts';
import { createTrafficHistory } from './traffic-history.ts';

function report(bootId: string, sequence: number, atMs: number, bytesSent: number) {
  return { bootId, sequence, atMs, totals: { ...ZERO_TOTALS, bytesSent, requests: sequence } };
}

function follow(...reports: ReturnType<typeof report>[]) {
  let track: RateTrack | undefined;
  const done: number[] = [];
  for (const each of reports) {
    const step = advanceRates(track, each);
    track = step.track;
    done.push(step.done.bytesSent);
  }
  return { track, done };
}

test('a rate is what was sent between reports over the time between them', () => {
  const { track, done } = follow(
    report('a', 1, 0, 1_000),
    report('a', 2, 2_000, 3_000),
    report('a', 3, 4_000, 5_000),
  );
  assert.deepEqual(done, [0, 2_000, 2_000]);
  assert.equal(ratesOf(track, 4_000).egressBps, 8_000);
});

test('a repeated or late report counts nothing', () => {
  const { done } = follow(report('a', 2, 0, 1_000), report('a', 2, 2_000, 1_000), report('a', 1, 3_000, 500));
  assert.deepEqual(done, [0, 0, 0]);
});

test('a lost report costs nothing, the next one carries its bytes', () => {
  const { done } = follow(report('a', 1, 0, 0), report('a', 5, 8_000, 8_000));
  assert.deepEqual(done, [0, 8_000]);
});

test('a restarted node counts from zero and never backwards', () => {
  const { done } = follow(report('a', 9, 0, 1_000_000), report('b', 1, 2_000, 700));
  assert.deepEqual(done, [0, 700]);
});

test('a silent node fades to zero', () => {
  const { track } = follow(report('a', 1, 0, 0), report('a', 2, 2_000, 4_000));
  assert.equal(ratesOf(track, 2_000).egressBps, 16_000);
  assert.equal(ratesOf(track, 12_000).egressBps, 0);
});

test('counters are summed over their labels, and others are left alone', () => {
  assert.deepEqual(
    totalsOf({
      'edge_bytes_sent_total{class="segment"}': 10,
      'edge_bytes_sent_total{class="playlist"}': 5,
      edge_bytes_sent_total_other: 99,
      edge_requests_total: 3,
      edge_hits_total: 2,
      edge_misses_total: 1,
      'edge_origin_fetches_total{region="dublin"}': 4,
      'edge_origin_fetches_total{kind="hedge",region="dublin"}': 1,
      broken: Number.NaN,
    }),
    { ...ZERO_TOTALS, bytesSent: 15, requests: 3, hits: 2, misses: 1, originFetches: 4, hedges: 1 },
  );
});

test('the traffic history keeps ten minutes in steps of five seconds', () => {
  const history = createTrafficHistory(['dublin']);
  for (let atMs = 0; atMs < 1_200_000; atMs += 1_000) history.add('dublin', 625, atMs);
  const points = history.points(1_200_000);
  assert.equal(points.length, 120);
  assert.deepEqual(points[0], { atMs: 600_000, egressBpsByRegion: { dublin: 5_000 } });
});
