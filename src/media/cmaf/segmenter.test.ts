import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { AAC_STEREO, aacEntry, fragment, gop, init, type SampleFixture } from './box-fixture.ts';
import { bytesOf } from './box-writer.ts';
import { CmafError } from './cmaf-error.ts';
import type { Fragment } from './fragment.ts';
import { type Segment, Segmenter } from './segmenter.ts';
import { FragmentSplitter } from './splitter.ts';

const GRID = { timelineStartMs: 10_000, segmentDurationMs: 2_000 };
const AUDIO_INIT = init([{ handler: 'soun', timescale: 48_000, entry: aacEntry(AAC_STEREO) }]);

function fragmentsOf(header: Uint8Array, ...fragments: readonly Uint8Array[]): Fragment[] {
  return new FragmentSplitter()
    .push(bytesOf(header, ...fragments))
    .filter((item) => item.kind === 'fragment');
}

function segmentsOf(fragments: readonly Fragment[], grid = GRID): Segment[] {
  const segmenter = new Segmenter(grid);
  return [...fragments.flatMap((item) => segmenter.push(item)), ...segmenter.flush()];
}

/** AAC frames from a time on, whose payload is their index. */
function aacFrames(firstIndex: number, count: number): SampleFixture[] {
  return Array.from({ length: count }, (_, index) => ({
    durationTicks: 1_024,
    payload: Uint8Array.of((firstIndex + index) >> 8, (firstIndex + index) & 255),
  }));
}

test('groups of pictures that fit the grid become segments as they came', () => {
  const gops = [gop(900_000, 60, 3_000), gop(1_080_000, 60, 3_000), gop(1_260_000, 12, 3_000)];
  const segments = segmentsOf(fragmentsOf(init(), ...gops));
  assert.deepEqual(
    segments.map(({ number, startTicks, durationTicks, frameCount }) => [
      number,
      startTicks,
      durationTicks,
      frameCount,
    ]),
    [
      [0, 900_000, 180_000, 60],
      [1, 1_080_000, 180_000, 60],
      [2, 1_260_000, 36_000, 12],
    ],
  );
  for (const [index, segment] of segments.entries()) {
    assert.equal(Buffer.from(segment.data.subarray(0, 24)).toString('latin1', 4, 12), 'stypmsdh');
    const expected = Buffer.from(defined(gops[index], 'a group'));
    // Sequence numbers grow over the track, wherever its encoder began to count.
    expected.writeUInt32BE(segment.number + 1, 20);
    assert.deepEqual(Buffer.from(segment.data.subarray(24)), expected);
  }
});

test('a group of pictures that fills its segment completes it at once', () => {
  const segmenter = new Segmenter(GRID);
  const [full, half] = fragmentsOf(init(), gop(900_000, 60, 3_000), gop(1_080_000, 30, 3_000));
  assert.deepEqual(
    [full, half].map((item) => segmenter.push(defined(item, 'a fragment')).map(({ number }) => number)),
    [[0], []],
  );
  assert.deepEqual(
    segmenter.flush().map(({ number, durationTicks }) => [number, durationTicks]),
    [[1, 90_000]],
  );
});

test('a segment that a decoder cannot start with is an error', () => {
  const pictures = [{ durationTicks: 3_000, payload: Uint8Array.of(1), isSync: false }];
  const fragments = fragmentsOf(init(), gop(900_000, 60, 3_000), fragment(1_080_000, pictures));
  assert.throws(
    () => segmentsOf(fragments),
    (error: unknown) => error instanceof CmafError && error.kind === 'malformed',
  );
});

test('a grid of 2.002 s counts 29.97 fps exactly for an hour', () => {
  const grid = { timelineStartMs: 10_000, segmentDurationMs: (60 * 1_000) / (30_000 / 1_001) };
  const gops = Array.from({ length: 1_800 }, (_, index) => gop(900_000 + index * 180_180, 60, 3_003));
  const segments = segmentsOf(fragmentsOf(init(), ...gops), grid);
  assert.equal(segments.length, 1_800);
  assert.ok(
    segments.every(({ number, durationTicks }, index) => number === index && durationTicks === 180_180),
  );
});

