// A world for live ingest tests: ingests with their node ports, one snapshot, a list of broadcasts that tests change,
// stream keys, and a channel's identity that reads contributions. Publishers are real (ffmpeg).

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { configSchema } from '#contract/config.ts';
import {
  type BroadcastRecord,
  type ContributionHead,
  contributionHeadSchema,
  type LiveReport,
} from '#contract/live.ts';
import { CONTRIBUTION_PREFIX } from '#contract/peer-api.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { PublishClaims } from '#contract/tokens.ts';
import { type ContributionRecord, createRecordReader } from '#media/contribution/record.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { generateSigningKey, signNodeRequest } from '#platform/identity.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createMemoryStore } from '#platform/objects/memory-store.ts';
import { signToken } from '#platform/tokens.ts';
import { createLiveIngest, type LiveIngest } from '../../src/region/ingest/live/create-live-ingest.ts';
import type { Broadcasts } from '../../src/region/shared/broadcasts.ts';
import type { NodeContext } from '../../src/region/shared/node-context.ts';
import { createNodeServer } from '../../src/region/shared/node-server.ts';
import { waitFor } from '../support/wait-for.ts';

const REGION_IDS = ['dublin', 'singapore'] as const;
const READER_ID = 'dublin-1-c';

export const broadcastIdOf = (digit: number): string => `brd_${String(digit).repeat(26)}`;

export interface IngestNode {
  readonly nodeId: string;
  readonly role: LiveIngest;
  readonly nodeUrl: string;
  /** What it reported last of each broadcast. */
  readonly reports: Map<string, LiveReport>;
  rtmpUrl(streamKey: string): string;
  stop(): Promise<void>;
}

export interface LiveWorld {
  readonly nodes: readonly IngestNode[];
  node(index: number): IngestNode;
  restart(index: number): Promise<IngestNode>;
  /** Puts a broadcast on the list, or changes it. */
  list(broadcast: BroadcastRecord): void;
  revoke(tokenId: string): void;
  streamKey(broadcastId: string, changes?: Partial<PublishClaims>): Promise<string>;
  forgedKey(broadcastId: string): Promise<string>;
  /** Asks for a contribution as a channel does. */
  ask(node: IngestNode, broadcastId: string, query: string): Promise<{ status: number; body: Readable }>;
  read(node: IngestNode, broadcastId: string, query?: string): Promise<Reading>;
  stop(): Promise<void>;
}

/** A contribution as it is read. */
export interface Reading {
  readonly head: ContributionHead;
  readonly records: ContributionRecord[];
  isOver(): boolean;
  stop(): void;
}

/** A broadcast that may be published to. */
export function makeBroadcast(
  digit: number,
  changes: Partial<BroadcastRecord['settings']> = {},
): BroadcastRecord {
  return {
    formatVersion: 1,
    projectId: 'default',
    broadcastId: broadcastIdOf(digit),
    revision: 1,
    name: 'Test',
    visibility: 'public',
    state: 'ready',
    createdAtMs: 1_700_000_000_000,
    settings: {
      segmentDurationMs: 2_000,
      partsPerSegment: 6,
      holdBackMs: 1_000,
      dvrWindowMs: 30_000,
      graceMs: 20_000,
      onSecondPublisher: 'refuse',
      isRecorded: false,
      rungs: [{ height: 180, bitrateBps: 300_000 }],
      ...changes,
    },
    schedule: { generation: 1, channels: [], ingestNodeIds: [], reasons: [] },
    recording: null,
  };
}

