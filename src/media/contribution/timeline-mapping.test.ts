import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audioGridPosition } from './audio-grid.ts';
import { createTimelineMapping, type MappedFrame, type TimelineMapping } from './timeline-mapping.ts';

const ANCHOR_MS = 1_800_000_000_000;
const GRID = { sampleRate: 48_000, phaseSamples: 500 };

const create = (): TimelineMapping => createTimelineMapping({ anchorMs: ANCHOR_MS, audioGrid: GRID });

function timeOf(mapped: MappedFrame): number {
  assert.equal(mapped.kind, 'frame');
  return mapped.kind === 'frame' ? mapped.dtsUs : Number.NaN;
}

interface Sent {
  readonly video: number[];
  readonly audio: number[];
  dropped: number;
  gaps: number;
  jumps: string[];
}

interface RunOptions {
  readonly fromMs: number;
  readonly forMs: number;
  /** The publisher's timestamp at a time of the clock. */
  readonly stamp: (clockMs: number) => number;
  readonly audioStamp?: (clockMs: number) => number;
}

/** Sends 30 frames a second and AAC at 48 kHz as an encoder does, each when its time has come. */
function run(mapping: TimelineMapping, options: RunOptions, sent: Sent = empty()): Sent {
  const { fromMs, forMs, stamp } = options;
  const audioStamp = options.audioStamp ?? stamp;
  const events = [
    ...Array.from({ length: Math.floor((forMs * 30) / 1_000) }, (_, n) => ({
      at: (n * 1_000) / 30,
      track: 'video' as const,
    })),
    ...Array.from({ length: Math.floor((forMs * 48) / 1_024) }, (_, n) => ({
      at: (n * 1_024) / 48,
      track: 'audio' as const,
    })),
  ].sort((left, right) => left.at - right.at);
  for (const { at, track } of events) {
    const clockMs = fromMs + at;
    const timestampMs = Math.floor(track === 'video' ? stamp(clockMs) : audioStamp(clockMs));
    const mapped = mapping.map(track, timestampMs, 0, ANCHOR_MS + Math.floor(clockMs));
    if (mapped.kind === 'dropped') sent.dropped += 1;
    else {
      sent[track].push(mapped.dtsUs);
      sent.gaps += mapped.gapFrames;
      if (mapped.jump !== null) sent.jumps.push(`${track} ${mapped.jump}`);
    }
  }
  return sent;
}

function empty(): Sent {
  return { video: [], audio: [], dropped: 0, gaps: 0, jumps: [] };
}

function assertMonotone(sent: Sent): void {
  for (const times of [sent.video, sent.audio])
    for (let index = 1; index < times.length; index += 1)
      assert.ok((times[index] ?? 0) > (times[index - 1] ?? 0), `${times[index - 1]} then ${times[index]}`);
}

/** Longest step of a track in milliseconds. */
const longestStep = (times: readonly number[]): number =>
  Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0))) / 1_000;

test('the first frame lies where the clock stands, and the publisher counts from there', () => {
  const mapping = create();
  const sent = run(mapping, { fromMs: 700, forMs: 5_000, stamp: (clockMs) => clockMs + 123_456 });
  assert.equal(sent.video[0], 700_000);
  assert.equal(sent.video.length, 150);
  assert.deepEqual([sent.dropped, sent.gaps, sent.jumps], [0, 0, []]);
  assertMonotone(sent);
});

test('audio lies on the grid, each frame once, within 0.6 frames of its timestamp', () => {
  const sent = run(create(), { fromMs: 0, forMs: 20_000, stamp: (clockMs) => clockMs });
  const positions = sent.audio.map((time) => audioGridPosition(GRID, time));
  for (const [index, position] of positions.entries()) {
    assert.ok(Math.abs(position - Math.round(position)) < 0.001);
    assert.equal(Math.round(position), Math.round(positions[0] ?? 0) + index);
    assert.ok(Math.abs((sent.audio[index] ?? 0) / 1_000 - (index * 1_024) / 48) <= (0.6 * 1_024) / 48 + 1);
  }
});

test('timestamps that round to both sides of a half of the grid never alternate', () => {
  // The phase puts the first frame exactly between two places.
  const mapping = createTimelineMapping({
    anchorMs: ANCHOR_MS,
    audioGrid: { sampleRate: 48_000, phaseSamples: 512 },
  });
  const sent = run(mapping, { fromMs: 0, forMs: 20_000, stamp: (clockMs) => clockMs });
  assert.deepEqual([sent.dropped, sent.gaps], [0, 0]);
});

test('a wrap of the 32 bits after 49.7 days is not noticed', () => {
  const sent = run(create(), {
    fromMs: 0,
    forMs: 4_000,
    stamp: (clockMs) => (2 ** 32 - 2_000 + clockMs) % 2 ** 32,
  });
  assertMonotone(sent);
  assert.deepEqual([sent.dropped, sent.gaps, sent.jumps], [0, 0, []]);
  assert.ok(longestStep(sent.video) < 35);
});

