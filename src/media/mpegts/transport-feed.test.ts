import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { ContributionError } from '../contribution/contribution-error.ts';
import { createFeed, type FeedUnit } from '../contribution/feed.ts';
import { readPictureFormat } from '../contribution/parameter-sets.ts';
import { createTransportFeed } from './transport-feed.ts';
import { TsError } from './ts-error.ts';
import {
  ADTS,
  AUDIO_PID,
  adts,
  createTsWriter,
  FRAME_TICKS,
  H264,
  hex,
  IDR,
  PPS,
  SLICE,
  SPS,
  VIDEO_PID,
} from './ts-fixture.ts';

/** Of 320x180, as x265 writes them, and the record that FFmpeg makes of them. */
const HEVC_SETS = [
  hex('40010c01ffff01600000030090000003000003003c959809'),
  hex('42010101600000030090000003000003003ca00a080b9f796566924caf016808000003000800000300f040'),
  hex('4401c172b46240'),
];
const HEVC_RECORD_HEAD = '0101600000009000000000003cf000fcfdf8f800000f03';
const HEVC = 0x24;

const AUDIO_FRAME_TICKS = 1_920;
const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** Pictures with a key frame each ten, and sound beside them; `ticksAt` says when each picture is. */
function makeStream(count: number, ticksAt: (index: number) => number): Uint8Array {
  const writer = createTsWriter();
  const parts = writer.tables([H264, VIDEO_PID], [ADTS, AUDIO_PID]);
  for (let index = 0; index < count; index += 1) {
    const units = index % 10 === 0 ? [hex('09f0'), SPS, PPS, IDR] : [hex('09f0'), SLICE];
    parts.push(...writer.video(ticksAt(index), units));
    parts.push(...writer.audio(ticksAt(index), adts(new Uint8Array(60).fill(index))));
  }
  return join(parts);
}

function readAll(bytes: Uint8Array, chunkBytes = 1_316): FeedUnit[] {
  const feed = createTransportFeed();
  const units: FeedUnit[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes)
    units.push(...feed.push(bytes.subarray(at, at + chunkBytes)));
  return units;
}

const timesOf = (units: readonly FeedUnit[], kind: 'video' | 'audio'): number[] =>
  units.flatMap((unit) => (unit.kind === kind ? [unit.timestampMs] : []));

test('pictures come with their configuration, lengths instead of start codes, and times in milliseconds', () => {
  const writer = createTsWriter();
  const stream = join([
    ...writer.tables([H264, VIDEO_PID]),
    ...writer.video(90_000, [hex('09f0'), SPS, PPS, IDR], 6_000),
    ...writer.video(93_000, [hex('09f0'), SLICE]),
    ...writer.video(96_000, [hex('09f0'), SPS, PPS, IDR]),
    ...writer.video(99_000, [SLICE]),
  ]);
  const [config, ...frames] = readAll(stream);
  assert.ok(config?.kind === 'video_config' && config.codec === 'avc1');
  assert.deepEqual(readPictureFormat('avc1', config.config), { width: 1_280, height: 720, frameRate: 30 });
  assert.deepEqual(
    frames.map((unit) =>
      unit.kind === 'video' ? [unit.timestampMs, unit.compositionOffsetMs, unit.isKeyFrame] : unit.kind,
    ),
    [
      [1_000, 67, true],
      [1_033, 0, false],
      // The same parameter sets again are no news.
      [1_067, 0, true],
    ],
  );
  assert.deepEqual(frames[0]?.kind === 'video' && [...frames[0].data], [0, 0, 0, IDR.length, ...IDR]);
});

test('HEVC gets the record that FFmpeg makes of the same parameter sets', () => {
  const writer = createTsWriter();
  const key = hex('2601af0880');
  const stream = join([
    ...writer.tables([HEVC, VIDEO_PID]),
    ...writer.video(0, [...HEVC_SETS, key]),
    ...writer.video(FRAME_TICKS, [hex('0201d0')]),
  ]);
  const [config, frame] = readAll(stream);
  assert.ok(config?.kind === 'video_config' && config.codec === 'hvc1');
  assert.equal(Buffer.from(config.config.subarray(0, 23)).toString('hex'), HEVC_RECORD_HEAD);
  assert.deepEqual(readPictureFormat('hvc1', config.config), { width: 320, height: 180, frameRate: null });
  assert.equal(frame?.kind === 'video' && frame.isKeyFrame, true);
});

test('sound is cut into frames wherever packets begin and end, each at its own time', () => {
  const writer = createTsWriter();
  const frames = Array.from({ length: 6 }, (_, index) => adts(new Uint8Array(200 + index).fill(index)));
  const bytes = join(frames);
  // The second frame begins in the first packet and ends in the second, whose time is the third's.
  const stream = join([
    ...writer.tables([ADTS, AUDIO_PID]),
    ...writer.audio(90_000, bytes.subarray(0, 300)),
    ...writer.audio(90_000 + 2 * AUDIO_FRAME_TICKS, bytes.subarray(300)),
  ]);
  const [config, ...rest] = readAll(stream);
  assert.ok(config?.kind === 'audio_config');
  assert.deepEqual(config.format, { sampleRate: 48_000, channels: 2, codecs: 'mp4a.40.2' });
  assert.deepEqual(timesOf(rest, 'audio'), [1_000, 1_021, 1_043, 1_064, 1_085, 1_107]);
  for (const [index, unit] of rest.entries())
    assert.deepEqual(unit.kind === 'audio' && [...unit.data], Array(200 + index).fill(index));
});

