// A small world for edge tests: regions with an origin each (real role, memory store, plain HTTP port that can hang,
// break off and die) and an edge each, one snapshot that tests change, one clock that tests turn.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { type Config, configSchema } from '#contract/config.ts';
import type { AssetRecord, MediaDocument } from '#contract/media.ts';
import { ORIGIN_PREFIX } from '#contract/peer-api.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { SliceBook } from '#core/telemetry/slice-book.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { listen, sendProblem } from '#platform/http/server.ts';
import type { Transport } from '#platform/http/transport.ts';
import { generateSigningKey } from '#platform/identity.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics, type Metrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { signToken } from '#platform/tokens.ts';
import { createEdge, type EdgeRole } from '#region/edge/edge.ts';
import { createOrigin } from '#region/origin/origin.ts';
import { initKey, mediaKey, openSegmentKey, posterKey, recordKey } from '#region/shared/keys.ts';
import type { NodeContext, Role, SiteProbe } from '#region/shared/node-context.ts';
import { sealSegment } from '#region/shared/pack.ts';
import type { ViewingNews } from '#region/shared/telemetry.ts';

export const ASSET = `ast_${'1'.repeat(26)}`;
export const PLACES: Readonly<Record<string, { latitude: number; longitude: number }>> = {
  singapore: { latitude: 1.35, longitude: 103.82 },
  dublin: { latitude: 53.35, longitude: -6.26 },
  'los-angeles': { latitude: 34.05, longitude: -118.24 },
};
export const REGION_IDS = Object.keys(PLACES);
export const START_MS = 1_800_000_000_000;

/** Takes a request away from the origin; returns true when it did. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface TestRegion {
  readonly id: string;
  readonly store: ObjectStore;
  readonly origin: Role;
  readonly edge: EdgeRole;
  /** What the edge counted of its players, and their viewings. */
  readonly book: SliceBook;
  viewings(): ViewingNews;
  readonly metrics: Metrics;
  readonly nodeUrl: string;
  readonly context: NodeContext;
  /** Paths under ORIGIN_PREFIX that this origin was asked for. */
  readonly asked: string[];
  intercept: Intercept | undefined;
  /** The node port answers nothing. */
  isSilent: boolean;
  /** Ends the origin as a kill would: connections are reset, the port refuses. */
  killOrigin(): Promise<void>;
  /** Brings it back on the same port. */
  reviveOrigin(): Promise<void>;
}

export interface TestWorld {
  readonly regions: readonly TestRegion[];
  readonly probes: Map<string, SiteProbe>;
  region(id: string): TestRegion;
  snapshot(): WorldSnapshot;
  /** Publishes a changed snapshot. */
  update(change: (snapshot: WorldSnapshot) => Partial<WorldSnapshot>): void;
  clock: Clock & { advance(milliseconds: number): void };
  token(claims?: Partial<{ asset: string; project: string; exp: number; jti: string }>): Promise<string>;
  stop(): Promise<void>;
}

export interface TestWorldOptions {
  readonly config?: Record<string, unknown>;
  /** false: edges start without any snapshot. */
  readonly hasSnapshot?: boolean;
  readonly transport?: Transport;
}

const playbackKey = generateSigningKey();

function createTestClock(): TestWorld['clock'] {
  let nowMs = START_MS;
  return {
    nowMs: () => nowMs,
    monotonicMs: systemClock.monotonicMs,
    sleep: systemClock.sleep,
    advance(milliseconds) {
      nowMs += milliseconds;
    },
  };
}

function createConfig(overrides: Record<string, unknown>): Config {
  const regions = REGION_IDS.map((id) => ({
    id,
    name: id,
    ...PLACES[id],
    sites: [{ id: `${id}-1`, ports: { edge: 0, ingest: 0, node: 0 } }],
  }));
  return configSchema.parse({ regions, ...overrides });
}

export interface OriginServer {
  readonly server: Server;
  port: number;
  listen(): Promise<void>;
  kill(): Promise<void>;
}

