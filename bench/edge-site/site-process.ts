// A process with one edge of a site of several, for the bench. Prints its ports as a JSON line, reads a line with
// the nodes of the site and the address of the origin, and serves; ends when its parent goes.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import { PEER_EDGE_PREFIX } from '#contract/peer-api.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { sendProblem } from '#platform/http/server.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import { createEdge } from '#region/edge/edge.ts';
import type { SitePlan } from './setup.ts';

const nodeId = defined(process.argv[2], 'the name of the node');
const place = { id: 'bench', name: 'Bench', latitude: 0, longitude: 0 };
const config = configSchema.parse({
  regions: [{ ...place, sites: [{ id: 'bench-1', ports: { edge: 0, ingest: 0, node: 0 } }] }],
});
const region = defined(config.regions[0], 'a region');
const site = defined(region.sites[0], 'a site');
let snapshot: WorldSnapshot | undefined;

function snapshotOf(plan: SitePlan): WorldSnapshot {
  const node = {
    siteId: 'bench-1',
    regionId: 'bench',
    publicKey: '',
    ingestUrl: '',
    edgeUrl: '',
    isAlive: true,
  };
  return {
    formatVersion: 1,
    term: 1,
    sequence: 1,
    publishedAtMs: Date.now(),
    removalIsMeant: false,
    controlUrl: 'http://control',
    controlPublicKey: '',
    regions: [{ ...place, costPerGb: 0 }],
    sites: [{ id: 'bench-1', regionId: 'bench', state: 'up', drainStartedAtMs: null, capacityBps: 1e9 }],
    nodes: [
      { ...node, id: 'origin', roles: ['origin'], nodeUrl: plan.originUrl },
      ...plan.edges.map(({ id, nodeUrl }) => ({ ...node, id, nodeUrl, roles: ['edge' as const] })),
    ],
    pathways: [],
    steering: { generation: 1, createdAtMs: 0, ttlMs: 5_000, groups: [] },
    keys: [],
    revocations: [],
    policies: { beatMs: 2_000, uploadBytesMax: 1, sourceCopies: 1, renditionCopies: 1 },
  };
}

const dataDirectory = mkdtempSync(join(tmpdir(), 'meridian-bench-site-'));
const edge = createEdge({
  config,
  region,
  site,
  nodeId,
  dataDirectory,
  clock: systemClock,
  log: silentLog,
  metrics: createMetrics(),
  transport: createTransport(),
  store: createMemoryStore(),
  world: { current: () => snapshot, onChange: () => () => {} },
  probes: { results: () => new Map() },
});
const handler = defined(edge.routes?.[PEER_EDGE_PREFIX], 'the route of mates');
const nodeServer = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://node');
  const rest = url.pathname.slice(PEER_EDGE_PREFIX.length);
  if (url.pathname === '/healthz') response.end();
  else
    handler({ request, response, url, rest, peerId: 'bench' }).catch((error: unknown) =>
      sendProblem(response, error),
    );
});
await new Promise<void>((resolve) => nodeServer.listen(0, '127.0.0.1', resolve));
await edge.start();
const nodePort = (nodeServer.address() as AddressInfo).port;
process.stdout.write(
  `${JSON.stringify({ id: nodeId, port: edge.port(), nodeUrl: `http://127.0.0.1:${nodePort}` })}\n`,
);
for await (const line of createInterface({ input: process.stdin })) {
  snapshot = snapshotOf(JSON.parse(line) as SitePlan);
  process.stdout.write('"ready"\n');
}
rmSync(dataDirectory, { recursive: true, force: true });
process.exit(0);
