import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import type { AssetRecord, MediaDocument } from '#contract/media.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { systemClock } from '#platform/clock.ts';
import { sendProblem } from '#platform/http/server.ts';
import type { Transport } from '#platform/http/transport.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { initKey, mediaKey, openSegmentKey, posterKey, recordKey } from '../shared/keys.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { sealSegment } from '../shared/pack.ts';
import { createOrigin } from './origin.ts';
import { createRecordBook } from './record-book.ts';
import { createRecordFeed } from './record-feed.ts';

const ASSET = `ast_${'4'.repeat(26)}`;
const PLACE = { projectId: 'default', assetId: ASSET, version: 1, attempt: 1 };

function recordOf(changes: Partial<AssetRecord> = {}): AssetRecord {
  return {
    formatVersion: 1,
    projectId: 'default',
    assetId: ASSET,
    version: 1,
    revision: 1,
    name: 'A clip',
    visibility: 'public',
    isDeleted: false,
    createdAtMs: 0,
    source: { bytes: 1, sha256: '0'.repeat(64), fileName: 'x.mp4', contentType: 'video/mp4', regionIds: [] },
    ...changes,
  };
}

function documentOf(changes: Partial<MediaDocument> = {}): MediaDocument {
  return {
    formatVersion: 1,
    ...PLACE,
    revision: 1,
    state: 'complete',
    timelineStartMs: 10_000,
    segmentDurationMs: 2_000,
    durationMs: 2_000,
    holders: ['dublin'],
    hasPoster: true,
    renditions: [
      {
        id: 'v720',
        kind: 'video',
        codecs: 'avc1.64001f',
        bandwidthBps: 1,
        averageBandwidthBps: 1,
        timescale: 1_000,
        firstSegment: 5,
        firstTimeTicks: 10_000,
        durationRuns: [[2_000, 1]],
        frameCount: 60,
        packs: [],
      },
    ],
    ...changes,
  };
}

let store: ObjectStore;
let server: Server;
let base: string;
let context: NodeContext;
let folder: string;
let answerControl: (url: string) => unknown;

/** Control as a function; undefined means that it is away. */
const control: Transport = {
  async request({ url }) {
    const answer = answerControl(url);
    if (answer === undefined) throw new Error('control is away');
    return { status: 200, headers: {}, body: Readable.from([Buffer.from(JSON.stringify(answer))]) };
  },
  close() {},
};

