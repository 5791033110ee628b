import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '../../base/prng.ts';
import { fragment, gop, init } from './box-fixture.ts';
import { box, bytesOf, u16, u32 } from './box-writer.ts';
import { CmafError } from './cmaf-error.ts';
import { inspectInit, inspectSegment, looksLikeBoxes, parseSegmentIndex } from './inspect-segment.ts';

const { tracks } = inspectInit(init());

test('an init segment tells its brands and tracks', () => {
  const inspection = inspectInit(init());
  assert.deepEqual(inspection.brands, ['iso5', 'iso5']);
  assert.deepEqual(inspection.boxTypes, ['ftyp', 'moov']);
  assert.deepEqual(
    inspection.tracks.map(({ kind, codecs, width, height }) => [kind, codecs, width, height]),
    [['video', 'avc1.64001f', 1_280, 720]],
  );
});

test('a segment tells the times of each of its fragments, whatever else lies between them', () => {
  const bytes = bytesOf(
    box('styp', 'msdh', u32(0)),
    gop(9_000, 3, 3_000),
    box('free'),
    gop(18_000, 2, 3_000),
  );
  const { fragments, boxTypes } = inspectSegment(bytes, tracks);
  assert.deepEqual(boxTypes, ['styp', 'moof', 'mdat', 'free', 'moof', 'mdat']);
  assert.deepEqual(
    fragments.map(({ decodeTicks, durationTicks, sampleCount, startsWithSync }) => [
      decodeTicks,
      durationTicks,
      sampleCount,
      startsWithSync,
    ]),
    [
      [9_000, 9_000, 3, true],
      [18_000, 6_000, 2, true],
    ],
  );
});

test('the earliest and latest picture decide, not the first and last frame', () => {
  const payload = Uint8Array.from([1]);
  const bytes = fragment(0, [
    { durationTicks: 10, payload, compositionTicks: 20 },
    { durationTicks: 10, payload, compositionTicks: 0 },
    { durationTicks: 10, payload, compositionTicks: 20 },
  ]);
  const [only] = inspectSegment(bytes, tracks).fragments;
  assert.equal(only?.earliestPresentationTicks, 10);
  assert.equal(only?.endPresentationTicks, 50);
});

test('an index tells where its segments lie', () => {
  const entries = [u32(100), u32(180_000), u32(0x90000000), u32(50), u32(90_000), u32(0x90000000)].flat();
  const sidx = box('sidx', u32(0), u32(1), u32(90_000), u32(900_000), u32(4), u16(0), u16(2), entries);
  assert.deepEqual(parseSegmentIndex(sidx, 1_000), {
    timescale: 90_000,
    earliestPresentationTicks: 900_000,
    entries: [
      { offset: 1_004 + sidx.length, length: 100, durationTicks: 180_000 },
      { offset: 1_104 + sidx.length, length: 50, durationTicks: 90_000 },
    ],
  });
});

test('broken bytes end in a CmafError and nothing else', () => {
  const good = bytesOf(init(), gop(0, 4, 3_000));
  const prng = createPrng(3);
  for (let round = 0; round < 3_000; round += 1) {
    const bytes = good.slice(0, 1 + Math.floor(prng() * good.length));
    const position = Math.floor(prng() * bytes.length);
    bytes[position] = Math.floor(prng() * 256);
    for (const read of [
      () => inspectInit(bytes),
      () => inspectSegment(bytes, tracks),
      () => parseSegmentIndex(bytes, 0),
    ])
      try {
        read();
      } catch (error) {
        assert.ok(error instanceof CmafError, String(error));
      }
  }
});

test('boxes are told from other bytes', () => {
  assert.equal(looksLikeBoxes(init()), true);
  assert.equal(looksLikeBoxes(Uint8Array.from([0x47, 0x40, 0, 0, 0, 0, 0, 0, 0])), false);
  assert.equal(looksLikeBoxes(new Uint8Array()), false);
});
