// Jobs that change hands: a killed encoder, a lost lease, a cancelled job, a stopping node, a control plane away.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import { systemClock } from '#platform/clock.ts';
import type { Encode, Engine } from '#platform/ffmpeg/engine.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createMediaReader } from '../../src/region/shared/media-store.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  ASSET,
  inspectRendition,
  jobFor,
  makeClip,
  startNode,
  type TestNode,
  temporaryDirectory,
  testEngine,
} from './support.ts';

/** The real engine, remembering what it started. */
async function watchedEngine(): Promise<{ engine: Engine; encodes: Encode[] }> {
  const engine = await testEngine();
  const encodes: Encode[] = [];
  return {
    encodes,
    engine: {
      ...engine,
      encode: (request) => {
        const running = engine.encode(request);
        encodes.push(running);
        return running;
      },
    },
  };
}

async function fingerprint(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key, bytes } of store.list(`default/${ASSET}/`)) keys.push(`${key} ${bytes}`);
  return keys;
}

/** A node that works on a clip long enough to be interrupted, at the moment when it can be played. */
async function playingNode(
  t: Parameters<typeof startNode>[0],
  directory: string,
): Promise<{ node: TestNode; encodes: Encode[] }> {
  const path = join(directory, 'clip.mp4');
  makeClip(path, 60, '640x360');
  const { engine, encodes } = await watchedEngine();
  const node = await startNode(t, directory, { engine });
  node.control.offer(await jobFor(node.store, path));
  await waitFor('the first segments', () => node.control.playableAtMs > 0, 100_000);
  return { node, encodes };
}

test('an encoder is killed in mid-job: another one makes every frame exactly once', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'clip.mp4');
  makeClip(path, 30, '640x360');
  const second = await startNode(t, directory);
  const doomed = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('doomed-encoder.ts', import.meta.url)),
      directory,
      JSON.stringify(await jobFor(second.store, path)),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(defined(doomed.stdout, 'stdout'), 'data');
  doomed.kill('SIGKILL');
  await once(doomed, 'exit');
  const reader = createMediaReader({ store: second.store, clock: systemClock });
  const left = defined(await reader.readDocument('default', ASSET, 1), 'what the first attempt left');
  assert.deepEqual([left.state, left.attempt], ['growing', 1]);

  second.control.fence = 2;
  second.control.offer(await jobFor(undefined, path, 2));
  const { media } = await waitFor('the second attempt', () => second.control.results[0], 200_000);
  assert.deepEqual([media.state, media.attempt], ['complete', 2]);
  for (const { id, kind, frameCount } of media.renditions) {
    if (kind !== 'video') continue;
    const found = await inspectRendition(second.store, media, id, directory);
    assert.deepEqual([found.frameCount, frameCount], [900, 900], id);
    assert.ok(found.gapMsMax < 34, `${id} has no gap: ${found.gapMsMax} ms`);
  }
  const fresh = createMediaReader({ store: second.store, clock: systemClock });
  assert.equal((await fresh.readDocument('default', ASSET, 1))?.attempt, 2);
});

for (const [title, lose] of [
  ['a lost lease', (node: TestNode) => (node.control.fence = 9)],
  ['a cancelled job', (node: TestNode) => (node.control.isCancelled = true)],
] as const)
  test(`${title} ends FFmpeg at once, and nothing more is written or reported`, async (t) => {
    const directory = temporaryDirectory(t);
    const { node, encodes } = await playingNode(t, directory);
    lose(node);
    await assert.rejects(defined(encodes[0], 'an encode').done, { name: 'AbortError' });
    await waitFor('the work directory to go', async () => (await workDirectories(node)).length === 0);
    const before = await fingerprint(node.store);
    assert.ok(before.some((key) => key.includes('/open/')));
    // The next claim is already waiting: the loop has gone on.
    assert.deepEqual([node.control.results.length, node.control.failures.length], [0, 0]);
    assert.deepEqual(await fingerprint(node.store), before);
  });

async function workDirectories(node: TestNode): Promise<string[]> {
  return readdir(join(node.dataDirectory, 'encoder'));
}

test('a stopping encoder ends FFmpeg and gives its job back', async (t) => {
  const directory = temporaryDirectory(t);
  const { node, encodes } = await playingNode(t, directory);
  const startedAt = performance.now();
  await node.role.stop();
  assert.ok(performance.now() - startedAt < 2_500, 'within the time that stopping has');
  await assert.rejects(defined(encodes[0], 'an encode').done, { name: 'AbortError' });
  assert.deepEqual(node.control.failures, [
    {
      code: 'unavailable',
      message: 'The encoder is stopping; another one takes over.',
      isHandover: true,
      isRetryable: true,
    },
  ]);
  await node.role.stop();
});

test('while control is away a job goes on, and is reported when control is back', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'clip.mp4');
  makeClip(path, 4, '320x240');
  const node = await startNode(t, directory);
  node.control.isAway = true;
  node.control.offer(await jobFor(node.store, path));
  const reader = createMediaReader({ store: node.store, clock: systemClock });
  await waitFor(
    'the complete document',
    async () => (await reader.readDocument('default', ASSET, 1))?.state === 'complete',
    100_000,
  );
  assert.deepEqual(node.control.results, []);
  node.control.isAway = false;
  const { copies } = await waitFor('the report', () => node.control.results[0]);
  assert.deepEqual(copies, ['dublin', 'singapore']);
});

test('viewers and other regions hear of a video as soon as it can be played', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'clip.mp4');
  makeClip(path, 12, '640x360');
  const node = await startNode(t, directory);
  node.control.offer(await jobFor(node.store, path));
  await waitFor('the end', () => node.control.results[0], 200_000);
  const first = defined(node.peers.pushed[0], 'a first document');
  const last = defined(node.peers.pushed.at(-1), 'a last document');
  assert.deepEqual([first.state, first.revision, first.holders], ['growing', 1, ['dublin']]);
  assert.ok(first.renditions.every(({ durationRuns }) => durationRuns.length > 0));
  assert.deepEqual([last.state, last.holders], ['complete', ['dublin', 'singapore']]);
  const playable = defined(
    node.control.progress.find(({ isPlayable }) => isPlayable),
    'a playable heartbeat',
  );
  assert.equal(playable.stage, 'encoding');
  assert.ok(playable.share > 0 && playable.share < 1, `share ${playable.share}`);
  assert.equal(playable.durationMs, 12_000);
});
