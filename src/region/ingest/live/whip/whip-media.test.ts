import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedUnit } from '#media/contribution/feed.ts';
import { START_MS } from '#media/rtp/media-clock.ts';
import { KEY_FRAME_EVERY_MS, KEY_FRAME_PAUSE_MS } from './limits.ts';
import { createWhipMedia, type WhipMedia } from './whip-media.ts';

/** 1280x720, baseline, without a frame rate; and a picture parameter set. */
const SPS = [...Buffer.from('6742c01f8c8d405005ba6a02020280', 'hex')];
const PPS = [0x68, 0xce, 0x3c, 0x80];
const KEY = [...[0x18, 0, SPS.length, ...SPS, 0, PPS.length, ...PPS], ...[0, 4, 0x65, 1, 2, 3]];
const SLICE = [0x41, 9, 8, 7];

interface Bench {
  readonly media: WhipMedia;
  readonly units: FeedUnit[];
  readonly opus: number[];
  readonly rates: number[];
  readonly asked: number[][];
  keyFramesAsked(): number;
  /** Sends a picture of one packet. */
  picture(sequence: number, timeMs: number, payload?: readonly number[]): void;
}

function createBench(): Bench {
  const units: FeedUnit[] = [];
  const opus: number[] = [];
  const rates: number[] = [];
  const asked: number[][] = [];
  let keyFramesAsked = 0;
  const media = createWhipMedia({
    onUnit: (unit) => units.push(unit),
    onOpus: (_, timeMs) => opus.push(timeMs),
    onFrameRate: (rate) => rates.push(rate),
    requestKeyFrame: () => {
      keyFramesAsked += 1;
    },
    requestPackets: (sequences) => asked.push([...sequences]),
  });
  return {
    media,
    units,
    opus,
    rates,
    asked,
    keyFramesAsked: () => keyFramesAsked,
    picture(sequence, timeMs, payload = SLICE) {
      const timestamp = Math.round(timeMs * 90);
      media.packet(
        'video',
        { sequence, timestamp, isMarked: true, payload: Uint8Array.from(payload) },
        timeMs,
      );
    },
  };
}

const kindsOf = (units: readonly FeedUnit[]): string =>
  units.map((unit) => (unit.kind === 'video' && unit.isKeyFrame ? 'key' : unit.kind)).join(' ');

test('pictures come with their configuration once, at times of their own clock', () => {
  const { media, units, picture } = createBench();
  picture(0, 0, KEY);
  picture(1, 33);
  picture(2, 66, KEY);
  media.tick(70);
  assert.equal(kindsOf(units), 'video_config key video key');
  assert.deepEqual(
    units.flatMap((unit) => (unit.kind === 'video' ? [unit.timestampMs] : [])),
    [START_MS, START_MS + 33, START_MS + 66],
  );
});

test('a key frame is asked for until there is one, and again after a while', () => {
  const { media, keyFramesAsked, picture } = createBench();
  media.tick(0);
  assert.equal(keyFramesAsked(), 0, 'nothing has come yet');
  picture(0, 0);
  media.tick(1);
  media.tick(KEY_FRAME_PAUSE_MS);
  assert.equal(keyFramesAsked(), 1);
  media.tick(KEY_FRAME_PAUSE_MS + 1);
  assert.equal(keyFramesAsked(), 2);
  picture(1, 600, KEY);
  media.tick(600 + KEY_FRAME_EVERY_MS - 1);
  assert.equal(keyFramesAsked(), 2);
  media.tick(600 + KEY_FRAME_EVERY_MS);
  assert.equal(keyFramesAsked(), 3);
});

test('a packet that is missing is asked for, and what it belonged to left out when it never comes', () => {
  const { media, units, asked, keyFramesAsked, picture } = createBench();
  picture(0, 0, KEY);
  picture(2, 66);
  media.tick(67);
  assert.deepEqual(asked, [[1]]);
  picture(1, 33);
  assert.equal(kindsOf(units), 'video_config key video video');
  picture(4, 133);
  for (let nowMs = 140; nowMs < 700; nowMs += 20) media.tick(nowMs);
  assert.equal(kindsOf(units), 'video_config key video video', 'nothing that needs what is missing');
  assert.ok(keyFramesAsked() > 0);
  picture(5, 700, KEY);
  assert.equal(kindsOf(units.slice(-1)), 'key');
  const { videoPacketsLost, picturesDropped } = media.figures();
  assert.deepEqual([videoPacketsLost, picturesDropped], [1, 1]);
});

for (const [everyMs, rate] of [
  [100, 30],
  [50, 30],
  [33.3, 30],
  [16.7, 60],
] as const)
  test(`pictures every ${everyMs} ms are a broadcast of ${rate} frames a second`, () => {
    const { rates, picture } = createBench();
    for (let index = 0; index < 40; index += 1) picture(index, index * everyMs, index === 0 ? KEY : SLICE);
    assert.deepEqual(rates, [rate]);
  });

test('sound is placed by the reports of both tracks', () => {
  const { media, opus, picture } = createBench();
  const sound = (sequence: number): void =>
    media.packet(
      'audio',
      { sequence, timestamp: sequence * 960, isMarked: false, payload: Uint8Array.of(0xfc) },
      sequence * 20,
    );
  picture(0, 0, KEY);
  sound(0);
  media.report('video', 5_000, 0);
  media.report('audio', 5_040, 0);
  sound(1);
  assert.deepEqual(opus, [START_MS, START_MS + 60]);
  assert.equal(media.figures().soundShiftMs, 40);
});