/** Starts this many ingests, each in a region of its own. */
export async function startLiveWorld(count = 1, config: Record<string, unknown> = {}): Promise<LiveWorld> {
  const root = await mkdtemp(join(tmpdir(), 'meridian-live-'));
  const publishKey = generateSigningKey();
  const readerKey = generateSigningKey();
  const nodeKeys = REGION_IDS.map(() => generateSigningKey());
  const base = configSchema.parse(config);
  const listed = new Map<string, BroadcastRecord>();
  const listeners = new Set<() => void>();
  let snapshot: WorldSnapshot | undefined;
  const world = { current: () => snapshot, onChange: () => () => undefined };
  const broadcasts: Broadcasts = {
    current: () => [...listed.values()],
    find: (projectId, broadcastId) => {
      const broadcast = listed.get(broadcastId);
      return broadcast?.projectId === projectId ? broadcast : undefined;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const ports = new Map<number, number>();
  const transportOf = (nodeId: string, key: typeof readerKey): ReturnType<typeof createTransport> =>
    createTransport({
      sign: (parts) => ({ 'meridian-node': signNodeRequest(nodeId, key, parts, Date.now()) }),
    });

  async function startNode(index: number): Promise<IngestNode> {
    const regionId = REGION_IDS[index] ?? 'dublin';
    const region = base.regions.find(({ id }) => id === regionId);
    const site = region?.sites[0];
    const key = nodeKeys[index];
    if (region === undefined || site === undefined || key === undefined) throw new Error(`no ${regionId}`);
    const nodeId = `${regionId}-1-a`;
    const transport = transportOf(nodeId, key);
    const metrics = createMetrics();
    const reports = new Map<string, LiveReport>();
    const context: NodeContext = {
      config: base,
      region,
      site: { ...site, ports: { ...site.ports, rtmp: 0 } },
      nodeId,
      dataDirectory: join(root, nodeId),
      clock: systemClock,
      log: silentLog,
      metrics,
      transport,
      store: createMemoryStore(),
      world,
      probes: { results: () => new Map() },
    };
    const role = createLiveIngest(context, {
      broadcasts,
      reports: {
        put: (report) => void reports.set(report.broadcastId, report),
        drop: ({ broadcastId }) => void reports.delete(broadcastId),
      },
    });
    const server = createNodeServer({ clock: systemClock, log: silentLog, metrics, world, roles: [role] });
    const nodePort = await server.listen('127.0.0.1', ports.get(index) ?? 0);
    ports.set(index, nodePort);
    await role.start();
    const scheme = base.tls === undefined ? 'rtmp' : 'rtmps';
    return {
      nodeId,
      role,
      nodeUrl: `http://127.0.0.1:${nodePort}`,
      reports,
      rtmpUrl: (streamKey) => `${scheme}://127.0.0.1:${role.rtmpPort()}/live/${streamKey}`,
      async stop() {
        await role.stop();
        await server.stop();
        transport.close();
      },
    };
  }

  const nodes: IngestNode[] = [];
  for (let index = 0; index < count; index += 1) nodes.push(await startNode(index));
  snapshot = {
    term: 3,
    nodes: [
      ...nodes.map(({ nodeId, nodeUrl }, index) => ({
        id: nodeId,
        roles: ['ingest'],
        publicKey: nodeKeys[index]?.publicKey,
        nodeUrl,
        isAlive: true,
      })),
      { id: READER_ID, roles: ['encoder'], publicKey: readerKey.publicKey, nodeUrl: '', isAlive: true },
    ],
    keys: [
      {
        id: 'publish',
        use: 'upload',
        projectId: null,
        publicKey: publishKey.publicKey,
        notBeforeMs: 0,
        notAfterMs: Number.MAX_SAFE_INTEGER,
      },
    ],
    revocations: [],
  } as unknown as WorldSnapshot;
  const readerTransport = transportOf(READER_ID, readerKey);

  function sign(broadcastId: string, changes: Partial<PublishClaims>, key = publishKey): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      jti: 'publish-00001',
      iat: now,
      exp: now + 3_600,
      project: 'default',
      aud: 'publish' as const,
      broadcast: broadcastId,
    };
    return signToken({ ...claims, ...changes }, 'publish', key);
  }

  const ask: LiveWorld['ask'] = (node, broadcastId, query) =>
    readerTransport.request({
      method: 'GET',
      url: `${node.nodeUrl}${CONTRIBUTION_PREFIX}default/${broadcastId}?${query}`,
      headersTimeoutMs: 20_000,
    });

  return {
    nodes,
    node: (index) => nodes[index] as IngestNode,
    async restart(index) {
      const node = await startNode(index);
      nodes[index] = node;
      return node;
    },
    list(broadcast) {
      listed.set(broadcast.broadcastId, broadcast);
      for (const listener of listeners) listener();
    },
    revoke(tokenId) {
      snapshot = {
        ...(snapshot as WorldSnapshot),
        revocations: [...(snapshot?.revocations ?? []), { tokenId, expiresAtMs: Date.now() + 3_600_000 }],
      };
    },
    streamKey: (broadcastId, changes = {}) => sign(broadcastId, changes),
    forgedKey: (broadcastId) => sign(broadcastId, {}, generateSigningKey()),
    ask,
    async read(node, broadcastId, query = 'waitMs=15000') {
      const { status, body } = await ask(node, broadcastId, query);
      if (status !== 200) throw new Error(`the contribution was answered with ${status}`);
      return await readContribution(body);
    },
    async stop() {
      // Those that a failed test has left behind.
      for (const child of publishers) child.kill('SIGKILL');
      for (const node of nodes) await node.stop();
      readerTransport.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Reads an answer as it comes; returns once its head is there. */
async function readContribution(body: Readable): Promise<Reading> {
  const reader = createRecordReader();
  const records: ContributionRecord[] = [];
  let isOver = false;
  body.on('data', (bytes: Buffer) => records.push(...reader.push(bytes)));
  body.on('error', () => undefined);
  body.on('close', () => {
    isOver = true;
  });
  const first = await waitFor('the head of the contribution', () => records[0]);
  return {
    head: contributionHeadSchema.parse(JSON.parse(new TextDecoder().decode(first.payload))),
    records,
    isOver: () => isOver,
    stop: () => void body.destroy(),
  };
}

export interface FfmpegPublisher {
  readonly child: ChildProcess;
  /** What it printed. */
  log(): string;
  ended(): Promise<void>;
  kill(): Promise<void>;
}

export interface FeedOptions {
  readonly seconds?: number;
  readonly audio?: boolean;
  readonly video?: boolean;
  readonly size?: string;
}

/** Publishes a generated picture and tone with ffmpeg, at the speed of time, with a key frame each half second. */
export function publishFeed(url: string, options: FeedOptions = {}): FfmpegPublisher {
  const { seconds = 60, audio = true, video = true, size = '320x180' } = options;
  const picture = ['-re', '-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=30`];
  const tone = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000'];
  const encodeVideo = [
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '15', '-b:v', '400k'],
    ...['-pix_fmt', 'yuv420p'],
  ];
  return runPublisher([
    ...(video ? picture : []),
    ...(audio ? tone : []),
    ...['-t', String(seconds)],
    ...(video ? encodeVideo : []),
    ...(audio ? ['-c:a', 'aac', '-b:a', '96k'] : []),
    ...['-f', 'flv', url],
  ]);
}

/** Running publishers of this process. */
const publishers = new Set<ChildProcess>();

/** Runs ffmpeg with these arguments. */
export function runPublisher(args: readonly string[]): FfmpegPublisher {
  const child = spawn('ffmpeg', ['-v', 'error', '-nostdin', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (data: Buffer) => {
    log += data.toString();
  });
  const exited = once(child, 'exit').finally(() => publishers.delete(child));
  publishers.add(child);
  return {
    child,
    log: () => log,
    async ended() {
      await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
