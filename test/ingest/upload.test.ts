import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { after, before, test } from 'node:test';
import * as tus from 'tus-js-client';
import { sourceKey } from '../../src/region/shared/keys.ts';
import { readRecord } from '../../src/region/shared/records.ts';
import { waitFor } from '../support/wait-for.ts';
import { startIngestWorld, type TestWorld } from './support.ts';

let world: TestWorld;
before(async () => {
  world = await startIngestWorld(2);
});
after(() => world.stop());

const TUS = { 'tus-resumable': '1.0.0' };

async function create(
  grant: string,
  bytes: number,
  extra: Record<string, string> = {},
  url = world.nodes[0]?.filesUrl,
): Promise<Response> {
  return fetch(url ?? '', {
    method: 'POST',
    headers: { ...TUS, authorization: `Bearer ${grant}`, 'upload-length': String(bytes), ...extra },
  });
}

async function patch(
  url: string,
  grant: string,
  offset: number,
  body: Buffer,
  extra: Record<string, string> = {},
): Promise<Response> {
  return fetch(url, {
    method: 'PATCH',
    headers: {
      ...TUS,
      authorization: `Bearer ${grant}`,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
      ...extra,
    },
    body: new Uint8Array(body),
  });
}

const urlOf = (response: Response, node = world.nodes[0]): string =>
  new URL(response.headers.get('location') ?? '', node?.filesUrl).href;
const idOf = (url: string): string => url.split('/').at(-1) ?? '';

async function assertStored(id: string, data: Buffer, nodes = world.nodes): Promise<void> {
  for (const node of nodes) {
    assert.deepEqual(await node.store.get(sourceKey('default', id, 1)), data, node.regionId);
    const record = await readRecord(node.store, 'default', id);
    assert.equal(record?.source.sha256, createHash('sha256').update(data).digest('hex'));
    assert.deepEqual(
      record?.source.regionIds,
      nodes.map(({ regionId }) => regionId),
    );
  }
}

test('an acknowledged upload lies in two regions and is registered with control', async () => {
  const grant = await world.grant({ preset: 'quality' });
  const data = randomBytes(3_000_000);
  const url = urlOf(
    await create(grant, data.length, {
      'upload-metadata': `filename ${Buffer.from('a/b/clip.mp4').toString('base64')}`,
    }),
  );
  const first = await patch(url, grant, 0, data.subarray(0, 1_000_000));
  assert.equal(first.status, 204);
  assert.equal(first.headers.get('meridian-copies'), null);
  const last = await patch(url, grant, 1_000_000, data.subarray(1_000_000));
  assert.equal(last.status, 204);
  assert.equal(last.headers.get('meridian-copies'), '2');
  await assertStored(idOf(url), data);
  const record = await waitFor('the registration', () =>
    world.registered.find(({ assetId }) => assetId === idOf(url)),
  );
  assert.equal(record.name, 'clip.mp4');
  assert.equal(record.source.bytes, 3_000_000);
  assert.equal(record.preset, 'quality');
});

test('the client library uploads, also in parallel parts', async () => {
  for (const parallelUploads of [1, 3]) {
    const data = randomBytes(900_001);
    const grant = await world.grant();
    const done = Promise.withResolvers<void>();
    const upload = new tus.Upload(data, {
      endpoint: world.nodes[0]?.filesUrl ?? '',
      headers: { authorization: `Bearer ${grant}` },
      parallelUploads,
      metadata: { filename: 'parts.mp4' },
      onSuccess: () => done.resolve(),
      onError: done.reject,
    });
    upload.start();
    await done.promise;
    await assertStored(idOf(upload.url ?? ''), data);
  }
});

