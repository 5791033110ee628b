// What is lost when things break: nothing that was acknowledged.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sourceKey } from '../../src/region/shared/keys.ts';
import { waitFor } from '../support/wait-for.ts';
import { startIngestWorld, type TestWorld } from './support.ts';

const TUS = { 'tus-resumable': '1.0.0' };

async function begin(world: TestWorld, grant: string, bytes: number): Promise<string> {
  const filesUrl = world.nodes[0]?.filesUrl ?? '';
  const response = await fetch(filesUrl, {
    method: 'POST',
    headers: { ...TUS, authorization: `Bearer ${grant}`, 'upload-length': String(bytes) },
  });
  assert.equal(response.status, 201, await response.text());
  return new URL(response.headers.get('location') ?? '', filesUrl).href;
}

async function send(url: string, grant: string, offset: number, body: Buffer): Promise<Response> {
  return fetch(url, {
    method: 'PATCH',
    headers: {
      ...TUS,
      authorization: `Bearer ${grant}`,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    },
    body: new Uint8Array(body),
  });
}

test('an upload goes on after its ingest was restarted', async () => {
  const world = await startIngestWorld(2);
  try {
    const grant = await world.grant();
    const data = randomBytes(200_000);
    const url = await begin(world, grant, data.length);
    await send(url, grant, 0, data.subarray(0, 120_000));
    await world.nodes[0]?.stop();
    await world.restart(0);
    const head = await fetch(url, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${grant}` } });
    assert.equal(head.headers.get('upload-offset'), '120000');
    const last = await send(url, grant, 120_000, data.subarray(120_000));
    assert.equal(last.headers.get('meridian-copies'), '2');
    const key = sourceKey('default', url.split('/').at(-1) ?? '', 1);
    for (const node of world.nodes) assert.deepEqual(await node.store.get(key), data);
  } finally {
    await world.stop();
  }
});

test('an upload begins anew when the power of its machine has failed: what was not fsynced may be anything', async () => {
  const world = await startIngestWorld(2);
  try {
    const grant = await world.grant();
    const data = randomBytes(200_000);
    const url = await begin(world, grant, data.length);
    await send(url, grant, 0, data.subarray(0, 120_000));
    await world.nodes[0]?.stop();
    // What the machine calls its run is another after each start; the bytes here were written in an earlier one.
    const directory = join(world.nodes[0]?.directory ?? '', 'node');
    await writeFile(join(directory, 'uploads-run.json'), JSON.stringify('an earlier run'));
    const id = url.split('/').at(-1) ?? '';
    await writeFile(join(directory, 'uploads', id, 'data'), Buffer.alloc(120_000));
    await world.restart(0);
    const head = await fetch(url, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${grant}` } });
    assert.equal(head.headers.get('upload-offset'), '0');
    assert.equal((await send(url, grant, 0, data)).headers.get('meridian-copies'), '2');
    for (const node of world.nodes) assert.deepEqual(await node.store.get(sourceKey('default', id, 1)), data);
  } finally {
    await world.stop();
  }
});

