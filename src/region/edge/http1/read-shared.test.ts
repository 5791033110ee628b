import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { readShared } from './read-shared.ts';

async function serve(onSocket: (socket: Socket, accepted: Socket) => void) {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (accepted) =>
    onSocket(readShared(accepted), accepted),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    async connect(): Promise<Socket> {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    },
    /** Resolves once every connection is closed, as the server counts them. */
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

// `once` of node:events would fail at an error before.
const closing = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

test('connections read into one buffer, are answered, and are counted until they close', async () => {
  const memories = new Set<ArrayBufferLike>();
  const server = await serve((socket) => {
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      memories.add(chunk.buffer);
      text += chunk.toString('latin1');
    });
    socket.on('end', () => socket.end(`${text}!`));
  });
  const clients = await Promise.all([server.connect(), server.connect()]);
  for (const [index, client] of clients.entries()) client.write(`a${index}`);
  for (const client of clients) client.end('b');
  assert.deepEqual(await Promise.all(clients.map(textOf)), ['a0b!', 'a1b!']);
  assert.equal(memories.size, 1);
  await server.close();
});

test('a paused connection is not read from, and goes on where it stood', async () => {
  const paused = Promise.withResolvers<Socket>();
  let bytes = 0;
  let accepted = 0;
  const server = await serve((socket) => {
    accepted += 1;
    if (accepted === 2) {
      socket.on('data', () => socket.end('an answer'));
      return;
    }
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    socket.pause();
    paused.resolve(socket);
  });
  const client = await server.connect();
  const sent = Buffer.alloc(32 << 20, 0x61);
  client.end(sent);
  const socket = await paused.promise;
  const other = await server.connect();
  other.end('a question');
  assert.equal(await textOf(other), 'an answer', 'the server has looked at its connections since');
  assert.equal(bytes, 0);
  socket.resume();
  await once(socket, 'end');
  assert.equal(bytes, sent.length);
  socket.end();
  client.resume();
  await server.close();
});

test('either socket closes both, and a client that breaks off closes them', async () => {
  const pairs: { socket: Socket; accepted: Socket }[] = [];
  const both = Promise.withResolvers<void>();
  const server = await serve((socket, accepted) => {
    socket.on('error', () => undefined);
    pairs.push({ socket, accepted });
    if (pairs.length === 2) both.resolve();
  });
  const clients = [await server.connect(), await server.connect()];
  await both.promise;
  const closed = pairs.flatMap(({ socket, accepted }) => [closing(socket), closing(accepted)]);
  defined(pairs[0], 'a pair').accepted.destroy();
  defined(clients[1], 'a client').resetAndDestroy();
  await Promise.all(closed);
  for (const client of clients) client.destroy();
  await server.close();
});
