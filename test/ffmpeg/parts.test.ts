// A video that is encoded in parts, for every engine and every kind of source with an index: joined, the parts have
// the frames of the whole at its times, and their initialisation segments are the same bytes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { defined } from '#base/assert.ts';
import type { EncodeRequest, Engine } from '#platform/ffmpeg/engine.ts';
import { engines, readAll, smallRequest, temporaryDirectory } from './support/engines.ts';
import { judge } from './support/judge.ts';
import { type MediaDescription, makeMedia, tone } from './support/make-media.ts';
import { boxes, readFragments } from './support/read-fragments.ts';

const directory = await temporaryDirectory();
after(directory.remove);

const never = new AbortController().signal;
const SECONDS = 12;
const moving = (rate: string, extra = ''): string =>
  `testsrc2=size=320x180:rate=${rate}:duration=${SECONDS},format=yuv420p${extra}`;
/** Key frames of the source lie nowhere near the parts' boundaries, and B-frames come before them. */
const LONG_GROUPS = { preset: 'veryfast', g: '77', 'x264-params': 'open-gop=1:bframes=3:scenecut=0' };

const SOURCES: Readonly<Record<string, MediaDescription>> = {
  'thirty.mp4': {
    format: 'mp4',
    video: moving('30'),
    videoOptions: LONG_GROUPS,
    audio: [{ graph: tone(SECONDS) }],
  },
  'ntsc.mov': { format: 'mov', video: moving('30000/1001'), videoOptions: LONG_GROUPS },
  'drops.mkv': {
    format: 'matroska',
    // Two thirds of the frames are missing, at random places, and the pictures begin half a second after the sound.
    video: moving('30', `,select='gt(random(1)\\,0.65)',setpts=PTS+0.5/TB`),
    videoOptions: LONG_GROUPS,
    audio: [{ graph: tone(SECONDS) }],
  },
};

/** The bytes of the largest rendition. */
async function encode(engine: Engine, request: EncodeRequest): Promise<Buffer> {
  const running = engine.encode(request);
  const files = await Promise.all([...running.outputs.values()].map((output) => readAll(output)));
  await running.done;
  return defined(files[0], 'an output');
}

const fragmentsOf = (file: Buffer): Buffer =>
  Buffer.concat(
    boxes(file)
      .filter(({ type }) => type === 'moof' || type === 'mdat')
      .map(({ whole }) => whole),
  );

/** Presentation times of all frames that a decoder makes, and how like those of another file they look, at worst. */
function decode(path: string, other: string): { times: string[]; likenessMin: number } {
  const probe = spawnSync(
    judge('ffprobe'),
    ['-v', 'error', '-show_entries', 'frame=pts', '-of', 'csv=p=0', '-select_streams', 'v', path],
    { encoding: 'utf8' },
  );
  const compare = spawnSync(
    judge('ffmpeg'),
    ['-v', 'error', '-i', path, '-i', other, '-lavfi', 'ssim=stats_file=-', '-f', 'null', '-'],
    { encoding: 'utf8' },
  );
  const likeness = [...compare.stdout.matchAll(/All:([\d.]+)/g)].map(([, value]) => Number(value));
  // What an encoder notes beside a frame makes lines of its own.
  const times = [...probe.stdout.matchAll(/^\d+/gm)].map(([time]) => time);
  return { times, likenessMin: Math.min(...likeness) };
}

for (const engine of await engines())
  for (const [name, description] of Object.entries(SOURCES))
    test(`${engine.name}: ${name} in parts has the frames of the whole`, async () => {
      const path = await makeMedia(directory.path, `${engine.name}-${name}`, description);
      const probe = await engine.probe(path, { workDirectory: directory.path, signal: never });
      const base = { ...smallRequest(path, directory.path, probe), audio: [] };
      const video = defined(base.video, 'video');
      const rich = video.outputs.map((output) => ({ ...output, bitrateBps: 4e6, maxBitrateBps: 8e6 }));
      const request: EncodeRequest = { ...base, video: { ...video, outputs: rich } };
      const plan = defined(request.video, 'video');
      const whole = await encode(engine, request);

      const parts: Buffer[] = [];
      const length = plan.framesPerSegment * 2;
      for (let firstFrame = 0; firstFrame < plan.frameCount; firstFrame += length) {
        const frameCount = Math.min(length, plan.frameCount - firstFrame);
        parts.push(await encode(engine, { ...request, video: { ...plan, firstFrame, frameCount } }));
      }
      const { init } = readFragments(whole);
      for (const part of parts) assert.ok(readFragments(part).init.equals(init), 'the same init');
      const [wholePath, joinedPath] = ['whole.mp4', 'joined.mp4'].map((file) => join(directory.path, file));
      writeFileSync(defined(wholePath, 'a path'), whole);
      writeFileSync(defined(joinedPath, 'a path'), Buffer.concat([init, ...parts.map(fragmentsOf)]));
      const joined = decode(defined(joinedPath, 'a path'), defined(wholePath, 'a path'));
      const expected = decode(defined(wholePath, 'a path'), defined(wholePath, 'a path'));
      assert.equal(joined.times.length, plan.frameCount);
      assert.deepEqual(joined.times, expected.times);
      assert.ok(joined.likenessMin > 0.97, `a frame differs: ${joined.likenessMin}`);
      assert.ok(parts.length >= 3);
    });
