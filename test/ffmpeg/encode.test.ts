// What comes out of an encode, for every engine and every kind of source: the planned frames and no other number,
// exact timestamps, key frames at the same places in every rendition.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import type { Engine, ProbeResult } from '#platform/ffmpeg/engine.ts';
import { findExecutable } from '#platform/ffmpeg/sandbox.ts';
import { constant, type Expected, type Source, testSource } from './support/check-encode.ts';
import { engines, finishEncode, readAll, smallRequest, temporaryDirectory } from './support/engines.ts';
import { type MediaDescription, makeMedia, tone } from './support/make-media.ts';
import { addFlacPicture, brightCorner, jpegSize } from './support/pictures.ts';
import { find, readFragments } from './support/read-fragments.ts';

const directory = await temporaryDirectory();
after(directory.remove);

const never = new AbortController().signal;
const probeOf = (engine: Engine, path: string): Promise<ProbeResult> =>
  engine.probe(path, { workDirectory: directory.path, signal: never });

const test2 = (size: string, rate: string, seconds: number): string =>
  `testsrc2=size=${size}:rate=${rate}:duration=${seconds},format=yuv420p`;

const MADE: readonly (readonly [name: string, description: MediaDescription, expected: Expected])[] = [
  [
    'anamorphic-two-languages.mp4',
    {
      format: 'mp4',
      video: `${test2('360x288', '25', 3)},setsar=16/11`,
      audio: [
        { graph: tone(3), language: 'eng' },
        { graph: tone(3, '5.1'), language: 'deu' },
      ],
    },
    {
      frames: 75,
      framesPerSegment: 50,
      probe: { width: 360, height: 288, sampleAspect: [16, 11], ...constant(25, 1, 75) },
      audioChannels: [2, 6],
    },
  ],
  [
    'sixty-a-second.mkv',
    { format: 'matroska', video: test2('320x180', '60', 3), audio: [{ graph: tone(3, 'mono', 22_050) }] },
    { frames: 180, framesPerSegment: 120, probe: constant(60, 1, 180), audioChannels: [1] },
  ],
  [
    'film-rate-silent.mov',
    { format: 'mov', video: test2('320x180', '24000/1001', 3) },
    { frames: 72, framesPerSegment: 48, probe: constant(24_000, 1_001, 72), audioChannels: [] },
  ],
  [
    'odd-size-ten-bit.mkv',
    {
      format: 'matroska',
      video: 'testsrc2=size=321x181:rate=30:duration=3,format=yuv444p10le',
      videoOptions: { preset: 'ultrafast' },
    },
    {
      frames: 90,
      framesPerSegment: 60,
      probe: { width: 321, height: 181, ...constant(30, 1, 90), pixelFormat: 'yuv444p10le' },
      audioChannels: [],
    },
  ],
  [
    'ten-a-second.avi',
    {
      format: 'avi',
      video: test2('320x180', '10', 3),
      videoCodec: 'mpeg4',
      videoOptions: {},
      audio: [{ graph: tone(3, 'stereo', 44_100) }],
      audioCodec: 'libmp3lame',
    },
    {
      frames: 30,
      framesPerSegment: 20,
      probe: { codec: 'mpeg4', ...constant(10, 1, 30) },
      audioChannels: [2],
    },
  ],
  [
    'broadcast.ts',
    { format: 'mpegts', video: test2('320x180', '25', 3), audio: [{ graph: tone(3) }] },
    {
      frames: 75,
      framesPerSegment: 50,
      probe: { codec: 'h264', ...constant(25, 1, 75) },
      audioChannels: [2],
    },
  ],
  [
    'dropped-frames.mp4',
    // Two of five frames are missing: times vary, and the gaps are filled.
    { format: 'mp4', video: `${test2('320x180', '30', 4)},select='mod(n\\,5)*mod(n+2\\,5)'` },
    {
      frames: 119,
      framesPerSegment: 60,
      probe: { isVariableFrameRate: true, frameCount: 72, frameRate: { numerator: 30, denominator: 1 } },
      audioChannels: [],
    },
  ],
];

