import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import { createPartGrid } from '#media/cmaf/part-grid.ts';
import { AudioPackager, type PackagedAudio } from './audio-packager.ts';
import { createFramePlacer } from './frame-placer.ts';
import { KeptPictures } from './kept-pictures.ts';
import { TimeLeaps } from './time-leaps.ts';

const COMMON = { anchorMs: 1_760_000_000_000, segmentDurationMs: 1_000, partsPerSegment: 3 };
const VIDEO = createPartGrid({ ...COMMON, timescale: 90_000, frameTicks: 3_000 });
const AUDIO = createPartGrid({ ...COMMON, timescale: 48_000, frameTicks: 1_024, phaseTicks: 100 });
const FIRST_SEGMENT = 1_760_000_000;
const SILENCE = Uint8Array.of(0);
const SOUND = Uint8Array.of(1, 1);

function packager(fillSegmentsMax = 30, silence: Uint8Array | null = SILENCE): AudioPackager {
  return new AudioPackager({ grid: AUDIO, silence, silentBytesMax: 16, fillSegmentsMax });
}

/** Frames by place, and gaps, of what was packaged. */
function framesOf(packaged: readonly PackagedAudio[]): number {
  return packaged.reduce((sum, item) => sum + (item.kind === 'part' ? item.part.frameCount : 0), 0);
}

test('audio begins with the first frame of the segment that the channel begins with', () => {
  const audio = packager();
  // Three frames before the segment and two of it come before it is known.
  const first = AUDIO.firstIndex(FIRST_SEGMENT + 1);
  for (let index = first - 3; index < first + 2; index += 1) assert.deepEqual(audio.push(index, SOUND), []);
  audio.begin(FIRST_SEGMENT + 1);
  const packaged: PackagedAudio[] = [];
  for (let index = first + 2; packaged.length === 0; index += 1) packaged.push(...audio.push(index, SOUND));
  const part = defined(packaged[0]?.kind === 'part' ? packaged[0].part : undefined, 'a part');
  assert.deepEqual([part.segment, part.part, part.isDamaged], [FIRST_SEGMENT + 1, 0, false]);
  assert.equal(part.startTicks, AUDIO.startTicks(first));
});

test('missing audio frames are silence, late ones are left out', () => {
  const audio = packager();
  audio.begin(FIRST_SEGMENT);
  const first = AUDIO.firstIndex(FIRST_SEGMENT);
  const packaged = [...audio.push(first + 100, SOUND), ...audio.push(first + 50, SOUND), ...audio.end()];
  assert.equal(framesOf(packaged), 101);
  assert.equal(audio.silentFrames, 100);
  for (const item of packaged) assert.ok(item.kind === 'part' && !item.part.isDamaged);
});

test('a hole that is too long, or for which there is no silence, is told as a gap', () => {
  for (const audio of [packager(3), packager(30, null)]) {
    audio.begin(FIRST_SEGMENT);
    const first = AUDIO.firstIndex(FIRST_SEGMENT);
    audio.push(first, SOUND);
    const packaged = audio.push(AUDIO.firstIndex(FIRST_SEGMENT + 5), SOUND);
    assert.deepEqual(
      packaged.map((item) => (item.kind === 'gap' ? [item.segment, item.segmentCount] : item.part.isDamaged)),
      [true, [FIRST_SEGMENT, 5]],
    );
  }
});

test('a long hole of the picture is cut by whole segments, a short one is not', () => {
  const leaps = new TimeLeaps(VIDEO, 30, -1);
  assert.equal(leaps.toInner(0), 0);
  assert.equal(leaps.toInner(40), 40);
  // The picture stops in segment 1; segment 2 is filled with the still picture, segments 3 to 9 are cut out.
  assert.equal(leaps.toInner(315), 315 - 7 * 30);
  assert.equal(leaps.toInner(316), 316 - 7 * 30);
  assert.equal(leaps.leapBefore(89), undefined);
  assert.deepEqual(leaps.leapBefore(90), { fromInner: 90, segmentCount: 7, shift: 210 });
  // A second one adds to it.
  assert.equal(leaps.toInner(640), 640 - 16 * 30);
  assert.deepEqual(leaps.leapBefore(200), { fromInner: 360 - 210, segmentCount: 9, shift: 480 });
});

test('frames whose times lie between two places, and jitter, get one place each', () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const prng = createPrng(seed);
    const phase = prng();
    const place = createFramePlacer(30);
    const places = Array.from({ length: 300 }, (_, index) =>
      place(Math.round(((index + phase) * 1_000) / 30 + (prng() - 0.5) * 10) * 1_000),
    );
    for (const [index, value] of places.entries())
      assert.equal(value, (places[0] ?? 0) + index, `seed ${seed}, frame ${index}`);
  }
});

test('a clock that drifts moves frames to other places, one at a time', () => {
  const place = createFramePlacer(30);
  let last = place(0);
  let repeated = 0;
  for (let index = 1; index < 30_000; index += 1) {
    const next = place(Math.round((index * 1e6) / 30.01));
    assert.ok(next - last === 1 || next === last, `frame ${index}`);
    if (next === last) repeated += 1;
    last = next;
  }
  assert.ok(repeated >= 9 && repeated <= 11, `${repeated} frames of ten seconds too many`);
});

test('an encoder that begins again is fed from a key frame before what it may have to make', () => {
  const kept = new KeptPictures(60, 1_000);
  const push = (index: number, bytes = 1): void =>
    kept.push({ index, ptsOffsetMs: 0, isKey: index % 30 === 0, data: new Uint8Array(bytes) });
  push(0);
  assert.deepEqual(kept.from(), [], 'nothing can be decoded without a configuration');
  kept.setConfig(Uint8Array.of(1));
  for (let index = 1; index < 200; index += 1) push(index);
  assert.deepEqual(
    kept.from().map(({ frames }) => frames[0]?.index),
    [120, 150, 180],
  );
  push(210, 2_000);
  assert.deepEqual(kept.from(), [], 'memory is bounded');
});
