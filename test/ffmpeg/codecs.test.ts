// Renditions in AV1 and HEVC beside H.264, and samples, with every engine: the same frames, the same boundaries, codec
// strings that players understand, and bytes that both engines count alike.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { Segmenter } from '#media/cmaf/segmenter.ts';
import { FragmentSplitter } from '#media/cmaf/splitter.ts';
import type { EncodeRequest, Engine, SampledBytes } from '#platform/ffmpeg/engine.ts';
import { engines, readAll, temporaryDirectory } from './support/engines.ts';
import { judge } from './support/judge.ts';
import { makeMedia } from './support/make-media.ts';

const directory = await temporaryDirectory();
after(directory.remove);
const signal = new AbortController().signal;

const path = await makeMedia(directory.path, 'clip.mp4', {
  format: 'mp4',
  video: 'testsrc2=size=320x180:rate=30:duration=5,format=yuv420p',
});

const output = (id: string, factor: number) => ({
  id,
  width: 160 * factor,
  height: 90 * factor,
  bitrateBps: 200_000 * factor,
  maxBitrateBps: 400_000 * factor,
});
const REQUEST: EncodeRequest = {
  inputPath: path,
  workDirectory: directory.path,
  video: {
    streamIndex: 0,
    rotationDegrees: 0,
    frameRate: { numerator: 30, denominator: 1 },
    framesPerSegment: 60,
    firstSegmentFrames: 30,
    frameCount: 150,
    outputs: [
      output('v180', 2),
      { ...output('v90', 1), qualityFactor: 23 },
      { ...output('v180-av1', 2), codec: 'av1', qualityFactor: 35 },
      { ...output('v90-av1', 1), codec: 'av1', qualityFactor: 35 },
      { ...output('v180-hevc', 2), codec: 'hevc', qualityFactor: 26 },
      { ...output('v90-hevc', 1), codec: 'hevc' },
    ],
  },
  audio: [],
  timelineStartMs: 10_000,
  segmentDurationMs: 2_000,
  niceness: 0,
};
const CODECS: Readonly<Record<string, RegExp>> = {
  v180: /^avc1\.64/,
  v90: /^avc1\.64/,
  'v180-av1': /^av01\.0\.\d\dM\.08$/,
  'v90-av1': /^av01\.0\.\d\dM\.08$/,
  'v180-hevc': /^hvc1\.1\.6\.L\d+/,
  'v90-hevc': /^hvc1\.1\.6\.L\d+/,
};
const PROBE = ['-v', 'error', '-show_entries', 'stream=codec_name,codec_tag_string,nb_read_frames'];

for (const engine of await engines()) {
  test(`${engine.name} encodes H.264, AV1 and HEVC beside each other, cut at the same places`, async () => {
    assert.deepEqual([...engine.videoCodecs].sort(), ['av1', 'h264', 'hevc']);
    const encode = engine.encode(REQUEST);
    const files = await Promise.all(
      [...encode.outputs].map(async ([id, stream]) => [id, await readAll(stream)] as const),
    );
    await encode.done;
    const shapes = files.map(([id, bytes]) => [id, describe(id, bytes)] as const);
    for (const [id, shape] of shapes) {
      assert.deepEqual(shape.segments, [30, 30, 60, 30], `${id} has the segments of the plan`);
      assert.match(shape.codecs, defined(CODECS[id], id));
    }
    for (const [id, bytes] of files) {
      const file = join(directory.path, `${engine.name}-${id}.mp4`);
      writeFileSync(file, bytes);
      const seen = execFileSync(judge('ffprobe'), [
        ...PROBE,
        '-count_frames',
        '-of',
        'csv=p=0',
        file,
      ]).toString();
      const [name, tag, frames] = seen.trim().split(',');
      const expected = id.endsWith('av1')
        ? ['av1', 'av01']
        : id.endsWith('hevc')
          ? ['hevc', 'hvc1']
          : ['h264', 'avc1'];
      assert.deepEqual([name, tag, frames], [...expected, '150'], id);
    }
  });
}

/** Frames of each segment, and the codec string. */
function describe(id: string, bytes: Buffer): { segments: number[]; codecs: string } {
  const splitter = new FragmentSplitter();
  const segmenter = new Segmenter({
    timelineStartMs: 10_000,
    segmentDurationMs: 2_000,
    firstSegmentMs: 1_000,
  });
  const segments: number[] = [];
  let codecs = '';
  for (const item of splitter.push(bytes)) {
    if (item.kind === 'init') codecs = defined(item.tracks[0], `a track of ${id}`).codecs;
    else for (const segment of segmenter.push(item)) segments.push(segment.frameCount);
  }
  splitter.end();
  for (const segment of segmenter.flush()) segments.push(segment.frameCount);
  return { segments, codecs };
}

test('samples of both engines agree, and begin at the key frame before their time', async () => {
  const sample = (engine: Engine, atMs: number): Promise<SampledBytes[]> =>
    engine.sample({
      inputPath: path,
      workDirectory: directory.path,
      streamIndex: 0,
      rotationDegrees: 0,
      frameRate: { numerator: 30, denominator: 1 },
      atMs,
      frameCount: 24,
      outputs: [
        { width: 320, height: 180 },
        { width: 160, height: 90 },
      ],
      qualityFactor: 23,
      niceness: 0,
      signal,
    });
  const all = await Promise.all((await engines()).map((engine) => sample(engine, 1_000)));
  for (const sizes of all) {
    const [large, small] = sizes.map(({ keyFrameBytes, otherBytes, otherFrames }) => {
      assert.equal(otherFrames, 23);
      return keyFrameBytes + otherBytes;
    });
    assert.ok(defined(large, 'large') > defined(small, 'small') * 1.5, `${large} and ${small} bytes`);
  }
  const totals = all.map((sizes) =>
    sizes.reduce((sum, size) => sum + size.keyFrameBytes + size.otherBytes, 0),
  );
  assert.ok(Math.max(...totals) < Math.min(...totals) * 1.15, `engines count ${totals.join(' and ')} bytes`);
  for (const engine of await engines()) {
    const sizes = await sample(engine, 60_000);
    assert.ok(
      sizes.every(({ otherFrames }) => otherFrames < 24),
      'there are no frames past the end',
    );
  }
});
