// Good files give exactly the planned frames in each rendition, counted by decoding what a player would be served.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { planLadder } from '#media/ladder/plan-ladder.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  footage,
  inspectRendition,
  jobFor,
  makeClip,
  runTool,
  startNode,
  temporaryDirectory,
  testEngine,
} from './support.ts';

interface GoodFile {
  readonly title: string;
  readonly make: (directory: string) => string;
  /** Frames in each video rendition; sizes, largest first; tracks of sound as channels. */
  readonly frameCount: number;
  readonly sizes: readonly string[];
  readonly channels: readonly number[];
}

const FILES: readonly GoodFile[] = [
  {
    title: 'a 29.97 fps H.264 file',
    make: () => footage('kelloggs.mp4'),
    frameCount: 599,
    sizes: ['640x480', '480x360', '320x240'],
    channels: [2],
  },
  {
    // 836 frames at varying times over 44.566 s, laid on a grid of 30 a second.
    title: 'a VP8 and Vorbis WebM of varying frame rate whose sound starts late',
    make: () => footage('music-vp8-vorbis.webm'),
    frameCount: 1_337,
    sizes: ['480x270', '426x240'],
    channels: [2],
  },
  {
    // 45 frames, and the first one twice more, since it starts two frames after the sound.
    title: 'a portrait phone video with 5.1 sound whose pictures start late',
    make: () => footage('rotated-phone.mp4'),
    frameCount: 47,
    sizes: ['1080x1920', '720x1280', '480x854', '360x640'],
    channels: [2],
  },
  {
    title: 'a 15 fps screen cast without sound, 592 lines high',
    make: () => footage('screencast.mp4'),
    frameCount: 725,
    sizes: ['800x592', '648x480', '486x360'],
    channels: [],
  },
  {
    title: 'a 10 fps AVI without sound',
    make: () => footage('pedestrians.avi'),
    frameCount: 795,
    sizes: ['768x576', '640x480', '480x360'],
    channels: [],
  },
  {
    title: 'an HEVC file of 1080 lines',
    make: () => footage('hevc-1080p.mp4'),
    frameCount: 300,
    sizes: ['1920x1080', '1280x720', '854x480', '640x360'],
    channels: [2],
  },
  {
    title: 'a file shorter than a segment',
    make: (directory) => {
      const path = join(directory, 'short.mp4');
      makeClip(path, 0.5, '320x240', '25');
      return path;
    },
    frameCount: 13,
    sizes: ['320x240'],
    channels: [1],
  },
];

for (const file of FILES)
  test(`${file.title} gives every planned frame in every rendition`, async (t) => {
    const directory = temporaryDirectory(t);
    const node = await startNode(t, directory);
    node.control.offer(await jobFor(node.store, file.make(directory)));
    await waitFor('the job to end', () => node.control.results[0] ?? node.control.failures[0], 200_000);
    assert.deepEqual(node.control.failures, []);
    const { media, copies } = defined(node.control.results[0], 'a result');
    assert.equal(media.state, 'complete');
    assert.deepEqual(copies, ['dublin', 'singapore']);
    assert.deepEqual(media.holders, copies);
    const video = media.renditions.filter(({ kind }) => kind === 'video');
    assert.deepEqual(
      video.map(({ width, height }) => `${width}x${height}`),
      file.sizes,
    );
    for (const rendition of video) {
      const found = await inspectRendition(node.store, media, rendition.id, directory);
      assert.equal(found.frameCount, file.frameCount, `${rendition.id} decoded`);
      assert.equal(rendition.frameCount, file.frameCount, `${rendition.id} in the document`);
      assert.equal(`${found.width}x${found.height}`, `${rendition.width}x${rendition.height}`);
      const frameMs = 1_000 / defined(rendition.frameRate, 'a frame rate');
      assert.ok(found.gapMsMax < frameMs * 1.01 + 0.1, `no gap in ${rendition.id}: ${found.gapMsMax} ms`);
    }
    const audio = media.renditions.filter(({ kind }) => kind === 'audio');
    assert.deepEqual(
      audio.map(({ channels }) => channels),
      file.channels,
    );
    for (const rendition of audio) {
      const found = await inspectRendition(node.store, media, rendition.id, directory);
      assert.equal(found.sampleRate, 48_000);
      assert.ok(found.gapMsMax < 22, `no gap in the sound: ${found.gapMsMax} ms`);
    }
    assert.equal(media.hasPoster, true);
  });

test('the plan of a file says the number of frames that come out', async (t) => {
  const directory = temporaryDirectory(t);
  const engine = await testEngine();
  const probe = await engine.probe(footage('kelloggs.mp4'), {
    workDirectory: directory,
    signal: AbortSignal.timeout(20_000),
  });
  const result = planLadder(probe);
  assert.equal(result.kind === 'plan' && result.plan.video?.frameCount, 599);
  assert.equal(result.kind === 'plan' && result.plan.segmentDurationMs.toFixed(3), '2002.000');
});

test('a file with sound alone becomes an asset with sound alone', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'sound.m4a');
  runTool('ffmpeg', [
    '-f',
    'lavfi',
    '-i',
    'sine=frequency=440:sample_rate=44100:duration=25',
    '-c:a',
    'aac',
    path,
  ]);
  const node = await startNode(t, directory);
  node.control.offer(await jobFor(node.store, path));
  await waitFor('the job to end', () => node.control.results[0] ?? node.control.failures[0], 100_000);
  assert.deepEqual(node.control.failures, []);
  const { media } = defined(node.control.results[0], 'a result');
  assert.deepEqual(
    media.renditions.map(({ id, kind, channels, sampleRate, codecs }) => ({
      id,
      kind,
      channels,
      sampleRate,
      codecs,
    })),
    [{ id: 'audio-1', kind: 'audio', channels: 1, sampleRate: 48_000, codecs: 'mp4a.40.2' }],
  );
  assert.equal(media.hasPoster, false);
  assert.ok(Math.abs(media.durationMs - 25_000) < 80, `lasts ${media.durationMs} ms`);
  const found = await inspectRendition(node.store, media, 'audio-1', directory);
  assert.ok(found.gapMsMax < 22);
});
