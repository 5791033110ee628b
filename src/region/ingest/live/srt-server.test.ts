import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { BroadcastRecord } from '#contract/live.ts';
import { streamWithPicture } from '#media/mpegts/ts-fixture.ts';
import { systemClock } from '#platform/clock.ts';
import type { SrtListenRequest } from '#platform/ffmpeg/engine.ts';
import { silentLog } from '#platform/log.ts';
import { createMetrics } from '#platform/metrics.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import { createSrtServer, type SrtServer } from './srt-server.ts';

const NODE_ID = 'dublin-1-a';
const STREAM = streamWithPicture();

function makeBroadcast(digit: number, changes: Partial<BroadcastRecord> = {}): BroadcastRecord {
  return {
    broadcastId: `brd_${String(digit).repeat(26)}`,
    projectId: 'default',
    state: 'ready',
    schedule: { generation: 1, channels: [], ingestNodeIds: [NODE_ID], reasons: [] },
    settings: { onSecondPublisher: 'refuse' },
    srtInput: { slot: digit, passphrase: `passphrase-${digit}` },
    ...changes,
  } as BroadcastRecord;
}

interface Child {
  readonly request: SrtListenRequest;
  readonly bytes: PassThrough;
  isOver: boolean;
  end(lastWords: string): void;
}

interface Bench {
  readonly server: SrtServer;
  readonly children: Child[];
  readonly directory: string;
  readonly metrics: ReturnType<typeof createMetrics>;
  /** Ports that callers are told and that are bound now, each with the listener that newcomers get. */
  readonly open: Map<number, number | null>;
  /** The bound ones. */
  ports(): number[];
  /** Waits until this many children were started; which of several broadcasts is first is not said. */
  started(count: number): Promise<Child>;
  /** Waits for the child that listens for a broadcast. */
  listenerOf(digit: number): Promise<Child>;
}

async function setUp(scope: TestContext): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-srt-'));
  const children: Child[] = [];
  const open: Bench['open'] = new Map();
  const metrics = createMetrics();
  const context = {
    clock: systemClock,
    log: silentLog,
    metrics,
    nodeId: NODE_ID,
    config: { host: '127.0.0.1' },
    dataDirectory: directory,
  } as unknown as NodeContext;
  const server = createSrtServer(context, {
    firstPort: 8_400,
    portCount: 4,
    async openPort(_, port) {
      if (open.has(port)) throw new Error(`${port} is taken`);
      open.set(port, null);
      return {
        offer: (listenerPort) => void open.set(port, listenerPort),
        settle: () => undefined,
        forget: () => undefined,
        close: async () => void open.delete(port),
      };
    },
    attach: () => ({
      isAttached: true,
      attachment: { take: () => undefined, announceFrameRate: () => undefined, detach: () => undefined },
    }),
    engine: {
      listenSrt(request) {
        const done = Promise.withResolvers<string>();
        const end = (lastWords: string): void => {
          child.isOver = true;
          done.resolve(lastWords);
        };
        const child: Child = { request, bytes: new PassThrough(), isOver: false, end };
        children.push(child);
        return { bytes: child.bytes, done: done.promise, kill: () => end('') };
      },
    },
  });
  scope.after(async () => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    server,
    children,
    directory,
    metrics,
    open,
    ports: () => [...open.keys()],
    started: (count) => until(() => children[count - 1]),
    listenerOf: (digit) =>
      until(() => children.find(({ request }) => request.passphrase === `passphrase-${digit}`)),
  };
}

