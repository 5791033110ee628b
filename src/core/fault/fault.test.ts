import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrivalMs, combineDiskFaults, combineLinkFaults } from './catalogue.ts';
import { linkDelayMs } from './link-delay.ts';

const places = [
  { id: 'singapore', latitude: 1.35, longitude: 103.82 },
  { id: 'dublin', latitude: 53.35, longitude: -6.26 },
  { id: 'los-angeles', latitude: 34.05, longitude: -118.24 },
];
const range = { delayMsMin: 70, delayMsMax: 90 };

test('the nearest pair of regions gets the least delay and the farthest the most', () => {
  assert.equal(linkDelayMs(places, 'dublin', 'los-angeles', range), 70);
  assert.equal(linkDelayMs(places, 'singapore', 'los-angeles', range), 90);
  const between = linkDelayMs(places, 'singapore', 'dublin', range);
  assert.ok(between > 75 && between < 85, `${between} ms from Singapore to Dublin`);
  assert.equal(linkDelayMs(places, 'dublin', 'singapore', range), between);
});

test('there is no delay within a region, nor to an unknown one', () => {
  assert.equal(linkDelayMs(places, 'dublin', 'dublin', range), 0);
  assert.equal(linkDelayMs(places, 'dublin', 'atlantis', range), 0);
});

test('two regions are the least delay apart', () => {
  assert.equal(linkDelayMs(places.slice(0, 2), 'singapore', 'dublin', range), 70);
});

test('link faults add up by direction', () => {
  const effect = combineLinkFaults([
    { kind: 'latency', direction: 'both', delayMs: 70 },
    { kind: 'latency', direction: 'back', delayMs: 30 },
    { kind: 'jitter', direction: 'there', jitterMs: 2 },
    { kind: 'bandwidth', direction: 'both', bytesPerSecond: 1_000 },
    { kind: 'bandwidth', direction: 'back', bytesPerSecond: 500 },
    { kind: 'blackhole', direction: 'there' },
    { kind: 'reset_after', bytes: 10 },
    { kind: 'reset_after', bytes: 20 },
  ]);
  assert.deepEqual(effect, {
    mode: 'up',
    there: { delayMs: 70, jitterMs: 2, bytesPerSecond: 1_000, isSilent: true },
    back: { delayMs: 100, jitterMs: 0, bytesPerSecond: 500, isSilent: false },
    resetAfterBytes: 10,
  });
  assert.equal(combineLinkFaults([{ kind: 'refuse' }, { kind: 'reset' }]).mode, 'refuse');
});

test('disk faults add up', () => {
  assert.deepEqual(
    combineDiskFaults([
      { kind: 'disk_slow', delayMs: 5 },
      { kind: 'disk_slow', delayMs: 5 },
      { kind: 'disk_error', probability: 0.5 },
      { kind: 'disk_error', probability: 0.5 },
    ]),
    { isFull: false, delayMs: 10, errorProbability: 0.75 },
  );
});

test('chunks arrive in order, after the link had room and after the delay', () => {
  const effect = { delayMs: 50, jitterMs: 20, bytesPerSecond: 1_000, isSilent: false };
  const first = arrivalMs({ freeAtMs: 0, lastArrivalMs: 0, openAtMs: 0 }, 100, effect, 1_000, 0.99999);
  assert.equal(first.freeAtMs, 1_100);
  assert.ok(Math.abs(first.arrivalMs - 1_170) < 0.01);
  const line = { freeAtMs: 1_100, lastArrivalMs: first.arrivalMs, openAtMs: 0 };
  const second = arrivalMs(line, 10, effect, 1_000, 0);
  assert.equal(second.freeAtMs, 1_110);
  assert.equal(second.arrivalMs, first.arrivalMs);
});

test('the first chunk waits for the handshake and a wide link for nothing else', () => {
  const effect = { delayMs: 50, jitterMs: 0, bytesPerSecond: Number.POSITIVE_INFINITY, isSilent: false };
  const line = { freeAtMs: 9_999, lastArrivalMs: 0, openAtMs: 1_100 };
  assert.deepEqual(arrivalMs(line, 100, effect, 1_000, 0.5), { freeAtMs: 1_000, arrivalMs: 1_150 });
  assert.equal(arrivalMs(line, 100, effect, 2_000, 0.5).arrivalMs, 2_050);
});
