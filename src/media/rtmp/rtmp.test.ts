import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { type AmfValue, decodeAmf, encodeAmf } from './amf0.ts';
import { createChunkReader, type RtmpMessage } from './chunk-reader.ts';
import { writeMessage } from './chunk-writer.ts';
import { UNFINISHED_BYTES_MAX } from './limits.ts';
import { createPublishSession, type PublishEvent } from './publish-session.ts';
import { RtmpError } from './rtmp-error.ts';

const REPEAT = 'node --test src/media/rtmp/rtmp.test.ts';

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Handshake, then commands as OBS and ffmpeg send them. */
const HANDSHAKE = new Uint8Array(1 + 2 * 1_536);
HANDSHAKE[0] = 3;

const command = (...values: AmfValue[]): Uint8Array =>
  writeMessage({ chunkStreamId: 3, type: 20, streamId: 0, payload: encodeAmf(values) }, 128);
const CONNECT = command('connect', 1, {
  app: 'live?x=1',
  tcUrl: 'rtmp://host/live',
  fourCcList: ['hvc1'],
});
const PUBLISH = [
  command('releaseStream', 2, null, 'key'),
  command('FCPublish', 3, null, 'key'),
  command('createStream', 4, null),
  command('publish', 5, null, 'key?token=1', 'live'),
];
const media = (type: 8 | 9, timestampMs: number, payload: Uint8Array): Uint8Array =>
  writeMessage({ chunkStreamId: 4, type, streamId: 1, timestampMs, payload }, 128);

/** What a session sent, as messages. */
function sentMessages(parts: readonly Uint8Array[]): RtmpMessage[] {
  const reader = createChunkReader();
  reader.setChunkBytes(4_096);
  const messages: RtmpMessage[] = [];
  reader.push(join(parts), (message) => messages.push(message));
  return messages;
}

test('AMF values come back as they were', () => {
  const values: AmfValue[] = ['name', 1.5, true, null, { a: { b: [1, 'x'] }, __proto__x: 2 }, [null, false]];
  assert.deepEqual(JSON.parse(JSON.stringify(decodeAmf(encodeAmf(values)))), values);
});

test('a key named after the prototype is a key and nothing else', () => {
  const bytes = encodeAmf([{ xxprotoxx: 1 }]);
  const name = new TextEncoder().encode('__proto__');
  bytes.set(name, 3);
  const [value] = decodeAmf(bytes);
  assert.deepEqual(Object.keys(value as object), ['__proto__']);
});

test('AMF that is nested, long or cut is refused', () => {
  const nested = new Uint8Array(400);
  for (let at = 0; at < nested.length; at += 4) nested.set([3, 0, 1, 97], at);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ['nested', nested],
    ['a long array', Uint8Array.of(10, 0, 1, 0, 0)],
    ['many values', new Uint8Array(2_000).fill(5)],
    ['a cut string', Uint8Array.of(2, 0, 9, 97)],
    ['a cut number', Uint8Array.of(0, 1, 2)],
    ['a reference', Uint8Array.of(7, 0, 0)],
  ];
  for (const [name, bytes] of cases) assert.throws(() => decodeAmf(bytes), RtmpError, name);
});

