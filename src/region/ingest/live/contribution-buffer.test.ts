import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UnnumberedRecord } from '#media/contribution/feed.ts';
import { type ContributionBuffer, createContributionBuffer } from './contribution-buffer.ts';

const LIMITS = { bytesMax: 1_000_000, durationUs: 8_000_000, durationUsMax: 30_000_000 };

/** Video at ten frames a second with a key frame in every `interval`. */
function fill(buffer: ContributionBuffer, frames: number, interval: number, bytes = 100): void {
  for (let frame = 0; frame < frames; frame += 1)
    buffer.append({
      kind: 'video',
      isKeyFrame: frame % interval === 0,
      dtsUs: frame * 100_000,
      ptsOffsetUs: 0,
      payload: new Uint8Array(bytes),
    });
}

const spanUs = (buffer: ContributionBuffer): number =>
  (buffer.at(buffer.lastSequence())?.record.dtsUs ?? 0) -
  (buffer.at(buffer.firstSequence())?.record.dtsUs ?? 0);

test('some seconds are kept, from a key frame on, and numbers go on', () => {
  const buffer = createContributionBuffer(LIMITS);
  fill(buffer, 3_000, 20);
  assert.equal(buffer.lastSequence(), 3_000);
  assert.ok(buffer.at(buffer.firstSequence())?.record.isKeyFrame);
  assert.ok(spanUs(buffer) >= 8_000_000 && spanUs(buffer) < 12_000_000, `${spanUs(buffer)} us`);
  assert.equal(buffer.at(buffer.firstSequence() - 1), undefined);
  assert.equal(buffer.at(3_001), undefined);
});

test('two key frame intervals are kept however long they are, up to a limit', () => {
  const buffer = createContributionBuffer(LIMITS);
  fill(buffer, 400, 100);
  assert.ok(spanUs(buffer) >= 20_000_000);
  const endless = createContributionBuffer(LIMITS);
  fill(endless, 2_000, 5_000);
  assert.ok(spanUs(endless) <= 30_000_000);
});

test('bytes are bounded whatever the times are', () => {
  const buffer = createContributionBuffer(LIMITS);
  fill(buffer, 100, 10, 50_000);
  assert.ok(buffer.bytes() <= LIMITS.bytesMax);
  assert.ok(buffer.lastSequence() - buffer.firstSequence() >= 15);
});

test('a reader begins at the last key frame, or the last one before a time, with the configuration in force there', () => {
  const buffer = createContributionBuffer(LIMITS);
  const config = (byte: number): UnnumberedRecord => ({
    kind: 'video_config',
    isKeyFrame: false,
    dtsUs: 0,
    ptsOffsetUs: 0,
    payload: Uint8Array.of(byte),
  });
  buffer.append(config(1));
  fill(buffer, 20, 10);
  buffer.append(config(2));
  fill(buffer, 5, 10);
  assert.equal(buffer.startSequence(), 23);
  assert.equal(buffer.startSequence(1_050_000), 23);
  assert.equal(buffer.startSequence(Number.NEGATIVE_INFINITY), 2);
  assert.deepEqual(buffer.at(12)?.videoConfig?.payload, Uint8Array.of(1));
  assert.deepEqual(buffer.at(23)?.videoConfig?.payload, Uint8Array.of(2));
});
