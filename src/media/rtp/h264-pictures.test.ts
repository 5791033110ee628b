import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPictureFormat } from '../contribution/parameter-sets.ts';
import { createH264Pictures, type H264Pictures, type Picture } from './h264-pictures.ts';
import { PICTURE_BYTES_MAX } from './limits.ts';
import type { OrderedPacket } from './rtp-packet.ts';

/** Of a browser: baseline, 640x360 and 1280x720. */
const SPS = Uint8Array.from(Buffer.from('6742c01f8c8d40501ec900f0884460', 'hex'));
const SMALL_SPS = Uint8Array.from(Buffer.from('6742c01e8c8d40a02ff960', 'hex'));
const PPS = Uint8Array.of(0x68, 0xce, 0x3c, 0x80);
const KEY = Uint8Array.of(0x65, 1, 2, 3, 4, 5, 6, 7);
const SLICE = Uint8Array.of(0x41, 9, 8, 7);

let sequence = 0;
const packet = (
  timestamp: number,
  payload: Uint8Array | readonly number[],
  flags: { isMarked?: boolean; isAfterGap?: boolean } = {},
): OrderedPacket => ({
  sequence: sequence++,
  timestamp,
  payload: Uint8Array.from(payload),
  isMarked: flags.isMarked ?? true,
  isAfterGap: flags.isAfterGap ?? false,
});

function aggregate(...units: readonly Uint8Array[]): number[] {
  return [0x18, ...units.flatMap((unit) => [unit.length >> 8, unit.length & 255, ...unit])];
}

/** Fragments of a unit, of so many bytes each. */
function fragments(unit: Uint8Array, bytes: number): number[][] {
  const [head = 0, ...body] = unit;
  const parts: number[][] = [];
  for (let at = 0; at < body.length; at += bytes) {
    const flags = (at === 0 ? 0x80 : 0) | (at + bytes >= body.length ? 0x40 : 0);
    parts.push([(head & 0xe0) | 28, flags | (head & 31), ...body.slice(at, at + bytes)]);
  }
  return parts;
}

const pushAll = (pictures: H264Pictures, packets: readonly OrderedPacket[]): Picture[] =>
  packets.flatMap((one) => pictures.push(one));
const keyFrame = (timestamp: number, sps = SPS): OrderedPacket[] => [
  packet(timestamp, aggregate(sps, PPS), { isMarked: false }),
  ...fragments(KEY, 3).map((part, index, all) =>
    packet(timestamp, part, { isMarked: index === all.length - 1 }),
  ),
];

test('a key frame in fragments and a frame in one packet become pictures with their configuration', () => {
  const pictures = createH264Pictures();
  const [key, frame, ...more] = pushAll(pictures, [...keyFrame(1_000), packet(4_000, SLICE)]);
  assert.deepEqual(more, []);
  assert.deepEqual([key?.timestamp, key?.isKeyFrame], [1_000, true]);
  assert.deepEqual(key?.data, Uint8Array.of(0, 0, 0, 8, ...KEY));
  assert.deepEqual([frame?.isKeyFrame, frame?.data], [false, Uint8Array.of(0, 0, 0, 4, ...SLICE)]);
  assert.equal(frame?.config, key?.config);
  assert.equal(readPictureFormat('avc1', key?.config ?? new Uint8Array()).width, 640);
});

test('another size is another configuration, the same one again is the same object', () => {
  const pictures = createH264Pictures();
  const made = pushAll(pictures, [...keyFrame(0), ...keyFrame(1), ...keyFrame(2, SMALL_SPS), ...keyFrame(3)]);
  const [first, again, other, back] = made.map(({ config }) => config);
  assert.equal(again, first);
  assert.notDeepEqual(other, first);
  assert.deepEqual(back, first);
});

test('nothing comes before the first key frame, and a picture ends where the next one begins', () => {
  const pictures = createH264Pictures();
  assert.deepEqual(pushAll(pictures, [packet(0, SLICE)]), []);
  assert.equal(pictures.isBroken(), true);
  const unmarked = keyFrame(1).map((one) => ({ ...one, isMarked: false }));
  const [key] = pushAll(pictures, [...unmarked, packet(2, SLICE, { isMarked: false })]);
  assert.equal(key?.timestamp, 1);
  assert.equal(pictures.isBroken(), false);
});

test('a loss leaves out everything up to the next whole key frame', () => {
  const pictures = createH264Pictures();
  pushAll(pictures, keyFrame(0));
  assert.deepEqual(pushAll(pictures, [packet(1, SLICE, { isAfterGap: true }), packet(2, SLICE)]), []);
  assert.equal(pictures.isBroken(), true);
  const [first, second, ...rest] = keyFrame(3);
  assert.ok(first && second);
  assert.deepEqual(pushAll(pictures, [first, { ...second, isAfterGap: true }, ...rest]), []);
  assert.equal(pushAll(pictures, keyFrame(4)).length, 1);
  assert.equal(pictures.dropped(), 3);
});

for (const [what, payloads] of [
  ['a fragment without its beginning', [[0x7c, 0x45, 1, 2]]],
  ['a unit amid fragments', [[0x7c, 0x85, 1], SLICE]],
  ['fragments without an end', [[0x7c, 0x85, 1]]],
  ['an aggregate that is cut off', [[0x18, 0, 9, 0x65, 1]]],
  ['an aggregate of nothing', [[0x18, 0, 0, 0]]],
  ['a kind of packet that is not negotiated', [[0x1d, 1, 2]]],
] as const)
  test(`${what} breaks the picture, and nothing else`, () => {
    const pictures = createH264Pictures();
    pushAll(pictures, keyFrame(0));
    const bad = payloads.map((payload, index) =>
      packet(1, payload, { isMarked: index === payloads.length - 1 }),
    );
    assert.deepEqual(pushAll(pictures, bad), []);
    assert.equal(pictures.isBroken(), true);
    assert.equal(pushAll(pictures, keyFrame(2)).length, 1);
  });

test('a picture that never ends is given up, and an empty packet is nothing', () => {
  const pictures = createH264Pictures();
  pushAll(pictures, keyFrame(0));
  const chunk = new Uint8Array(64_000).fill(1);
  const count = Math.ceil(PICTURE_BYTES_MAX / chunk.length) + 1;
  pushAll(pictures, [packet(1, [0x7c, 0x85, 1], { isMarked: false }), packet(1, [], { isMarked: false })]);
  for (let index = 0; index < count; index += 1)
    pictures.push(packet(1, [0x7c, 0x05, ...chunk], { isMarked: false }));
  assert.deepEqual(pushAll(pictures, [packet(1, [0x7c, 0x45, 1])]), []);
  assert.equal(pictures.dropped(), 1);
});
