// Whatever cannot be processed ends with a code and a sentence: for good when the file is at fault, to be tried again
// when the machine is.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { waitFor } from '../support/wait-for.ts';
import { ASSET, footage, jobFor, makeClip, startNode, temporaryDirectory, testEngine } from './support.ts';

interface BadFile {
  readonly title: string;
  readonly make: (directory: string) => string;
  readonly code: string;
  readonly message: RegExp;
}

function written(name: string, content: string | Buffer): (directory: string) => string {
  return (directory) => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };
}

const BAD: readonly BadFile[] = [
  { title: 'a file of no bytes', make: written('a.mp4', ''), code: 'media_empty', message: /no bytes/ },
  {
    title: 'noise',
    make: () => footage('noise.mp4'),
    code: 'media_unsupported',
    message: /cannot be processed/,
  },
  {
    title: 'a truncated file',
    make: () => footage('truncated.mp4'),
    code: 'media_truncated',
    message: /ends early/,
  },
  {
    title: 'a text named .mp4',
    make: written('a.mp4', 'This is not a video.\n'.repeat(50)),
    code: 'media_unsupported',
    message: /cannot be processed/,
  },
  {
    title: 'a playlist named .mp4',
    make: written(
      'a.mp4',
      '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n',
    ),
    code: 'media_forbidden',
    message: /refused/,
  },
];

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(`default/${ASSET}/`)) keys.push(key.split('/').slice(2).join('/'));
  return keys;
}

for (const { title, make, code, message } of BAD)
  test(`${title} fails for good with ${code} and leaves nothing`, async (t) => {
    const directory = temporaryDirectory(t);
    const node = await startNode(t, directory);
    node.control.offer(await jobFor(node.store, make(directory)));
    const failure = await waitFor('the failure', () => node.control.failures[0], 100_000);
    assert.equal(failure.code, code);
    assert.match(failure.message, message);
    assert.equal(failure.isRetryable, false);
    assert.deepEqual(node.control.results, []);
    assert.deepEqual(await keysOf(node.store), ['v1/source']);
    await waitFor(
      'the work directory to go',
      async () => (await readdir(join(node.dataDirectory, 'encoder'))).length === 0,
    );
  });

test('an encoder that failed a job goes on with the next one', async (t) => {
  const directory = temporaryDirectory(t);
  const node = await startNode(t, directory);
  node.control.offer(await jobFor(node.store, footage('noise.mp4')));
  await waitFor('the failure', () => node.control.failures[0]);
  const path = join(directory, 'clip.mp4');
  makeClip(path, 1, '320x240');
  node.control.offer(await jobFor(node.store, path, 2));
  await waitFor('the result', () => node.control.results[0], 100_000);
});

test('a full disk is a failure to be tried again, and what was written makes room', async (t) => {
  const directory = temporaryDirectory(t);
  const disk = await createDiskStore(join(directory, 'objects'));
  let segments = 0;
  const full: ObjectStore = {
    put: (key, body, options) => {
      if (key.includes('/open/')) segments += 1;
      return segments > 3
        ? Promise.reject(new MeridianError('storage_full', { where: 'the disk of this region' }))
        : disk.put(key, body, options);
    },
    get: (key, range) => disk.get(key, range),
    stream: (key, range) => disk.stream(key, range),
    head: (key) => disk.head(key),
    list: (prefix) => disk.list(prefix),
    delete: (key) => disk.delete(key),
    adoptFile: (key, path, options) => disk.adoptFile(key, path, options),
    localPath: (key) => disk.localPath(key),
    freeBytes: () => disk.freeBytes(),
  };
  const path = join(directory, 'clip.mp4');
  makeClip(path, 10, '320x240');
  const node = await startNode(t, directory, { store: full });
  node.control.offer(await jobFor(disk, path));
  const failure = await waitFor('the failure', () => node.control.failures[0], 100_000);
  assert.deepEqual(
    [failure.code, failure.isRetryable, failure.message],
    ['storage_full', true, 'There is no room left on the disk of this region.'],
  );
  assert.deepEqual(await keysOf(disk), ['v1/source']);
});

/** The real engine, whose encodes are asked for something else than the job planned. */
async function wrongEngine(
  change: (request: Parameters<Engine['encode']>[0]) => Parameters<Engine['encode']>[0],
): Promise<Engine> {
  const engine = await testEngine();
  return {
    ...engine,
    encode: (request) => engine.encode(change(request)),
  };
}

test('frames that are missing are counted, and the job is to be tried again', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'clip.mp4');
  makeClip(path, 3, '320x240');
  const engine = await wrongEngine((request) => ({
    ...request,
    video: { ...defined(request.video, 'video'), frameCount: 77 },
  }));
  const node = await startNode(t, directory, { engine });
  node.control.offer(await jobFor(node.store, path));
  const failure = await waitFor('the failure', () => node.control.failures[0], 100_000);
  assert.deepEqual(
    [failure.code, failure.isRetryable, failure.message],
    ['internal', true, 'Rendition v240 has 77 frames instead of the 90 planned.'],
  );
});

test('an engine that is killed from outside is a failure to be tried again', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'clip.mp4');
  makeClip(path, 20, '640x360');
  const engine = await testEngine();
  const killed: Engine = {
    ...engine,
    encode: (request) => {
      const running = engine.encode(request);
      const first = defined([...running.outputs.values()][0], 'an output');
      first.once('data', () => running.kill());
      first.pause();
      return running;
    },
  };
  const node = await startNode(t, directory, { engine: killed });
  node.control.offer(await jobFor(node.store, path));
  const failure = await waitFor('the failure', () => node.control.failures[0], 100_000);
  assert.deepEqual([failure.code, failure.isRetryable], ['internal', true]);
});

test('a source that no region has is a failure to be tried again', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'clip.mp4');
  makeClip(path, 1, '320x240');
  const node = await startNode(t, directory);
  node.control.offer(await jobFor(undefined, path));
  const failure = await waitFor('the failure', () => node.control.failures[0]);
  assert.deepEqual([failure.code, failure.isRetryable], ['unavailable', true]);
});
