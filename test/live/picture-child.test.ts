// What both engines make of a live picture: every place of the grid, a key frame where each segment begins, and one
// configuration for the whole of a broadcast, whatever the publisher changes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { FragmentSplitter } from '#media/cmaf/splitter.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import {
  type EncodedFrame,
  type PictureFrame,
  startPictureChild,
} from '../../src/region/channel/picture-child.ts';
import { runTool, temporaryDirectory } from '../encoder/support.ts';
import { engines } from '../ffmpeg/support/engines.ts';

const FRAME_RATE = 25;
/** Where the clips lie on the grid: an hour after the anchor, and a few frames behind a boundary. */
const START = 3_600 * FRAME_RATE + 7;
const FIRST_OUTPUT = 3_601 * FRAME_RATE;

interface Stream {
  readonly config: Uint8Array;
  readonly frames: readonly PictureFrame[];
}

/** Encodes test pictures as a publisher would; times and configuration are read from a fragmented MP4. */
function publish(
  directory: string,
  name: string,
  seconds: number,
  size: string,
  options: readonly string[],
): Stream {
  const path = `${directory}/${name}.mp4`;
  runTool('ffmpeg', [
    ...['-y', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${FRAME_RATE}:duration=${seconds}`],
    ...['-g', String(FRAME_RATE), ...options],
    ...['-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-use_editlist', '0', path],
  ]);
  const frames: PictureFrame[] = [];
  let config = new Uint8Array(0);
  let startTicks: number | undefined;
  for (const item of new FragmentSplitter().push(readFileSync(path))) {
    if (item.kind === 'init') {
      config = configOf(item.data);
      continue;
    }
    for (const sample of item.samples) {
      startTicks ??= sample.presentationTicks;
      const { timescale } = item.track;
      const place = Math.round(((sample.presentationTicks - startTicks) * FRAME_RATE) / timescale);
      frames.push({
        index: START + place,
        ptsOffsetMs: ((sample.presentationTicks - sample.decodeTicks) * 1_000) / timescale,
        isKey: sample.isSync,
        data: item.mdat.subarray(sample.offset, sample.offset + sample.bytes),
      });
    }
  }
  return { config, frames };
}

/** The decoder configuration record in an init segment. */
function configOf(init: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(init);
  const at = Math.max(bytes.indexOf('avcC'), bytes.indexOf('hvcC'));
  return Uint8Array.from(bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4)));
}

interface Made {
  readonly configs: Map<string, string>;
  readonly frames: Map<string, EncodedFrame[]>;
  /** Brightness of the middle of each small picture. */
  readonly looks: number[];
}

const OUTPUTS = [
  { id: 'large', width: 320, height: 180, bitrateBps: 300_000 },
  { id: 'small', width: 160, height: 90, bitrateBps: 100_000 },
];

async function encode(
  engine: Engine,
  directory: string,
  codec: 'avc1' | 'hvc1',
  streams: readonly Stream[],
): Promise<Made> {
  const made: Made = { configs: new Map(), frames: new Map(OUTPUTS.map(({ id }) => [id, []])), looks: [] };
  const child = startPictureChild({
    engine,
    workDirectory: directory,
    codec,
    frameRate: FRAME_RATE,
    framesPerSegment: FRAME_RATE,
    firstInput: defined(streams[0]?.frames[0], 'a frame').index,
    firstOutput: FIRST_OUTPUT,
    outputs: OUTPUTS,
    onConfig(id, config) {
      const text = Buffer.from(config).toString('hex');
      assert.equal(made.configs.get(id) ?? text, text, 'a configuration never changes');
      made.configs.set(id, text);
    },
    onFrame: (id, frame) => defined(made.frames.get(id), id).push(frame),
    onLook: (luma) => made.looks.push(luma[luma.length >> 1] ?? 0),
  });
  for (const { config, frames } of streams) {
    child.configure(config);
    for (const frame of frames) child.write(frame);
  }
  child.end();
  await child.done;
  return made;
}

/** Frames of every output: all places from the first to the last, key frames at each second alone. */
function assertGrid(made: Made, last: number): void {
  assert.equal(made.looks.length, last - FIRST_OUTPUT + 1, 'a small picture for every place');
  assert.ok(new Set(made.looks).size > 5, 'the small picture moves');
  for (const [id, frames] of made.frames) {
    const indexes = frames.map(({ index }) => index);
    const expected = Array.from({ length: last - FIRST_OUTPUT + 1 }, (_, offset) => FIRST_OUTPUT + offset);
    assert.deepEqual(indexes, expected, `places of ${id}`);
    for (const { index, isKey } of frames)
      assert.equal(isKey, index % FRAME_RATE === 0, `key frame ${index} of ${id}`);
  }
}

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast'];

for (const engine of await engines()) {
  test(`${engine.name} takes reordered frames, a hole, and two frames on one place`, async (t) => {
    const directory = temporaryDirectory(t);
    const stream = publish(directory, 'reordered', 4, '320x180', [
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-bf',
      '2',
    ]);
    assert.ok(
      stream.frames.some(({ ptsOffsetMs }) => ptsOffsetMs > 0),
      'frames are reordered',
    );
    const last = Math.max(...stream.frames.map(({ index }) => index));
    // The last second comes a second late, and one frame in the middle stands where the one before it does.
    const twice = START + 2 * FRAME_RATE;
    const moved = stream.frames.map((frame) => {
      if (frame.index > last - FRAME_RATE) return { ...frame, index: frame.index + FRAME_RATE };
      return frame.index === twice ? { ...frame, index: twice - 1 } : frame;
    });
    assertGrid(await encode(engine, directory, 'avc1', [{ ...stream, frames: moved }]), last + FRAME_RATE);
  });

  test(`${engine.name} keeps size and configuration when the publisher changes its picture`, async (t) => {
    const directory = temporaryDirectory(t);
    const wide = publish(directory, 'wide', 2, '320x180', [...H264, '-bf', '0']);
    const tall = publish(directory, 'tall', 2, '240x320', [
      ...H264,
      '-bf',
      '0',
      '-color_primaries',
      'smpte170m',
    ]);
    const later = tall.frames.map((frame) => ({ ...frame, index: frame.index + 2 * FRAME_RATE }));
    const made = await encode(engine, directory, 'avc1', [wide, { ...tall, frames: later }]);
    assertGrid(made, START + 4 * FRAME_RATE - 1);
  });
}

test('both engines arrive at the same configuration', async (t) => {
  const directory = temporaryDirectory(t);
  const stream = publish(directory, 'plain', 2, '320x180', [...H264, '-bf', '0']);
  const all = await Promise.all(
    (await engines()).map((engine) => encode(engine, directory, 'avc1', [stream])),
  );
  for (const { configs } of all) assert.deepEqual(configs, all[0]?.configs);
});

test('HEVC is taken where FFmpeg is new enough, and refused where it is not', async (t) => {
  const directory = temporaryDirectory(t);
  const stream = publish(directory, 'hevc', 2, '320x180', [
    '-c:v',
    'libx265',
    '-preset',
    'ultrafast',
    '-x265-params',
    'log-level=error:bframes=0',
  ]);
  for (const engine of await engines()) {
    const isNew = Number.parseInt(engine.version.replace(/^n/, ''), 10) >= 7;
    const made = encode(engine, directory, 'hvc1', [stream]);
    if (isNew) assertGrid(await made, START + 2 * FRAME_RATE - 1);
    else await assert.rejects(made, `${engine.name} ${engine.version}`);
  }
});