test('a commit that broke off when the bytes had left for the store is finished by the next life; what is nowhere stops nobody', async () => {
  const world = await startIngestWorld(2);
  try {
    const grants = [await world.grant(), await world.grant()];
    const data = randomBytes(200_000);
    const urls: string[] = [];
    for (const grant of grants) {
      const url = await begin(world, grant, data.length);
      assert.equal((await send(url, grant, 0, data)).headers.get('meridian-copies'), '2');
      urls.push(url);
    }
    const [kept = '', lost = ''] = urls.map((url) => url.split('/').at(-1) ?? '');
    const node = world.nodes[0];
    await node?.stop();
    // As the disk looks between the move into the store and the note that the upload is finished.
    for (const id of [kept, lost]) {
      const path = join(node?.directory ?? '', 'node', 'uploads', id, 'info.json');
      const info = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
      await writeFile(path, JSON.stringify({ ...info, finished: null }));
    }
    await node?.store.delete(sourceKey('default', lost, 1));
    world.registered.length = 0;
    await world.restart(0);
    const answers = await Promise.all(
      urls.map((url, index) =>
        fetch(url, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${grants[index]}` } }),
      ),
    );
    assert.equal(answers[0]?.headers.get('upload-offset'), String(data.length));
    assert.equal(answers[1]?.status, 404);
    await waitFor('control to hear of it', () => world.registered.some(({ assetId }) => assetId === kept));
    for (const { store } of world.nodes)
      assert.deepEqual(await store.get(sourceKey('default', kept, 1)), data);
  } finally {
    await world.stop();
  }
});

test('with the other region gone an upload is acknowledged with one copy, and says so', async () => {
  const world = await startIngestWorld(2);
  try {
    await world.nodes[1]?.stop();
    const grant = await world.grant();
    const data = randomBytes(50_000);
    const url = await begin(world, grant, data.length);
    const last = await send(url, grant, 0, data);
    assert.equal(last.status, 204);
    assert.equal(last.headers.get('meridian-copies'), '1');
  } finally {
    await world.stop();
  }
});

test('an upload to the only region there is arrives, while the node goes on answering', async () => {
  const world = await startIngestWorld(1);
  try {
    const grant = await world.grant();
    const data = randomBytes(300_000);
    const url = await begin(world, grant, data.length);
    await send(url, grant, 0, data.subarray(0, 100_000));
    const head = await fetch(url, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${grant}` } });
    assert.equal(head.headers.get('upload-offset'), '100000');
    const last = await send(url, grant, 100_000, data.subarray(100_000));
    assert.equal(last.headers.get('meridian-copies'), '1');
  } finally {
    await world.stop();
  }
});

test('when the second region dies in mid-upload the third one takes over', async () => {
  const world = await startIngestWorld(3);
  try {
    const grant = await world.grant();
    const data = randomBytes(400_000);
    const url = await begin(world, grant, data.length);
    await send(url, grant, 0, data.subarray(0, 200_000));
    // Dublin's nearest region by distance is Los Angeles.
    await world.nodes[2]?.stop();
    const last = await send(url, grant, 200_000, data.subarray(200_000));
    assert.equal(last.headers.get('meridian-copies'), '2');
    const key = sourceKey('default', url.split('/').at(-1) ?? '', 1);
    assert.deepEqual(await world.nodes[1]?.store.get(key), data);
  } finally {
    await world.stop();
  }
});

test('with control away uploads succeed and register themselves when it is back', async () => {
  const world = await startIngestWorld(2);
  try {
    world.setControl(false);
    const grant = await world.grant();
    const url = await begin(world, grant, 1_000);
    assert.equal((await send(url, grant, 0, randomBytes(1_000))).status, 204);
    assert.equal(world.registered.length, 0);
    await world.nodes[0]?.stop();
    await world.restart(0);
    world.setControl(true);
    await waitFor('both regions to register the upload', () => world.registered.length === 2);
    assert.deepEqual(
      new Set(world.registered.map(({ assetId }) => assetId)),
      new Set([url.split('/').at(-1)]),
    );
  } finally {
    await world.stop();
  }
});

test('the second region alone makes the asset appear when the first one loses its disk', async () => {
  const world = await startIngestWorld(2);
  try {
    world.setControl(false);
    const grant = await world.grant();
    const data = randomBytes(80_000);
    const url = await begin(world, grant, data.length);
    assert.equal((await send(url, grant, 0, data)).headers.get('meridian-copies'), '2');
    const [first, second] = world.nodes;
    await first?.stop();
    await rm(first?.directory ?? '', { recursive: true });
    world.setControl(true);
    const record = await waitFor('the registration', () => world.registered[0]);
    assert.deepEqual(record.source.regionIds, ['dublin', 'singapore']);
    assert.deepEqual(await second?.store.get(sourceKey('default', record.assetId, 1)), data);
  } finally {
    await world.stop();
  }
});
