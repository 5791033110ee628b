import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import {
  planScan,
  type RawProbe,
  type RawStream,
  type ScannedPackets,
  toProbeResult,
} from './probe-result.ts';

const ratio = (numerator: number, denominator: number) => ({ numerator, denominator });

function videoStream(changes: Partial<RawStream> = {}): RawStream {
  return {
    index: 0,
    kind: 'video',
    codec: 'h264',
    isCover: false,
    isDefault: true,
    startSeconds: 0,
    durationSeconds: 10,
    frameCount: 300,
    width: 1280,
    height: 720,
    pixelFormat: 'yuv420p',
    sampleAspect: null,
    baseRate: ratio(30, 1),
    averageRate: ratio(30, 1),
    displayRotation: 0,
    channels: 0,
    sampleRate: 0,
    language: null,
    title: null,
    ...changes,
  };
}

function raw(...streams: RawStream[]): RawProbe {
  return { startSeconds: 0, durationSeconds: 10, streams };
}

function packetsAt(seconds: readonly number[], duration: number): ScannedPackets {
  return { head: { seconds, durations: seconds.map(() => duration) }, isComplete: true, tail: null };
}

const videoOf = (probe: RawProbe, packets: ScannedPackets | null) =>
  defined(toProbeResult(probe, 'matroska', packets).video, 'a video');

test('an MP4 whose index agrees with itself is believed, everything else is scanned', () => {
  const big = 10 * 2 ** 30;
  assert.equal(planScan(raw(videoStream()), 'mov', big), null);
  assert.equal(planScan(raw(videoStream({ averageRate: ratio(2_987, 100) })), 'mov', 1_000)?.kind, 'full');
  assert.equal(planScan(raw(videoStream({ frameCount: 280 })), 'mov', 1_000)?.kind, 'full');
  assert.equal(planScan(raw(videoStream({ frameCount: null })), 'mov', 1_000)?.kind, 'full');
  assert.equal(planScan(raw(videoStream()), 'matroska', 1_000)?.kind, 'full');
  assert.deepEqual(planScan({ ...raw(videoStream()), durationSeconds: 3_600 }, 'matroska', big), {
    kind: 'ends',
    streamIndex: 0,
    headPackets: 1_200,
    tailFromSeconds: 3_585,
  });
  assert.equal(planScan({ ...raw(videoStream()), durationSeconds: null }, 'matroska', 2 ** 30)?.kind, 'full');
  assert.equal(planScan({ ...raw(videoStream()), durationSeconds: null }, 'matroska', big), null);
});

test('timestamps in whole milliseconds still give the exact rate and length', () => {
  const rates = [
    [24_000, 1_001],
    [24, 1],
    [25, 1],
    [30_000, 1_001],
    [30, 1],
    [60_000, 1_001],
    [60, 1],
  ] as const;
  for (const [numerator, denominator] of rates) {
    const seconds = Array.from(
      { length: 300 },
      (_, index) => Math.round((index * 1_000 * denominator) / numerator) / 1_000,
    );
    const stream = videoStream({
      baseRate: ratio(numerator, denominator),
      frameCount: null,
      durationSeconds: null,
    });
    const video = videoOf(raw(stream), packetsAt(seconds, 0.033));
    assert.deepEqual(video.frameRate, ratio(numerator, denominator));
    assert.equal(video.isVariableFrameRate, false);
    assert.equal(video.frameCount, 300);
    assert.ok(Math.abs(defined(video.durationMs, 'a duration') - (300_000 * denominator) / numerator) < 1.5);
  }
});

test('a dropped frame here and there does not make a rate variable, many do', () => {
  const all = Array.from({ length: 300 }, (_, index) => index / 30);
  const without = (drops: (index: number) => boolean) =>
    packetsAt(
      all.filter((_, index) => !drops(index)),
      1 / 30,
    );
  const few = videoOf(
    raw(videoStream()),
    without((index) => index === 50 || index === 51 || index === 200),
  );
  assert.deepEqual([few.isVariableFrameRate, few.frameRate, few.frameCount], [false, ratio(30, 1), 297]);
  const many = videoOf(
    raw(videoStream()),
    without((index) => index % 5 === 1),
  );
  assert.deepEqual([many.isVariableFrameRate, many.frameRate, many.frameCount], [true, ratio(30, 1), 240]);
  assert.equal(few.durationMs, 10_000);
});

test('of a large file the first packets tell the rate and the last ones the length', () => {
  const head = { seconds: Array.from({ length: 1_200 }, (_, index) => index / 25), durations: [] };
  const tail = { seconds: [3_590, 3_590.04, 3_590.08], durations: [0.04, 0.04, 0.04] };
  const video = videoOf(raw(videoStream({ baseRate: ratio(25, 1) })), { head, isComplete: false, tail });
  assert.deepEqual([video.frameRate, video.frameCount, video.durationMs], [ratio(25, 1), null, 3_590_120]);
});

test('a video that begins after the audio says by how much', () => {
  const probe = { ...raw(videoStream({ startSeconds: 1.5 })), startSeconds: 1.4 };
  assert.equal(toProbeResult(probe, 'mov', null).video?.startMs, 100);
});

test('the turn is clockwise, and near enough to a right angle', () => {
  const turnFor = (displayRotation: number) =>
    videoOf(raw(videoStream({ displayRotation })), null).rotationDegrees;
  assert.deepEqual([0, -90, 90, 180, -180, 270, -0.4, -89.9].map(turnFor), [0, 90, 270, 180, 180, 90, 0, 90]);
});

test('cover art and broken tracks are left out, and nothing at all is refused', () => {
  const cover = videoStream({ isCover: true, codec: 'mjpeg' });
  const track = videoStream({
    index: 1,
    kind: 'audio',
    codec: 'aac',
    channels: 2,
    sampleRate: 44_100,
    language: 'und',
  });
  const probe = toProbeResult(raw(cover, track, { ...track, index: 2, channels: 0 }), 'mov', null);
  assert.equal(probe.video, null);
  assert.deepEqual(
    probe.audio.map(({ index, language }) => [index, language]),
    [[1, null]],
  );
  for (const streams of [[], [cover], [videoStream({ kind: 'other' })]])
    assert.throws(() => toProbeResult(raw(...streams), 'mov', null), MeridianError);
});

test('a video that cannot be processed is refused with the reason', () => {
  const refusal = (changes: Partial<RawStream>, packets: ScannedPackets | null = null) => {
    assert.throws(
      () => toProbeResult(raw(videoStream(changes)), 'mov', packets),
      (error) => error instanceof MeridianError && error.code === 'media_unsupported',
    );
  };
  refusal({ codec: null });
  refusal({ width: 0 });
  refusal({ width: 20_000, height: 100 });
  refusal({ width: 10_000, height: 10_000 });
  refusal({}, packetsAt([], 0));
});
