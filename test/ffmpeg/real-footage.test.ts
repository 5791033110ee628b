// Real footage, where it lies beside the repository: what cameras, phones, screen recorders and browsers write.

import { after } from 'node:test';
import { constant, type Expected, square, testSource } from './support/check-encode.ts';
import { engines, temporaryDirectory } from './support/engines.ts';
import { realMedia } from './support/make-media.ts';

const directory = await temporaryDirectory();
after(directory.remove);

const REAL: readonly (readonly [name: string, expected: Expected])[] = [
  [
    'kelloggs.mp4',
    {
      frames: 599,
      framesPerSegment: 60,
      probe: { codec: 'h264', ...square(640, 480), ...constant(30_000, 1_001, 599), rotationDegrees: 0 },
      audioChannels: [2],
    },
  ],
  [
    'hevc-1080p.mp4',
    {
      frames: 300,
      framesPerSegment: 60,
      probe: { codec: 'hevc', ...square(1920, 1080), ...constant(30, 1, 300), pixelFormat: 'yuvj420p' },
      audioChannels: [2],
    },
  ],
  [
    'screencast.mp4',
    {
      frames: 725,
      framesPerSegment: 30,
      probe: { codec: 'h264', ...square(800, 592), ...constant(15, 1, 725) },
      audioChannels: [],
    },
  ],
  [
    'pedestrians.avi',
    {
      frames: 795,
      framesPerSegment: 20,
      probe: { codec: 'msmpeg4v3', ...square(768, 576), ...constant(10, 1, 795) },
      audioChannels: [],
    },
  ],
  [
    // Of 30 frames a second about 19 are there, at irregular times; the rest are repeats.
    'music-vp8-vorbis.webm',
    {
      frames: 1337,
      framesPerSegment: 60,
      probe: {
        codec: 'vp8',
        isVariableFrameRate: true,
        frameCount: 836,
        frameRate: { numerator: 30, denominator: 1 },
      },
      audioChannels: [2],
    },
  ],
  [
    // 45 frames that begin two frames after the audio.
    'rotated-phone.mp4',
    {
      frames: 47,
      framesPerSegment: 48,
      probe: {
        codec: 'h264',
        ...square(1920, 1080),
        ...constant(24, 1, 45),
        rotationDegrees: 90,
        startMs: 83.333,
      },
      audioChannels: [6],
    },
  ],
];

for (const engine of await engines())
  for (const [name, expected] of REAL) {
    const path = realMedia(name);
    if (path !== undefined) testSource(engine, { name, path, expected }, directory.path);
  }
