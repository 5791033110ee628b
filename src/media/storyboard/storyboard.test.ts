import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { planStoryboard, segmentAt, segmentTimes, TILES_MAX, writeStoryboardTrack } from './storyboard.ts';

/** A rendition as the encoder makes them: the first group of pictures in two halves. */
function rendition(frameRate: number, seconds: number, width = 426, height = 240) {
  const frames = Math.round(seconds * frameRate);
  const perSegment = Math.round(2 * frameRate);
  const ticks = (count: number): number => Math.round((count * 90_000) / frameRate);
  const half = Math.ceil(perSegment / 2);
  const runs: (readonly [number, number])[] = [];
  for (let at = 0, size = half; at < frames; at += size) {
    size = at === 0 ? half : at === half ? perSegment - half : perSegment;
    size = Math.min(size, frames - at);
    runs.push([ticks(size), 1]);
  }
  const times = { timescale: 90_000, firstSegment: 0, firstTimeTicks: 900_000, durationRuns: runs };
  return {
    rendition: { ...times, width, height },
    timelineStartMs: 10_000,
    segmentDurationMs: (perSegment * 1_000) / frameRate,
    durationMs: (frames * 1_000) / frameRate,
  };
}

for (const frameRate of [25, 30_000 / 1_001, 24_000 / 1_001, 60, 7.3])
  for (const seconds of [0.5, 1.5, 2, 7, 13, 61, 599, 601, 3_725, 43_200])
    test(`${seconds} s with ${frameRate.toFixed(3)} frames a second get one picture per stretch, each from inside it`, () => {
      const input = rendition(frameRate, seconds);
      const { board, segments } = defined(planStoryboard(input), 'a plan');
      const { startsMs, endMs } = segmentTimes(input.rendition, input.timelineStartMs);
      assert.ok(board.tileCount <= TILES_MAX);
      assert.equal(board.tileCount, segments.length);
      assert.equal(new Set(segments).size, segments.length, 'no picture twice');
      assert.equal(board.sheetCount, Math.ceil(board.tileCount / (board.columns * board.rows)));
      for (const [tile, segment] of segments.entries()) {
        const startMs = defined(startsMs[segment], 'a start');
        assert.ok(startMs >= tile * board.intervalMs - 2 && startMs <= (tile + 1) * board.intervalMs);
      }
      assert.ok(board.tileCount * board.intervalMs >= endMs - 1, 'the pictures reach to the end');
      if (seconds < 590) assert.ok(Math.abs(board.intervalMs - 2_000) < 120, 'about two seconds');
    });

test('pictures keep the shape of the video and stay small', () => {
  const size = (width: number, height: number) => {
    const { board } = defined(planStoryboard(rendition(25, 10, width, height)), 'a plan');
    return [board.tileWidth, board.tileHeight];
  };
  assert.deepEqual(size(426, 240), [192, 108]);
  assert.deepEqual(size(240, 426), [108, 192]);
  assert.deepEqual(size(320, 240), [192, 144]);
  assert.deepEqual(size(2_000, 20), [192, 32]);
});

test('sheets reach to the end of the presentation when sound goes on for a while', () => {
  const input = rendition(25, 20);
  const { board } = defined(planStoryboard({ ...input, durationMs: 20_400 }), 'a plan');
  assert.deepEqual([board.tileCount, board.columns, board.rows, board.sheetCount], [10, 10, 2, 1]);
  assert.ok(board.columns * board.rows * board.sheetCount * board.intervalMs >= 20_400);
});

test('sound alone has no storyboard', () => {
  const { rendition: some, ...rest } = rendition(25, 10);
  assert.equal(
    planStoryboard({ ...rest, rendition: { ...some, width: undefined, height: undefined } }),
    null,
  );
  assert.equal(planStoryboard({ ...rest, rendition: { ...some, durationRuns: [] } }), null);
});

test('the segment at a time is the last that has begun', () => {
  assert.deepEqual(
    [-5, 0, 999, 1_000, 2_500, 99_999].map((timeMs) => segmentAt([0, 1_001, 2_002], timeMs)),
    [0, 0, 0, 1, 2, 2],
  );
});

test('the thumbnails track walks over the sheets, row by row', () => {
  const board = {
    tileWidth: 192,
    tileHeight: 108,
    columns: 2,
    rows: 2,
    tileCount: 5,
    intervalMs: 2_002,
    sheetCount: 2,
  };
  assert.equal(
    writeStoryboardTrack(board, 'a1', 9_500),
    `WEBVTT

00:00:00.000 --> 00:00:02.002
a1/storyboard/0.jpg#xywh=0,0,192,108

00:00:02.002 --> 00:00:04.004
a1/storyboard/0.jpg#xywh=192,0,192,108

00:00:04.004 --> 00:00:06.006
a1/storyboard/0.jpg#xywh=0,108,192,108

00:00:06.006 --> 00:00:08.008
a1/storyboard/0.jpg#xywh=192,108,192,108

00:00:08.008 --> 00:00:09.500
a1/storyboard/1.jpg#xywh=0,0,192,108
`,
  );
});
