import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPartGrid } from './part-grid.ts';

const ANCHOR_MS = 1_760_000_000_000;
const COMMON = { anchorMs: ANCHOR_MS, segmentDurationMs: 2_000, partsPerSegment: 6 };

for (const frameRate of [24, 25, 30, 48, 50, 60]) {
  test(`video of ${frameRate} frames a second fills each segment with whole frames and each part nearly so`, () => {
    const grid = createPartGrid({ ...COMMON, timescale: 90_000, frameTicks: 90_000 / frameRate });
    assert.deepEqual(grid.place(0), { segment: ANCHOR_MS / 2_000, part: 0 });
    assert.equal(grid.startTicks(0), ANCHOR_MS * 90);
    assert.deepEqual(grid.place(2 * frameRate - 1), { segment: ANCHOR_MS / 2_000, part: 5 });
    assert.deepEqual(grid.place(2 * frameRate), { segment: ANCHOR_MS / 2_000 + 1, part: 0 });
    assert.deepEqual(grid.place(-1), { segment: ANCHOR_MS / 2_000 - 1, part: 5 });
    const counts = [0, 0, 0, 0, 0, 0];
    for (let index = 0; index < 2 * frameRate; index += 1) {
      const { part } = grid.place(index);
      counts[part] = (counts[part] ?? 0) + 1;
    }
    assert.equal(Math.max(...counts) * grid.frameTicks, grid.partTargetTicks);
    // The 85 % that LL-HLS asks of every part but the last.
    assert.ok(Math.min(...counts) >= 0.85 * Math.max(...counts), counts.join(' '));
  });
}

for (const sampleRate of [8_000, 22_050, 44_100, 48_000, 96_000]) {
  test(`audio of ${sampleRate} Hz lies on the same grid a month later`, () => {
    const parts = sampleRate < 22_050 ? 4 : 6;
    const grid = createPartGrid({
      ...COMMON,
      partsPerSegment: parts,
      timescale: sampleRate,
      frameTicks: 1_024,
      phaseTicks: 1_000,
    });
    const segment = ANCHOR_MS / 2_000 + 1_296_000;
    const first = grid.firstIndex(segment);
    assert.deepEqual(grid.place(first), { segment, part: 0 });
    assert.deepEqual(grid.place(first - 1), { segment: segment - 1, part: parts - 1 });
    const sinceMs = (grid.startTicks(first) * 1_000) / sampleRate - segment * 2_000;
    assert.ok(sinceMs >= 0 && sinceMs < (1_024 * 1_000) / sampleRate, `${sinceMs} ms behind the boundary`);
  });
}

test('frames that are longer than parts are refused', () => {
  const options = { ...COMMON, segmentDurationMs: 1_000, partsPerSegment: 12 };
  assert.throws(() => createPartGrid({ ...options, timescale: 8_000, frameTicks: 1_024 }), RangeError);
});
