// The two promises that hold for every good file: the probe says what it holds, and an encode brings out exactly
// the planned frames with exact timestamps and key frames.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { Engine, ProbeResult } from '#platform/ffmpeg/engine.ts';
import { finishEncode, smallRequest } from './engines.ts';

export interface Expected {
  readonly frames: number;
  readonly framesPerSegment: number;
  readonly probe: Partial<NonNullable<ProbeResult['video']>>;
  readonly audioChannels: readonly number[];
}

export interface Source {
  readonly name: string;
  readonly path: string;
  readonly expected: Expected;
}

/** A picture with square pixels. */
export const square = (width: number, height: number) => ({ width, height, sampleAspect: [1, 1] as const });
/** A constant rate, and all frames there. */
export const constant = (numerator: number, denominator: number, frameCount: number) => ({
  frameRate: { numerator, denominator },
  isVariableFrameRate: false,
  frameCount,
});

/** Declares both tests for one file and one engine. */
export function testSource(engine: Engine, { name, path, expected }: Source, workDirectory: string): void {
  const probeFile = (): Promise<ProbeResult> =>
    engine.probe(path, { workDirectory, signal: new AbortController().signal });

  test(`${engine.name} finds out what ${name} holds`, async () => {
    const probe = await probeFile();
    const video = defined(probe.video, 'a video');
    const wanted = Object.entries(expected.probe);
    assert.deepEqual(
      Object.fromEntries(wanted.map(([key]) => [key, video[key as keyof typeof video]])),
      expected.probe,
    );
    assert.deepEqual(
      probe.audio.map(({ channels }) => channels),
      expected.audioChannels,
    );
  });

  test(`${engine.name} makes every planned frame of ${name}, and none more`, async () => {
    const request = smallRequest(path, workDirectory, await probeFile());
    const video = defined(request.video, 'a video');
    const { outputs } = video;
    // The start differs by the priming of audio between versions of FFmpeg, so the plan is given here.
    const planned = { ...request, video: { ...video, frameCount: expected.frames } };
    const offMs = (Math.abs(video.frameCount - expected.frames) * 1_000) / (expected.framesPerSegment / 2);
    assert.ok(offMs <= 100, `${video.frameCount} frames from the probe`);
    assert.equal(video.framesPerSegment, expected.framesPerSegment);
    const files = await finishEncode(engine.encode(planned));

    const ticksPerFrame = (90_000 * video.frameRate.denominator) / video.frameRate.numerator;
    const shapes = outputs.map(({ id }) => {
      const { timescale, fragments } = defined(files.get(id), id);
      assert.equal(timescale, 90_000);
      return fragments;
    });
    for (const fragments of shapes) {
      assert.equal(sum(fragments.map(({ sampleCount }) => sampleCount)), expected.frames);
      const starts = [0, video.firstSegmentFrames];
      for (let at = expected.framesPerSegment; at < expected.frames; at += expected.framesPerSegment)
        starts.push(at);
      assert.equal(fragments.length, starts.length);
      for (const [index, fragment] of fragments.entries()) {
        const first = defined(starts[index], 'a start');
        const next = starts[index + 1] ?? expected.frames;
        assert.equal(fragment.presentationTime, Math.round(900_000 + first * ticksPerFrame));
        assert.equal(fragment.sampleCount, next - first);
        assert.deepEqual(fragment.keyFrames, [0], 'a closed group of pictures, with one key frame');
      }
    }
    for (const { id } of request.audio) {
      const { timescale, fragments } = defined(files.get(id), id);
      assert.equal(timescale, 48_000);
      let time = 480_000 - 1_024;
      for (const fragment of fragments) {
        assert.equal(fragment.decodeTime, time, 'audio without a gap');
        time += fragment.duration;
      }
      const videoEnd =
        480_000 + (expected.frames * 48_000 * video.frameRate.denominator) / video.frameRate.numerator;
      assert.ok(Math.abs(time - videoEnd) < 48_000 * 0.5, `audio ends at ${time}, video at ${videoEnd}`);
    }
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}