for (const [name, leap, direction] of [
  ['forward', 3_600_000, 'forward'],
  ['back', -60_000, 'back'],
  ['back to zero', -100_000, 'back'],
] as const)
  test(`after a jump ${name} the media goes on where it stood, sound and picture together`, () => {
    const mapping = create();
    const stamp = (clockMs: number): number => clockMs + 100_000 + (clockMs >= 3_000 ? leap : 0);
    const sent = run(mapping, { fromMs: 0, forMs: 6_000, stamp });
    assertMonotone(sent);
    assert.ok(longestStep(sent.video) < 60, `video stepped ${longestStep(sent.video)} ms`);
    assert.ok(longestStep(sent.audio) < 60, `audio stepped ${longestStep(sent.audio)} ms`);
    assert.deepEqual([...new Set(sent.jumps)].sort(), [`audio ${direction}`, `video ${direction}`]);
    assert.equal(sent.jumps.length, 2, 'each track jumped once');
    const apart = ((sent.video.at(-1) ?? 0) - (sent.audio.at(-1) ?? 0)) / 1_000;
    assert.ok(Math.abs(apart) < 40, `${apart} ms apart`);
  });

test('a gap that the clock saw too stays as long as it was, and so does one that a burst fills up', () => {
  const mapping = create();
  const sent = run(mapping, { fromMs: 0, forMs: 2_000, stamp: (clockMs) => clockMs });
  run(mapping, { fromMs: 7_000, forMs: 2_000, stamp: (clockMs) => clockMs }, sent);
  assert.deepEqual(sent.jumps, []);
  assert.ok(Math.abs(longestStep(sent.video) - 5_033) < 40);
  assert.ok(sent.gaps > 200);
  // Held up for three seconds, then everything at once.
  const held = create();
  const late = empty();
  for (let frame = 0; frame < 150; frame += 1) {
    const atMs = (frame * 1_000) / 30;
    const arrivalMs = atMs > 1_000 && atMs < 4_000 ? 4_000 : atMs;
    late.video.push(timeOf(held.map('video', Math.round(atMs), 0, ANCHOR_MS + Math.floor(arrivalMs))));
  }
  assert.ok(longestStep(late.video) < 35);
});

test('a publisher that comes back with timestamps from zero goes on by the clock, never before what was', () => {
  const mapping = create();
  const sent = run(mapping, { fromMs: 0, forMs: 3_000, stamp: (clockMs) => clockMs + 50_000 });
  mapping.beginSession();
  run(mapping, { fromMs: 8_000, forMs: 3_000, stamp: (clockMs) => clockMs - 8_000 }, sent);
  assertMonotone(sent);
  assert.equal(sent.video[90], 8_000_000);
  assert.deepEqual(sent.jumps, []);
  // Its clock ran ahead of ours: it still goes on behind the last frame.
  const fast = create();
  const ahead = run(fast, { fromMs: 0, forMs: 3_000, stamp: (clockMs) => clockMs * 1.3 });
  fast.beginSession();
  run(fast, { fromMs: 3_050, forMs: 1_000, stamp: (clockMs) => clockMs }, ahead);
  assertMonotone(ahead);
});

test('a video frame that steps back a little is put behind the last one, and keeps the time at which it is shown', () => {
  const mapping = create();
  mapping.map('video', 1_000, 0, ANCHOR_MS);
  const last = timeOf(mapping.map('video', 1_100, 0, ANCHOR_MS + 100));
  const back = mapping.map('video', 1_090, 40, ANCHOR_MS + 110);
  assert.deepEqual(back, { kind: 'frame', dtsUs: last + 1, ptsOffsetUs: 29_999, jump: null, gapFrames: 0 });
});

test('audio without video and video without audio are mapped alike', () => {
  for (const track of ['video', 'audio'] as const) {
    const mapping = create();
    let last = -1;
    for (let frame = 0; frame < 200; frame += 1) {
      const atMs = Math.floor((frame * 1_024) / 48);
      const time = timeOf(mapping.map(track, atMs, 0, ANCHOR_MS + 500 + atMs));
      assert.ok(time > last);
      last = time;
    }
    assert.ok(Math.abs(last / 1_000 - 500 - (199 * 1_024) / 48) < 13);
  }
});

test('audio whose samples are longer or shorter than its timestamps say stays with the picture', () => {
  for (const rate of [1.002, 0.998]) {
    const mapping = create();
    let dropped = 0;
    let gaps = 0;
    let worstMs = 0;
    for (let frame = 0; frame < 3_000; frame += 1) {
      const atMs = (frame * 1_024 * rate) / 48;
      const mapped = mapping.map('audio', Math.floor(atMs), 0, ANCHOR_MS + Math.floor(atMs));
      if (mapped.kind === 'dropped') {
        dropped += 1;
        continue;
      }
      gaps += mapped.gapFrames;
      worstMs = Math.max(worstMs, Math.abs(mapped.dtsUs / 1_000 - atMs));
    }
    assert.ok(worstMs <= (0.6 * 1_024) / 48 + 1, `${worstMs} ms`);
    assert.ok(
      rate > 1 ? gaps >= 5 && dropped === 0 : dropped >= 5 && gaps === 0,
      `${gaps} gaps, ${dropped} dropped`,
    );
  }
});

test('sound and picture that count from different points both begin at the clock', () => {
  const sent = run(create(), {
    fromMs: 0,
    forMs: 2_000,
    stamp: (clockMs) => clockMs,
    audioStamp: (clockMs) => clockMs + 900_000,
  });
  assertMonotone(sent);
  assert.ok(Math.abs((sent.video.at(-1) ?? 0) - (sent.audio.at(-1) ?? 0)) < 50_000);
  assert.equal(sent.gaps, 0);
});
