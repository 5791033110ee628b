// The encoder's requests to control and to other regions, over real HTTP with servers that the test controls.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { MeridianError, toProblem } from '#contract/errors.ts';
import type { MediaDocument } from '#contract/media.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import { createJobsClient } from '../../src/region/encoder/jobs-client.ts';
import { createPeerMedia } from '../../src/region/encoder/peer-media.ts';
import { objectsOf } from '../../src/region/shared/attempt-objects.ts';
import { ASSET, jobFor, makeClip, temporaryDirectory, testContext } from './support.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly sha256: string | undefined;
  readonly body: Buffer;
}

type Answer = (call: Call, response: ServerResponse, request: IncomingMessage) => void;

/** A server that records what it is asked. */
async function serve(
  t: { after(done: () => void): void },
  answer: Answer,
): Promise<{ url: string; calls: Call[] }> {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    readBody(request, 1 << 24)
      .then((body) => {
        const call = {
          method: request.method ?? '',
          path: request.url ?? '',
          sha256: request.headers['meridian-sha256'] as string | undefined,
          body,
        };
        calls.push(call);
        answer(call, response, request);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}

/** A snapshot in which each region has one node at the given address. */
function worldOf(nodes: Readonly<Record<string, string>>, controlUrl = 'http://127.0.0.1:1'): WorldSnapshot {
  const places: Readonly<Record<string, readonly [number, number]>> = {
    dublin: [53.35, -6.26],
    'los-angeles': [34.05, -118.24],
    singapore: [1.35, 103.82],
  };
  return {
    controlUrl,
    regions: Object.keys(nodes).map((id) => ({
      id,
      name: id,
      latitude: places[id]?.[0] ?? 0,
      longitude: places[id]?.[1] ?? 0,
      costPerGb: 0,
    })),
    nodes: Object.entries(nodes).map(([regionId, nodeUrl]) => ({
      id: `${regionId}-1-a`,
      siteId: `${regionId}-1`,
      regionId,
      roles: ['origin'],
      publicKey: '',
      nodeUrl,
      ingestUrl: '',
      edgeUrl: '',
      isAlive: true,
    })),
  } as unknown as WorldSnapshot;
}

const sha256Of = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const PACK = `default/${ASSET}/v1/a1/v240/pack-0.bin`;

const DOCUMENT: MediaDocument = {
  formatVersion: 1,
  projectId: 'default',
  assetId: ASSET,
  version: 1,
  attempt: 1,
  revision: 3,
  state: 'complete',
  timelineStartMs: 10_000,
  segmentDurationMs: 2_000,
  durationMs: 4_000,
  holders: ['dublin'],
  hasPoster: true,
  renditions: [
    {
      id: 'v240',
      kind: 'video',
      codecs: 'avc1.64000d',
      bandwidthBps: 1,
      averageBandwidthBps: 1,
      timescale: 90_000,
      firstSegment: 0,
      firstTimeTicks: 900_000,
      durationRuns: [[180_000, 2]],
      frameCount: 120,
      packs: [{ firstSegment: 0, segmentCount: 2, bytes: 20, sha256: sha256Of(`bytes of ${PACK}`) }],
    },
  ],
};

const created: Answer = (_call, response) => response.writeHead(201).end('{}');
const broken: Answer = (_call, response) => response.writeHead(503).end('{}');

async function storeWithObjects() {
  const store = createMemoryStore();
  for (const { key } of objectsOf(DOCUMENT)) await store.put(key, Buffer.from(`bytes of ${key}`));
  return store;
}

const never = new AbortController().signal;

test('a complete attempt is copied whole to the nearest other region, with checksums', async (t) => {
  const near = await serve(t, created);
  const far = await serve(t, created);
  const store = await storeWithObjects();
  const world = worldOf({ dublin: 'http://127.0.0.1:1', singapore: far.url, 'los-angeles': near.url });
  const context = testContext(temporaryDirectory(t), store, 'dublin', world);
  t.after(() => context.transport.close());
  const peers = createPeerMedia(context);
  assert.deepEqual(await peers.replicate(DOCUMENT, 1, never), ['los-angeles']);
  assert.equal(far.calls.length, 0);
  assert.deepEqual(
    near.calls.map(({ method, path }) => `${method} ${path}`).sort(),
    objectsOf(DOCUMENT)
      .map(({ key }) => `PUT /peer/v1/objects/${key}`)
      .sort(),
  );
  for (const { path, sha256, body } of near.calls) {
    assert.equal(body.toString(), `bytes of ${path.slice('/peer/v1/objects/'.length)}`);
    assert.equal(sha256, sha256Of(body));
  }
});

test('a region that refuses the copy is passed over, and none at all is no error', async (t) => {
  const near = await serve(t, broken);
  const far = await serve(t, created);
  const store = await storeWithObjects();
  const world = worldOf({ singapore: far.url, 'los-angeles': near.url });
  const context = testContext(temporaryDirectory(t), store, 'dublin', world);
  t.after(() => context.transport.close());
  assert.deepEqual(await createPeerMedia(context).replicate(DOCUMENT, 1, never), ['singapore']);
  const alone = testContext(temporaryDirectory(t), store, 'dublin', worldOf({ 'los-angeles': near.url }));
  t.after(() => alone.transport.close());
  assert.deepEqual(await createPeerMedia(alone).replicate(DOCUMENT, 1, never), []);
});

test('a document is pushed to every other region, whether or not all answer', async (t) => {
  const one = await serve(t, broken);
  const two = await serve(t, created);
  const world = worldOf({
    dublin: 'http://127.0.0.1:1',
    singapore: one.url,
    'los-angeles': two.url,
  });
  const context = testContext(temporaryDirectory(t), createMemoryStore(), 'dublin', world);
  t.after(() => context.transport.close());
  await createPeerMedia(context).push(DOCUMENT, never);
  for (const { calls } of [one, two])
    assert.deepEqual(
      calls.map(({ method, path, body }) => [method, path, JSON.parse(body.toString())]),
      [['PUT', `/peer/v1/media/default/${ASSET}/v1/a1`, DOCUMENT]],
    );
});

const SOURCE = Buffer.from('the source of the video');
const EXPECTED = {
  regionIds: ['singapore', 'los-angeles'],
  bytes: SOURCE.length,
  sha256: sha256Of(SOURCE),
};
const sends =
  (body: Buffer): Answer =>
  (_call, response) =>
    response.writeHead(200, { 'content-length': String(body.length) }).end(body);

for (const [title, answer] of [
  ['is broken', broken],
  ['has other bytes', sends(Buffer.from('the source of the vide0'))],
  ['has fewer bytes', sends(SOURCE.subarray(1))],
  ['has more bytes', sends(Buffer.concat([SOURCE, SOURCE]))],
  ['hangs up', (_call: Call, response: ServerResponse) => response.destroy()],
] as const)
  test(`a source is fetched from the next region when the first one ${title}`, async (t) => {
    const bad = await serve(t, answer);
    const good = await serve(t, sends(SOURCE));
    const directory = temporaryDirectory(t);
    const world = worldOf({ singapore: bad.url, 'los-angeles': good.url });
    const context = testContext(directory, createMemoryStore(), 'dublin', world);
    t.after(() => context.transport.close());
    const file = join(directory, 'source');
    await createPeerMedia(context).fetch('default/x/v1/source', file, EXPECTED, never);
    assert.deepEqual(readFileSync(file), SOURCE);
    assert.equal(bad.calls.length, 1);
  });

test('a source whose only copy is wrong is not used', async (t) => {
  const bad = await serve(t, sends(Buffer.from('the source of the vide0')));
  const directory = temporaryDirectory(t);
  const context = testContext(directory, createMemoryStore(), 'dublin', worldOf({ singapore: bad.url }));
  t.after(() => context.transport.close());
  await assert.rejects(
    createPeerMedia(context).fetch('default/x/v1/source', join(directory, 'source'), EXPECTED, never),
    (error: unknown) => error instanceof MeridianError && error.code === 'checksum_mismatch',
  );
});

test('jobs are claimed, kept, completed and failed at the address that the snapshot names', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = join(directory, 'x');
  writeFileSync(clip, 'x');
  const job = await jobFor(undefined, clip);
  const answers: Readonly<Record<string, unknown>> = {
    '/node/v1/jobs/claim': { jobs: [job] },
    [`/node/v1/jobs/${job.id}/heartbeat`]: { leaseUntilMs: 5, isCancelled: true },
    [`/node/v1/jobs/${job.id}/complete`]: { isAccepted: true },
    [`/node/v1/jobs/${job.id}/fail`]: { isAccepted: true },
  };
  const control = await serve(t, ({ path }, response) => response.end(JSON.stringify(answers[path])));
  const context = testContext(directory, createMemoryStore(), 'dublin', worldOf({}, control.url));
  t.after(() => context.transport.close());
  const jobs = createJobsClient(context);
  const encoder = { recipe: 'ffmpeg 5.1', megapixelsPerSecond: null, sources: [] };
  // A control of an earlier version says nothing of chunks.
  assert.deepEqual(await jobs.claim(2, 1_000, encoder, never), { jobs: [job] });
  const progress = { stage: 'encoding', share: 0.5, isPlayable: true, durationMs: 1 } as const;
  assert.equal((await jobs.heartbeat(job, progress, never)).isCancelled, true);
  await jobs.complete(job, { media: DOCUMENT, copies: ['dublin'] }, never);
  const failure = { code: 'internal', message: 'no', isRetryable: true };
  await jobs.fail(job, failure, never);
  assert.deepEqual(
    control.calls.map(({ method, body }) => [method, JSON.parse(body.toString())]),
    [
      ['POST', { nodeId: 'dublin-1-a', slots: 2, waitMs: 1_000, kinds: ['process', 'chunk'], encoder }],
      ['POST', { fence: 1, progress }],
      ['POST', { fence: 1, result: { media: DOCUMENT, copies: ['dublin'] } }],
      ['POST', { fence: 1, failure }],
    ],
  );
});

test('a lost lease arrives as such, and an answer that is no error of ours as control being away', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = join(directory, 'clip.mp4');
  makeClip(clip, 0.2, '64x64');
  const job = await jobFor(undefined, clip);
  let answer: Answer = (_call, response) =>
    response.writeHead(409).end(JSON.stringify(toProblem(new MeridianError('lease_lost', { job: job.id }))));
  const control = await serve(t, (call, response, request) => answer(call, response, request));
  const context = testContext(directory, createMemoryStore(), 'dublin', worldOf({}, control.url));
  t.after(() => context.transport.close());
  const jobs = createJobsClient(context);
  const result = { media: DOCUMENT, copies: ['dublin'] };
  const hasCode = (code: string) => (error: unknown) => error instanceof MeridianError && error.code === code;
  await assert.rejects(jobs.complete(job, result, never), hasCode('lease_lost'));
  answer = (_call, response) => response.writeHead(502).end('<html>bad gateway</html>');
  await assert.rejects(jobs.complete(job, result, never), hasCode('unavailable'));
});
