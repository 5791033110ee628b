// A process with one edge of ours that follows a broadcast, for the live edge bench. Argument: the address of the
// channel's node. Prints one JSON line with its port and its process; then, for each line that it reads, one with how
// many requests wait for a part. Ends when its parent goes.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { defined } from '#base/assert.ts';
import { configSchema } from '#contract/config.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import { createEdge } from '#region/edge/edge.ts';
import { MEMORY_FOLDER } from '../edge/setup.ts';
import { RECORD } from './edge-setup.ts';

const channelUrl = defined(process.argv[2], 'the address of a channel');
const place = { id: 'bench', name: 'Bench', latitude: 0, longitude: 0 };
const config = configSchema.parse({
  regions: [{ ...place, sites: [{ id: 'bench-1', ports: { edge: 0, ingest: 0, node: 0 } }] }],
});
const region = defined(config.regions[0], 'a region');
const node = { id: 'bench-1-a', siteId: 'bench-1', regionId: 'bench', roles: ['encoder', 'edge'] as const };
const snapshot: WorldSnapshot = {
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
    {
      ...node,
      roles: [...node.roles],
      publicKey: '',
      nodeUrl: channelUrl,
      ingestUrl: '',
      edgeUrl: '',
      isAlive: true,
    },
  ],
  pathways: [],
  steering: { generation: 1, createdAtMs: 0, ttlMs: 5_000, groups: [] },
  keys: [],
  revocations: [],
  policies: { beatMs: 2_000, uploadBytesMax: 1, sourceCopies: 1, renditionCopies: 1 },
};

const dataDirectory = mkdtempSync(join(MEMORY_FOLDER, 'meridian-bench-live-'));
const metrics = createMetrics();
const edge = createEdge(
  {
    config,
    region,
    site: defined(region.sites[0], 'a site'),
    nodeId: node.id,
    dataDirectory,
    clock: systemClock,
    log: silentLog,
    metrics,
    transport: createTransport(),
    store: createMemoryStore(),
    world: { current: () => snapshot, onChange: () => () => {} },
    probes: { results: () => new Map() },
  },
  {
    broadcasts: {
      current: () => [RECORD],
      find: (projectId, broadcastId) =>
        projectId === RECORD.projectId && broadcastId === RECORD.broadcastId ? RECORD : undefined,
      onChange: () => () => {},
    },
  },
);
await edge.start();
process.stdout.write(`${JSON.stringify({ port: edge.port(), pid: process.pid })}\n`);

for await (const _ of createInterface({ input: process.stdin })) {
  const waiting = /^edge_live_waiting(?:\{[^}]*\})? (\d+)/m.exec(await metrics.text())?.[1];
  process.stdout.write(`${JSON.stringify({ waiting: Number(waiting ?? 0) })}\n`);
}
rmSync(dataDirectory, { recursive: true, force: true });
process.exit(0);
