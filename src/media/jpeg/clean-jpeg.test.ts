import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanJpeg, splitJpegs } from './clean-jpeg.ts';

const segment = (marker: number, ...body: number[]): number[] => [
  0xff,
  marker,
  (body.length + 2) >> 8,
  (body.length + 2) & 255,
  ...body,
];
const SIZE = segment(0xc0, 8, 0, 36, 0, 64, 1, 1, 0x11, 0);
const SCAN = [...segment(0xda, 1, 1, 0, 0, 63, 0), 0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xd9];
const SOI = [0xff, 0xd8];
const JFIF = segment(0xe0, 74, 70, 73, 70, 0);
const EXIF = segment(0xe1, 69, 120, 105, 102, 0, 0, 1, 2, 3);
const COMMENT = segment(0xfe, 104, 105);
const jpeg = (...parts: number[][]): Uint8Array => Uint8Array.from([SOI, ...parts].flat());

test('metadata, comments and what stands behind the end are dropped; the picture stays as it is', () => {
  const result = cleanJpeg(jpeg(JFIF, EXIF, COMMENT, SIZE, SCAN, [1, 2, 3]));
  assert.deepEqual(result, { kind: 'jpeg', bytes: jpeg(JFIF, SIZE, SCAN), width: 64, height: 36 });
});

const REFUSED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['nothing', new Uint8Array(), /no JPEG/],
  ['another kind of file', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 1, 2]), /no JPEG/],
  ['a segment that is longer than the file', jpeg(SIZE, [0xff, 0xe0, 0xff, 0xff]), /ends early/],
  ['a picture without an end', jpeg(SIZE, SCAN.slice(0, -2)), /ends early/],
  ['a scan without a size', jpeg(SCAN), /damaged/],
  ['no scan', jpeg(JFIF, SIZE), /no picture/],
  ['bytes between segments', jpeg([1, 2, 3, 4], SIZE, SCAN), /damaged/],
  ['a picture of no height', jpeg(segment(0xc0, 8, 0, 0, 0, 64, 1, 1, 0x11, 0), SCAN), /pixels/],
  ['a picture as wide as a street', jpeg(segment(0xc0, 8, 0, 36, 0x7f, 0xff, 1, 1, 0x11, 0), SCAN), /pixels/],
];
for (const [title, bytes, reason] of REFUSED)
  test(`${title} is refused`, () => {
    const result = cleanJpeg(bytes);
    assert.equal(result.kind, 'refused');
    if (result.kind === 'refused') assert.match(result.reason, reason);
  });

test('pictures that stand one behind the other are taken apart, a broken tail is left out', () => {
  const one = jpeg(JFIF, SIZE, SCAN);
  const two = jpeg(SIZE, SCAN);
  const joined = Uint8Array.from([...one, ...two, ...one.slice(0, 30)]);
  assert.deepEqual(splitJpegs(joined), [one, two]);
  assert.deepEqual(splitJpegs(new Uint8Array()), []);
});
