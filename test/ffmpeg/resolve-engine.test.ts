// Which engine is chosen, and what is said when there is none.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { resolveEngine } from '#platform/ffmpeg/resolve-engine.ts';
import { findExecutable } from '#platform/ffmpeg/sandbox.ts';
import { silentLog } from '#platform/log.ts';
import { temporaryDirectory } from './support/engines.ts';

const directory = await temporaryDirectory();
after(directory.remove);

/** A directory with an ffmpeg and an ffprobe that answer like a build of this kind. */
function fakeBuild(name: string, libavformat: string, encoders: readonly string[]): string {
  const path = join(directory.path, name);
  mkdirSync(path);
  const list = encoders.map((encoder) => `echo ' V....D ${encoder}   an encoder'`).join('\n');
  const banner = `echo 'ffmpeg version ${name} Copyright' >&2\necho '  libavformat    ${libavformat}.100 / ${libavformat}.100' >&2`;
  for (const [file, script] of [
    ['ffmpeg', `${banner}\n${list}`],
    ['ffprobe', 'exit 0'],
  ] as const) {
    writeFileSync(join(path, file), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, file), 0o755);
  }
  return path;
}

const shellOnly = join(directory.path, 'shell');
mkdirSync(shellOnly);
symlinkSync('/bin/sh', join(shellOnly, 'sh'));

test('an ffmpeg that is new enough and has the encoders is taken', async () => {
  const path = fakeBuild('good-6.1', '60. 16', ['libx264', 'aac']);
  const engine = await resolveEngine({ PATH: `${path}:${shellOnly}` }, silentLog);
  assert.deepEqual([engine.name, engine.version], ['ffmpeg', 'good-6.1']);
});

test('an ffmpeg that is too old, or lacks an encoder, is passed over for node-av', async () => {
  for (const path of [
    fakeBuild('old-5.0', '59. 16', ['libx264', 'aac']),
    fakeBuild('poor-6.0', '60. 3', ['aac']),
  ]) {
    const engine = await resolveEngine({ PATH: `${path}:${shellOnly}` }, silentLog);
    assert.equal(engine.name, 'node-av');
    assert.match(engine.version, /^8\./);
  }
});

test('without any ffmpeg node-av is taken, and MERIDIAN_ENGINE chooses it in any case', async () => {
  assert.equal((await resolveEngine({ PATH: shellOnly }, silentLog)).name, 'node-av');
  assert.equal(
    (await resolveEngine({ ...process.env, MERIDIAN_ENGINE: 'node-av' }, silentLog)).name,
    'node-av',
  );
});

test('what cannot be satisfied is said in one sentence with what to install', async () => {
  const cases: readonly (readonly [env: Record<string, string>, message: RegExp])[] = [
    [
      { PATH: shellOnly, MERIDIAN_ENGINE: 'ffmpeg' },
      /No FFmpeg was found: there is no ffmpeg on PATH\. Install FFmpeg 5\.1/,
    ],
    [
      { PATH: shellOnly, MERIDIAN_FFMPEG: '/nowhere/ffmpeg' },
      /MERIDIAN_FFMPEG cannot be used: \/nowhere\/ffmpeg does not run/,
    ],
    [{ PATH: shellOnly, MERIDIAN_ENGINE: 'gstreamer' }, /MERIDIAN_ENGINE is "gstreamer"/],
    [
      {
        PATH: `${fakeBuild('old-4.4', '58. 76', ['libx264', 'aac'])}:${shellOnly}`,
        MERIDIAN_ENGINE: 'ffmpeg',
      },
      /has version old-4\.4, older than 5\.1/,
    ],
  ];
  for (const [env, message] of cases) await assert.rejects(resolveEngine(env, silentLog), { message });
});

test('an executable named by MERIDIAN_FFMPEG comes before the one on PATH', async () => {
  const path = fakeBuild('named-7.0', '61. 1', ['libx264', 'aac']);
  const env = { PATH: process.env.PATH ?? '', MERIDIAN_FFMPEG: join(path, 'ffmpeg') };
  assert.equal((await resolveEngine(env, silentLog)).version, 'named-7.0');
});

test('executables are searched in absolute directories of the path alone', () => {
  assert.equal(findExecutable('sh', `.:bin:${shellOnly}`), join(shellOnly, 'sh'));
  assert.equal(findExecutable('no-such-program', process.env.PATH ?? ''), null);
});
