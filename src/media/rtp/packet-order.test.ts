import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELD_PACKETS_MAX, REQUEST_PAUSE_MS, REQUESTS_MAX } from './limits.ts';
import { createPacketOrder, type PacketOrder } from './packet-order.ts';
import type { OrderedPacket, RtpPacket } from './rtp-packet.ts';

const packet = (sequence: number): RtpPacket => ({
  sequence: sequence & 0xffff,
  timestamp: sequence,
  isMarked: false,
  payload: Uint8Array.of(1),
});
/** Sequence numbers, those after a gap with a mark. */
const show = (packets: readonly OrderedPacket[]): string[] =>
  packets.map(({ sequence, isAfterGap }) => `${isAfterGap ? '!' : ''}${sequence}`);
const push = (order: PacketOrder, sequences: readonly number[], nowMs = 0): string[] =>
  sequences.flatMap((sequence) => show(order.push(packet(sequence), nowMs)));

test('packets in their order come out at once, also across the wrap of their numbers', () => {
  const order = createPacketOrder(100);
  assert.deepEqual(push(order, [65_534, 65_535, 65_536, 65_537]), ['65534', '65535', '0', '1']);
});

test('packets that overtake each other are put back, those that come twice or too late are left out', () => {
  const order = createPacketOrder(100);
  assert.deepEqual(push(order, [65_534, 65_537, 65_536, 65_537, 65_535, 65_533]), [
    '65534',
    '65535',
    '0',
    '1',
  ]);
  assert.equal(order.lost(), 0);
});

test('what is missing is asked for at once, again after a pause, and not for ever', () => {
  const order = createPacketOrder(10_000);
  push(order, [10, 13, 15]);
  assert.deepEqual(order.missing(0), [11, 12, 14]);
  assert.deepEqual(order.missing(REQUEST_PAUSE_MS - 1), []);
  push(order, [12], REQUEST_PAUSE_MS);
  for (let again = 1; again < REQUESTS_MAX; again += 1)
    assert.deepEqual(order.missing(again * REQUEST_PAUSE_MS), [11, 14]);
  assert.deepEqual(order.missing(REQUESTS_MAX * REQUEST_PAUSE_MS), []);
  assert.deepEqual(push(order, [11]), ['11', '12', '13']);
});

test('a gap is waited out, then what follows it goes on with a mark', () => {
  const order = createPacketOrder(100);
  assert.deepEqual(push(order, [1, 4, 5, 8], 50), ['1']);
  assert.deepEqual(show(order.tick(149)), []);
  assert.deepEqual(show(order.tick(150)), ['!4', '5', '!8']);
  assert.equal(order.lost(), 4);
  assert.deepEqual(push(order, [9], 151), ['9']);
});

test('no more is held back than the limit, and a leap of the numbers begins anew', () => {
  const order = createPacketOrder(1_000_000);
  const held = Array.from({ length: HELD_PACKETS_MAX + 1 }, (_, index) => index + 2);
  const out = push(order, [0, ...held]);
  assert.equal(out.length, HELD_PACKETS_MAX + 2);
  assert.equal(out[1], '!2');
  assert.deepEqual(push(order, [40_000, 40_001]), ['!40000', '40001']);
  assert.deepEqual(order.missing(0), []);
});
