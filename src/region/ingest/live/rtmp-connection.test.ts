import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { writeAudioFrame, writeVideoFrame } from '#media/flv/flv-packets.ts';
import { type AmfValue, decodeAmf, encodeAmf } from '#media/rtmp/amf0.ts';
import { createChunkReader } from '#media/rtmp/chunk-reader.ts';
import { writeMessage } from '#media/rtmp/chunk-writer.ts';
import { systemClock } from '#platform/clock.ts';
import { silentLog } from '#platform/log.ts';
import type { Attached } from './hub.ts';
import { serveRtmpConnection } from './rtmp-connection.ts';

const HANDSHAKE = Buffer.alloc(1 + 2 * 1_536);
HANDSHAKE[0] = 3;
const command = (...values: AmfValue[]): Uint8Array =>
  writeMessage({ chunkStreamId: 3, type: 20, streamId: 0, payload: encodeAmf(values) }, 128);
const media = (type: 8 | 9, timestampMs: number, payload: Uint8Array): Uint8Array =>
  writeMessage({ chunkStreamId: 4, type, streamId: 1, timestampMs, payload }, 128);

interface Connected {
  readonly client: Duplex;
  readonly keys: string[];
  readonly units: FeedUnit[];
  readonly detached: string[];
  statusCodes(): string[];
  isEnded(): boolean;
  breakOff(): void;
}

/** A connection without a network; `isRead` false: the publisher reads nothing of what it is answered. */
function connect(refusal: string | null, isRead = true): Connected {
  const [client, server] = duplexPair();
  // What a socket has beyond a stream; its timers never fire here.
  const socket = Object.assign(server, { setNoDelay: () => server, setTimeout: () => server });
  const keys: string[] = [];
  const units: FeedUnit[] = [];
  const detached: string[] = [];
  const attached: Attached =
    refusal === null
      ? {
          isAttached: true,
          attachment: {
            take: (unit) => void units.push(unit),
            announceFrameRate: () => undefined,
            detach: (why) => void detached.push(why),
          },
        }
      : { isAttached: false, fault: 'key', reason: refusal };
  serveRtmpConnection(socket as unknown as Socket, {
    clock: systemClock,
    log: silentLog,
    attach: async (streamKey) => {
      keys.push(streamKey);
      return attached;
    },
  });
  const received: Buffer[] = [];
  let isEnded = false;
  client.on('error', () => undefined);
  client.on('end', () => {
    isEnded = true;
  });
  if (isRead) client.on('data', (bytes: Buffer) => void received.push(bytes));
  return {
    client,
    keys,
    units,
    detached,
    isEnded: () => isEnded,
    breakOff: () => void server.destroy(),
    statusCodes() {
      const codes: string[] = [];
      const chunks = createChunkReader();
      chunks.push(Buffer.concat(received).subarray(HANDSHAKE.length), ({ type, payload }) => {
        if (type === 1) chunks.setChunkBytes(Buffer.from(payload).readUInt32BE(0));
        const [name, , , status] = type === 20 ? decodeAmf(payload) : [];
        if (name === 'onStatus') codes.push((status as { code: string }).code);
      });
      return codes;
    },
  };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise(setImmediate);
}

async function publish(connected: Connected): Promise<void> {
  const parts = [
    HANDSHAKE,
    command('connect', 1, { app: 'live' }),
    command('createStream', 2, null),
    command('publish', 3, null, 'key?x=1'),
  ];
  connected.client.write(Buffer.concat(parts));
  await settle();
}

test('a publisher shows its key, begins, and its packets become units', async () => {
  const connected = connect(null);
  await publish(connected);
  assert.deepEqual(connected.keys, ['key']);
  assert.deepEqual(connected.statusCodes(), ['NetStream.Publish.Start']);
  connected.client.write(media(9, 40, writeVideoFrame('hvc1', true, 7, Uint8Array.of(1, 2))));
  connected.client.write(media(8, 42, writeAudioFrame(Uint8Array.of(3))));
  await settle();
  assert.deepEqual(
    connected.units.map((unit) => [unit.kind, 'timestampMs' in unit ? unit.timestampMs : null]),
    [
      ['video', 40],
      ['audio', 42],
    ],
  );
  connected.client.write(command('FCUnpublish', 4, null));
  await settle();
  assert.deepEqual(connected.detached, ['the publisher stopped']);
  assert.equal(connected.isEnded(), true);
  connected.client.destroy();
});

test('a publisher that is refused reads BadName, and its connection ends', async () => {
  const connected = connect('the broadcast has ended');
  await publish(connected);
  assert.deepEqual(connected.statusCodes(), ['NetStream.Publish.BadName']);
  assert.equal(connected.isEnded(), true);
  assert.deepEqual(connected.units, []);
  connected.client.destroy();
});

test('media that cannot be understood, a flood of bytes and a flood of pings end the connection with a reason', async () => {
  const strange = connect(null);
  await publish(strange);
  strange.client.write(media(9, 0, Uint8Array.of(0x12, 0, 0)));
  await settle();
  assert.match(strange.detached[0] ?? '', /codec 2 .*H\.264/);
  strange.client.destroy();

  const flood = connect(null);
  await publish(flood);
  const frame = Buffer.concat(
    Array.from({ length: 40 }, () => media(9, 0, writeVideoFrame('avc1', false, 0, new Uint8Array(60_000)))),
  );
  for (let count = 0; count < 16 && flood.detached.length === 0; count += 1) {
    flood.client.write(frame);
    await settle();
  }
  assert.match(flood.detached[0] ?? '', /more than 50000000 bit\/s/);
  flood.client.destroy();

  const deaf = connect(null, false);
  await publish(deaf);
  const ping = writeMessage(
    { chunkStreamId: 2, type: 4, streamId: 0, payload: Uint8Array.of(0, 6, 0, 0, 0, 1) },
    128,
  );
  const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
  for (let count = 0; count < 200 && deaf.detached.length === 0; count += 1) {
    deaf.client.write(pings);
    await settle();
  }
  assert.match(deaf.detached[0] ?? '', /does not read/);
  deaf.client.destroy();
});

test('a connection that breaks off tells its broadcast', async () => {
  const connected = connect(null);
  await publish(connected);
  connected.breakOff();
  await settle();
  assert.deepEqual(connected.detached, ['the connection ended']);
});
