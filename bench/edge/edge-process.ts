// A process with one edge of ours, for the bench: a snapshot, 1,000 playback tokens, and an origin that is a
// function. Arguments: the mode, and for TLS a folder with cert.pem and key.pem. Prints one JSON line with its port and
// the addresses to ask for; then, for each line that it reads, one with how many requests it could not answer from what
// it keeps. Ends when its parent goes.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import type { AssetRecord } from '#contract/media.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { systemClock } from '#platform/clock.ts';
import type { Transport, TransportResponse } from '#platform/http/transport.ts';
import { generateSigningKey } from '#platform/identity.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import { signToken } from '#platform/tokens.ts';
import { createEdge } from '#region/edge/edge.ts';
import {
  ASSET_ID,
  type BenchMode,
  MEMORY_FOLDER,
  memoryBytesOf,
  numbersOf,
  sizeOf,
  TOKEN_COUNT,
} from './setup.ts';

const MODES: readonly BenchMode[] = ['memory', 'disk', 'zipf'];
const [, , modeArgument, certificates] = process.argv;
const mode = defined(
  MODES.find((known) => known === modeArgument),
  'a mode',
);
const edgeCacheBytes = memoryBytesOf(mode);
const key = generateSigningKey();
const config = configSchema.parse({
  ...(edgeCacheBytes === undefined ? {} : { limits: { edgeCacheBytes } }),
  ...(certificates === undefined
    ? {}
    : { tls: { certificateFile: join(certificates, 'cert.pem'), keyFile: join(certificates, 'key.pem') } }),
  regions: [
    {
      id: 'bench',
      name: 'Bench',
      latitude: 0,
      longitude: 0,
      sites: [{ id: 'bench-1', ports: { edge: 0, ingest: 0, node: 0 } }],
    },
  ],
});
const region = defined(config.regions[0], 'a region');
const site = defined(region.sites[0], 'a site');

const snapshot: WorldSnapshot = {
  formatVersion: 1,
  term: 1,
  sequence: 1,
  publishedAtMs: Date.now(),
  removalIsMeant: false,
  controlUrl: 'http://control',
  controlPublicKey: '',
  regions: [{ id: 'bench', name: 'Bench', latitude: 0, longitude: 0, costPerGb: 0 }],
  sites: [{ id: 'bench-1', regionId: 'bench', state: 'up', drainStartedAtMs: null, capacityBps: 1e9 }],
  nodes: [
    {
      id: 'bench-1-a',
      siteId: 'bench-1',
      regionId: 'bench',
      roles: ['origin', 'edge'],
      publicKey: '',
      nodeUrl: 'http://origin',
      ingestUrl: '',
      edgeUrl: '',
      isAlive: true,
    },
  ],
  pathways: [],
  steering: { generation: 1, createdAtMs: 0, ttlMs: 5_000, groups: [] },
  keys: [
    {
      id: 'bench-key',
      use: 'playback',
      projectId: null,
      publicKey: key.publicKey,
      notBeforeMs: 0,
      notAfterMs: Number.MAX_SAFE_INTEGER,
    },
  ],
  revocations: [],
  policies: { beatMs: 2_000, uploadBytesMax: 1, sourceCopies: 1, renditionCopies: 1 },
};

const record: AssetRecord = {
  formatVersion: 1,
  projectId: 'default',
  assetId: ASSET_ID,
  version: 1,
  revision: 1,
  name: 'bench',
  visibility: 'private',
  isDeleted: false,
  createdAtMs: 0,
  source: { bytes: 1, sha256: '0'.repeat(64), fileName: 'x', contentType: 'video/mp4', regionIds: ['bench'] },
};

function answer(body: Buffer, cacheClass: string): TransportResponse {
  const headers = {
    'content-length': String(body.length),
    etag: `"${body.length}"`,
    'meridian-cache-class': cacheClass,
  };
  return { status: 200, headers, body: Readable.from([body]) };
}

const origin: Transport = {
  async request({ url }) {
    if (url.endsWith('/record')) return answer(Buffer.from(JSON.stringify(record)), 'record');
    const number = Number(/(\d+)\.m4s$/.exec(url)?.[1]);
    return answer(Buffer.alloc(sizeOf(number).bytes, 0x61), 'immutable');
  },
  close() {},
};

const dataDirectory = mkdtempSync(join(MEMORY_FOLDER, 'meridian-bench-edge-'));
const metrics = createMetrics();
const edge = createEdge({
  config,
  region,
  site,
  nodeId: 'bench-1-a',
  dataDirectory,
  clock: systemClock,
  log: silentLog,
  metrics,
  transport: origin,
  store: createMemoryStore(),
  world: { current: () => snapshot, onChange: () => () => {} },
  probes: { results: () => new Map() },
});
await edge.start();
const expiresAtS = Math.floor(Date.now() / 1_000) + 3_600;
const tokens = await Promise.all(
  Array.from({ length: TOKEN_COUNT }, (_, index) =>
    signToken(
      {
        jti: `token-${index.toString().padStart(6, '0')}`,
        iat: expiresAtS - 3_600,
        exp: expiresAtS,
        project: 'default',
        aud: 'playback',
        asset: ASSET_ID,
      },
      'bench-key',
      key,
    ),
  ),
);
const paths = numbersOf(mode).map((numbers) =>
  numbers.map(
    (number, index) => `/t/${tokens[index % TOKEN_COUNT]}/m/default/${ASSET_ID}/v1/a1/v720/${number}.m4s`,
  ),
);
process.stdout.write(`${JSON.stringify({ port: edge.port(), pid: process.pid, paths })}\n`);

for await (const _ of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify({ misses: metrics.counters().edge_misses_total })}\n`);
rmSync(dataDirectory, { recursive: true, force: true });
process.exit(0);