async function until<T>(read: () => T | undefined | false): Promise<T> {
  for (;;) {
    const value = read();
    if (value !== undefined && value !== false) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('it listens for the broadcasts that may be published to here by SRT, and for no others', async (scope) => {
  const { server, started, listenerOf, ports, children, open } = await setUp(scope);
  const elsewhere = { generation: 1, channels: [], ingestNodeIds: ['singapore-1-a'], reasons: [] };
  const { srtInput: _, ...withoutSrt } = makeBroadcast(5);
  server.update([
    makeBroadcast(1),
    makeBroadcast(2, { state: 'planned' }),
    makeBroadcast(3, { state: 'ended' }),
    makeBroadcast(2, { schedule: elsewhere }),
    withoutSrt,
    makeBroadcast(4),
  ]);
  const { request } = await listenerOf(1);
  assert.deepEqual([request.host, request.passphrase], ['127.0.0.1', 'passphrase-1']);
  assert.deepEqual([...open], [[8_401, request.port]]);
  server.update([makeBroadcast(1, { state: 'on_air' }), makeBroadcast(2)]);
  await started(2);
  assert.deepEqual(ports(), [8_401, 8_402]);
  server.update([makeBroadcast(2)]);
  await until(() => ports().length === 1);
  assert.equal(children.length, 2);
});

test('it listens again at once when a publisher is gone, in a directory of its own each time', async (scope) => {
  const { server, started, directory } = await setUp(scope);
  server.update([makeBroadcast(1)]);
  const first = await started(1);
  first.bytes.write(STREAM);
  await until(() => first.bytes.readableLength === 0);
  first.end('');
  const second = await started(2);
  assert.notEqual(first.request.workDirectory, second.request.workDirectory);
  assert.deepEqual(
    (await readdir(join(directory, 'live', 'srt'))).length,
    1,
    'the directory of the first is gone',
  );
});

test('while a publisher is on the air newcomers are refused, or get a listener of their own where they may take over', async (scope) => {
  const { server, started, listenerOf, children, open } = await setUp(scope);
  const replacing = { settings: { onSecondPublisher: 'replace' } } as Partial<BroadcastRecord>;
  server.update([makeBroadcast(1), makeBroadcast(2, replacing)]);
  for (const digit of [1, 2]) (await listenerOf(digit)).bytes.write(STREAM);
  const second = await started(3);
  await until(() => open.get(8_402) === second.request.port);
  await until(() => open.get(8_401) === null);
  assert.deepEqual(
    children.map(({ isOver }) => isOver),
    [false, false, false],
  );
  // The one that took over is followed by the next; the one that it took over from is over.
  second.bytes.write(STREAM);
  (await listenerOf(2)).end('');
  const third = await started(4);
  await until(() => open.get(8_402) === third.request.port);
});

test('another passphrase is another listener', async (scope) => {
  const { server, started, ports } = await setUp(scope);
  server.update([makeBroadcast(1)]);
  await started(1);
  server.update([makeBroadcast(1, { srtInput: { slot: 1, passphrase: 'another-passphrase' } })]);
  const second = await started(2);
  assert.equal(second.request.passphrase, 'another-passphrase');
  await until(() => ports().length === 1);
});

test('a plan that expects publishers elsewhere ends an idle listener, not one that serves', async (scope) => {
  const { server, started, listenerOf, ports } = await setUp(scope);
  const elsewhere = { generation: 2, channels: [], ingestNodeIds: ['singapore-1-a'], reasons: [] };
  server.update([makeBroadcast(1), makeBroadcast(2)]);
  await started(2);
  const first = await listenerOf(1);
  first.bytes.write(STREAM);
  await until(() => first.bytes.readableLength === 0);
  server.update([makeBroadcast(1, { schedule: elsewhere }), makeBroadcast(2, { schedule: elsewhere })]);
  await until(() => ports().length === 1);
  assert.deepEqual([ports(), first.isOver], [[8_401], false]);
});

test('a listener that cannot listen is tried again after a pause', async (scope) => {
  const { server, started, children } = await setUp(scope);
  server.update([makeBroadcast(1)]);
  const beganMs = performance.now();
  (await started(1)).end('Address already in use');
  await started(2);
  assert.ok(performance.now() - beganMs >= 200);
  assert.equal(children.length, 2);
});

test('refusals are counted', async (scope) => {
  const { server, started, metrics } = await setUp(scope);
  server.update([makeBroadcast(1)]);
  const { request } = await started(1);
  request.onRefusal();
  assert.equal(metrics.counters().ingest_srt_refusals_total, 1);
  assert.equal(metrics.gauges().ingest_srt_listeners, 1);
});

test('it stops with its listeners', async (scope) => {
  const { server, started, ports } = await setUp(scope);
  server.update([makeBroadcast(1), makeBroadcast(2)]);
  await started(2);
  await server.stop();
  assert.deepEqual(ports(), []);
});
