// Imports as a user does them: a whole world, the command line, a web server and a bucket.

import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ImportView } from '#contract/api/imports.ts';
import { openBucket, startS3Server } from '../objects/stores.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';
import { type MediaServer, startMediaServer } from './media-server.ts';

const FILE = clip({ seconds: 5, width: 640, height: 360 });
const SECRET_FILE = join(tmpdir(), `meridian-import-secret-${process.pid}`);
let world: RunningWorld;
let server: MediaServer;
let bucket: Awaited<ReturnType<typeof startS3Server>>;

before(async () => {
  server = await startMediaServer(readFileSync(FILE));
  bucket = await startS3Server();
  writeFileSync(SECRET_FILE, 'S3RVER\n', { mode: 0o600 });
  const { origin } = new URL(bucket.endpoint);
  world = await startWorld({
    args: ['--no-wan'],
    config: {
      imports: {
        allowPrivateAddresses: true,
        denyHosts: ['denied.example'],
        sources: {
          archive: {
            endpoint: origin,
            bucket: 'meridian-test',
            region: 'us-east-1',
            accessKeyId: 'S3RVER',
            secretAccessKeyFile: SECRET_FILE,
          },
        },
      },
    },
  });
});

after(async () => {
  await world?.remove();
  await server?.stop();
  await bucket?.close();
  rmSync(SECRET_FILE, { force: true });
});

async function runImport(...args: string[]): Promise<{ code: number; view: ImportView; stderr: string }> {
  const { code, stdout, stderr } = await world.run('import', ...args, '--json');
  return { code, view: JSON.parse(stdout || 'null') as ImportView, stderr };
}

test('a video at an address becomes an asset with two copies, resumed where the server broke off', async () => {
  server.behave({ breakAfter: 500_000 });
  const started = await runImport(`${server.url}/holiday%20film.mp4`, '--private');
  assert.equal(started.code, 0, started.stderr);
  await waitFor('the first break', () => server.seen.length >= 2, 20_000);
  server.behave({ breakAfter: null });
  const params = { importId: started.view.id };
  const view = await waitFor(
    'the import to be done',
    async () => {
      const now = await world.client.call('GET /v1/imports/{importId}', { params });
      return now.state === 'done' ? now : undefined;
    },
    30_000,
  );
  const bytes = readFileSync(FILE).length;
  assert.equal(view?.receivedBytes, bytes);
  assert.match(server.seen[1]?.range ?? '', /^bytes=[1-9]\d*-$/);
  const assetId = view?.assetId ?? '';
  const asset = await waitFor(
    'the asset to be ready',
    async () => {
      const found = await world.client
        .call('GET /v1/assets/{assetId}', { params: { assetId } })
        .catch(() => undefined);
      return found?.stage === 'ready' ? found : undefined;
    },
    60_000,
  );
  assert.equal(asset?.name, 'holiday film.mp4');
  assert.equal(asset?.visibility, 'private');
  assert.equal(asset?.sourceBytes, bytes);
  assert.equal(asset?.sourceRegionIds.length, 2);
});

test('what cannot be fetched says why, with a code, and is not tried again', async () => {
  const denied = await runImport('http://denied.example/a.mp4', '--wait');
  assert.equal(denied.view.failure?.code, 'import_forbidden');
  assert.notEqual(denied.code, 0);
  assert.match(denied.stderr, /denies imports from denied\.example/);
  server.behave({ status: 404 });
  const missing = await runImport(`${server.url}/missing.mp4`, '--wait');
  server.behave({ status: null });
  assert.equal(missing.view.failure?.code, 'import_refused');
  assert.equal(missing.view.attempt, 1);
  assert.match(missing.stderr, /answered with status 404/);
});

test('an import that is cancelled stops, and leaves no asset', async () => {
  server.behave({ waitAfter: 10_000 });
  const { view } = await runImport(`${server.url}/long.mp4`);
  const params = { importId: view.id };
  await waitFor(
    'bytes to arrive',
    async () => (await world.client.call('GET /v1/imports/{importId}', { params })).receivedBytes === 10_000,
    20_000,
  );
  const cancelled = await world.run('import', 'cancel', view.id);
  assert.equal(cancelled.code, 0, cancelled.stderr);
  assert.equal((await world.client.call('GET /v1/imports/{importId}', { params })).state, 'cancelled');
  const again = await world.run('import', 'cancel', view.id);
  assert.match(again.stderr, /has ended: it is cancelled/);
  server.behave({ waitAfter: null });
  server.release();
  const asset = world.client.call('GET /v1/assets/{assetId}', { params: { assetId: view.assetId ?? '' } });
  await assert.rejects(asset, { code: 'not_found' });
});

test('the media of a bucket are imported once, however often the bucket is', async () => {
  const store = openBucket(bucket.endpoint);
  const data = readFileSync(FILE);
  for (const key of ['talks/a.mp4', 'talks/deep/b.mp4', 'other/c.mp4']) await store.put(key, data);
  await store.put('talks/notes.txt', Buffer.from('not media'));
  const first = await runImport('s3://archive/talks/', '--wait');
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(first.view.objects, {
    found: 2,
    skipped: 0,
    waiting: 0,
    running: 0,
    done: 2,
    failed: 0,
    cancelled: 0,
  });
  assert.equal(first.view.receivedBytes, 2 * data.length);
  const { imports } = await world.client.call('GET /v1/imports', { query: { parentId: first.view.id } });
  assert.deepEqual(imports.map(({ location }) => location).sort(), [
    's3://archive/talks/a.mp4',
    's3://archive/talks/deep/b.mp4',
  ]);
  await store.put('talks/a.mp4', Buffer.concat([data, Buffer.alloc(16)]));
  const second = await runImport('s3://archive/talks/', '--wait');
  assert.deepEqual(
    {
      found: second.view.objects?.found,
      skipped: second.view.objects?.skipped,
      done: second.view.objects?.done,
    },
    { found: 2, skipped: 1, done: 1 },
  );
});
