import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { audioFrameIndex, audioFrameTimeUs, phaseOf } from './audio-grid.ts';
import { ContributionError } from './contribution-error.ts';
import { type ContributionRecord, createRecordReader, RECORD_HEADER_BYTES, writeRecord } from './record.ts';

function record(changes: Partial<ContributionRecord>): ContributionRecord {
  return {
    kind: 'video',
    isKeyFrame: false,
    sequence: 1,
    dtsUs: 0,
    ptsOffsetUs: 0,
    payload: new Uint8Array(0),
    ...changes,
  };
}

const SAMPLES: readonly ContributionRecord[] = [
  record({ kind: 'timeline', sequence: 0, payload: new TextEncoder().encode('{}') }),
  record({ kind: 'video_config', sequence: 1, payload: Uint8Array.of(1, 2, 3) }),
  record({ isKeyFrame: true, sequence: 2, dtsUs: 1, ptsOffsetUs: 66_000, payload: new Uint8Array(70_000) }),
  record({ kind: 'audio', sequence: 2 ** 40, dtsUs: 8_000_000_000_000, ptsOffsetUs: -1 }),
  record({ kind: 'heartbeat', sequence: 0, dtsUs: -5 }),
  record({ kind: 'end', sequence: 2 ** 40 + 1, payload: new TextEncoder().encode('ended') }),
];

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

test('records come back as they were, in whatever pieces they arrive', () => {
  const stream = join(SAMPLES.map(writeRecord));
  for (const pieceBytes of [1, 7, 26, 4_096, stream.length]) {
    const reader = createRecordReader();
    const found: ContributionRecord[] = [];
    for (let at = 0; at < stream.length; at += pieceBytes)
      found.push(...reader.push(stream.subarray(at, at + pieceBytes)));
    assert.deepEqual(found, SAMPLES, `in pieces of ${pieceBytes} bytes`);
    assert.equal(reader.pendingBytes(), 0);
  }
});

test('a kind that is not known is skipped', () => {
  const strange = writeRecord(record({ payload: Uint8Array.of(9) }));
  strange[4] = 200;
  assert.deepEqual(createRecordReader().push(join([strange, writeRecord(record({ sequence: 7 }))])), [
    record({ sequence: 7 }),
  ]);
});

test('a record that is too large or impossibly short is refused before anything is kept', () => {
  const large = writeRecord(record({ payload: new Uint8Array(101) }));
  assert.throws(() => createRecordReader(100).push(large), { name: 'ContributionError', kind: 'too-large' });
  const short = new Uint8Array(RECORD_HEADER_BYTES);
  assert.throws(() => createRecordReader().push(short), { name: 'ContributionError', kind: 'malformed' });
});

test('mutated streams end in records or in a ContributionError, and hold one record at most', () => {
  const stream = join(SAMPLES.map(writeRecord));
  for (let seed = 1; seed <= 300; seed += 1) {
    const prng = createPrng(seed);
    const bytes = stream.slice();
    for (let count = 0; count < 8; count += 1) bytes[Math.floor(prng() * 200)] = Math.floor(prng() * 256);
    const reader = createRecordReader(100_000);
    try {
      for (let at = 0; at < bytes.length; at += 1_000) reader.push(bytes.subarray(at, at + 1_000));
    } catch (error) {
      assert.ok(error instanceof ContributionError, `seed ${seed}: ${error}`);
    }
    assert.ok(reader.pendingBytes() <= 100_000 + RECORD_HEADER_BYTES, `seed ${seed}`);
  }
});

test('an index survives the rounding of its time to microseconds, at every rate and for a month', () => {
  for (const sampleRate of [8_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]) {
    const grid = { sampleRate, phaseSamples: phaseOf(sampleRate, 1_234_567) };
    for (const index of [0, 1, 2, 41, 1_000_003, 243_000_000])
      assert.equal(audioFrameIndex(grid, audioFrameTimeUs(grid, index)), index, `${sampleRate} Hz`);
    assert.ok(
      Math.abs(audioFrameTimeUs(grid, audioFrameIndex(grid, 1_234_567)) - 1_234_567) < 1e6 / sampleRate,
    );
  }
});
