// The link proxy over real sockets. Times are checked from below exactly and from above generously: the machine may
// be busy, but nothing may arrive early.

import assert from 'node:assert/strict';
import net from 'node:net';
import { afterEach, test } from 'node:test';
import type { LinkFault } from '#core/fault/catalogue.ts';
import { createLinkProxy, type LinkProxy } from '#platform/fault/link-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startServer(onConnection: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as net.AddressInfo).port;
}

const startEcho = (): Promise<number> => startServer((socket) => socket.pipe(socket));

async function startProxy(port: number, faults: readonly LinkFault[] = []): Promise<LinkProxy> {
  const proxy = await createLinkProxy({ target: { host: '127.0.0.1', port }, seed: 1, faults });
  cleanups.push(() => proxy.close());
  return proxy;
}

interface Client {
  readonly socket: net.Socket;
  received(): Buffer;
  ended(): boolean;
  failure(): string | undefined;
}

function connect(port: number): Client {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
  const chunks: Buffer[] = [];
  let isEnded = false;
  let failure: string | undefined;
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('end', () => {
    isEnded = true;
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code;
  });
  cleanups.push(() => void socket.destroy());
  return {
    socket,
    received: () => Buffer.concat(chunks),
    ended: () => isEnded,
    failure: () => failure,
  };
}

async function roundTrip(client: Client, text: string): Promise<number> {
  const before = client.received().length;
  const startedAt = performance.now();
  client.socket.write(text);
  await waitFor(`${text} to come back`, () => client.received().length >= before + text.length);
  return performance.now() - startedAt;
}

const both = (delayMs: number): LinkFault => ({ kind: 'latency', direction: 'both', delayMs });

test('the delay of both directions is felt, and the handshake once', async () => {
  const proxy = await startProxy(await startEcho(), [both(40)]);
  const client = connect(proxy.port);
  const first = await roundTrip(client, 'first');
  assert.ok(first >= 155 && first < 1_000, `the first round trip took ${first} ms`);
  const second = await roundTrip(client, 'second');
  assert.ok(second >= 78 && second < first + 500, `the second round trip took ${second} ms`);
});

test('bytes are never reordered by jitter, nor changed', async () => {
  const faults: LinkFault[] = [both(5), { kind: 'jitter', direction: 'both', jitterMs: 5 }];
  const proxy = await startProxy(await startEcho(), faults);
  const client = connect(proxy.port);
  const sent = Buffer.alloc(3_000_000);
  for (let index = 0; index < sent.length; index += 4) sent.writeUInt32BE(index, index);
  client.socket.write(sent);
  await waitFor('all bytes', () => client.received().length === sent.length);
  assert.ok(client.received().equals(sent));
});

test('bandwidth is shared by the connections of a link', async () => {
  const proxy = await startProxy(await startEcho(), [
    { kind: 'bandwidth', direction: 'there', bytesPerSecond: 1_000_000 },
  ]);
  const clients = [connect(proxy.port), connect(proxy.port)];
  const startedAt = performance.now();
  for (const { socket } of clients) socket.write(Buffer.alloc(100_000));
  await waitFor('both bodies', () => clients.every((client) => client.received().length === 100_000));
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs >= 190, `200 kB at 1 MB/s took ${tookMs} ms`);
});

test('a silent link keeps connections, and delivers what it held when it heals', async () => {
  const echo = await startEcho();
  const healthy = await startProxy(echo);
  const proxy = await startProxy(echo);
  const client = connect(proxy.port);
  await roundTrip(client, 'before');
  await proxy.setFaults([{ kind: 'blackhole', direction: 'both' }]);
  client.socket.write('during');
  const late = connect(proxy.port);
  late.socket.write('late');
  await waitFor('the link to have both', () => proxy.connectionCount() === 2);
  // What a healthy link carried there and back meanwhile, this one would have carried too.
  for (let round = 0; round < 5; round += 1) await roundTrip(connect(healthy.port), 'meanwhile');
  assert.equal(client.received().toString(), 'before');
  assert.equal(client.failure(), undefined);
  await proxy.setFaults([]);
  await waitFor('what was held', () => client.received().toString() === 'beforeduring');
  await waitFor('the late connection', () => late.received().toString() === 'late');
});

