// The importer of one ingest against a fake control: what it keeps, resumes, begins anew, gives back and forgets.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { makeId } from '#base/ids.ts';
import type { ImportProgress, ImportTask } from '#contract/api/imports.ts';
import { configSchema } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import type { JobFailure } from '#contract/jobs.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import { systemClock } from '#platform/clock.ts';
import { createTransport } from '#platform/http/node-transport.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createDiskStore } from '#platform/objects/disk-store.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createCommitter } from '../../src/region/ingest/commit.ts';
import type { ImportClient } from '../../src/region/ingest/import-client.ts';
import { createImporter } from '../../src/region/ingest/importer.ts';
import { createSpool } from '../../src/region/ingest/spool.ts';
import { UPLOAD_NOTES } from '../../src/region/ingest/upload-notes.ts';
import type { NodeContext } from '../../src/region/shared/node-context.ts';
import { createOutbox } from '../../src/region/shared/outbox.ts';
import { waitFor } from '../support/wait-for.ts';
import { type MediaServer, startMediaServer } from './media-server.ts';

const DATA = randomBytes(2_000_000);
let server: MediaServer;
let directory: string;

beforeEach(async () => {
  server = await startMediaServer(DATA);
  directory = mkdtempSync(join(tmpdir(), 'meridian-importer-'));
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Outcome {
  readonly completed: number[];
  readonly failures: JobFailure[];
  progress: ImportProgress | undefined;
}

/** A control that gives one task, and hears what becomes of it. */
function controlWith(task: ImportTask, heartbeat: () => { isCancelled: boolean }): ImportClient & Outcome {
  let isGiven = false;
  const control: ImportClient & Outcome = {
    completed: [],
    failures: [],
    progress: undefined,
    async claim(_, waitMs, signal) {
      if (!isGiven) {
        isGiven = true;
        return [task];
      }
      await systemClock.sleep(waitMs, signal);
      return [];
    },
    async heartbeat(_, progress) {
      control.progress = progress;
      return heartbeat();
    },
    add: async () => undefined,
    async complete(_, bytes) {
      control.completed.push(bytes);
    },
    async fail(_, failure) {
      control.failures.push(failure);
    },
  };
  return control;
}

function taskFor(path: string, changes: Partial<ImportTask> = {}): ImportTask {
  const nowMs = Date.now();
  return {
    id: makeId('imp', nowMs, randomBytes(10)),
    fence: 1,
    attempt: 1,
    leaseUntilMs: nowMs + 10_000,
    projectId: 'default',
    visibility: 'public',
    name: null,
    target: { kind: 'url', assetId: makeId('ast', nowMs, randomBytes(10)), url: server.url + path },
    ...changes,
  };
}

interface Node {
  readonly store: ObjectStore;
  readonly control: Outcome;
  readonly spool: ReturnType<typeof createSpool>;
  stop(): Promise<void>;
}

/** Starts an importer on the test's directory; a second one is the same node after a restart. */
async function startNode(
  task: ImportTask,
  options: {
    heartbeat?: () => { isCancelled: boolean };
    uploadBytesMax?: number;
    isPrivateAllowed?: boolean;
  } = {},
): Promise<Node> {
  const {
    heartbeat = () => ({ isCancelled: false }),
    isPrivateAllowed = true,
    uploadBytesMax = 50_000_000,
  } = options;
  const config = configSchema.parse({
    imports: { allowPrivateAddresses: isPrivateAllowed },
    limits: { uploadBytesMax },
  });
  const region = config.regions[0];
  const site = region?.sites[0];
  if (region === undefined || site === undefined) throw new Error('no region');
  const store = await createDiskStore(join(directory, 'objects'));
  const transport = createTransport({});
  const snapshot = {
    sites: [],
    nodes: [],
    regions: [],
    policies: { uploadBytesMax },
  } as unknown as WorldSnapshot;
  const context: NodeContext = {
    config,
    region,
    site,
    nodeId: `${site.id}-a`,
    dataDirectory: join(directory, 'node'),
    clock: systemClock,
    log: silentLog,
    metrics: createMetrics(),
    transport,
    store,
    world: { current: () => snapshot, onChange: () => () => undefined },
    probes: { results: () => new Map() },
  };
  const spool = createSpool(join(directory, 'node', 'uploads'));
  const outbox = createOutbox(context, join(directory, 'node', 'outbox'), UPLOAD_NOTES);
  const committer = createCommitter(context, spool, outbox);
  const control = controlWith(task, heartbeat);
  const stopping = new AbortController();
  const registering = outbox.run(stopping.signal);
  const running = createImporter(context, { spool, committer, client: control }).run(stopping.signal);
  return {
    store,
    control,
    spool,
    async stop() {
      stopping.abort(new Error('stopping'));
      await running;
      await registering;
      committer.stop();
      transport.close();
    },
  };
}

function assetIdOf(task: ImportTask): string {
  return task.target.kind === 'bucket' ? '' : task.target.assetId;
}

async function assertKept(node: Node, task: ImportTask, data: Buffer): Promise<void> {
  const kept = await node.store.get(`default/${assetIdOf(task)}/v1/source`);
  const digest = (bytes: Buffer | undefined): string =>
    createHash('sha256')
      .update(bytes ?? Buffer.alloc(0))
      .digest('hex');
  assert.equal(digest(kept), digest(data));
}

test('a file is kept with its record, named by its address', async () => {
  const task = taskFor('/films/my%20film.mp4');
  const node = await startNode(task);
  await waitFor('the import to be done', () => node.control.completed.length === 1);
  assert.deepEqual(node.control.completed, [DATA.length]);
  await assertKept(node, task, DATA);
  const record = JSON.parse(String(await node.store.get(`default/${assetIdOf(task)}/record.json`)));
  assert.equal(record.name, 'my film.mp4');
  assert.equal(record.source.contentType, 'video/mp4');
  await node.stop();
});

test('a broken answer is resumed where it stopped, and each byte is asked for once', async () => {
  server.behave({ breakAfter: 700_000 });
  const task = taskFor('/a.mp4');
  const node = await startNode(task);
  await waitFor('the import to be done', () => node.control.completed.length === 1);
  await assertKept(node, task, DATA);
  const offsets = server.seen.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
  assert.ok(offsets.length >= 3, `${offsets}`);
  assert.deepEqual(
    [...offsets].sort((left, right) => left - right),
    offsets,
  );
  assert.equal(new Set(offsets).size, offsets.length);
  assert.ok(server.seen.slice(1).every(({ ifRange }) => ifRange === '"one"'));
  await node.stop();
});

test('a node that stops gives the import back, and goes on from its bytes when it is back', async () => {
  server.behave({ waitAfter: 900_000 });
  const task = taskFor('/a.mp4');
  const node = await startNode(task);
  await waitFor('bytes to arrive', async () => {
    const info = await node.spool.info(assetIdOf(task));
    return info !== undefined && (await node.spool.offset(info)) === 900_000;
  });
  await node.stop();
  assert.equal(node.control.failures[0]?.code, 'unavailable');
  assert.equal(node.control.failures[0]?.isRetryable, true);
  server.behave({ waitAfter: null });
  const again = await startNode({ ...task, attempt: 2, fence: 2 });
  await waitFor('the import to be done', () => again.control.completed.length === 1);
  await assertKept(again, task, DATA);
  assert.equal(server.seen.at(-1)?.range, 'bytes=900000-');
  await again.stop();
});

test('a file that has changed meanwhile, or a server without ranges, is begun anew', async () => {
  const other = randomBytes(1_500_000);
  for (const after of [{ data: other, etag: '"two"' }, { hasRanges: false }]) {
    server.behave({ data: DATA, etag: '"one"', hasRanges: true, breakAfter: 600_000 });
    server.seen.length = 0;
    const task = taskFor('/a.mp4');
    const node = await startNode(task);
    await waitFor('the first break', () => server.seen.length > 0);
    server.behave({ ...after, breakAfter: null });
    await waitFor('the import to be done', () => node.control.completed.length === 1);
    await assertKept(node, task, 'data' in after ? after.data : DATA);
    await node.stop();
  }
});

test('a file of unknown size is kept too, up to the limit', async () => {
  server.behave({ hasLength: false });
  const task = taskFor('/a.mp4');
  const node = await startNode(task);
  await waitFor('the import to be done', () => node.control.completed.length === 1);
  await assertKept(node, task, DATA);
  await node.stop();
  for (const hasLength of [true, false]) {
    server.behave({ hasLength });
    const large = taskFor('/large.mp4');
    const small = await startNode(large, { uploadBytesMax: 1_000_000 });
    await waitFor('the refusal', () => small.control.failures.length === 1);
    assert.equal(small.control.failures[0]?.code, 'upload_too_large');
    assert.equal(small.control.failures[0]?.isRetryable, false);
    assert.equal(await small.spool.info(assetIdOf(large)), undefined);
    await small.stop();
  }
});

test('empty files, missing files and private addresses are failures that say so', async () => {
  const cases: [string, () => void, boolean, boolean][] = [
    ['media_empty', () => server.behave({ data: Buffer.alloc(0) }), true, false],
    ['import_refused', () => server.behave({ status: 404 }), true, false],
    ['import_forbidden', () => undefined, false, false],
    ['import_refused', () => server.behave({ status: 503 }), true, true],
  ];
  for (const [code, prepare, isPrivateAllowed, isRetryable] of cases) {
    prepare();
    const node = await startNode(taskFor('/a.mp4'), { isPrivateAllowed });
    await waitFor(`the failure ${code}`, () => node.control.failures.length === 1);
    assert.equal(node.control.failures[0]?.code, code);
    assert.equal(node.control.failures[0]?.isRetryable, isRetryable, code);
    await node.stop();
  }
});

test('a cancelled import, and one whose lease is lost, leaves nothing and says nothing', async () => {
  const answers = [
    () => ({ isCancelled: true }),
    () => {
      throw new MeridianError('lease_lost', { job: 'imp' });
    },
  ];
  for (const heartbeat of answers) {
    server.behave({ waitAfter: 500_000 });
    const task = taskFor('/a.mp4');
    const node = await startNode(task, { heartbeat });
    await waitFor('bytes to arrive', async () => (await node.spool.info(assetIdOf(task))) !== undefined);
    await waitFor('nothing to be left', async () => (await node.spool.info(assetIdOf(task))) === undefined);
    assert.deepEqual([node.control.completed, node.control.failures], [[], []]);
    await node.stop();
  }
});
