// What only a store on a bucket can get wrong: servers that fail, fall silent, damage bytes or answer otherwise.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { openBucket } from './stores.ts';

type Answer = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void;

/** A server that answers as told, for everything that s3rver does not do. */
async function withServer(
  answer: Answer,
  use: (store: ObjectStore) => Promise<void>,
  requestMsMax?: number,
): Promise<void> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, Buffer.concat(chunks), response));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  try {
    await use(openBucket(`http://127.0.0.1:${port}/bucket`, requestMsMax));
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>told to</Message></Error>`);
}

const unavailable = { code: 'unavailable', message: 'The object store cannot be reached.' };

test('a request that fails once is tried again, with its checksum on the way', async () => {
  let asked = 0;
  const answer: Answer = (request, body, response) => {
    asked += 1;
    if (asked === 1) return void request.socket.destroy();
    if (asked === 2) return fail(response, 503, 'SlowDown');
    assert.equal(request.headers['content-md5'], createHash('md5').update(body).digest('base64'));
    assert.equal(request.headers['x-amz-meta-sha256'], createHash('sha256').update(body).digest('hex'));
    response.end();
  };
  await withServer(answer, async (store) => {
    assert.equal((await store.put('one', Buffer.from('body'))).bytes, 4);
  });
  assert.equal(asked, 3);
});

test('a store that is away, silent or failing is unavailable, not missing', async () => {
  await withServer(
    (_, __, response) => fail(response, 500, 'InternalError'),
    async (store) => {
      await assert.rejects(store.get('one'), unavailable);
      await assert.rejects(store.head('one'), unavailable);
      await assert.rejects(store.put('one', Buffer.from('x')), unavailable);
      await assert.rejects(store.delete('one'), unavailable);
    },
  );
  await withServer(
    () => undefined,
    (store) => assert.rejects(store.get('one'), unavailable),
    50,
  );
  await assert.rejects(openBucket('http://127.0.0.1:1/bucket').get('one'), unavailable);
});

test('a full bucket is storage_full, and a missing or forbidden one is not an absent object', async () => {
  const cases: readonly (readonly [number, string, object])[] = [
    [
      507,
      'InsufficientStorage',
      { code: 'storage_full', message: 'There is no room left on the object store.' },
    ],
    [403, 'QuotaExceeded', { code: 'storage_full' }],
    [404, 'NoSuchBucket', /NoSuchBucket/],
    [403, 'AccessDenied', /403/],
  ];
  for (const [status, code, expected] of cases)
    await withServer(
      (_, __, response) => fail(response, status, code),
      async (store) => {
        await assert.rejects(store.put('one', Buffer.from('x')), expected);
        if (status === 404) await assert.rejects(store.get('one'), expected);
      },
    );
});

test('damaged and cut bodies are noticed, and an empty object has no range', async () => {
  const sha256 = createHash('sha256').update('intact').digest('hex');
  const serve =
    (body: string, length: number): Answer =>
    (request, _, response) => {
      if (request.headers.range !== undefined) return fail(response, 416, 'InvalidRange');
      response.writeHead(200, { 'content-length': length, 'x-amz-meta-sha256': sha256 });
      if (request.method === 'HEAD') return void response.end();
      response.write(body);
      if (body.length === length) response.end();
      else setImmediate(() => request.socket.destroy());
    };
  await withServer(serve('intact', 6), async (store) =>
    assert.equal(String(await store.get('one')), 'intact'),
  );
  await withServer(serve('damage', 6), (store) =>
    assert.rejects(store.get('one'), { code: 'checksum_mismatch' }),
  );
  await withServer(serve('int', 6), (store) => assert.rejects(store.get('one'), { code: 'unavailable' }));
  await withServer(serve('', 0), async (store) => {
    assert.equal((await store.get('one', { start: 0, end: 9 }))?.length, 0);
    assert.equal((await store.head('one'))?.bytes, 0);
  });
});

test('a body that falls silent ends with an error', async () => {
  await withServer(
    (_, __, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('begin');
    },
    (store) => assert.rejects(store.get('one'), unavailable),
    100,
  );
});

test('a server that ignores ranges still gives the right bytes', async () => {
  await withServer(
    (_, __, response) => response.end('0123456789'),
    async (store) => {
      assert.equal(String(await store.get('one', { start: 3, end: 5 })), '345');
      assert.equal(String(await store.get('one', { start: 12, end: 15 })), '');
    },
  );
});

test('an upload in parts that fails is aborted, also when the failure comes with status 200', async () => {
  for (const failing of ['part', 'complete']) {
    const seen: string[] = [];
    await withServer(
      (request, _, response) => {
        const query = new URL(request.url ?? '', 'http://x').searchParams;
        seen.push(`${request.method} ${[...query.keys()].sort().join('+')}`);
        response.setHeader('content-type', 'application/xml');
        if (query.has('uploads')) {
          const upload = '<UploadId>u1</UploadId>';
          response.end(`<InitiateMultipartUploadResult>${upload}</InitiateMultipartUploadResult>`);
        } else if (query.has('partNumber')) {
          if (failing === 'part') return fail(response, 403, 'AccessDenied');
          response.setHeader('etag', '"part"');
          response.end();
        } else if (request.method === 'POST')
          response.end('<?xml version="1.0"?><Error><Code>InternalError</Code></Error>');
        else response.writeHead(204).end();
      },
      async (store) => {
        const body = Readable.from([Buffer.alloc(9 * 2 ** 20), Buffer.alloc(2 ** 20)]);
        await assert.rejects(store.put('big', body));
      },
    );
    assert.equal(seen.at(-1), 'DELETE uploadId', failing);
  }
});

test('a listing goes on over many pages, reading each only when it is needed', async () => {
  const keys = Array.from({ length: 2_500 }, (_, index) => `many/${String(index).padStart(5, '0')}`);
  let pages = 0;
  const answer: Answer = (request, _, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    assert.equal(query.get('list-type'), '2');
    assert.equal(query.get('prefix'), 'many/');
    pages += 1;
    const from = Number(query.get('continuation-token') ?? 0);
    const page = keys
      .slice(from, from + 1_000)
      .map(
        (key) =>
          `<Contents><Key>${key}</Key><Size>7</Size><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`,
      );
    const next = from + 1_000;
    const more = next < keys.length ? `<NextContinuationToken>${next}</NextContinuationToken>` : '';
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(
      `<?xml version="1.0"?><ListBucketResult><IsTruncated>${more !== ''}</IsTruncated>${more}${page.join('')}</ListBucketResult>`,
    );
  };
  await withServer(answer, async (store) => {
    for await (const info of store.list('many/')) {
      assert.deepEqual(info, { key: keys[0], bytes: 7, modifiedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5) });
      break;
    }
    assert.equal(pages, 1);
    const listed: string[] = [];
    for await (const { key } of store.list('many/')) listed.push(key);
    assert.deepEqual(listed, keys);
    assert.equal(pages, 4);
  });
});
