import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureInspector } from './picture-inspector.ts';

/** A picture of one brightness, with a dot somewhere. */
function picture(luma: number, dot = 0): Uint8Array {
  const pixels = new Uint8Array(100).fill(luma);
  pixels[dot % pixels.length] = luma + 60;
  return pixels;
}

function inspect(count: number, make: (index: number) => Uint8Array, inspector = new PictureInspector()) {
  for (let index = 0; index < count; index += 1) inspector.push(make(index));
  return inspector.frames;
}

test('a picture that moves is neither black nor frozen, however dark', () => {
  assert.deepEqual(
    inspect(100, (index) => picture(0, index)),
    { black: 0, frozen: 0 },
  );
});

test('the same picture is frozen from its second frame on, and black if it is', () => {
  assert.deepEqual(
    inspect(30, () => picture(80)),
    { black: 0, frozen: 29 },
  );
  assert.deepEqual(
    inspect(30, () => new Uint8Array(100).fill(3)),
    { black: 30, frozen: 29 },
  );
});

test('black that is not quite the same all the time is black alone', () => {
  assert.deepEqual(
    inspect(30, (index) => new Uint8Array(100).fill(index % 2)),
    { black: 30, frozen: 0 },
  );
});

test('one frame that differs ends it', () => {
  const inspector = new PictureInspector();
  inspect(30, () => picture(80), inspector);
  assert.deepEqual(
    inspect(1, () => picture(80, 7), inspector),
    { black: 0, frozen: 0 },
  );
});
