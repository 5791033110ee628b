// A control plane on a real database, real HTTP, and nodes that are fake but sign like real ones. Every suite runs on
// the PostgreSQL that Meridian brings, and on the operator's kind: MERIDIAN_TEST_DATABASE_URL (any server on which
// databases may be created), else Debian's binaries where they are installed.

import { randomBytes } from 'node:crypto';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { type Kysely, sql } from 'kysely';
import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import { type ApiClient, createApiClient, createRouteClient, type RouteClient } from '#contract/client.ts';
import { configSchema } from '#contract/config.ts';
import type { LeasedJob } from '#contract/jobs.ts';
import type { AssetRecord, MediaDocument } from '#contract/media.ts';
import { type Beat, nodeRoutes } from '#contract/node-api.ts';
import { NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import { type SignedSnapshot, snapshotSchema, type WorldSnapshot } from '#contract/snapshot.ts';
import { type Control, createControl } from '#control/control.ts';
import { migrations } from '#control/database/migrations.ts';
import type { ControlTables } from '#control/database/schema.ts';
import { type Clock, systemClock } from '#platform/clock.ts';
import { type Database, type DatabaseAddress, openDatabase } from '#platform/database/database.ts';
import { startManagedPostgres } from '#platform/database/managed-postgres.ts';
import { migrate } from '#platform/database/migrate.ts';
import { generateSigningKey, type SigningKey, signNodeRequest } from '#platform/identity.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { startSystemServer } from '../database/servers.ts';

interface Server {
  readonly address: DatabaseAddress;
  /** Socket of a server of our own, for links that can be cut. */
  readonly socketPath: string | null;
  stop(): Promise<void>;
}

interface ServerKind {
  readonly name: string;
  start(directory: string): Promise<Server>;
}

function serverKinds(): ServerKind[] {
  const kinds: ServerKind[] = [
    {
      name: 'PostgreSQL 18 that Meridian brings',
      async start(directory) {
        const server = await startManagedPostgres({ directory, log: silentLog, settings: { fsync: 'off' } });
        return {
          address: server,
          socketPath: join(server.socketDirectory, '.s.PGSQL.5432'),
          stop: server.stop,
        };
      },
    },
  ];
  const url = process.env.MERIDIAN_TEST_DATABASE_URL;
  if (url !== undefined)
    kinds.push({
      name: 'the PostgreSQL of MERIDIAN_TEST_DATABASE_URL',
      start: async () => ({ address: { url }, socketPath: null, stop: async () => {} }),
    });
  else if (globSync('/usr/lib/postgresql/*/bin').length > 0)
    kinds.push({ name: 'PostgreSQL of the system', start: startSystemServer });
  return kinds;
}

/** A wall clock that tests can move; the database's clock and sleeping stay real. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void;
}

function createTestClock(): TestClock {
  let offsetMs = 0;
  return {
    nowMs: () => systemClock.nowMs() + offsetMs,
    monotonicMs: () => systemClock.monotonicMs() + offsetMs,
    sleep: systemClock.sleep,
    advance(milliseconds) {
      offsetMs += milliseconds;
    },
  };
}

export interface TestControl {
  readonly control: Control;
  readonly url: string;
  readonly database: Database<ControlTables>['kysely'];
  readonly dataDirectory: string;
  readonly clock: TestClock;
  /** With the admin token of the data directory. */
  readonly admin: ApiClient;
  client(token?: string): ApiClient;
  /** Makes an API token and a client with it. */
  clientFor(role: 'viewer' | 'operator' | 'admin', projectId?: string): Promise<ApiClient>;
  /** Joins a node of a site with a fresh token. */
  node(
    siteId: string,
    options?: {
      id?: string;
      roles?: ('ingest' | 'encoder' | 'origin' | 'edge')[];
      /** What it says of itself beyond the usual. */
      join?: Record<string, unknown>;
    },
  ): Promise<FakeNode>;
  /** A node for each of these sites, beaten until all of them have the newest snapshot. */
  settledNodes(...siteIds: string[]): Promise<FakeNode[]>;
  fakeNode(siteId: string, id?: string, key?: SigningKey): FakeNode;
  stop(): Promise<void>;
  /** Stops control and starts another one on the same data and database, in real time or by a test's clock. */
  restart(clock?: TestClock): Promise<TestControl>;
}