/** Serves the routes of an origin without signatures, which the node port has tests for. */
export function createOriginServer(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): OriginServer {
  const sockets = new Set<Socket>();
  const server = createServer(handler);
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const self: OriginServer = {
    server,
    port: 0,
    async listen() {
      self.port = await listen(server, '127.0.0.1', self.port, 'a test origin');
    },
    kill() {
      for (const socket of sockets) socket.resetAndDestroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return self;
}

async function startRegion(
  id: string,
  config: Config,
  folder: string,
  shared: Pick<NodeContext, 'clock' | 'world' | 'probes' | 'transport'>,
): Promise<TestRegion & { stop(): Promise<void> }> {
  const region = defined(
    config.regions.find((candidate) => candidate.id === id),
    'the region',
  );
  const site = defined(region.sites[0], 'its site');
  const store = createMemoryStore();
  const metrics = createMetrics();
  const context: NodeContext = {
    config,
    region,
    site,
    nodeId: `${id}-1-a`,
    dataDirectory: join(folder, id),
    log: silentLog,
    metrics,
    store,
    ...shared,
  };
  const origin = createOrigin({ ...context, clock: systemClock, metrics: createMetrics() });
  const book = new SliceBook();
  let viewingsOf = (_max: number): ViewingNews => ({ viewings: [], droppedViewings: 0, droppedEvents: 0 });
  const edge = createEdge(context, {
    telemetry: {
      count: (name, labels, by, atMs) => book.count(name, labels, by, atMs),
      observe: (name, labels, value, atMs) => book.observe(name, labels, value, atMs),
      viewingsFrom(take) {
        viewingsOf = take;
      },
    },
  });
  const asked: string[] = [];
  const server = createOriginServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://node');
    if (url.pathname === '/healthz' && !self.isSilent) {
      response.end();
      return;
    }
    // As a process that is stopped: the kernel takes connections, nobody answers.
    if (self.isSilent) return;
    const [prefix, handler] = defined(
      Object.entries({ ...origin.routes, ...edge.routes }).find(([candidate]) =>
        url.pathname.startsWith(candidate),
      ),
      'a route',
    );
    const rest = url.pathname.slice(prefix.length);
    if (prefix === ORIGIN_PREFIX) asked.push(rest);
    if (self.intercept?.(request, response)) return;
    handler({ request, response, url, rest, peerId: 'test' }).catch((error: unknown) =>
      sendProblem(response, error),
    );
  });
  await server.listen();
  const self: TestRegion & { stop(): Promise<void> } = {
    id,
    store,
    origin,
    edge,
    book,
    viewings: () => viewingsOf(500),
    metrics,
    context,
    asked,
    intercept: undefined,
    isSilent: false,
    nodeUrl: `http://127.0.0.1:${server.port}`,
    killOrigin: () => server.kill(),
    reviveOrigin: () => server.listen(),
    async stop() {
      await edge.stop();
      if (server.server.listening) await server.kill();
    },
  };
  return self;
}

function createSnapshot(
  regions: readonly { id: string; nodeUrl: string; edge: EdgeRole }[],
  scheme: string,
): WorldSnapshot {
  const siteIds = regions.map(({ id }) => `${id}-1`);
  return {
    formatVersion: 1,
    term: 1,
    sequence: 1,
    publishedAtMs: START_MS,
    removalIsMeant: false,
    controlUrl: 'http://127.0.0.1:9',
    controlPublicKey: '',
    regions: regions.map(({ id }) => ({ id, name: id, ...defined(PLACES[id], 'a place'), costPerGb: 0.05 })),
    sites: regions.map(({ id }) => ({
      id: `${id}-1`,
      regionId: id,
      state: 'up',
      drainStartedAtMs: null,
      capacityBps: 1e9,
    })),
    nodes: regions.map(({ id, nodeUrl, edge }) => ({
      id: `${id}-1-a`,
      siteId: `${id}-1`,
      regionId: id,
      roles: ['origin', 'edge'],
      publicKey: '',
      nodeUrl,
      ingestUrl: '',
      edgeUrl: `${scheme}://127.0.0.1:${edge.port()}`,
      isAlive: true,
    })),
    pathways: regions.map(({ id, edge }) => ({
      id: `${id}-1`,
      regionId: id,
      siteId: `${id}-1`,
      baseUrl: `${scheme}://127.0.0.1:${edge.port()}`,
    })),
    steering: {
      generation: 1,
      createdAtMs: START_MS,
      ttlMs: 5_000,
      groups: regions.map(({ id }) => ({
        id,
        order: [`${id}-1`, ...siteIds.filter((siteId) => siteId !== `${id}-1`)],
        shares: [{ pathwayId: `${id}-1`, share: 1 }],
        reasons: [],
      })),
    },
    keys: [
      {
        id: 'key-1',
        use: 'playback',
        projectId: null,
        publicKey: playbackKey.publicKey,
        notBeforeMs: 0,
        notAfterMs: START_MS * 2,
      },
    ],
    revocations: [],
    policies: { beatMs: 2_000, uploadBytesMax: 1e9, sourceCopies: 2, renditionCopies: 2 },
  };
}