test('wrong requests get the status that says what is wrong, and lose nothing', async () => {
  const grant = await world.grant();
  const other = await world.grant({ project: 'other' });
  const data = randomBytes(50_000);
  const url = urlOf(await create(grant, data.length));
  assert.equal((await patch(url, grant, 0, data.subarray(0, 20_000))).status, 204);
  const digest = createHash('sha256').update('something else').digest('base64');
  const cases: [string, () => Promise<Response>, number, RegExp | null][] = [
    ['no grant', () => fetch(url, { method: 'HEAD', headers: TUS }), 401, null],
    ['a forged grant', async () => create(await world.forgedGrant(), 10), 403, /token_forged/],
    ['an expired grant', async () => create(await world.grant({ exp: 1_000 }), 10), 403, /token_expired/],
    ['another project', () => patch(url, other, 20_000, data), 403, /wrong_project/],
    ['a wrong offset', () => patch(url, grant, 10, data.subarray(10, 20)), 409, null],
    [
      'a wrong checksum',
      () => patch(url, grant, 20_000, data.subarray(20_000), { 'upload-checksum': `sha256 ${digest}` }),
      460,
      /checksum_mismatch/,
    ],
    [
      'an unknown checksum',
      () => patch(url, grant, 20_000, data.subarray(20_000), { 'upload-checksum': 'crc9 abcd' }),
      400,
      /sha256/,
    ],
    ['zero bytes', () => create(grant, 0), 422, /media_empty/],
    ['more than the grant allows', () => create(grant, 20_000_001), 413, null],
    ['an absurd size', () => create(grant, Number.MAX_SAFE_INTEGER), 413, null],
    ['a size that is no number', () => create(grant, -5), 400, null],
    [
      'an unknown upload',
      () => patch(`${world.nodes[0]?.filesUrl}/ast_${'0'.repeat(26)}`, grant, 0, data),
      404,
      /not_found/,
    ],
    [
      'a path out of the spool',
      () => patch(`${world.nodes[0]?.filesUrl}/..%2F..%2Fetc`, grant, 0, data),
      404,
      null,
    ],
  ];
  for (const [name, send, status, body] of cases) {
    const response = await send();
    const text = await response.text();
    assert.equal(response.status, status, `${name}: ${text}`);
    if (body !== null) assert.match(text, body, name);
  }
  const head = await fetch(url, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${grant}` } });
  assert.equal(head.headers.get('upload-offset'), '20000');
  const good = createHash('sha256').update(data.subarray(20_000)).digest('base64');
  assert.equal(
    (await patch(url, grant, 20_000, data.subarray(20_000), { 'upload-checksum': `sha256 ${good}` })).status,
    204,
  );
  await assertStored(idOf(url), data);
});

test('a broken connection keeps what arrived', async () => {
  const grant = await world.grant();
  const data = randomBytes(400_000);
  const url = urlOf(await create(grant, data.length));
  await new Promise<void>((resolve) => {
    const request = httpRequest(url, {
      method: 'PATCH',
      headers: {
        ...TUS,
        authorization: `Bearer ${grant}`,
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
        'content-length': data.length,
      },
    });
    request.on('error', () => resolve());
    request.write(data.subarray(0, 250_000), () => setImmediate(() => request.destroy()));
  });
  const offset = await waitFor('the broken request to end', async () => {
    const head = await fetch(url, { method: 'HEAD', headers: { ...TUS, authorization: `Bearer ${grant}` } });
    return Number(head.headers.get('upload-offset')) || undefined;
  });
  assert.ok(offset > 0 && offset <= 250_000);
  assert.equal((await patch(url, grant, offset, data.subarray(offset))).status, 204);
  await assertStored(idOf(url), data);
});

test('an unfinished upload can be terminated, a finished one cannot', async () => {
  const grant = await world.grant();
  const terminate = (url: string): Promise<Response> =>
    fetch(url, { method: 'DELETE', headers: { ...TUS, authorization: `Bearer ${grant}` } });
  const open = urlOf(await create(grant, 100));
  assert.equal((await terminate(open)).status, 204);
  assert.equal((await patch(open, grant, 0, randomBytes(100))).status, 404);
  const finished = urlOf(await create(grant, 100));
  await patch(finished, grant, 0, randomBytes(100));
  assert.equal((await terminate(finished)).status, 409);
});

test('the options answer names the extensions', async () => {
  const response = await fetch(world.nodes[0]?.filesUrl ?? '', {
    method: 'OPTIONS',
    headers: { origin: 'http://console.example', 'access-control-request-headers': 'authorization' },
  });
  assert.equal(response.status, 204);
  assert.equal(
    response.headers.get('tus-extension'),
    'creation,creation-with-upload,checksum,expiration,termination,concatenation',
  );
  assert.match(response.headers.get('access-control-allow-headers') ?? '', /Authorization/i);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
});