export interface StartOptions {
  /** Where control reaches its database, e.g. through a link that can be cut. */
  readonly address?: (database: string) => DatabaseAddress;
  readonly config?: object;
}

export interface Suite {
  /** A control on an empty, migrated database. Stopped after the test, if not before. */
  start(options?: StartOptions): Promise<TestControl>;
  socketPath(): string | null;
}

interface Running {
  readonly server: Server;
  /** Copied for each test: an empty migrated database costs 35 ms this way. */
  readonly template: string;
  readonly directory: string;
}

/** Servers of this file, each started by the first suite that needs it. */
const running = new Map<string, Promise<Running>>();

async function startServer(kind: ServerKind): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'mct-'));
  const server = await kind.start(join(directory, 'pg'));
  const template = `t${process.pid}_${randomBytes(4).toString('hex')}`;
  await createDatabase(server.address, template);
  await migrate(withDatabase(server.address, template), migrations, { log: silentLog });
  return { server, template, directory };
}

after(async () => {
  for (const starting of running.values()) {
    const { server, template, directory } = await starting;
    await dropDatabase(server.address, template);
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Declares a suite once per kind of server. The kinds run side by side, as on two machines. */
export function onEveryDatabase(title: string, declare: (suite: Suite) => void): void {
  const kinds = serverKinds();
  describe(title, { concurrency: kinds.length }, () => declareOn(kinds, declare));
}

/** The same, one kind after another: for tests that compare durations. */
export function onEveryDatabaseInTurn(title: string, declare: (suite: Suite) => void): void {
  describe(title, { concurrency: 1 }, () => declareOn(serverKinds(), declare));
}

function declareOn(kinds: readonly ServerKind[], declare: (suite: Suite) => void): void {
  for (const kind of kinds)
    describe(`on ${kind.name}`, { concurrency: 1 }, () => {
      declare(suiteOn(kind));
    });
}

/** The suite's server and controls, set up and taken down by hooks of the enclosing `describe`. */
function suiteOn(kind: ServerKind): Suite {
  let own: Running | undefined;
  const opened: { control: TestControl; name: string }[] = [];
  before(async () => {
    const starting = running.get(kind.name) ?? startServer(kind);
    running.set(kind.name, starting);
    own = await starting;
  });
  afterEach(async () => {
    for (const { control, name } of opened.splice(0)) {
      await control.stop();
      await dropDatabase(defined(own, 'a server').server.address, name);
    }
  });
  return {
    async start(options = {}) {
      const { server, template, directory } = defined(own, 'a started server');
      const name = `t${process.pid}_${randomBytes(6).toString('hex')}`;
      await createDatabase(server.address, name, template);
      const direct = withDatabase(server.address, name);
      const control = await startControl({
        address: options.address?.(name) ?? direct,
        direct,
        dataDirectory: join(directory, name, 'data'),
        config: options.config ?? {},
      });
      opened.push({ control, name });
      return control;
    },
    socketPath: () => own?.server.socketPath ?? null,
  };
}

async function onServer(
  address: DatabaseAddress,
  run: (database: Kysely<object>) => Promise<unknown>,
): Promise<void> {
  const database = await openDatabase<object>(address, { log: silentLog, connectionsMax: 1 });
  await run(database.kysely);
  await database.close();
}

function createDatabase(address: DatabaseAddress, name: string, template = 'template0'): Promise<void> {
  return onServer(address, (database) =>
    sql`create database ${sql.id(name)} template ${sql.id(template)} strategy file_copy`.execute(database),
  );
}

function dropDatabase(address: DatabaseAddress, name: string): Promise<void> {
  return onServer(address, (database) => sql`drop database ${sql.id(name)} with (force)`.execute(database));
}

function withDatabase(address: DatabaseAddress, name: string): DatabaseAddress {
  if (!('url' in address)) return { ...address, database: name };
  return { url: address.url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`) };
}

interface Start {
  readonly address: DatabaseAddress;
  /** The same database without what stands between, for tests to look at. */
  readonly direct: DatabaseAddress;
  readonly dataDirectory: string;
  readonly config: object;
}

async function startControl(start: Start, clock = createTestClock()): Promise<TestControl> {
  const database = await openDatabase<ControlTables>(start.address, { log: silentLog });
  const direct = await openDatabase<ControlTables>(start.direct, { log: silentLog, connectionsMax: 2 });
  const config = configSchema.parse({ control: { port: 0 }, ...start.config });
  const consoleDirectory = join(start.dataDirectory, '..', 'console');
  const control = createControl({
    config,
    dataDirectory: start.dataDirectory,
    database: database.kysely,
    clock,
    log: silentLog,
    metrics: createMetrics(),
    random: randomBytes,
    consoleDirectory,
  });
  const { url } = await control.start();
  const client = (token?: string): ApiClient =>
    createApiClient({ baseUrl: url, fetch, ...(token === undefined ? {} : { token }) });
  const admin = client(readFileSync(join(start.dataDirectory, 'admin-token'), 'utf8').trim());
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await control.stop();
    await database.close();
    await direct.close();
  };
  const nodes = { url, clock, admin };
  const own: TestControl = {
    control,
    url,
    database: direct.kysely,
    dataDirectory: start.dataDirectory,
    clock,
    admin,
    client,
    async clientFor(role, projectId) {
      const body = {
        name: `${role} ${projectId ?? ''}`,
        role,
        ...(projectId === undefined ? {} : { projectId }),
      };
      return client((await admin.call('POST /v1/tokens', { body })).token);
    },
    fakeNode: (siteId, id, key) => createFakeNode(nodes, siteId, { ...(id && { id }), ...(key && { key }) }),
    async node(siteId, options = {}) {
      const node = createFakeNode(nodes, siteId, options);
      const { joinToken } = await admin.call('POST /v1/join-tokens', { body: { siteId } });
      await node.join(joinToken, options.join);
      return node;
    },
    async settledNodes(...siteIds) {
      const joined: FakeNode[] = [];
      for (const siteId of siteIds) joined.push(await own.node(siteId));
      await settle(joined);
      return joined;
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
    async restart(next) {
      await own.stop();
      return startControl(start, next);
    },
  };
  return own;
}

/** Beats until every node has the same snapshot, and control knows it. */
export async function settle(nodes: readonly FakeNode[]): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    for (const node of nodes) await node.beat();
    const texts = new Set(
      nodes.map(({ snapshot }) => JSON.stringify(snapshot && [snapshot.term, snapshot.sequence])),
    );
    if (texts.size === 1 && round > 1) return;
  }
  throw new Error('the nodes did not come to the same snapshot');
}

export interface FakeNode {
  readonly id: string;
  readonly siteId: string;
  readonly key: SigningKey;
  /** The newest snapshot that it was sent and would adopt. */
  snapshot: WorldSnapshot | undefined;
  signed: SignedSnapshot | undefined;
  rootPublicKey: string;
  /** What the next beats say. */
  report: Partial<Beat>;
  /** Adopts nothing, as if it refused for this reason. */
  refuses: string | null;
  readonly api: RouteClient<typeof nodeRoutes>;
  join(joinToken: string, changes?: Record<string, unknown>): Promise<void>;
  beat(changes?: Partial<Beat>): Promise<void>;
  reboot(): void;
  claim(options?: { slots?: number; waitMs?: number; signal?: AbortSignal }): Promise<LeasedJob[]>;
}

interface NodeWorld {
  readonly url: string;
  readonly clock: Clock;
}

function createFakeNode(
  world: NodeWorld,
  siteId: string,
  options: { id?: string; key?: SigningKey; roles?: ('ingest' | 'encoder' | 'origin' | 'edge')[] },
): FakeNode {
  const key = options.key ?? generateSigningKey();
  const id = options.id ?? `${siteId}-a`;
  const { host } = new URL(world.url);
  const api = createRouteClient(nodeRoutes, {
    baseUrl: world.url,
    fetch,
    headersFor: (method, path) => ({
      [NODE_SIGNATURE_HEADER]: signNodeRequest(id, key, { method, host, path }, world.clock.nowMs()),
    }),
  });
  let bootId = randomBytes(8).toString('hex');
  let sequence = 0;
  const take = (node: FakeNode, signed: SignedSnapshot): void => {
    node.signed = signed;
    if (node.refuses === null) node.snapshot = snapshotSchema.parse(JSON.parse(signed.payload));
  };
  return {
    id,
    siteId,
    key,
    snapshot: undefined,
    signed: undefined,
    rootPublicKey: '',
    report: {},
    refuses: null,
    api,
    async join(joinToken, changes = {}) {
      const answer = await api.call('POST /node/v1/join', {
        body: {
          joinToken,
          nodeId: id,
          regionId: siteId.replace(/-\d+$/, ''),
          siteId,
          roles: options.roles ?? ['ingest', 'encoder', 'origin', 'edge'],
          publicKey: key.publicKey,
          nodeUrl: `http://${id}.test:2`,
          ingestUrl: `http://${id}.test:1`,
          edgeUrl: `http://${id}.test`,
          ...changes,
        },
      });
      this.rootPublicKey = answer.rootPublicKey;
      take(this, answer.snapshot);
    },
    async beat(changes = {}) {
      sequence += 1;
      const { snapshot } = await api.call('POST /node/v1/beat', {
        body: {
          nodeId: id,
          bootId,
          sequence,
          version: 'test',
          sentAtMs: world.clock.nowMs(),
          clockOffsetMs: 0,
          isReady: true,
          notReadyReason: null,
          adopted:
            this.snapshot === undefined
              ? null
              : { term: this.snapshot.term, sequence: this.snapshot.sequence },
          refusal: this.refuses,
          counters: {},
          gauges: {},
          probes: [],
          ...this.report,
          ...changes,
        },
      });
      take(this, snapshot);
    },
    reboot() {
      bootId = randomBytes(8).toString('hex');
      sequence = 0;
    },
    async claim({ slots = 1, waitMs = 5_000, signal } = {}) {
      const body = { nodeId: id, slots, waitMs };
      return (await api.call('POST /node/v1/jobs/claim', { body }, signal === undefined ? {} : { signal }))
        .jobs;
    },
  };
}

