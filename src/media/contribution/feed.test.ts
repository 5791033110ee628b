import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '#base/prng.ts';
import { readAudioFormat } from './audio-config.ts';
import { ContributionError } from './contribution-error.ts';
import { createFeed, type Feed, type FeedUnit, type UnnumberedRecord } from './feed.ts';
import { createOpening } from './opening.ts';
import { readPictureFormat } from './parameter-sets.ts';

const NOW_MS = 1_800_000_000_000;
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

/** libx264, 1280x720 at 30 frames per second, high profile; and 1920x1080 (cropped from 1088) at 25. */
const AVC_720 = hex(
  '0164001fffe1001b6764001facd9405005bb016a02020280000003008000001e478c18cb01000568ebecb22cfdf8f800',
);
/** AAC-LC, 48 kHz, stereo. */
const AAC_48 = hex('1190');
const AAC_44 = hex('1210');

const videoConfig = (config: Uint8Array = AVC_720): FeedUnit => ({
  kind: 'video_config',
  codec: 'avc1',
  config,
});
const audioConfig = (config: Uint8Array = AAC_48): FeedUnit => ({
  kind: 'audio_config',
  config,
  format: readAudioFormat(config),
});
const video = (timestampMs: number, isKeyFrame = false): FeedUnit => ({
  kind: 'video',
  timestampMs,
  isKeyFrame,
  compositionOffsetMs: 0,
  data: Uint8Array.of(1),
});
const audio = (timestampMs: number): FeedUnit => ({ kind: 'audio', timestampMs, data: Uint8Array.of(2) });

function create(changes: Partial<Parameters<typeof createFeed>[0]> = {}): Feed {
  const feed = createFeed({
    anchorMs: NOW_MS,
    hasVideo: true,
    audio: { sampleRate: 48_000, phaseSamples: 0, channels: 2 },
    ...changes,
  });
  feed.beginSession();
  return feed;
}

function take(feed: Feed, units: readonly FeedUnit[]): string[] {
  const records: UnnumberedRecord[] = units.flatMap((unit) =>
    feed.take(unit, NOW_MS + ('timestampMs' in unit ? unit.timestampMs : 0)),
  );
  return records.map(({ kind, isKeyFrame }) => (isKeyFrame ? `${kind} key` : kind));
}

test('video begins at a key frame: a late one costs what comes before, and no sound', () => {
  const feed = create();
  const units = [
    audioConfig(),
    videoConfig(),
    video(0),
    audio(0),
    video(33),
    audio(21),
    video(66, true),
    video(100),
  ];
  assert.deepEqual(take(feed, units), [
    'audio_config',
    'video_config',
    'audio',
    'audio',
    'video key',
    'video',
  ]);
  assert.equal(feed.counters.videoDropped, 2);
});

test('another resolution in mid-stream is a record of its own, and goes on from its key frame', () => {
  const feed = create();
  const other = AVC_720.slice();
  other[3] = 30;
  const units = [
    videoConfig(),
    video(0, true),
    videoConfig(),
    video(33),
    videoConfig(other),
    video(66),
    video(100, true),
  ];
  assert.deepEqual(take(feed, units), ['video_config', 'video key', 'video', 'video_config', 'video key']);
  assert.equal(feed.counters.videoDropped, 1);
});

test('a publisher that comes back with the same configuration needs a key frame, and no new record for it', () => {
  const feed = create();
  assert.deepEqual(take(feed, [videoConfig(), video(0, true)]), ['video_config', 'video key']);
  feed.beginSession();
  assert.deepEqual(take(feed, [video(500, true), videoConfig(), video(533), video(566, true)]), [
    'video key',
  ]);
});

test('tracks that the timeline does not have, and audio that does not fit, are left out with a reason', () => {
  const silent = create({ audio: null });
  assert.deepEqual(take(silent, [audioConfig(), audio(0), videoConfig(), video(0, true)]), [
    'video_config',
    'video key',
  ]);
  assert.match(silent.audioProblem() ?? '', /without audio/);
  const blind = create({ hasVideo: false });
  assert.deepEqual(take(blind, [videoConfig(), video(0, true), audioConfig(), audio(0)]), [
    'audio_config',
    'audio',
  ]);
  const unfit = create();
  assert.deepEqual(take(unfit, [audioConfig(AAC_44), audio(0), audioConfig(), audio(21)]), [
    'audio_config',
    'audio',
  ]);
  assert.equal(unfit.counters.audioDropped, 1);
  assert.equal(unfit.audioProblem(), null);
});