const all: readonly Source[] = await Promise.all(
  MADE.map(async ([name, description, expected]) => ({
    name,
    path: await makeMedia(directory.path, name, description),
    expected,
  })),
);

for (const engine of await engines()) {
  for (const source of all) testSource(engine, source, directory.path);

  test(`${engine.name} makes the same init segment twice, with the size asked for and square pixels`, async () => {
    const { path } = defined(
      all.find(({ name }) => name.startsWith('anamorphic')),
      'the source',
    );
    const request = smallRequest(path, directory.path, await probeOf(engine, path));
    const runs = [await finishEncode(engine.encode(request)), await finishEncode(engine.encode(request))];
    for (const id of ['large', 'small', 'audio-0', 'audio-1']) {
      const [first, second] = runs.map((files) => defined(files.get(id), id).init);
      assert.ok(defined(first, 'an init segment').equals(defined(second, 'an init segment')), id);
    }
    const init = defined(runs[0]?.get('large'), 'large').init;
    const tkhd = defined(find(init, 'moov', 'trak', 'tkhd'), 'tkhd');
    assert.deepEqual([tkhd.readUInt32BE(76) / 65_536, tkhd.readUInt32BE(80) / 65_536], [320, 180]);
    assert.equal(readTurn(tkhd), 0);
  });

  for (const turn of [0, 90, 180, 270] as const) {
    test(`${engine.name} shows a picture that is to be turned by ${turn} degrees upright`, async () => {
      const path = await turnedSource(turn);
      const probe = await probeOf(engine, path);
      assert.equal(probe.video?.rotationDegrees, turn);
      const request = smallRequest(path, directory.path, probe);
      const encode = engine.encode(request);
      const [large] = await Promise.all([...encode.outputs.values()].map(readAll));
      await encode.done;
      const { init } = readFragments(defined(large, 'the large rendition'));
      const tkhd = defined(find(init, 'moov', 'trak', 'tkhd'), 'tkhd');
      assert.equal(readTurn(tkhd), 0, 'players must not turn it once more');
      const made = join(directory.path, `${engine.name}-turned-${turn}.mp4`);
      writeFileSync(made, defined(large, 'the large rendition'));
      assert.equal(await brightCorner(made), BRIGHT_CORNER[turn], 'the rendition is upright');
      const size = turn % 180 === 0 ? { width: 320, height: 180 } : { width: 180, height: 320 };
      const wanted = { inputPath: path, workDirectory: directory.path, atMs: 400, signal: never, ...size };
      const poster = await engine.poster(wanted);
      assert.deepEqual(jpegSize(poster), size);
      writeFileSync(`${made}.jpg`, poster);
      assert.equal(await brightCorner(`${made}.jpg`), BRIGHT_CORNER[turn], 'the poster is upright');
    });
  }

  test(`${engine.name} fills a missing end of up to about a second, and calls more than that truncated`, async () => {
    const path = await makeMedia(directory.path, 'three-seconds.mp4', {
      format: 'mp4',
      video: test2('320x180', '25', 3),
    });
    const request = smallRequest(path, directory.path, await probeOf(engine, path));
    const video = defined(request.video, 'a video');
    assert.equal(video.frameCount, 75);
    const filled = await finishEncode(engine.encode({ ...request, video: { ...video, frameCount: 95 } }));
    const frames = defined(filled.get('small'), 'small').fragments.map(({ sampleCount }) => sampleCount);
    assert.equal(sum(frames), 95);
    await assert.rejects(
      finishEncode(engine.encode({ ...request, video: { ...video, frameCount: 150 } })),
      (error) => {
        assert.ok(error instanceof MeridianError);
        assert.equal(error.code, 'media_truncated');
        assert.equal(error.details.expectedFrames, 150);
        assert.ok(Number(error.details.actualFrames) >= 75 && Number(error.details.actualFrames) <= 102);
        return true;
      },
    );
  });

  test(`${engine.name} makes audio alone, in fragments of half the segment duration`, async () => {
    const path = await makeMedia(directory.path, 'song.mp3', {
      format: 'mp3',
      audio: [{ graph: tone(7, 'stereo', 44_100) }],
      audioCodec: 'libmp3lame',
    });
    const probe = await probeOf(engine, path);
    assert.equal(probe.video, null);
    assert.equal(probe.container, 'mp3');
    const files = await finishEncode(engine.encode(smallRequest(path, directory.path, probe)));
    const { fragments } = defined(files.get('audio-0'), 'audio');
    assert.equal(fragments.length, 8);
    for (const fragment of fragments.slice(0, -1))
      assert.ok(Math.abs(fragment.duration - 48_000) <= 1_024, `${fragment.duration} ticks`);
  });

  test(`${engine.name} does not take cover art for a video`, async () => {
    const path = await makeMedia(directory.path, 'cover.flac', {
      format: 'flac',
      audio: [{ graph: `${tone(2)},aformat=sample_fmts=s16` }],
      audioCodec: 'flac',
    });
    const withCover = join(directory.path, 'with-cover.flac');
    const video = defined(all[0], 'a source').path;
    const cover = await engine.poster({
      inputPath: video,
      workDirectory: directory.path,
      atMs: 0,
      width: 64,
      height: 64,
      signal: never,
    });
    writeFileSync(withCover, addFlacPicture(readFileSync(path), cover));
    const probe = await probeOf(engine, withCover);
    assert.equal(probe.video, null);
    assert.equal(probe.audio.length, 1);
  });
}

