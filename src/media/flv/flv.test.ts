import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { FlvError } from './flv-error.ts';
import {
  parseAudioPacket,
  parseVideoPacket,
  writeAudioConfig,
  writeAudioFrame,
  writeVideoConfig,
  writeVideoFrame,
} from './flv-packets.ts';
import { createFlvReader, type FlvTag, writeFlvHeader, writeFlvTag } from './flv-tags.ts';

const DATA = Uint8Array.of(1, 2, 3, 4, 5);

test('tags come back as they were, in whatever pieces they arrive', () => {
  const tags: readonly FlvTag[] = [
    { type: 'script', timestampMs: 0, body: new Uint8Array(0) },
    { type: 'video', timestampMs: 0x12_3456, body: DATA },
    { type: 'audio', timestampMs: 0xfedc_ba98, body: new Uint8Array(70_000).fill(3) },
  ];
  const parts = [writeFlvHeader({ audio: true, video: true }), ...tags.map(writeFlvTag)];
  const stream = Uint8Array.from(parts.flatMap((part) => [...part]));
  for (const pieceBytes of [1, 10, stream.length]) {
    const reader = createFlvReader();
    const found: FlvTag[] = [];
    for (let at = 0; at < stream.length; at += pieceBytes)
      found.push(...reader.push(stream.subarray(at, at + pieceBytes)));
    assert.deepEqual(found, tags, `in pieces of ${pieceBytes} bytes`);
  }
  assert.throws(() => createFlvReader().push(new Uint8Array(20)), FlvError);
});

test('configurations and frames of both codecs come back, with negative composition times', () => {
  for (const codec of ['avc1', 'hvc1'] as const) {
    assert.deepEqual(parseVideoPacket(writeVideoConfig(codec, DATA)), {
      kind: 'config',
      codec,
      config: DATA,
    });
    for (const [isKeyFrame, compositionOffsetMs] of [
      [true, 0],
      [false, 66],
      [false, -33],
    ] as const)
      assert.deepEqual(parseVideoPacket(writeVideoFrame(codec, isKeyFrame, compositionOffsetMs, DATA)), {
        kind: 'frame',
        codec,
        isKeyFrame,
        compositionOffsetMs,
        data: DATA,
      });
  }
  assert.deepEqual(parseAudioPacket(writeAudioConfig(DATA)), { kind: 'config', config: DATA });
  assert.deepEqual(parseAudioPacket(writeAudioFrame(DATA)), { kind: 'frame', data: DATA });
});

test('enhanced packets are understood: without composition time, with modifiers, with audio', () => {
  const hvc1 = [0x68, 0x76, 0x63, 0x31];
  const frame = { kind: 'frame', codec: 'hvc1', isKeyFrame: true, compositionOffsetMs: 0, data: DATA };
  // CodedFramesX has no composition time.
  assert.deepEqual(parseVideoPacket(Uint8Array.of(0x93, ...hvc1, ...DATA)), frame);
  // ModEx of three bytes (nanoseconds) before CodedFramesX.
  assert.deepEqual(parseVideoPacket(Uint8Array.of(0x97, 2, 0, 0, 9, 0x03, ...hvc1, ...DATA)), frame);
  assert.deepEqual(parseVideoPacket(Uint8Array.of(0x92, ...hvc1)), { kind: 'nothing' });
  const mp4a = [0x6d, 0x70, 0x34, 0x61];
  assert.deepEqual(parseAudioPacket(Uint8Array.of(0x90, ...mp4a, ...DATA)), { kind: 'config', config: DATA });
  assert.deepEqual(parseAudioPacket(Uint8Array.of(0x91, ...mp4a, ...DATA)), { kind: 'frame', data: DATA });
});

test('codecs that are not taken are named, with what to send instead', () => {
  assert.throws(() => parseVideoPacket(Uint8Array.of(0x14, 1)), /codec 4 .*H\.264/);
  assert.throws(() => parseVideoPacket(Uint8Array.of(0x90, 0x61, 0x76, 0x30, 0x31, 1)), /"av01".*H\.264/);
  assert.throws(() => parseAudioPacket(Uint8Array.of(0x2f, 1)), /format 2 .*AAC/);
});

test('random packets end in a packet or in an FlvError', () => {
  for (let seed = 1; seed <= 2_000; seed += 1) {
    const prng = createPrng(seed);
    const bytes = Uint8Array.from({ length: Math.floor(prng() * 20) }, () => Math.floor(prng() * 256));
    for (const parse of [parseVideoPacket, parseAudioPacket])
      try {
        parse(bytes);
      } catch (error) {
        assert.ok(error instanceof FlvError, `seed ${seed}: ${error}`);
      }
  }
});
