import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ChunkedSource, planChunks } from './plan-chunks.ts';

/** A video of so many seconds at a rate. */
function video(seconds: number, rate = 30, change: Partial<ChunkedSource> = {}): ChunkedSource {
  const framesPerSegment = Math.round(2 * rate);
  return {
    container: 'mov',
    durationMs: seconds * 1_000,
    startMs: 0,
    frameCount: Math.round(seconds * rate),
    framesPerSegment,
    segmentDurationMs: (framesPerSegment * 1_000) / rate,
    packMs: Math.min(60_000, Math.max(10_000, (seconds * 1_000) / 400)),
    ...change,
  };
}

test('short videos, containers without an index and pictures that begin late are encoded by one', () => {
  const codeOf = (source: ChunkedSource) => planChunks(source).reason.code;
  assert.equal(codeOf(video(89)), 'short');
  assert.equal(codeOf(video(600, 30, { container: 'mpegts' })), 'no_index');
  assert.equal(codeOf(video(600, 30, { startMs: 30_000 })), 'late_start');
  assert.equal(codeOf(video(90)), 'shared');
});

test('chunks follow each other without a gap, whatever the rate and the length', () => {
  for (const rate of [10, 23.976023976, 25, 29.97002997, 30, 50, 59.94005994])
    for (const seconds of [90, 97.3, 600, 3_601, 43_200]) {
      const source = video(seconds, rate);
      const { chunks } = planChunks(source);
      let [frame, segment] = [0, 0];
      for (const [index, chunk] of chunks.entries()) {
        assert.deepEqual([chunk.index, chunk.firstFrame, chunk.firstSegment], [index, frame, segment]);
        frame += chunk.frameCount;
        segment += chunk.segmentCount;
        const ms = (chunk.frameCount * source.segmentDurationMs) / source.framesPerSegment;
        assert.ok(ms >= 9_990 && ms < 91_000, `${rate} ${seconds}: chunk ${index} lasts ${ms} ms`);
        if (index < chunks.length - 1)
          assert.equal(chunk.frameCount % source.framesPerSegment, 0, 'chunks end where segments end');
      }
      assert.equal(frame, source.frameCount);
      assert.equal(segment, Math.ceil(source.frameCount / source.framesPerSegment) + 1);
      assert.ok(chunks.length >= 8 && chunks.length <= 1_000, `${chunks.length} chunks of ${seconds} s`);
    }
});

test('a chunk is a whole number of packs', () => {
  for (const seconds of [90, 600, 7_200, 43_200]) {
    const source = video(seconds);
    const packSegments = Math.ceil(source.packMs / source.segmentDurationMs);
    for (const { frameCount } of planChunks(source).chunks.slice(0, -1))
      assert.equal((frameCount / source.framesPerSegment) % packSegments, 0);
  }
});