test('an opening knows enough once both tracks are there, by the rate that is announced', () => {
  const opening = createOpening();
  opening.announceFrameRate(29.97);
  const units = [videoConfig(), video(1_000, true), audioConfig()];
  for (const unit of units) opening.take(unit, NOW_MS);
  assert.equal(opening.format(NOW_MS), undefined);
  opening.take(audio(1_010), NOW_MS + 10);
  const format = opening.format(NOW_MS + 10);
  assert.equal(format?.video?.frameRate, 29.97);
  assert.deepEqual([format?.video?.width, format?.video?.height], [1_280, 720]);
  assert.equal(format?.audio?.firstOffsetMs, 10);
  assert.equal(format?.firstArrivalMs, NOW_MS);
  assert.equal(opening.kept().length, 4);
});

test('an opening waits for a missing track for two seconds and not for ever', () => {
  for (const [units, has] of [
    [[videoConfig(), video(0, true)], { video: true, audio: false }],
    [[audioConfig(), audio(0)], { video: false, audio: true }],
  ] as const) {
    const opening = createOpening();
    for (const unit of units) opening.take(unit, NOW_MS);
    assert.equal(opening.format(NOW_MS + 1_999), undefined);
    const format = opening.format(NOW_MS + 2_000);
    assert.deepEqual({ video: format?.video !== null, audio: format?.audio !== null }, has);
  }
  const nothing = createOpening();
  nothing.take(video(0, true), NOW_MS);
  assert.equal(nothing.format(NOW_MS + 60_000), undefined);
});

test('parameter sets tell size and rate, and the configuration of AAC its rate, channels and type', () => {
  assert.deepEqual(readPictureFormat('avc1', AVC_720), { width: 1_280, height: 720, frameRate: 30 });
  assert.deepEqual(readAudioFormat(AAC_48), { sampleRate: 48_000, channels: 2, codecs: 'mp4a.40.2' });
  assert.deepEqual(readAudioFormat(AAC_44), { sampleRate: 44_100, channels: 2, codecs: 'mp4a.40.2' });
  // HE-AAC signalled openly: a core of 24 kHz, doubled to 48 kHz for the listener.
  assert.deepEqual(readAudioFormat(hex('2b118800')), {
    sampleRate: 24_000,
    channels: 2,
    codecs: 'mp4a.40.5',
  });
  // 960 samples per frame do not lie on the grid.
  assert.throws(() => readAudioFormat(hex('1194')), ContributionError);
});

test('parameter sets of HEVC tell the size, behind sets of other kinds', () => {
  const unit = hex('420101016000000300900000030000030078a003c08010e596666924cae010000003001000000301e080');
  const head = [...new Uint8Array(22).fill(1), 2];
  const array = (type: number, bytes: Uint8Array): number[] => [0x80 | type, 0, 1, 0, bytes.length, ...bytes];
  const config = Uint8Array.from([...head, ...array(32, Uint8Array.of(64, 1, 12)), ...array(33, unit)]);
  assert.deepEqual(readPictureFormat('hvc1', config), { width: 1_920, height: 1_080, frameRate: null });
  for (let bytes = 0; bytes < 50; bytes += 1)
    assert.throws(() => readPictureFormat('hvc1', config.subarray(0, bytes)), ContributionError);
});

test('mutated and cut parameter sets end in a format or in a ContributionError', () => {
  for (let seed = 1; seed <= 1_000; seed += 1) {
    const prng = createPrng(seed);
    const bytes = AVC_720.slice(0, 1 + Math.floor(prng() * AVC_720.length));
    for (let count = 0; count < 4; count += 1)
      bytes[Math.floor(prng() * bytes.length)] = Math.floor(prng() * 256);
    for (const read of [
      () => readPictureFormat('avc1', bytes),
      () => readPictureFormat('hvc1', bytes),
      () => readAudioFormat(bytes),
    ])
      try {
        read();
      } catch (error) {
        assert.ok(error instanceof ContributionError, `seed ${seed}: ${error}`);
      }
  }
});
