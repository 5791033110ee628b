import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseLiveRungs } from './choose-rungs.ts';
import { chooseTimeline } from './choose-timeline.ts';
import { chooseLiveFrameRate, measureFrameRate } from './frame-rate.ts';

test('the timeline of the lowest term, then the earliest, then of the first name holds, in whatever order they come', () => {
  const best = { term: 1, mintedAtMs: 10, mintedBy: 'dublin-1-a' };
  const others = [
    { term: 1, mintedAtMs: 10, mintedBy: 'singapore-1-a' },
    { term: 1, mintedAtMs: 11, mintedBy: 'athens-1-a' },
    { term: 2, mintedAtMs: 1, mintedBy: 'athens-1-a' },
  ];
  assert.equal(chooseTimeline([...others, best]), best);
  assert.equal(chooseTimeline([best, ...others]), best);
  assert.equal(chooseTimeline([]), undefined);
});

test('a source rate becomes the nearest whole one, without a limit at either end', () => {
  const cases: readonly (readonly [number | null, number])[] = [
    [23.976, 24],
    [25, 25],
    [29.97, 30],
    [30, 30],
    [50, 50],
    [59.94, 60],
    [60.2, 60],
    [120, 60],
    [144, 48],
    [15, 30],
    [10, 30],
    [12.5, 25],
    [1, 24],
    [0, 30],
    [Number.NaN, 30],
    [null, 30],
  ];
  for (const [source, chosen] of cases) assert.equal(chooseLiveFrameRate(source), chosen, String(source));
});

test('a rate is measured from rounded times, past a gap and a burst', () => {
  const times = Array.from({ length: 30 }, (_, index) => Math.round((index * 1_000) / 29.97));
  assert.ok(Math.abs((measureFrameRate(times) ?? 0) - 29.97) < 0.2);
  const broken = times.map((time, index) => (index < 15 ? time : time + 700));
  assert.ok(Math.abs((measureFrameRate(broken) ?? 0) - 29.97) < 0.2);
  assert.equal(measureFrameRate([5]), null);
  assert.equal(measureFrameRate([5, 5, 5]), null);
});

const RUNGS = [
  { height: 360, bitrateBps: 800_000 },
  { height: 720, bitrateBps: 2_500_000 },
  { height: 1_080, bitrateBps: 5_000_000 },
];

test('rungs above the source are left out and widths are even, by the shape of the source', () => {
  const sizes = (width: number, height: number): string[] =>
    chooseLiveRungs({ width, height }, RUNGS).map((rung) => `${rung.id} ${rung.width}x${rung.height}`);
  assert.deepEqual(sizes(1_920, 1_080), ['v1080 1920x1080', 'v720 1280x720', 'v360 640x360']);
  assert.deepEqual(sizes(1_280, 720), ['v720 1280x720', 'v360 640x360']);
  assert.deepEqual(sizes(1_024, 768), ['v720 960x720', 'v360 480x360']);
  assert.deepEqual(sizes(720, 1_280), ['v720 720x1280', 'v360 360x640']);
  assert.deepEqual(sizes(853, 481), ['v360 640x360']);
  assert.deepEqual(sizes(321, 181), ['v180 320x180']);
});

test('a source below every rung has the bit rate of the smallest, and a rung that is named twice is made once', () => {
  assert.deepEqual(chooseLiveRungs({ width: 320, height: 180 }, RUNGS), [
    { id: 'v180', width: 320, height: 180, bitrateBps: 800_000 },
  ]);
  const twice = [...RUNGS, { height: 720, bitrateBps: 1_000_000 }];
  assert.deepEqual(
    chooseLiveRungs({ width: 1_280, height: 720 }, twice).map(({ bitrateBps }) => bitrateBps),
    [2_500_000, 800_000],
  );
});
