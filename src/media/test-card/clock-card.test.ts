import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CLOCK_CELLS, CLOCK_STRIP_SHARE, clockCardBands, clockCells, readClock } from './picture.ts';
import { paintYuv, yuvBytes } from './yuv-picture.ts';

const AT_MS = Date.UTC(2027, 0, 31, 21, 47, 5, 678);
const OF_DAY_MS = ((21 * 60 + 47) * 60 + 5) * 1_000 + 678;

test('the strip of a painted picture tells when it was taken', () => {
  for (const [width, height] of [
    [1280, 720],
    [426, 240],
    [641, 359],
  ] as const) {
    const picture = paintYuv(clockCardBands(width, height, AT_MS), width, height);
    assert.equal(picture.length, yuvBytes(width, height));
    const line = Math.floor((height * CLOCK_STRIP_SHARE) / 2) * width;
    const cells = Array.from({ length: CLOCK_CELLS }, (_, cell) => {
      const x = Math.floor(((cell + 0.5) * width) / CLOCK_CELLS);
      return picture[line + x] ?? 0;
    });
    assert.equal(readClock(cells), OF_DAY_MS);
  }
});

test('what is no strip, or a strip with one wrong cell, tells nothing', () => {
  const cells = clockCells(AT_MS).map((isLit) => (isLit ? 235 : 16));
  assert.equal(readClock(cells), OF_DAY_MS);
  for (let wrong = 0; wrong < CLOCK_CELLS; wrong += 1)
    assert.equal(readClock(cells.map((value, cell) => (cell === wrong ? 251 - value : value))), undefined);
  assert.equal(readClock([]), undefined);
  assert.equal(readClock(Array.from({ length: CLOCK_CELLS }, () => 235)), undefined);
});

test('the bands fill the picture', () => {
  for (const [width, height] of [
    [1280, 720],
    [426, 240],
  ] as const)
    for (let atMs = AT_MS; atMs < AT_MS + 4_000; atMs += 333) {
      const bands = clockCardBands(width, height, atMs);
      assert.equal(
        bands.reduce((sum, { rows }) => sum + rows, 0),
        height,
      );
      for (const { row, rows } of bands) {
        assert.ok(rows > 0);
        assert.equal(
          row.reduce((sum, [pixels]) => sum + pixels, 0),
          width,
        );
      }
    }
});

test('chroma lies where its luma does', () => {
  const bands = [
    {
      rows: 3,
      row: [
        [3, 6],
        [3, 7],
      ] as const,
    },
    { rows: 1, row: [[6, 8]] as const },
  ];
  const [red, blue, white] = [
    [109, 109, 191],
    [95, 175, 112],
    [235, 128, 128],
  ] as const;
  const picture = paintYuv(bands, 6, 4);
  const near = (actual: number | undefined, wanted: number): boolean =>
    Math.abs((actual ?? -99) - wanted) <= 12;
  assert.ok(
    near(picture[0], red[0]) && near(picture[5], blue[0]) && picture[18] === white[0],
    String(picture),
  );
  // Rows 0 and 2 are in the first band: both rows of chroma are its own.
  for (const line of [0, 1]) {
    assert.ok(
      near(picture[24 + line * 3], red[1]) && near(picture[24 + line * 3 + 2], blue[1]),
      String(picture),
    );
    assert.ok(
      near(picture[30 + line * 3], red[2]) && near(picture[30 + line * 3 + 2], blue[2]),
      String(picture),
    );
  }
});
