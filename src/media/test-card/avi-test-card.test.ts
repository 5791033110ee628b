import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeTestCard } from './avi-test-card.ts';
import { testCardBands } from './picture.ts';

test('every row of every frame is as wide as the picture, and the rows fill it', () => {
  for (const [width, height] of [
    [1280, 720],
    [640, 360],
    [426, 240],
  ] as const)
    for (const frame of [0, 1, 37, 119, 599]) {
      const bands = testCardBands(width, height, frame, 30);
      assert.equal(
        bands.reduce((sum, { rows }) => sum + rows, 0),
        height,
      );
      for (const { row } of bands) {
        assert.equal(
          row.reduce((sum, [pixels]) => sum + pixels, 0),
          width,
        );
        assert.ok(row.every(([pixels]) => pixels > 0));
      }
    }
});

test('a card is an AVI whose sizes fit, with an index entry for each chunk', () => {
  const bytes = Buffer.from(makeTestCard({ width: 64, height: 36, frameRate: 10, frameCount: 5 }));
  assert.equal(bytes.toString('latin1', 0, 4), 'RIFF');
  assert.equal(bytes.readUInt32LE(4), bytes.length - 8);
  assert.equal(bytes.toString('latin1', 8, 12), 'AVI ');
  const index = bytes.lastIndexOf('idx1');
  assert.equal(bytes.readUInt32LE(index + 4), 10 * 16);
  const movi = bytes.indexOf('movi');
  for (let entry = index + 8; entry < bytes.length; entry += 16) {
    const at = movi + bytes.readUInt32LE(entry + 8);
    assert.equal(bytes.toString('latin1', at, at + 4), bytes.toString('latin1', entry, entry + 4));
    assert.equal(bytes.readUInt32LE(at + 4), bytes.readUInt32LE(entry + 12));
  }
});
