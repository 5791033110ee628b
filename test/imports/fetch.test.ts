// What may be fetched, and how servers that misbehave are told apart.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { configSchema } from '#contract/config.ts';
import { ImportError } from '../../src/region/ingest/import-error.ts';
import { type FetchRequest, openRemote } from '../../src/region/ingest/import-fetch.ts';
import { createImportGuard, matchesHost, OPEN_GUARD } from '../../src/region/ingest/import-guard.ts';
import { type MediaServer, startMediaServer } from './media-server.ts';

const DATA = randomBytes(300_000);
const { imports: CLOSED } = configSchema.parse({});
let server: MediaServer;

before(async () => {
  server = await startMediaServer(DATA);
});
beforeEach(() => {
  server.seen.length = 0;
  server.behave({
    data: DATA,
    etag: '"one"',
    hasRanges: true,
    hasLength: true,
    breakAfter: null,
    waitAfter: null,
    status: null,
    headers: {},
  });
});
after(() => server.stop());

function open(path: string, changes: Partial<FetchRequest> = {}) {
  const signal = AbortSignal.timeout(10_000);
  return openRemote({ url: `${server.url}${path}`, guard: OPEN_GUARD, resume: null, signal, ...changes });
}

async function read(path: string, changes: Partial<FetchRequest> = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await open(path, changes)).body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function refused(
  work: Promise<unknown>,
): Promise<{ code: string; isRetryable: boolean; message: string }> {
  try {
    await work;
  } catch (error) {
    if (error instanceof ImportError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

test('a whole file arrives with its size and validator, and the rest of one with its offset', async () => {
  const whole = await open('/a.mp4');
  assert.deepEqual(
    { start: whole.start, bytes: whole.bytes, validator: whole.validator, contentType: whole.contentType },
    { start: 0, bytes: DATA.length, validator: '"one"', contentType: 'video/mp4' },
  );
  whole.body.destroy();
  const resume = { offset: 100_000, validator: '"one"' };
  assert.deepEqual(await read('/a.mp4', { resume }), DATA.subarray(100_000));
  assert.deepEqual(server.seen.at(-1), { path: '/a.mp4', range: 'bytes=100000-', ifRange: '"one"' });
  // A changed file is sent from its beginning.
  const changed = await open('/a.mp4', { resume: { offset: 100_000, validator: '"two"' } });
  assert.equal(changed.start, 0);
  changed.body.destroy();
});

test('a weak ETag does not vouch for bytes; the date does instead', async () => {
  server.behave({ etag: 'W/"one"', headers: { 'last-modified': 'Sat, 03 May 2025 10:00:00 GMT' } });
  const media = await open('/a.mp4');
  assert.equal(media.validator, 'Sat, 03 May 2025 10:00:00 GMT');
  media.body.destroy();
});

test('addresses that are not public are refused, whether written or looked up, without a connection', async () => {
  const guard = createImportGuard(CLOSED, async () => [{ address: '127.0.0.1', family: 4 }]);
  for (const url of [
    server.url,
    `http://localhost:${server.port}/a.mp4`,
    `http://2130706433:${server.port}/a.mp4`,
    `http://[::ffff:127.0.0.1]:${server.port}/a.mp4`,
    'http://169.254.169.254/latest/meta-data/',
    'http://10.0.0.8/a.mp4',
    'http://[fd00::1]/a.mp4',
    // A name: only its lookup tells.
    `http://media.example:${server.port}/a.mp4`,
  ]) {
    const error = await refused(open('', { url, guard }));
    assert.equal(error.code, 'import_forbidden', url);
    assert.equal(error.isRetryable, false, url);
  }
  assert.equal(server.seen.length, 0);
});

test('of several addresses of a name only a public one is connected to', async () => {
  const asked: string[] = [];
  const guard = createImportGuard(CLOSED, async (name) => {
    asked.push(name);
    return [
      { address: '127.0.0.1', family: 4 },
      { address: '10.1.2.3', family: 4 },
    ];
  });
  const error = await refused(open('', { url: `http://rebind.example:${server.port}/`, guard }));
  assert.equal(error.code, 'import_forbidden');
  assert.match(error.message, /127\.0\.0\.1, loopback; 10\.1\.2\.3, private/);
  assert.deepEqual(asked, ['rebind.example']);
});

test('every redirect is judged like the first address, and five are the most', async () => {
  assert.deepEqual(await read('/redirect?to=/a.mp4'), DATA);
  const denying = createImportGuard({ ...CLOSED, allowPrivateAddresses: true, denyHosts: ['localhost'] });
  const toDenied = `/redirect?to=${encodeURIComponent(`http://localhost:${server.port}/a.mp4`)}`;
  assert.equal((await refused(open(toDenied, { guard: denying }))).code, 'import_forbidden');
  const toFile = await refused(
    open('/redirect?to=file:///etc/passwd', {
      guard: createImportGuard({ ...CLOSED, allowPrivateAddresses: true }),
    }),
  );
  assert.equal(toFile.code, 'import_forbidden');
  assert.match(toFile.message, /file is neither http nor https/);
  const loop = await refused(open('/loop'));
  assert.equal(loop.code, 'import_refused');
  assert.match(loop.message, /more than 5 times/);
});

test('lists of hosts are obeyed, the denying one first', () => {
  const cases: [string, string, boolean][] = [
    ['media.example', 'media.example', true],
    ['Media.Example', 'media.example', true],
    ['media.example', 'cdn.media.example', false],
    ['*.media.example', 'cdn.media.example', true],
    ['*.media.example', 'media.example', false],
    ['*.media.example', 'evilmedia.example', false],
  ];
  for (const [pattern, host, expected] of cases)
    assert.equal(matchesHost(pattern, host), expected, `${pattern} ${host}`);
  const guard = createImportGuard({ ...CLOSED, allowHosts: ['*.example'], denyHosts: ['bad.example'] });
  guard.check(new URL('https://good.example/a.mp4'));
  for (const url of ['https://bad.example/', 'https://bad.example./', 'https://other.test/'])
    assert.throws(() => guard.check(new URL(url)), { code: 'import_forbidden' }, url);
});

test('statuses that pass are told from those that do not', async () => {
  for (const [status, isRetryable] of [
    [404, false],
    [403, false],
    [410, false],
    [429, true],
    [500, true],
    [503, true],
  ] as const) {
    server.behave({ status });
    const error = await refused(open('/a.mp4'));
    assert.equal(error.code, 'import_refused');
    assert.equal(error.isRetryable, isRetryable, String(status));
    assert.match(error.message, new RegExp(`status ${status}`));
  }
});

test('a server that is silent, before its answer or within it, is left', async () => {
  server.behave({ waitAfter: 1_000 });
  const error = await refused(read('/a.mp4', { silenceMsMax: 80 }));
  assert.equal(error.code, 'import_unreachable');
  assert.match(error.message, /fell silent/);
  // It reads and never answers.
  const quiet = createServer((socket) => void socket.resume().on('error', () => undefined));
  await new Promise<void>((resolve) => quiet.listen(0, '127.0.0.1', resolve));
  const { port } = quiet.address() as { port: number };
  const late = await refused(open('', { url: `http://127.0.0.1:${port}/`, headersMsMax: 80 }));
  assert.match(late.message, /did not answer/);
  await new Promise((resolve) => quiet.close(resolve));
  const gone = await refused(open('', { url: `http://127.0.0.1:${port}/` }));
  assert.equal(gone.code, 'import_unreachable');
  assert.equal(gone.isRetryable, true);
});

test('a compressed transfer is refused, since it has no offsets', async () => {
  server.behave({ headers: { 'content-encoding': 'gzip' } });
  assert.equal((await refused(open('/a.mp4'))).code, 'import_refused');
});
