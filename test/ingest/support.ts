// A small world for ingest tests: regions with a node each (ingest and node port), a control that records what is
// registered, and grants signed with a key of the snapshot.

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '#contract/config.ts';
import type { AssetRecord } from '#contract/media.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { UploadClaims } from '#contract/tokens.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { closeServer, listen, readJson, sendJson } from '#platform/http/server.ts';
import { generateSigningKey, signNodeRequest } from '#platform/identity.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { signToken } from '#platform/tokens.ts';
import { createIngest } from '../../src/region/ingest/create-ingest.ts';
import type { NodeContext } from '../../src/region/shared/node-context.ts';
import { createNodeServer } from '../../src/region/shared/node-server.ts';

export interface TestNode {
  readonly regionId: string;
  readonly store: ObjectStore;
  readonly directory: string;
  readonly filesUrl: string;
  stop(): Promise<void>;
}

export interface TestWorld {
  readonly nodes: readonly TestNode[];
  /** Records that control has accepted. */
  readonly registered: AssetRecord[];
  setControl(isUp: boolean): void;
  /** Starts a stopped node again, on the same directory and ports. */
  restart(index: number): Promise<TestNode>;
  grant(changes?: Partial<UploadClaims>): Promise<string>;
  forgedGrant(): Promise<string>;
  stop(): Promise<void>;
}

const REGION_IDS = ['dublin', 'singapore', 'los-angeles'] as const;

/** Starts a world with this many regions. */
export async function startIngestWorld(
  regionCount = 2,
  options: {
    uploadBytesMax?: number;
    decorateStore?: (store: ObjectStore, regionId: string) => ObjectStore;
  } = {},
): Promise<TestWorld> {
  const root = await mkdtemp(join(tmpdir(), 'meridian-ingest-'));
  const registered: AssetRecord[] = [];
  let isControlUp = true;
  const grantKey = generateSigningKey();
  const nodeKeys = REGION_IDS.map(() => generateSigningKey());
  const control: Server = createServer((request, response) => {
    if (!isControlUp) return void request.socket.destroy();
    readJson(request, 1 << 20).then(
      (body) => {
        registered.push((body as { record: AssetRecord }).record);
        sendJson(response, { isAccepted: true });
      },
      () => response.destroy(),
    );
  });
  const controlPort = await listen(control, '127.0.0.1', 0, 'the fake control');
  const base = configSchema.parse({
    limits: { uploadBytesMax: options.uploadBytesMax ?? 50_000_000 },
    // The fake control has none to give.
    imports: { slots: 0 },
  });
  let snapshot: WorldSnapshot | undefined;
  const ports = new Map<number, { node: number; ingest: number }>();

  async function startNode(index: number): Promise<TestNode> {
    const regionId = REGION_IDS[index] ?? 'dublin';
    const region = base.regions.find(({ id }) => id === regionId);
    const site = region?.sites[0];
    if (region === undefined || site === undefined) throw new Error(`no region ${regionId}`);
    const key = nodeKeys[index] ?? generateSigningKey();
    const nodeId = `${regionId}-a`;
    const known = ports.get(index) ?? { node: 0, ingest: 0 };
    const directory = join(root, regionId);
    const disk = await createDiskStore(join(directory, 'objects'));
    const store = options.decorateStore?.(disk, regionId) ?? disk;
    const transport = createTransport({
      sign: (parts) => ({ 'meridian-node': signNodeRequest(nodeId, key, parts, Date.now()) }),
    });
    const world = { current: () => snapshot, onChange: () => () => undefined };
    const metrics = createMetrics();
    const context: NodeContext = {
      config: base,
      region,
      site: { ...site, ports: { ...site.ports, ingest: known.ingest } },
      nodeId,
      dataDirectory: join(directory, 'node'),
      clock: systemClock,
      log: silentLog,
      metrics,
      transport,
      store,
      world,
      probes: { results: () => new Map() },
    };
    const ingest = createIngest(context);
    const nodeServer = createNodeServer({
      clock: systemClock,
      log: silentLog,
      metrics,
      world,
      roles: [ingest],
    });
    const nodePort = await nodeServer.listen('127.0.0.1', known.node);
    await ingest.start();
    ports.set(index, { node: nodePort, ingest: ingest.port() });
    return {
      regionId,
      store,
      directory,
      filesUrl: `http://127.0.0.1:${ingest.port()}/files`,
      async stop() {
        await ingest.stop();
        await nodeServer.stop();
        transport.close();
      },
    };
  }

  const nodes: TestNode[] = [];
  for (let index = 0; index < regionCount; index += 1) nodes.push(await startNode(index));
  snapshot = {
    controlUrl: `http://127.0.0.1:${controlPort}`,
    regions: base.regions,
    sites: base.regions.map((region) => ({ id: `${region.id}-1`, regionId: region.id, state: 'up' })),
    nodes: nodes.map((node, index) => ({
      id: `${node.regionId}-a`,
      regionId: node.regionId,
      siteId: `${node.regionId}-1`,
      roles: ['ingest', 'origin'],
      publicKey: nodeKeys[index]?.publicKey ?? '',
      nodeUrl: `http://127.0.0.1:${ports.get(index)?.node}`,
      isAlive: true,
    })),
    keys: [
      {
        id: 'grants',
        use: 'upload',
        projectId: null,
        publicKey: grantKey.publicKey,
        notBeforeMs: 0,
        notAfterMs: Number.MAX_SAFE_INTEGER,
      },
    ],
    revocations: [],
    policies: { beatMs: 2_000, uploadBytesMax: 100_000_000, sourceCopies: 3, renditionCopies: 2 },
  } as unknown as WorldSnapshot;

  const sign = (changes: Partial<UploadClaims>, key = grantKey): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      jti: 'grant-00001',
      iat: now,
      exp: now + 3_600,
      project: 'default',
      aud: 'upload' as const,
      bytesMax: 20_000_000,
      visibility: 'public' as const,
    };
    return signToken({ ...claims, ...changes }, 'grants', key);
  };

  return {
    nodes,
    registered,
    setControl: (isUp) => {
      isControlUp = isUp;
    },
    async restart(index) {
      const node = await startNode(index);
      nodes[index] = node;
      return node;
    },
    grant: (changes = {}) => sign(changes),
    forgedGrant: () => sign({}, generateSigningKey()),
    async stop() {
      for (const node of nodes) await node.stop();
      await closeServer(control, 50);
      await rm(root, { recursive: true, force: true });
    },
  };
}