test('a half-open link carries one direction alone', async () => {
  let arrived = '';
  const port = await startServer((socket) => {
    socket.on('data', (chunk) => {
      arrived += chunk.toString();
      socket.write('answer');
    });
  });
  const proxy = await startProxy(port, [{ kind: 'blackhole', direction: 'back' }]);
  const client = connect(proxy.port);
  client.socket.write('question');
  await waitFor('the question to arrive', () => arrived === 'question');
  assert.equal(client.received().length, 0);
  await proxy.setFaults([]);
  await waitFor('the answer', () => client.received().toString() === 'answer');
});

test('a reset breaks live connections and new ones', async () => {
  const proxy = await startProxy(await startEcho());
  const client = connect(proxy.port);
  await roundTrip(client, 'before');
  await proxy.setFaults([{ kind: 'reset' }]);
  await waitFor('the reset', () => client.failure() === 'ECONNRESET');
  const next = connect(proxy.port);
  await waitFor('the next one to be reset', () => next.failure() === 'ECONNRESET');
  await proxy.setFaults([]);
  await roundTrip(connect(proxy.port), 'after');
});

test('a refusing link listens no more, and listens on the same port when it heals', async () => {
  const proxy = await startProxy(await startEcho());
  const { port } = proxy;
  await proxy.setFaults([{ kind: 'refuse' }]);
  const refused = connect(port);
  await waitFor('the refusal', () => refused.failure() === 'ECONNREFUSED');
  await proxy.setFaults([]);
  await roundTrip(connect(port), 'after');
});

test('a connection is reset after the bytes it may carry', async () => {
  const proxy = await startProxy(await startEcho(), [{ kind: 'reset_after', bytes: 1_000 }]);
  const client = connect(proxy.port);
  await roundTrip(client, 'x'.repeat(400));
  client.socket.write('x'.repeat(400));
  await waitFor('the reset', () => client.failure() === 'ECONNRESET');
  assert.equal(client.received().length, 400);
});

test('the end of a stream arrives after its bytes, with the delay, and both sides close', async () => {
  const port = await startServer((socket) => {
    socket.on('data', () => socket.end('goodbye'));
  });
  const proxy = await startProxy(port, [both(20)]);
  const client = connect(proxy.port);
  client.socket.write('hello');
  await waitFor('the end', () => client.ended());
  assert.equal(client.received().toString(), 'goodbye');
  assert.equal(client.failure(), undefined);
  await waitFor('the connection to be gone', () => proxy.connectionCount() === 0);
});

test('a dead target looks like a reset', async () => {
  const port = await startEcho();
  for (const cleanup of cleanups.splice(0)) await cleanup();
  const proxy = await startProxy(port);
  const client = connect(proxy.port);
  await waitFor('the reset', () => client.failure() === 'ECONNRESET');
  await waitFor('the connection to be gone', () => proxy.connectionCount() === 0);
});

test('a reader that stops reading stops the writer', async () => {
  let paused: net.Socket | undefined;
  const port = await startServer((socket) => {
    socket.pause();
    paused = socket;
  });
  const proxy = await startProxy(port);
  const client = connect(proxy.port);
  let taken = 0;
  const chunk = Buffer.alloc(1 << 20);
  // 64 MiB would all be taken by a proxy without bounds.
  const pump = (): void => {
    while (taken < 64 && client.socket.write(chunk)) taken += 1;
    taken += 1;
    if (taken < 64) client.socket.once('drain', pump);
  };
  pump();
  let last = -1;
  let looksAlike = 0;
  await waitFor('the writer to stop', () => {
    looksAlike = last === taken && paused !== undefined ? looksAlike + 1 : 0;
    last = taken;
    return looksAlike >= 10;
  });
  assert.ok(taken < 40, `${taken} MiB were taken`);
  let arrived = 0;
  paused?.on('data', (data: Buffer) => {
    arrived += data.length;
  });
  paused?.resume();
  await waitFor('the rest to flow', () => arrived >= 60 << 20);
});

test('closing resets what lives and frees the port', async () => {
  const proxy = await startProxy(await startEcho());
  const client = connect(proxy.port);
  await roundTrip(client, 'before');
  await proxy.close();
  await waitFor('the reset', () => client.failure() === 'ECONNRESET');
  const refused = connect(proxy.port);
  await waitFor('the refusal', () => refused.failure() === 'ECONNREFUSED');
  await proxy.close();
});