beforeEach(async () => {
  store = createMemoryStore();
  folder = mkdtempSync(join(tmpdir(), 'meridian-origin-'));
  const config = configSchema.parse({});
  const region = defined(
    config.regions.find(({ id }) => id === 'dublin'),
    'a region',
  );
  const snapshot = { controlUrl: 'http://control', policies: { beatMs: 10, uploadBytesMax: 1_000_000 } };
  context = {
    config,
    region,
    site: defined(region.sites[0], 'a site'),
    nodeId: 'dublin-1-a',
    dataDirectory: folder,
    clock: systemClock,
    log: silentLog,
    metrics: createMetrics(),
    transport: control,
    store,
    world: { current: () => snapshot as unknown as WorldSnapshot, onChange: () => () => undefined },
    probes: { results: () => new Map() },
  };
  const origin = createOrigin(context);
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://node');
    const [prefix, handler] = defined(
      Object.entries(origin.routes ?? {}).find(([candidate]) => url.pathname.startsWith(candidate)),
      'a route',
    );
    handler({ request, response, url, rest: url.pathname.slice(prefix.length), peerId: 'test' }).catch(
      (error: unknown) => sendProblem(response, error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

async function putAsset(document: MediaDocument): Promise<void> {
  await store.put(recordKey('default', ASSET), Buffer.from(JSON.stringify(recordOf())));
  await store.put(mediaKey(PLACE), Buffer.from(JSON.stringify(document)));
  await store.put(initKey(PLACE, 'v720'), Buffer.from('init'));
  await store.put(openSegmentKey(PLACE, 'v720', 5), sealSegment(5, Buffer.from('0123456789')));
  await store.put(posterKey(PLACE), Buffer.from('poster'));
}

/** Reads an answer to its end, so that its connection is free again. */
async function statusOf(response: Response): Promise<number> {
  await response.arrayBuffer();
  return response.status;
}

const put = (path: string, value: unknown): Promise<Response> =>
  fetch(`${base}${path}`, { method: 'PUT', body: JSON.stringify(value) });

test('an origin serves what its store holds, each with its class, and 404 for the rest', async () => {
  await putAsset(documentOf());
  const at = `/origin/v1/default/${ASSET}`;
  const table: readonly (readonly [string, number, string | null])[] = [
    ['/record', 200, 'record'],
    ['/v1/media', 200, 'record'],
    ['/v1/v720/index.m3u8', 200, 'record'],
    ['/v1/a1/v720/init.mp4', 200, 'immutable'],
    ['/v1/a1/v720/5.m4s', 200, 'immutable'],
    ['/v1/a1/poster.jpg', 200, 'immutable'],
    ['/v1/a1/v720/6.m4s', 404, null],
    ['/v1/a2/v720/5.m4s', 404, null],
    ['/v2/media', 404, null],
    ['/v1/v360/index.m3u8', 404, null],
    ['/v1/source', 404, null],
    ['/nothing', 404, null],
  ];
  for (const [path, status, cacheClass] of table) {
    const response = await fetch(`${base}${at}${path}`);
    const body = Buffer.from(await response.arrayBuffer());
    assert.equal(response.status, status, path);
    assert.equal(response.headers.get('meridian-cache-class'), cacheClass, path);
    if (status !== 200) continue;
    assert.equal(Number(response.headers.get('content-length')), body.length, path);
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 32);
    assert.equal(response.headers.get('etag'), `"${hash}"`, path);
  }
});

test('a segment can be gone on with from an offset', async () => {
  await putAsset(documentOf());
  const url = `${base}/origin/v1/default/${ASSET}/v1/a1/v720/5.m4s`;
  const part = await fetch(url, { headers: { range: 'bytes=4-' } });
  assert.deepEqual(
    [part.status, part.headers.get('content-range'), await part.text()],
    [206, 'bytes 4-9/10', '456789'],
  );
  const beyond = await fetch(url, { headers: { range: 'bytes=10-' } });
  assert.deepEqual([beyond.status, await beyond.text()], [416, '']);
});

test('a region that only knows a growing document names the holders and has no playlist', async () => {
  await putAsset(documentOf({ state: 'growing', holders: ['singapore'] }));
  const media = await fetch(`${base}/origin/v1/default/${ASSET}/v1/media`);
  assert.equal(media.headers.get('meridian-cache-class'), 'growing');
  assert.deepEqual(((await media.json()) as MediaDocument).holders, ['singapore']);
  const playlist = await fetch(`${base}/origin/v1/default/${ASSET}/v1/v720/index.m3u8`);
  assert.equal(await statusOf(playlist), 404);
});

test('a pushed record is kept when its revision is newer', async () => {
  const path = `/peer/v1/records/default/${ASSET}`;
  const kept = async (changes: Partial<AssetRecord>): Promise<unknown> =>
    (await put(path, recordOf(changes))).json();
  assert.deepEqual(await kept({ revision: 3, name: 'three' }), { isKept: true });
  assert.deepEqual(await kept({ revision: 2, name: 'two' }), { isKept: false });
  assert.deepEqual(await kept({ revision: 3, name: 'other' }), { isKept: false });
  const record = await fetch(`${base}/origin/v1/default/${ASSET}/record`);
  assert.equal(((await record.json()) as AssetRecord).name, 'three');
  const wrong = await put(`/peer/v1/records/acme/${ASSET}`, recordOf({ revision: 9 }));
  assert.equal(await statusOf(wrong), 400);
  const broken = await put(path, { revision: 9 });
  assert.equal(await statusOf(broken), 400);
});

test('a tombstone removes the media, stays, and keeps late copies out', async () => {
  await putAsset(documentOf());
  await (await put(`/peer/v1/records/default/${ASSET}`, recordOf({ revision: 2, isDeleted: true }))).text();
  const keys: string[] = [];
  for await (const { key } of store.list('default/')) keys.push(key);
  assert.deepEqual(keys, [recordKey('default', ASSET)]);
  const late = [
    await put(`/peer/v1/objects/${initKey(PLACE, 'v720')}`, 'x'),
    await put(`/peer/v1/media/default/${ASSET}/v1/a1`, documentOf({ revision: 9 })),
  ];
  for (const response of late) assert.equal(await statusOf(response), 410);
});

test('a pushed document is kept when its revision is newer, each attempt apart', async () => {
  const push = async (attempt: number, revision: number): Promise<unknown> =>
    (await put(`/peer/v1/media/default/${ASSET}/v1/a${attempt}`, documentOf({ attempt, revision }))).json();
  assert.deepEqual(await push(1, 5), { isKept: true });
  assert.deepEqual(await push(1, 4), { isKept: false });
  assert.deepEqual(await push(2, 1), { isKept: true });
  const race = await Promise.all([push(3, 2), push(3, 7), push(3, 3), push(3, 6)]);
  assert.deepEqual(race[1], { isKept: true });
  const bytes = defined(await store.get(mediaKey({ ...PLACE, attempt: 3 })), 'the document');
  assert.equal((JSON.parse(bytes.toString()) as MediaDocument).revision, 7);
});

test('objects are put with a checksum, read by range, and deleted', async () => {
  const url = `${base}/peer/v1/objects/default/${ASSET}/v1/source`;
  const body = Buffer.from('source bytes');
  const sha256 = createHash('sha256').update(body).digest('hex');
  const wrong = await fetch(url, { method: 'PUT', body, headers: { 'meridian-sha256': '0'.repeat(64) } });
  assert.equal(await statusOf(wrong), 460);
  assert.equal((await fetch(url, { method: 'HEAD' })).status, 404);
  const good = await fetch(url, { method: 'PUT', body, headers: { 'meridian-sha256': sha256 } });
  assert.deepEqual([good.status, await good.json()], [201, { bytes: 12, sha256 }]);
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), '12');
  const part = await fetch(url, { headers: { range: 'bytes=7-8' } });
  assert.deepEqual([part.status, await part.text()], [206, 'by']);
  assert.equal((await fetch(url, { method: 'DELETE' })).status, 204);
  assert.equal((await fetch(url, { method: 'HEAD' })).status, 404);
  const large = await fetch(url, { method: 'PUT', body: Buffer.alloc(1_000_001) });
  assert.equal(await statusOf(large), 413);
  const record = await put(`/peer/v1/objects/${recordKey('default', ASSET)}`, recordOf({ revision: 99 }));
  assert.equal(await statusOf(record), 400);
  const odd = await put('/peer/v1/objects/elsewhere', 'x');
  assert.equal(await statusOf(odd), 400);
});

test('changed records are pulled from a cursor that outlives restarts, and an empty store begins anew', async () => {
  const asked: string[] = [];
  answerControl = (url) => {
    const after = new URL(url).searchParams.get('after') ?? '';
    asked.push(after);
    return { cursor: 7, records: after === '0' ? [recordOf({ revision: 4 })] : [] };
  };
  const start = () => createRecordFeed(context, createRecordBook(store, systemClock));
  const feed = start();
  assert.equal(await feed.pull(), 1);
  assert.equal(await feed.pull(), 0);
  assert.equal(readFileSync(join(folder, 'records-cursor.json'), 'utf8'), '7');
  await start().pull();
  await store.delete(recordKey('default', ASSET));
  await start().pull();
  assert.deepEqual(asked, ['0', '7', '7', '0']);
});

test('a control plane that is away, or speaks nonsense, moves no cursor and ends no loop', async () => {
  let answers = 0;
  const replies: unknown[] = [
    undefined,
    { cursor: 'x' },
    { cursor: 3, records: [recordOf({ revision: 2 })] },
  ];
  const stopping = new AbortController();
  answerControl = () => {
    const reply = replies[Math.min(answers, replies.length - 1)];
    answers += 1;
    if (answers > replies.length) stopping.abort();
    return reply;
  };
  await createRecordFeed(context, createRecordBook(store, systemClock)).run(stopping.signal);
  const bytes = defined(await store.get(recordKey('default', ASSET)), 'the record');
  assert.equal((JSON.parse(bytes.toString()) as AssetRecord).revision, 2);
  assert.equal(readFileSync(join(folder, 'records-cursor.json'), 'utf8'), '3');
});