test('messages come back in whatever pieces their chunks arrive, with interleaving and every header form', () => {
  const video = Uint8Array.from({ length: 300 }, (_, index) => index & 255);
  const audio = Uint8Array.from({ length: 150 }, (_, index) => (index * 7) & 255);
  const part = (bytes: Uint8Array, at: number): number[] => [...bytes.subarray(at, at + 128)];
  const stream = Uint8Array.from([
    // Type 0 on stream 4, and between its chunks a message on stream 70 (a basic header of two bytes).
    ...[4, 0, 0, 100, 0, 1, 44, 9, 1, 0, 0, 0],
    ...part(video, 0),
    ...[0, 6, 0, 0, 21, 0, 0, 150, 8, 1, 0, 0, 0],
    ...part(audio, 0),
    ...[0xc4],
    ...part(video, 128),
    ...[0xc0, 6],
    ...part(audio, 128),
    ...[0xc4],
    ...part(video, 256),
    // Type 1 (delta 33), type 2 (delta 21), type 3 that repeats it, and a type 3 after the type 0 of stream 70.
    ...[0x44, 0, 0, 33, 0, 0, 1, 9, 0xaa],
    ...[0x84, 0, 0, 21, 0xab],
    ...[0xc4, 0xac],
    ...[0xc0, 6],
    ...part(audio, 0),
    ...[0xc0, 6],
    ...part(audio, 128),
    // An extended timestamp, repeated in the type 3 chunk.
    ...[4, 255, 255, 255, 0, 0, 130, 9, 1, 0, 0, 0, 255, 255, 255, 240],
    ...part(video, 0),
    ...[0xc4, 255, 255, 255, 240, 128, 129],
  ]);
  for (const pieceBytes of [1, 3, 100, stream.length]) {
    const reader = createChunkReader();
    const found: (readonly [number, number, number])[] = [];
    for (let at = 0; at < stream.length; at += pieceBytes)
      reader.push(stream.subarray(at, at + pieceBytes), ({ type, timestampMs, payload }) =>
        found.push([type, timestampMs, payload.length]),
      );
    assert.deepEqual(
      found,
      [
        [8, 21, 150],
        [9, 100, 300],
        [9, 133, 1],
        [9, 154, 1],
        [9, 175, 1],
        [8, 42, 150],
        [9, 0xffff_fff0, 130],
      ],
      `in pieces of ${pieceBytes} bytes`,
    );
    assert.equal(reader.pendingBytes(), 0);
  }
});

test('what would take memory without end is refused: messages, streams, chunk sizes, unfinished messages', () => {
  const header = (id: number, length: number): number[] => [
    ...[id, 0, 0, 0],
    ...[length >> 16, (length >> 8) & 255, length & 255],
    ...[9, 1, 0, 0, 0],
  ];
  const nothing = (): void => undefined;
  assert.throws(() => createChunkReader().push(Uint8Array.from(header(4, 9 << 20)), nothing), RtmpError);
  assert.throws(() => createChunkReader().setChunkBytes(2 << 20), RtmpError);
  assert.throws(() => createChunkReader().setChunkBytes(0), RtmpError);
  const many = createChunkReader();
  assert.throws(() => {
    for (let id = 0; id < 100; id += 1)
      many.push(Uint8Array.from([0, id, ...header(0, 1).slice(1), 0xff]), nothing);
  }, RtmpError);
  const unfinished = createChunkReader();
  unfinished.setChunkBytes(1 << 20);
  const chunk = new Uint8Array(1 << 20);
  assert.throws(() => {
    for (let id = 3; id < 60; id += 1)
      unfinished.push(join([Uint8Array.from(header(id, 4 << 20)), chunk]), nothing);
  }, RtmpError);
  assert.ok(unfinished.pendingBytes() <= UNFINISHED_BYTES_MAX + (4 << 20));
});

test('a publisher is asked for its key before anything of it is taken, and then begins', () => {
  const session = createPublishSession(new Uint8Array(1_528).fill(7));
  const early = session.step(join([HANDSHAKE, CONNECT, ...PUBLISH, media(9, 0, Uint8Array.of(0x17, 0))]));
  assert.deepEqual(early.events, [{ kind: 'publish', app: 'live', name: 'key', query: 'token=1' }]);
  const answer = join(early.send).subarray(1 + 2 * 1_536);
  const replies = sentMessages([answer]).filter(({ type }) => type === 20);
  assert.deepEqual(
    replies.map(({ payload }) => decodeAmf(payload).slice(0, 2)),
    [
      ['_result', 1],
      ['_result', 4],
    ],
  );
  const connected = decodeAmf((replies[0] as RtmpMessage).payload)[3] as { fourCcList: string[] };
  assert.ok(connected.fourCcList.includes('hvc1'));
  const started = sentMessages(session.accept());
  assert.equal(decodeAmf((started.at(-1) as RtmpMessage).payload)[0], 'onStatus');
  const metadata = writeMessage(
    {
      chunkStreamId: 4,
      type: 18,
      streamId: 1,
      payload: encodeAmf(['@setDataFrame', 'onMetaData', { framerate: 30 }]),
    },
    128,
  );
  const late = session.step(
    join([metadata, media(8, 21, Uint8Array.of(0xaf, 1, 2)), command('FCUnpublish', 6, null)]),
  );
  assert.deepEqual(
    late.events.map(({ kind }) => kind),
    ['metadata', 'media', 'unpublish'],
  );
});