/** An asset record as an ingest writes it. */
export function makeRecord(changes: Partial<AssetRecord> = {}, regionIds = ['dublin']): AssetRecord {
  const nowMs = systemClock.nowMs();
  return {
    formatVersion: 1,
    projectId: 'default',
    assetId: makeId('ast', nowMs, randomBytes(10)),
    version: 1,
    revision: 0,
    name: 'clip.mp4',
    visibility: 'public',
    isDeleted: false,
    createdAtMs: nowMs,
    source: {
      bytes: 1_000,
      sha256: 'a'.repeat(64),
      fileName: 'clip.mp4',
      contentType: 'video/mp4',
      regionIds,
    },
    ...changes,
  };
}

/** The media document with which an encoder completes a job. */
export function makeMedia(
  job: Pick<LeasedJob, 'attempt'> & { record: Pick<AssetRecord, 'projectId' | 'assetId' | 'version'> },
  changes: Partial<MediaDocument> = {},
): MediaDocument {
  return {
    formatVersion: 1,
    projectId: job.record.projectId,
    assetId: job.record.assetId,
    version: job.record.version,
    attempt: job.attempt,
    revision: 9,
    state: 'complete',
    timelineStartMs: 0,
    segmentDurationMs: 2_000,
    durationMs: 10_000,
    holders: ['dublin'],
    hasPoster: true,
    renditions: [
      {
        id: 'v720',
        kind: 'video',
        codecs: 'avc1.64001f',
        bandwidthBps: 3_000_000,
        averageBandwidthBps: 2_000_000,
        width: 1280,
        height: 720,
        timescale: 90_000,
        firstSegment: 0,
        firstTimeTicks: 0,
        durationRuns: [[180_000, 5]],
        frameCount: 250,
        packs: [],
      },
    ],
    ...changes,
  };
}

/** A progress report. */
export const encoding = (share: number) => ({
  stage: 'encoding' as const,
  share,
  isPlayable: share > 0.1,
  durationMs: 10_000,
});

/** Writes a console to serve. */
export function writeConsole(dataDirectory: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const path = join(dataDirectory, '..', 'console', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

/** Runs what must be refused and returns the code. */
export async function codeOf(refused: Promise<unknown>): Promise<string> {
  try {
    await refused;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return String(error.code);
    throw error;
  }
  return 'accepted';
}
