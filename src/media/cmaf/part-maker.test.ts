import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { inspectInit, inspectSegment } from './inspect-segment.ts';
import { createPartGrid } from './part-grid.ts';
import { type MadePart, PartMaker, repeatPart } from './part-maker.ts';
import { silentFrame } from './silent-frame.ts';
import { writeAacInit, writeAvcInit } from './write-init.ts';

const GRID = createPartGrid({
  anchorMs: 1_760_000_000_000,
  segmentDurationMs: 1_000,
  partsPerSegment: 3,
  timescale: 90_000,
  frameTicks: 3_000,
});
const FIRST_SEGMENT = 1_760_000_000;
const AVC_CONFIG = Uint8Array.from([1, 0x64, 0, 0x1f, 0xff, 0xe1, 0, 1, 0x67, 1, 0, 1, 0x68]);
const INIT = writeAvcInit({ timescale: 90_000, width: 1_280, height: 720, avcConfig: AVC_CONFIG });

function frames(from: number, to: number): MadePart[] {
  const maker = new PartMaker(GRID);
  const parts: MadePart[] = [];
  for (let index = from; index < to; index += 1)
    parts.push(...maker.push({ index, isKey: index % 30 === 0, data: Uint8Array.of(index & 255, 1, 2) }));
  return parts;
}

test('a part is made with its last frame, and its bytes say what it says', () => {
  const parts = frames(0, 60);
  assert.deepEqual(
    parts.map(({ segment, part, isLast, isIndependent }) => [
      segment - FIRST_SEGMENT,
      part,
      isLast,
      isIndependent,
    ]),
    [
      [0, 0, false, true],
      [0, 1, false, false],
      [0, 2, true, false],
      [1, 0, false, true],
      [1, 1, false, false],
      [1, 2, true, false],
    ],
  );
  const { tracks } = inspectInit(INIT);
  for (const part of parts) {
    const { fragments } = inspectSegment(part.data, tracks);
    assert.equal(fragments.length, 1);
    const fragment = defined(fragments[0], 'a fragment');
    assert.equal(fragment.decodeTicks, part.startTicks);
    assert.equal(fragment.durationTicks, part.durationTicks);
    assert.equal(fragment.sampleCount, part.frameCount);
    assert.equal(fragment.startsWithSync, part.isIndependent);
    assert.equal(part.isDamaged, false);
  }
});

test('a part that lost its beginning, its middle or its end is damaged', () => {
  assert.equal(frames(3, 10)[0]?.isDamaged, true);
  const holed = new PartMaker(GRID);
  holed.push({ index: 0, isKey: true, data: Uint8Array.of(1) });
  const [made] = holed.push({ index: 9, isKey: false, data: Uint8Array.of(1) });
  assert.equal(made?.isDamaged, true);
  assert.equal(made?.durationTicks, 30_000);
  const broken = new PartMaker(GRID);
  broken.push({ index: 0, isKey: true, data: Uint8Array.of(1) });
  assert.equal(broken.flush()[0]?.isDamaged, true);
  const skipped = new PartMaker(GRID);
  skipped.push({ index: 0, isKey: true, data: Uint8Array.of(1) });
  assert.equal(skipped.push({ index: 30, isKey: true, data: Uint8Array.of(1) })[0]?.isDamaged, true);
});

test('the end of a broadcast leaves a short part that is the last of its segment', () => {
  const maker = new PartMaker(GRID);
  maker.push({ index: 30, isKey: true, data: Uint8Array.of(1) });
  const [part] = maker.flush(true);
  assert.deepEqual([part?.isDamaged, part?.isLast, part?.durationTicks], [false, true, 3_000]);
});

test('a repeated part has the same frames on other places', () => {
  const part = defined(frames(0, 10)[0], 'a part');
  const later = repeatPart(part, 7, GRID);
  assert.equal(later.segment, part.segment + 7);
  assert.equal(later.startTicks, part.startTicks + 7 * 90_000);
  const { tracks } = inspectInit(INIT);
  const fragment = defined(inspectSegment(later.data, tracks).fragments[0], 'a fragment');
  assert.equal(fragment.decodeTicks, later.startTicks);
  assert.equal(fragment.sampleCount, 10);
  assert.equal(
    inspectSegment(part.data, tracks).fragments[0]?.decodeTicks,
    part.startTicks,
    'the first stays',
  );
});

test('init segments say what they were made from', () => {
  const video = inspectInit(INIT);
  assert.deepEqual(video.boxTypes, ['ftyp', 'moov']);
  assert.deepEqual(video.brands, ['iso6', 'iso6', 'cmfc', 'mp41']);
  assert.deepEqual(video.editTicks, [0]);
  const { codecs, width, height, timescale } = defined(video.tracks[0], 'a track');
  assert.deepEqual(
    { codecs, width, height, timescale },
    { codecs: 'avc1.64001f', width: 1_280, height: 720, timescale: 90_000 },
  );
  const audioConfig = Uint8Array.of(0x12, 0x08);
  const audio = inspectInit(
    writeAacInit({ sampleRate: 44_100, channels: 1, bitrateBps: 96_000, audioConfig }),
  );
  const track = defined(audio.tracks[0], 'a track');
  assert.deepEqual(
    [track.codecs, track.channels, track.sampleRate, track.timescale],
    ['mp4a.40.2', 1, 44_100, 44_100],
  );
});

test('there is silence for every usual layout', () => {
  for (const channels of [1, 2, 3, 4, 5, 6]) assert.ok((silentFrame(channels)?.length ?? 0) >= 6);
  assert.equal(silentFrame(8), undefined);
});