/** Starts three regions with an origin and an edge each. */
export async function startWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const config = createConfig(options.config ?? {});
  const clock = createTestClock();
  const probes = new Map<string, SiteProbe>();
  const listeners = new Set<(snapshot: WorldSnapshot) => void>();
  const transport = options.transport ?? createTransport();
  const folder = mkdtempSync(join(tmpdir(), 'meridian-edge-'));
  let current: WorldSnapshot | undefined;
  const shared = {
    clock,
    transport,
    probes: { results: () => probes },
    world: {
      current: () => current,
      onChange(listener: (snapshot: WorldSnapshot) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
  const regions = await Promise.all(REGION_IDS.map((id) => startRegion(id, config, folder, shared)));
  for (const region of regions) await region.edge.start();
  const publish = (snapshot: WorldSnapshot): void => {
    current = snapshot;
    for (const listener of listeners) listener(snapshot);
  };
  if (options.hasSnapshot !== false)
    publish(createSnapshot(regions, config.tls === undefined ? 'http' : 'https'));
  return {
    regions,
    probes,
    clock,
    region: (id) =>
      defined(
        regions.find((region) => region.id === id),
        `region ${id}`,
      ),
    snapshot: () => defined(current, 'a snapshot'),
    update(change) {
      const snapshot = defined(current, 'a snapshot');
      publish({ ...snapshot, sequence: snapshot.sequence + 1, ...change(snapshot) });
    },
    token: (claims = {}) =>
      signToken(
        {
          jti: 'token-000001',
          iat: START_MS / 1_000,
          exp: START_MS / 1_000 + 3_600,
          project: 'default',
          asset: ASSET,
          aud: 'playback',
          ...claims,
        },
        'key-1',
        playbackKey,
      ),
    async stop() {
      await Promise.all(regions.map((region) => region.stop()));
      transport.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A record as control would write it. */
export function recordOf(changes: Partial<AssetRecord> = {}): AssetRecord {
  return {
    formatVersion: 1,
    projectId: 'default',
    assetId: ASSET,
    version: 1,
    revision: 1,
    name: 'A clip',
    visibility: 'public',
    isDeleted: false,
    createdAtMs: START_MS,
    source: {
      bytes: 1,
      sha256: '0'.repeat(64),
      fileName: 'clip.mp4',
      contentType: 'video/mp4',
      regionIds: [],
    },
    ...changes,
  };
}

/** A media document with one video and one audio rendition of six segments of two seconds. */
export function documentOf(changes: Partial<MediaDocument> = {}): MediaDocument {
  const common = { timescale: 1_000, firstSegment: 5, firstTimeTicks: 10_000, frameCount: 360, packs: [] };
  return {
    formatVersion: 1,
    projectId: 'default',
    assetId: ASSET,
    version: 1,
    attempt: 1,
    revision: 6,
    state: 'complete',
    timelineStartMs: 10_000,
    segmentDurationMs: 2_000,
    durationMs: 12_000,
    holders: ['dublin'],
    hasPoster: true,
    renditions: [
      {
        ...common,
        id: 'v720',
        kind: 'video',
        codecs: 'avc1.64001f',
        bandwidthBps: 3_000_000,
        averageBandwidthBps: 2_000_000,
        width: 1280,
        height: 720,
        frameRate: 30,
        durationRuns: [[2_000, 6]],
      },
      {
        ...common,
        id: 'a-und',
        kind: 'audio',
        codecs: 'mp4a.40.2',
        bandwidthBps: 130_000,
        averageBandwidthBps: 128_000,
        channels: 2,
        sampleRate: 48_000,
        durationRuns: [[2_000, 6]],
      },
    ],
    ...changes,
  };
}

/** Bytes of a test segment: distinct by number, of a size that takes several reads. */
export function segmentBytes(number: number, bytes = 300_000): Buffer {
  const body = Buffer.alloc(bytes);
  for (let offset = 0; offset + 4 <= bytes; offset += 4)
    body.writeUInt32BE((offset * 31 + number) >>> 0, offset);
  return body;
}

/** Puts a record into every region, and the media into those that the document names. */
export async function publishAsset(
  world: TestWorld,
  record: AssetRecord,
  document: MediaDocument | undefined,
): Promise<void> {
  for (const { id, store } of world.regions) {
    await store.put(recordKey(record.projectId, record.assetId), Buffer.from(JSON.stringify(record)));
    if (document === undefined) continue;
    await store.put(mediaKey(document), Buffer.from(JSON.stringify(document)));
    if (!document.holders.includes(id)) continue;
    await store.put(posterKey(document), Buffer.from('poster'));
    for (const rendition of document.renditions) {
      await store.put(initKey(document, rendition.id), Buffer.from(`init of ${rendition.id}`));
      const count = rendition.durationRuns.reduce((sum, [, runs]) => sum + runs, 0);
      for (let index = 0; index < count; index += 1) {
        const number = rendition.firstSegment + index;
        await store.put(
          openSegmentKey(document, rendition.id, number),
          sealSegment(number, segmentBytes(number)),
        );
      }
    }
  }
}

export const BASE = `/m/default/${ASSET}/v1`;
export const SEGMENT = `${BASE}/a1/v720/5.m4s`;
/** The same segment as an origin knows it. */
export const SEGMENT_AT_ORIGIN = `default/${ASSET}/v1/a1/v720/5.m4s`;

/** The port of a region's edge. */
export function portOf(world: TestWorld, regionId: string): number {
  return world.region(regionId).edge.port();
}