test('it does not matter how the bytes are cut', () => {
  const stream = makeStream(12, (index) => index * FRAME_TICKS);
  const whole = readAll(stream, stream.length);
  assert.equal(timesOf(whole, 'video').length, 11);
  for (const chunkBytes of [1, 7, 188, 1_000, 1_316]) assert.deepEqual(readAll(stream, chunkBytes), whole);
});

test('the wrap of 33 bits is not noticed', () => {
  const beginTicks = 2 ** 33 - 10 * FRAME_TICKS;
  const times = timesOf(readAll(makeStream(30, (index) => beginTicks + index * FRAME_TICKS)), 'video');
  const steps = times.slice(1).map((timeMs, index) => timeMs - (times[index] ?? 0));
  assert.equal(times.length, 29);
  assert.ok(
    steps.every((step) => step === 33 || step === 34),
    steps.join(' '),
  );
});

/** Times of records of the picture, in milliseconds after the first, and how often the publisher jumped. */
function feedThrough(ticksAt: (index: number) => number): { timesMs: number[]; jumps: number } {
  const anchorMs = 1_800_000_000_000;
  const feed = createFeed({
    anchorMs,
    hasVideo: true,
    audio: { sampleRate: 48_000, channels: 2, phaseSamples: 0 },
  });
  feed.beginSession();
  const units = readAll(makeStream(90, ticksAt));
  let frames = 0;
  const timesMs: number[] = [];
  for (const unit of units) {
    if (unit.kind === 'video') frames += 1;
    const nowMs = anchorMs + 1_000 + Math.round((frames * 1_000) / 30);
    for (const record of feed.take(unit, nowMs))
      if (record.kind === 'video') timesMs.push(record.dtsUs / 1_000);
  }
  return { timesMs, jumps: feed.counters.jumps };
}

const HALF = 45;
for (const [name, ticksAt, jumps] of [
  ['a wrap', (index: number) => 2 ** 33 - 40 * FRAME_TICKS + index * FRAME_TICKS, 0],
  ['a jump ahead', (index: number) => index * FRAME_TICKS + (index < HALF ? 0 : 60 * 90_000), 2],
  ['a jump back', (index: number) => 900_000 + index * FRAME_TICKS - (index < HALF ? 0 : 5 * 90_000), 2],
  ['a jump across the wrap', (index: number) => index * FRAME_TICKS - (index < HALF ? 0 : 60 * 90_000), 2],
] as const)
  test(`after ${name} the timeline goes on where it stood`, () => {
    const found = feedThrough(ticksAt);
    assert.equal(found.timesMs.length, 89);
    // Both tracks jump.
    assert.equal(found.jumps, jumps);
    for (const [index, timeMs] of found.timesMs.slice(1).entries()) {
      const step = timeMs - (found.timesMs[index] ?? 0);
      assert.ok(step > 0 && step < 100, `${step} ms after frame ${index}`);
    }
  });

test('a lost packet costs its frame and nothing else, one that comes twice costs nothing', () => {
  const writer = createTsWriter();
  const long = Uint8Array.from([0x65, ...new Uint8Array(600).fill(7)]);
  const head = [...writer.tables([H264, VIDEO_PID]), ...writer.video(0, [SPS, PPS, long])];
  const rest = [1, 2, 3].flatMap((index) => writer.video(index * FRAME_TICKS, [long]));
  const timesWith = (...second: readonly Uint8Array[]): number[] =>
    timesOf(readAll(join([...head, ...rest.slice(0, 1), ...second, ...rest.slice(2)])), 'video');
  const [, packet = long] = rest;
  assert.deepEqual(timesWith(packet), [0, 33, 67]);
  assert.deepEqual(timesWith(), [0, 67]);
  assert.deepEqual(timesWith(packet, packet), [0, 33, 67]);
});

test('it is found again after bytes that do not belong there', () => {
  const stream = makeStream(12, (index) => index * FRAME_TICKS);
  const broken = join([
    stream.subarray(0, 188 * 6),
    new Uint8Array(301).fill(0x47),
    stream.subarray(188 * 6),
  ]);
  assert.ok(timesOf(readAll(broken), 'video').length >= 9);
});

test('what is not taken is refused with what to send instead', () => {
  for (const [type, sentence] of [
    [0x02, /MPEG-2 video is not taken; send H.264 or HEVC/],
    [0x03, /MP2, MP3.* is not taken; send AAC/],
    [0x11, /LATM audio is not taken; send AAC with ADTS/],
  ] as const)
    assert.throws(() => readAll(join(createTsWriter().tables([type, VIDEO_PID]))), sentence);
});

test('rubbish is refused before it is much', () => {
  assert.throws(() => readAll(new Uint8Array(80_000).fill(0x41)), /not an MPEG transport stream/);
  const packet = new Uint8Array(188).fill(0xff);
  packet.set([0x47, 0x00, 0x20, 0x10]);
  const nameless = createTransportFeed();
  assert.throws(() => {
    for (let count = 0; count < 40_000; count += 1) nameless.push(packet);
  }, /does not name/);
});

test('a damaged stream throws what is expected or nothing, and holds little', () => {
  const prng = createPrng(7);
  const stream = makeStream(40, (index) => index * FRAME_TICKS);
  for (let round = 0; round < 200; round += 1) {
    const damaged = stream.slice();
    for (let count = 0; count < 40; count += 1)
      damaged[Math.floor(prng() * damaged.length)] = Math.floor(prng() * 256);
    try {
      const units = readAll(damaged);
      assert.ok(units.length <= 100);
    } catch (error) {
      assert.ok(error instanceof TsError || error instanceof ContributionError, String(error));
    }
  }
});