test('a short first segment cuts the first span of the grid in two, for audio too', () => {
  const grid = { ...GRID, firstSegmentMs: 1_000 };
  const video = [gop(900_000, 30, 3_000), gop(990_000, 30, 3_000), gop(1_080_000, 60, 3_000)];
  assert.deepEqual(
    segmentsOf(fragmentsOf(init(), ...video), grid).map(({ number, frameCount }) => [number, frameCount]),
    [
      [0, 30],
      [1, 30],
      [2, 60],
    ],
  );
  const audio = fragmentsOf(AUDIO_INIT, fragment(480_000 - 1_024, aacFrames(0, 200)));
  assert.deepEqual(
    segmentsOf(audio, grid).map(({ number, frameCount }) => [number, frameCount]),
    [
      [0, 46],
      [1, 47],
      [2, 94],
      [3, 13],
    ],
  );
});

test('two fragments of one segment are joined under one header', () => {
  const segments = segmentsOf(fragmentsOf(init(), gop(900_000, 30, 3_000), gop(990_000, 30, 3_000, 2)));
  assert.deepEqual(
    segments.map(({ number, frameCount }) => [number, frameCount]),
    [[0, 60]],
  );
  const [joined] = fragmentsOf(init(), segments[0]?.data ?? new Uint8Array(0));
  assert.equal(joined?.samples.length, 60);
  assert.deepEqual(joined?.samples.map(({ isSync }) => isSync).indexOf(true, 1), 30);
});

test('sound in fragments of its own length is cut on the grid, and no frame is lost in half an hour', () => {
  const perFragment = 94;
  const fragmentCount = 900;
  const start = 480_000 - 1_024;
  const fragments = Array.from({ length: fragmentCount }, (_, index) =>
    fragment(start + index * perFragment * 1_024, aacFrames(index * perFragment, perFragment)),
  );
  const segments = segmentsOf(fragmentsOf(AUDIO_INIT, ...fragments));
  assert.equal(segments[0]?.startTicks, start);
  let expectedTicks = start;
  let frame = 0;
  for (const [index, segment] of segments.entries()) {
    assert.equal(segment.number, index);
    assert.equal(segment.startTicks, expectedTicks);
    const offBoundaryMs = (segment.startTicks / 48_000 - 10) * 1_000 - index * 2_000;
    assert.ok(offBoundaryMs >= -50 && offBoundaryMs < 22, `segment ${index} starts ${offBoundaryMs} ms off`);
    const [rewritten] = fragmentsOf(AUDIO_INIT, segment.data);
    assert.equal(rewritten?.samples[0]?.decodeTicks, segment.startTicks);
    for (const { offset } of rewritten?.samples ?? []) {
      const high: number = rewritten?.mdat[offset] ?? -1;
      const low: number = rewritten?.mdat[offset + 1] ?? -1;
      assert.equal(high * 256 + low, frame & 0xffff);
      frame += 1;
    }
    expectedTicks += segment.durationTicks;
  }
  assert.equal(frame, perFragment * fragmentCount);
});

test('a track that starts later starts with a later number', () => {
  const segments = segmentsOf(fragmentsOf(init(), gop(900_000 + 360_000, 60, 3_000)));
  assert.deepEqual(
    segments.map(({ number }) => number),
    [2],
  );
});

test('frames shown in another order than stored keep the segment at its first picture', () => {
  const pictures = fragment(894_000, [
    { durationTicks: 3_000, payload: Uint8Array.of(1), compositionTicks: 6_000 },
    { durationTicks: 3_000, payload: Uint8Array.of(2), compositionTicks: 12_000, isSync: false },
    { durationTicks: 3_000, payload: Uint8Array.of(3), compositionTicks: 3_000, isSync: false },
  ]);
  const [segment] = segmentsOf(fragmentsOf(init(), pictures));
  assert.deepEqual([segment?.startTicks, segment?.durationTicks], [900_000, 12_000]);
});

test('a missing segment is an error, not a hole', () => {
  const fragments = fragmentsOf(init(), gop(900_000, 60, 3_000), gop(900_000 + 360_000, 60, 3_000));
  assert.throws(
    () => segmentsOf(fragments),
    (error: unknown) => error instanceof CmafError && error.kind === 'gap',
  );
});
