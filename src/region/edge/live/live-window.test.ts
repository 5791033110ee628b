import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPartGrid } from '#media/cmaf/part-grid.ts';
import { LiveWindow } from './live-window.ts';

const SEGMENT_MS = 2_000;
const GRID = createPartGrid({
  anchorMs: 0,
  segmentDurationMs: SEGMENT_MS,
  partsPerSegment: 4,
  timescale: 90_000,
  frameTicks: 3_000,
});

function createWindow(
  dvrWindowMs = 60_000,
  onForgotten: (segment: number, partCount: number) => void = () => {},
  isLost: (segment: number) => boolean = () => false,
): LiveWindow {
  return new LiveWindow({
    rendition: {
      id: 'v720',
      kind: 'video',
      codecs: 'avc1.64001f',
      bandwidthBps: 1,
      averageBandwidthBps: 1,
      timescale: 90_000,
      partTargetTicks: 45_000,
      initSha256: 'a'.repeat(64),
    },
    grid: GRID,
    segmentDurationMs: SEGMENT_MS,
    dvrWindowMs,
    onForgotten,
    isLost,
  });
}

/** Adds part `part` of `segment`; its byte tells where it came from. */
function add(window: LiveWindow, segment: number, part: number, from = 0, firstSegment = 0): boolean {
  const startTicks = segment * 180_000 + part * 45_000;
  return window.add(
    {
      segment,
      part,
      startTicks,
      durationTicks: 45_000,
      frameCount: 15,
      isIndependent: part === 0,
      isLast: part === 3,
    },
    Buffer.from([from]),
    firstSegment,
  );
}

const numbers = (window: LiveWindow): number[] => window.listing().segments.map(({ segment }) => segment);

test('parts make segments, and the window tells which part comes next', () => {
  const window = createWindow();
  for (const part of [0, 1, 2, 3]) add(window, 10, part, 0, 10);
  add(window, 11, 0);
  assert.deepEqual(window.next(), { segment: 11, part: 1 });
  assert.deepEqual(numbers(window), [10]);
  assert.equal(window.listing().open?.parts.length, 1);
  assert.equal(window.listing().segments[0]?.durationTicks, 180_000);
});

test('what another channel sends again is passed over; what it has more of goes on', () => {
  const window = createWindow();
  for (const part of [0, 1]) add(window, 10, part, 1, 10);
  assert.deepEqual(
    [0, 1, 2, 3].map((part) => add(window, 10, part, 2)),
    [false, false, true, true],
  );
  assert.deepEqual(
    window.segment(10)?.parts.map(({ data }) => data[0]),
    [1, 1, 2, 2],
  );
});

test('a part that leaves out another of its segment is not taken', () => {
  const window = createWindow();
  add(window, 10, 0, 0, 10);
  assert.equal(add(window, 10, 2), false);
  assert.deepEqual(window.next(), { segment: 10, part: 1 });
});

test('segments that a channel has from before are known by the grid, as far back as viewers may go', () => {
  const window = createWindow(8_000);
  add(window, 10, 0, 0, 3);
  assert.deepEqual(numbers(window), [6, 7, 8, 9]);
  assert.deepEqual(
    window.listing().segments.map(({ durationTicks, parts }) => [durationTicks, parts.length]),
    Array.from({ length: 4 }, () => [180_000, 0]),
  );
  assert.equal(window.segment(7)?.isWhole, true);
});

test('a later segment closes the open one: it is looked for when somebody asks, with what lies between', () => {
  const window = createWindow();
  add(window, 10, 0, 0, 10);
  add(window, 13, 0);
  assert.deepEqual(numbers(window), [10, 11, 12]);
  assert.equal(window.segment(10)?.parts.length, 0);
  assert.deepEqual(window.next(), { segment: 13, part: 1 });
});

test('gaps have their place and a length', () => {
  const window = createWindow();
  for (const part of [0, 1, 2, 3]) add(window, 10, part, 0, 10);
  window.addGap(11, 2);
  add(window, 13, 0);
  assert.deepEqual(
    window.listing().segments.map(({ segment, isGap, durationTicks }) => [segment, isGap, durationTicks]),
    [
      [10, false, 180_000],
      [11, true, 180_000],
      [12, true, 180_000],
    ],
  );
});

test('bytes of segments older than half a minute are let go, their places stay', () => {
  const window = createWindow();
  for (let segment = 10; segment < 40; segment += 1)
    for (const part of [0, 1, 2, 3]) add(window, segment, part, 0, 10);
  assert.equal(window.segment(20)?.parts.length, 0);
  assert.equal(window.segment(38)?.parts.length, 4);
  assert.equal(numbers(window).includes(20), true);
});

test('the window holds no more than viewers may go back', () => {
  const window = createWindow(20_000);
  for (let segment = 0; segment < 50; segment += 1)
    for (const part of [0, 1, 2, 3]) add(window, segment, part);
  assert.equal(numbers(window).length, 11);
});

test('what has left the window can be fetched for as long as it was in it, and no longer', () => {
  const window = createWindow(20_000, undefined, (segment) => segment === 35);
  for (let segment = 0; segment < 50; segment += 1)
    for (const part of [0, 1, 2, 3]) add(window, segment, part);
  const first = numbers(window)[0] ?? 0;
  assert.equal(window.segment(first - 11)?.isWhole, true);
  assert.equal(window.segment(35)?.isGap, true);
  assert.equal(window.segment(first - 13), undefined);
});

test('the end makes the last segment whole with what it has', () => {
  const window = createWindow();
  for (const part of [0, 1, 2, 3]) add(window, 10, part, 0, 10);
  add(window, 11, 0);
  window.end();
  assert.deepEqual(numbers(window), [10, 11]);
  assert.equal(window.edge()?.isEnded, true);
});

test('parts older than half a minute are forgotten, segment by segment', () => {
  const forgotten: [number, number][] = [];
  const window = createWindow(60_000, (segment, partCount) => forgotten.push([segment, partCount]));
  for (let segment = 100; segment < 118; segment += 1)
    for (const part of [0, 1, 2, 3]) add(window, segment, part, 0, 100);
  assert.deepEqual(forgotten, [
    [100, 4],
    [101, 4],
    [102, 4],
  ]);
  assert.equal(window.part({ segment: 102, part: 0 }), undefined);
  assert.ok(window.part({ segment: 103, part: 0 }) !== undefined);
  assert.deepEqual(numbers(window).slice(0, 2), [100, 101]);
});

test('a window that begins late knows what nobody has, before its first part and between its parts', () => {
  const window = createWindow(60_000, undefined, (segment) => [7, 11].includes(segment));
  for (const segment of [10, 12]) for (const part of [0, 1, 2, 3]) add(window, segment, part, 0, 5);
  assert.deepEqual(
    window.listing().segments.map(({ segment, isGap }) => [segment, isGap]),
    [5, 6, 7, 8, 9, 10, 11, 12].map((segment) => [segment, [7, 11].includes(segment)]),
  );
  assert.deepEqual(window.segment(7), { ...window.segment(7), isWhole: false, isGap: true, parts: [] });
});
