// Edges of one site as one cache: how evenly and how steadily objects are owned, and how often a cold object that
// many clients ask for at all edges at once is read from the origin.

import { spawn } from 'node:child_process';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { defined } from '#base/assert.ts';
import type { AssetRecord } from '#contract/media.ts';
import { createRing, owners, type Ring } from '#core/placement/ring.ts';
import type { SiteEdge, SitePlan } from '../edge-site/setup.ts';
import { type Group, type Row, rounded } from '../row.ts';

const NODES = 8;
const KEYS = Array.from({ length: 50_000 }, (_, index) => `default/ast/v1/a1/v${index % 6}/${index}.m4s`);
const EDGES = 4;
const CLIENTS = 2_000;
const SEGMENT_BYTES = 300_000;
const ASSET_ID = `ast_${'0'.repeat(26)}`;
const SEGMENT = `default/${ASSET_ID}/v1/a1/v720/1.m4s`;

const ownerOf = (ring: Ring, key: string): string => owners(ring, key, new Map()).nodeIds[0] ?? '';

function ringRows(): Row[] {
  const ids = Array.from({ length: NODES }, (_, index) => `site-1-${index}`);
  const all = createRing(ids);
  const owned = new Map<string, number>();
  for (const key of KEYS) owned.set(ownerOf(all, key), (owned.get(ownerOf(all, key)) ?? 0) + 1);
  const moves = ids.map((gone) => {
    const rest = createRing(ids.filter((id) => id !== gone));
    return KEYS.filter((key) => ownerOf(all, key) !== ownerOf(rest, key)).length / KEYS.length;
  });
  const peer = `${KEYS.length} objects over ${NODES} edges`;
  return [
    {
      name: 'edge-site-moved',
      value: rounded(Math.max(...moves), 4),
      unit: 'of the objects',
      op: '<=',
      goal: rounded(1.3 / NODES, 4),
      peer,
    },
    {
      name: 'edge-site-hottest',
      value: rounded((Math.max(...owned.values()) * NODES) / KEYS.length, 3),
      unit: 'of the mean',
      op: '<=',
      goal: 1.25,
      peer,
    },
  ];
}

const record: AssetRecord = {
  formatVersion: 1,
  projectId: 'default',
  assetId: ASSET_ID,
  version: 1,
  revision: 1,
  name: 'bench',
  visibility: 'public',
  isDeleted: false,
  createdAtMs: 0,
  source: { bytes: 1, sha256: '0'.repeat(64), fileName: 'x', contentType: 'video/mp4', regionIds: ['bench'] },
};

/** An origin that takes a moment, and counts how often it is asked for the segment. */
async function startOrigin(): Promise<{ url: string; reads(): number; stop(): void }> {
  let reads = 0;
  const server = createServer((request, response) => {
    const isSegment = request.url?.endsWith(SEGMENT) === true;
    if (isSegment) reads += 1;
    const isRecord = request.url?.endsWith('/record') === true;
    const body = isRecord ? Buffer.from(JSON.stringify(record)) : Buffer.alloc(SEGMENT_BYTES, 0x61);
    setTimeout(() => {
      response.writeHead(isSegment || isRecord ? 200 : 404, {
        'content-length': isSegment || isRecord ? body.length : 0,
        etag: '"bench"',
        'meridian-cache-class': isRecord ? 'record' : 'immutable',
      });
      response.end(isSegment || isRecord ? body : undefined);
    }, 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reads: () => reads,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function startEdge(id: string) {
  const script = fileURLToPath(new URL('../edge-site/site-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, id], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next(): Promise<unknown> {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${id} ended early`);
      return JSON.parse(value) as unknown;
    },
    tell: (plan: SitePlan) => child.stdin.write(`${JSON.stringify(plan)}\n`),
    stop: () =>
      new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.stdin.end();
      }),
  };
}

/** Bytes of the answer, or its status when it is no success. */
function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: `/m/${SEGMENT}`, agent: false }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode === 200 ? `${bytes}` : `${response.statusCode}`));
    }).on('error', reject);
  });
}

async function coldRow(): Promise<Row> {
  const origin = await startOrigin();
  const started = Array.from({ length: EDGES }, (_, index) => startEdge(`bench-1-${index}`));
  try {
    const edges = await Promise.all(started.map(async (edge) => (await edge.next()) as SiteEdge));
    for (const edge of started) edge.tell({ originUrl: origin.url, edges });
    await Promise.all(started.map((edge) => edge.next()));
    const answers = await Promise.all(
      Array.from({ length: CLIENTS }, (_, index) => ask(defined(edges[index % EDGES], 'an edge').port)),
    );
    const wrong = answers.filter((answer) => answer !== `${SEGMENT_BYTES}`);
    if (wrong.length > 0) throw new Error(`${wrong.length} wrong answers, e.g. ${wrong[0]}`);
    return {
      name: 'edge-site-cold-reads',
      value: origin.reads(),
      unit: 'origin reads',
      op: '==',
      goal: 1,
      peer: `${CLIENTS} clients over ${EDGES} edge processes of a site`,
    };
  } finally {
    await Promise.all(started.map((edge) => edge.stop()));
    origin.stop();
  }
}

export const edgeSiteGroup: Group = {
  names: ['edge-site-moved', 'edge-site-hottest', 'edge-site-cold-reads'],
  budgetMs: 60_000,
  run: async () => [...ringRows(), await coldRow()],
};
