import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { freeLoopbackPort, openSrtPort, rejectionOf, type SrtPort } from './srt-port.ts';

const MEDIA = Buffer.from([0x00, 1, 2, 3]);
const KEEP_ALIVE = Buffer.from([0x80, 1, 0, 0]);

/** A handshake of a caller whose socket has this identifier. */
function handshake(socketId: number): Buffer {
  const packet = Buffer.alloc(64);
  packet.writeUInt32BE(0x8000_0000, 0);
  packet.writeUInt32BE(4, 16);
  packet.writeUInt32BE(1, 36);
  packet.writeUInt32BE(socketId, 40);
  return packet;
}

interface Peer {
  readonly port: number;
  readonly heard: { readonly bytes: Buffer; readonly from: RemoteInfo }[];
  send(bytes: Uint8Array, port: number): void;
}

async function peer(scope: TestContext): Promise<Peer> {
  const socket: Socket = createSocket('udp4');
  const heard: Peer['heard'] = [];
  socket.on('message', (bytes, from) => heard.push({ bytes, from }));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  scope.after(() => socket.close());
  return {
    port: socket.address().port,
    heard,
    send: (bytes, port) => socket.send(bytes, port, '127.0.0.1'),
  };
}

async function setUp(scope: TestContext) {
  const number = await freeLoopbackPort();
  let refusals = 0;
  const port: SrtPort = await openSrtPort('127.0.0.1', number, () => {
    refusals += 1;
  });
  scope.after(() => port.close());
  return { number, port, refusals: () => refusals };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test('each caller has a way of its own to the listener and back', async (scope) => {
  const { number, port } = await setUp(scope);
  const listener = await peer(scope);
  const [one, other] = [await peer(scope), await peer(scope)];
  port.offer(listener.port);
  one.send(handshake(1), number);
  other.send(handshake(2), number);
  await until(() => listener.heard.length === 2);
  assert.equal(new Set(listener.heard.map(({ from }) => from.port)).size, 2);
  for (const { bytes, from } of listener.heard) listener.send(bytes, from.port);
  await until(() => one.heard.length + other.heard.length === 2);
  assert.deepEqual([one.heard[0]?.bytes, other.heard[0]?.bytes], [handshake(1), handshake(2)]);
});

test('who was let in stays with its listener; who called besides, and newcomers, get the next one', async (scope) => {
  const { number, port } = await setUp(scope);
  const [first, second] = [await peer(scope), await peer(scope)];
  const [publisher, waiting, newcomer] = [await peer(scope), await peer(scope), await peer(scope)];
  port.offer(first.port);
  publisher.send(MEDIA, number);
  waiting.send(handshake(2), number);
  await until(() => first.heard.length === 2);
  port.settle(first.port);
  port.offer(second.port);
  publisher.send(KEEP_ALIVE, number);
  waiting.send(handshake(2), number);
  newcomer.send(handshake(3), number);
  await until(() => first.heard.length === 3 && second.heard.length === 2);
  assert.deepEqual(first.heard[2]?.bytes, KEEP_ALIVE);
  // The first is taken over from: what it still sends is a call like any other.
  port.forget(first.port);
  publisher.send(KEEP_ALIVE, number);
  await until(() => second.heard.length === 3);
});

test('without a listener a handshake is answered with a conflict, and anything else with nothing', async (scope) => {
  const { number, port, refusals } = await setUp(scope);
  const [publisher, caller] = [await peer(scope), await peer(scope)];
  port.offer(null);
  for (const bytes of [Buffer.from('GET / HTTP/1.1'), KEEP_ALIVE, Buffer.alloc(1_316, 0x7f)])
    publisher.send(bytes, number);
  caller.send(handshake(77), number);
  await until(() => caller.heard.length === 1);
  const answer = caller.heard[0]?.bytes ?? Buffer.alloc(64);
  assert.deepEqual([answer.readUInt32BE(12), answer.readUInt32BE(36)], [77, 2_409]);
  assert.deepEqual([publisher.heard.length, refusals()], [0, 1]);
  assert.equal(rejectionOf(Buffer.alloc(63)), undefined);
});

test('a port that somebody has is refused', async (scope) => {
  const { number } = await setUp(scope);
  await assert.rejects(
    openSrtPort('127.0.0.1', number, () => undefined),
    /EADDRINUSE/,
  );
});
