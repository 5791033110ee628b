// The SDK against a real world: its examples as they are in the documentation, uploads that lose their region, and a
// page in a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { createClient, type MeridianClient } from '../../sdk/src/client.ts';
import { pathSource, streamSource } from '../../sdk/src/node.ts';
import { uploadFile, uploadWithGrant } from '../../sdk/src/upload.ts';
import { waitUntilReady } from '../../sdk/src/watch.ts';
import { startBrowser } from '../support/browser.ts';
import { clip } from '../support/media.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = clip({ seconds: 2, width: 320, height: 180 });
let world: RunningWorld;
let client: MeridianClient;

before(async () => {
  world = await startWorld({ args: ['--no-wan'] });
  client = createClient({ url: world.controlUrl, token: world.adminToken });
});
after(() => world?.remove());

function runExample(
  name: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'sdk/examples', name), ...args], {
      env: { ...process.env, MERIDIAN_CONTROL: world.controlUrl, MERIDIAN_TOKEN: world.adminToken },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

test('the examples upload, list and make private', async () => {
  const uploaded = await runExample('upload-and-wait.ts', FILE);
  assert.equal(uploaded.code, 0, uploaded.stderr);
  const assetId = /ast_[0-9a-z]{26}/.exec(uploaded.stdout)?.[0] ?? '';
  assert.equal((await client.getAsset(assetId)).stage, 'ready');
  assert.match(uploaded.stderr, /100 %/);
  const hidden = await runExample('private-playback.ts', assetId);
  assert.equal(hidden.code, 0, hidden.stderr);
  assert.equal((await client.getAsset(assetId)).visibility, 'private');
  assert.equal((await fetch(hidden.stdout.trim())).status, 200);
  const listed = await runExample('list-assets.ts');
  assert.match(listed.stdout, new RegExp(`^${assetId} ready `, 'm'));
});

test('an upload moves on from an ingest that is not there, and a stream is taken as it comes', async () => {
  const grant = await client.createUploadGrant();
  const nowhere = { regionId: 'nowhere', url: 'http://127.0.0.1:9/files' };
  const moves: string[] = [];
  const moved = await uploadWithGrant(
    { ...grant, ingests: [nowhere, ...grant.ingests] },
    await pathSource(FILE),
    {
      onMove: (from) => moves.push(from),
    },
  );
  assert.deepEqual(moves, ['nowhere']);
  assert.equal(moved.regionId, grant.ingests[0]?.regionId);
  const { size } = statSync(FILE);
  const streamed = await uploadFile(client, streamSource(createReadStream(FILE), size, 'piped.mp4'));
  const asset = await waitUntilReady(client, streamed.assetId, { until: 'playable' });
  assert.equal(asset.name, 'piped.mp4');
  assert.equal(asset.sourceBytes, size);
});

test('the command line uploads by the same code, and says what an ingest refuses', async () => {
  const done = await world.run('upload', FILE, '--name', 'by hand.mp4', '--wait', '--json');
  assert.equal(done.code, 0, done.stderr);
  const { id } = JSON.parse(done.stdout) as { id: string };
  assert.equal((await client.getAsset(id)).name, 'by hand.mp4');
  const refused = await world.run('upload', FILE, '--grant', 'forged');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /The token is not one of ours/);
});

test('a wrong grant is an error at once, and other regions are not bothered', async () => {
  const grant = await client.createUploadGrant();
  const moves: string[] = [];
  const upload = uploadWithGrant({ ...grant, grant: 'forged' }, await pathSource(FILE), {
    onMove: (from) => moves.push(from),
  });
  await assert.rejects(upload, { name: 'MeridianApiError', code: 'token_forged' });
  assert.deepEqual(moves, []);
});

/** The backend of the example page: gives the page, and grants for it. */
async function startBackend(directory: string): Promise<Server> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
  const edgeUrl = world.regions[0]?.edgeUrl;
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    if (path === '/grant')
      return void client
        .createUploadGrant()
        .then((grant) => response.end(JSON.stringify({ grant, edgeUrl })))
        .catch((error: unknown) => response.writeHead(500).end(String(error)));
    try {
      const data = readFileSync(join(directory, path));
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain' }).end(data);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

test('a page uploads with a grant alone and sees its video become playable', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'meridian-sdk-page-'));
  await build({
    root: join(ROOT, 'sdk/examples/browser'),
    configFile: false,
    logLevel: 'error',
    build: { outDir: directory, emptyOutDir: true },
  });
  const backend = await startBackend(directory);
  const browser = await startBrowser();
  try {
    const page = await browser.context.newPage();
    await page.goto(`http://127.0.0.1:${(backend.address() as AddressInfo).port}/`);
    await page.setInputFiles('#file', FILE);
    await page.waitForFunction(
      "document.querySelector('#state').textContent.startsWith('playable')",
      undefined,
      {
        timeout: 60_000,
      },
    );
    const assetId = /ast_[0-9a-z]{26}/.exec((await page.textContent('#state')) ?? '')?.[0] ?? '';
    assert.equal((await client.getAsset(assetId)).sourceBytes, statSync(FILE).size);
  } finally {
    await browser.close();
    await new Promise((resolve) => backend.close(resolve));
    rmSync(directory, { recursive: true, force: true });
  }
});
