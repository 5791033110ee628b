// TLS with HTTP/2 and HTTP/1.1 on one port.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openSegmentKey } from '#region/shared/keys.ts';
import { sealSegment } from '#region/shared/pack.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  BASE,
  documentOf,
  portOf,
  publishAsset,
  recordOf,
  SEGMENT,
  segmentBytes,
  startWorld,
  type TestWorld,
} from './world.ts';

let world: TestWorld;
let folder: string;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meridian-tls-'));
  const [certificateFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  execFileSync(
    'openssl',
    ['req', '-x509', ...kind, ...subject, '-keyout', keyFile, '-out', certificateFile],
    {
      stdio: 'ignore',
    },
  );
  world = await startWorld({
    config: { tls: { certificateFile, keyFile }, limits: { edgeCacheBytes: 4_000_000 } },
  });
  await publishAsset(world, recordOf(), documentOf());
});

after(async () => {
  await world.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Http2Answer {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function getAll(paths: readonly Record<string, string>[]): Promise<Http2Answer[]> {
  const session = connectHttp2(`https://localhost:${portOf(world, 'dublin')}`, { rejectUnauthorized: false });
  const one = (headers: Record<string, string>): Promise<Http2Answer> =>
    new Promise((resolve, reject) => {
      const stream = session.request(headers);
      const chunks: Buffer[] = [];
      let answer: IncomingHttpHeaders = {};
      stream.on('response', (received) => {
        answer = received;
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => resolve({ headers: answer, body: Buffer.concat(chunks) }));
      stream.on('error', reject);
    });
  return Promise.all(paths.map(one)).finally(() => session.close());
}

test('HTTP/2 serves many objects on one connection, cold and warm', async () => {
  const numbers = [5, 6, 7, 8, 9, 10];
  for (const state of ['cold', 'warm']) {
    const answers = await getAll(numbers.map((number) => ({ ':path': `${BASE}/a1/v720/${number}.m4s` })));
    for (const [index, { headers, body }] of answers.entries()) {
      assert.equal(headers[':status'], 200, state);
      assert.ok(body.equals(segmentBytes(numbers[index] ?? 0)), state);
      assert.equal(headers['x-cache'], state === 'cold' ? 'MISS' : 'HIT');
    }
  }
});

test('HTTP/2 answers ranges, validators, HEAD, small objects and problems', async () => {
  const [whole] = await getAll([{ ':path': SEGMENT }]);
  const etag = String(whole?.headers.etag);
  const [range, fresh, head, init, missing, preflight, playlist] = await getAll([
    { ':path': SEGMENT, range: 'bytes=0-9' },
    { ':path': SEGMENT, 'if-none-match': etag },
    { ':path': SEGMENT, ':method': 'HEAD' },
    { ':path': `${BASE}/a1/v720/init.mp4` },
    { ':path': `${BASE}/a1/v720/99.m4s` },
    { ':path': SEGMENT, ':method': 'OPTIONS' },
    { ':path': `${BASE}/main.m3u8` },
  ]);
  assert.equal(range?.headers[':status'], 206);
  assert.ok(range?.body.equals(segmentBytes(5).subarray(0, 10)));
  assert.equal(fresh?.headers[':status'], 304);
  assert.equal(head?.headers['content-length'], '300000');
  assert.equal(head?.body.length, 0);
  assert.equal(init?.body.toString(), 'init of v720');
  assert.equal(missing?.headers[':status'], 404);
  assert.equal(preflight?.headers[':status'], 204);
  assert.match(String(playlist?.body), /https:\/\/127\.0\.0\.1:\d+\/m\//);
});

test('HTTP/2 takes what players tell of themselves in headers', async () => {
  const session = 'sf=h,sid="over-h2",st=v';
  await getAll([{ ':path': SEGMENT, 'cmcd-session': session, 'cmcd-object': 'br=900' }]);
  const found = await waitFor('the viewing', () =>
    world
      .region('dublin')
      .viewings()
      .viewings.find(({ sid }) => sid === 'over-h2'),
  );
  assert.deepEqual([found.client, found.bitrateKbps], ['hls cmcd 1', 900]);
});

test('HTTP/2 sends from disk what memory has let go', async () => {
  const { edge, metrics, store } = world.region('dublin');
  const numbers = Array.from({ length: 40 }, (_, index) => 100 + index);
  for (const number of numbers)
    await store.put(openSegmentKey(documentOf(), 'v720', number), sealSegment(number, segmentBytes(number)));
  for (let asked = 0; asked < 4; asked += 1) {
    for (const number of numbers) {
      const [answer] = await getAll([{ ':path': `${BASE}/a1/v720/${number}.m4s` }]);
      assert.ok(answer?.body.equals(segmentBytes(number)), `round ${asked}, ${number}`);
    }
    await edge.disk.settled();
  }
  // The third time they were checked, the fourth they came piece by piece.
  const fromDisk = metrics.counters()['edge_requests_total{class="immutable",outcome="disk"}'] ?? 0;
  assert.ok(fromDisk >= numbers.length, `${fromDisk} from disk`);
});

test('HTTP/1.1 over TLS works on the same port', async () => {
  const status = await new Promise((resolve, reject) => {
    const outgoing = requestHttps(
      {
        host: '127.0.0.1',
        port: portOf(world, 'dublin'),
        path: SEGMENT,
        rejectUnauthorized: false,
        agent: false,
      },
      (incoming) => {
        incoming.resume();
        incoming.on('end', () => resolve(incoming.statusCode));
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
  assert.equal(status, 200);
});