test('a wrong key is answered with BadName and nothing is taken afterwards', () => {
  const session = createPublishSession(new Uint8Array(1_528));
  session.step(join([HANDSHAKE, CONNECT, ...PUBLISH]));
  const [refusal] = sentMessages(session.refuse('not valid'));
  const status = decodeAmf((refusal as RtmpMessage).payload)[3] as { code: string; level: string };
  assert.deepEqual([status.level, status.code], ['error', 'NetStream.Publish.BadName']);
  assert.deepEqual(session.step(media(9, 0, Uint8Array.of(0x17, 1))).events, []);
});

test('pings are answered and bytes are acknowledged before the window is full', () => {
  const session = createPublishSession(new Uint8Array(1_528));
  const control = (type: number, ...payload: number[]): Uint8Array =>
    writeMessage({ chunkStreamId: 2, type, streamId: 0, payload: Uint8Array.from(payload) }, 128);
  const { send } = session.step(join([HANDSHAKE, CONNECT, control(4, 0, 6, 0, 0, 0, 9)]));
  const ping = sentMessages([join(send).subarray(3_073)]).find(({ type }) => type === 4);
  assert.deepEqual([...(ping?.payload ?? [])], [0, 7, 0, 0, 0, 9]);
  session.step(control(5, 0, 2, 0, 0));
  const parts = session.step(new Uint8Array(0)).send;
  assert.equal(parts.length, 0);
  const acknowledged = session.step(
    join(Array.from({ length: 700 }, () => media(9, 0, new Uint8Array(100)))),
  );
  assert.ok(sentMessages(acknowledged.send).some(({ type }) => type === 3));
});

test('mutated connections end in events or in an RtmpError, and nothing else', () => {
  const whole = join([
    HANDSHAKE,
    CONNECT,
    ...PUBLISH,
    media(9, 0, new Uint8Array(700).fill(0x17)),
    media(8, 5, new Uint8Array(200).fill(0xaf)),
    writeMessage(
      {
        chunkStreamId: 4,
        type: 18,
        streamId: 1,
        payload: encodeAmf(['onMetaData', { framerate: 30, list: [1, 2] }]),
      },
      128,
    ),
  ]);
  for (let seed = 1; seed <= 400; seed += 1) {
    const prng = createPrng(seed);
    const bytes = whole.slice();
    const changes = 1 + Math.floor(prng() * 12);
    for (let count = 0; count < changes; count += 1)
      bytes[HANDSHAKE.length + Math.floor(prng() * (bytes.length - HANDSHAKE.length))] = Math.floor(
        prng() * 256,
      );
    const session = createPublishSession(new Uint8Array(1_528));
    const events: PublishEvent[] = [];
    try {
      for (let at = 0; at < bytes.length; ) {
        const length = 1 + Math.floor(prng() * 900);
        const step = session.step(bytes.subarray(at, at + length));
        if (step.events.some(({ kind }) => kind === 'publish')) session.accept();
        events.push(...step.events);
        at += length;
      }
    } catch (error) {
      assert.ok(error instanceof RtmpError, `seed ${seed}: ${error} (${REPEAT})`);
    }
    assert.ok(events.length < 100, `seed ${seed}`);
  }
});