test('ffprobe counts the same frames in a rendition as the boxes say', async () => {
  const ffprobe = findExecutable('ffprobe', process.env.PATH ?? '');
  // Without ffprobe the boxes are all there is to count, and every other test here counts them.
  if (ffprobe === null) return;
  const [engine] = await engines();
  const { path, expected } = defined(
    all.find(({ name }) => name === 'film-rate-silent.mov'),
    'the source',
  );
  const encode = defined(engine, 'an engine').encode(
    smallRequest(path, directory.path, await probeOf(defined(engine, 'an engine'), path)),
  );
  const [large] = await Promise.all([...encode.outputs.values()].map(readAll));
  const made = join(directory.path, 'counted.mp4');
  writeFileSync(made, defined(large, 'the large rendition'));
  const answer = execFileSync(ffprobe, [
    ...['-v', 'error', '-count_frames', '-select_streams', 'v:0'],
    ...['-show_entries', 'stream=nb_read_frames,start_time,sample_aspect_ratio,pix_fmt', '-of', 'json', made],
  ]);
  const { streams } = JSON.parse(answer.toString()) as { streams: unknown[] };
  assert.deepEqual(streams, [
    {
      pix_fmt: 'yuv420p',
      sample_aspect_ratio: '1:1',
      start_time: '10.000000',
      nb_read_frames: String(expected.frames),
    },
  ]);
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}

/** Where the white corner of the source below is when it is shown as its matrix wants. */
const BRIGHT_CORNER = { 0: 'top left', 90: 'top right', 180: 'bottom right', 270: 'bottom left' } as const;

/** A black picture with a white top left corner, and a matrix that turns it. */
async function turnedSource(turn: 0 | 90 | 180 | 270): Promise<string> {
  const path = await makeMedia(directory.path, `turned-${turn}.mp4`, {
    format: 'mp4',
    video: 'color=black:size=320x180:rate=25:duration=1,drawbox=w=80:h=45:color=white:t=fill,format=yuv420p',
  });
  const file = readFileSync(path);
  const tkhd = defined(find(file, 'moov', 'trak', 'tkhd'), 'tkhd');
  const matrix = { 0: [1, 0, 0, 1], 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0] }[turn];
  // The buffer shares the memory of the file: a, b and c, d of ISO/IEC 14496-12, section 8.3.2.
  for (const [index, offset] of [40, 44, 52, 56].entries())
    tkhd.writeInt32BE((matrix[index] ?? 0) * 65_536, offset);
  writeFileSync(path, file);
  return path;
}

function readTurn(tkhd: Buffer): number {
  const [a, b] = [tkhd.readInt32BE(40), tkhd.readInt32BE(44)];
  return (Math.round((Math.atan2(b, a) * 180) / Math.PI) + 360) % 360;
}
