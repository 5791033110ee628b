import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import {
  type EncodePlan,
  planLadder,
  type SourceAudio,
  type SourceFacts,
  type SourceVideo,
} from './plan-ladder.ts';

const VIDEO: SourceVideo = {
  index: 0,
  width: 1_280,
  height: 720,
  rotationDegrees: 0,
  sampleAspect: [1, 1],
  frameRate: { numerator: 30, denominator: 1 },
  isVariableFrameRate: false,
  frameCount: 1_800,
  startMs: 0,
  durationMs: 60_000,
};
const AUDIO: SourceAudio = { index: 1, channels: 2, language: null, title: null, isDefault: true };

function planOf(
  video: Partial<SourceVideo> | null,
  audio: readonly Partial<SourceAudio>[] = [{}],
): EncodePlan {
  const facts: SourceFacts = {
    durationMs: 60_000,
    video: video === null ? null : { ...VIDEO, ...video },
    audio: audio.map((track, index) => ({ ...AUDIO, index: index + 1, ...track })),
  };
  const result = planLadder(facts);
  assert.equal(result.kind, 'plan');
  return result.plan;
}

const SIZES: readonly [string, Partial<SourceVideo>, readonly string[]][] = [
  ['4K', { width: 3_840, height: 2_160 }, ['1920x1080', '1280x720', '854x480', '640x360']],
  ['1080 lines', { width: 1_920, height: 1_080 }, ['1920x1080', '1280x720', '854x480', '640x360']],
  ['720 lines', {}, ['1280x720', '854x480', '640x360']],
  ['480 lines', { width: 640, height: 480 }, ['640x480', '480x360', '320x240']],
  ['360 lines', { width: 640, height: 360 }, ['640x360', '426x240']],
  ['240 lines', { width: 320, height: 240 }, ['320x240']],
  ['fewer than 240 lines', { width: 176, height: 144 }, ['176x144']],
  ['odd sides below 240', { width: 161, height: 121 }, ['160x120']],
  ['a size between two rungs', { width: 800, height: 592 }, ['800x592', '648x480', '486x360']],
  ['a size just above a rung', { width: 870, height: 490 }, ['852x480', '640x360', '426x240']],
  [
    'a size between 720 and 1080',
    { width: 1_600, height: 900 },
    ['1600x900', '1280x720', '854x480', '640x360'],
  ],
  [
    'a phone held upright',
    { width: 1_920, height: 1_080, rotationDegrees: 90 },
    ['1080x1920', '720x1280', '480x854', '360x640'],
  ],
  ['a phone upside down', { rotationDegrees: 180 }, ['1280x720', '854x480', '640x360']],
  ['a picture taller than wide', { width: 720, height: 1_280 }, ['720x1280', '480x854', '360x640']],
  ['a square', { width: 720, height: 720 }, ['720x720', '480x480', '360x360']],
  [
    'anamorphic PAL, wide',
    { width: 720, height: 576, sampleAspect: [64, 45] },
    ['1024x576', '854x480', '640x360'],
  ],
  [
    'HDV, whose pixels are wide',
    { width: 1_440, height: 1_080, sampleAspect: [4, 3] },
    ['1920x1080', '1280x720', '854x480', '640x360'],
  ],
  [
    'wide pixels on a turned picture',
    { width: 1_440, height: 1_080, sampleAspect: [4, 3], rotationDegrees: 270 },
    ['1080x1920', '720x1280', '480x854', '360x640'],
  ],
  ['a pixel shape of 0', { sampleAspect: [0, 1] }, ['1280x720', '854x480', '640x360']],
  ['a banner wider than decoders take', { width: 12_000, height: 1_080 }, ['4096x368', '4000x360']],
];

for (const [title, video, sizes] of SIZES)
  test(`a source of ${title} gives ${sizes.join(', ')}`, () => {
    const plan = defined(planOf(video).video, 'video');
    assert.deepEqual(
      plan.outputs.map(({ width, height }) => `${width}x${height}`),
      sizes,
    );
    assert.deepEqual(
      plan.outputs.map(({ id, width, height }) => id === `v${Math.min(width, height)}`),
      plan.outputs.map(() => true),
    );
    assert.ok(plan.outputs.every(({ width, height }) => width % 2 === 0 && height % 2 === 0));
    const rates = plan.outputs.map(({ bitrateBps }) => bitrateBps);
    assert.deepEqual(
      rates,
      rates.toSorted((left, right) => right - left),
    );
  });

interface RateCase {
  readonly title: string;
  readonly video: Partial<SourceVideo>;
  readonly rate: string;
  readonly framesPerSegment: number;
  readonly segmentDurationMs: number;
  readonly frameCount: number;
}

const rate = (numerator: number, denominator = 1) => ({ frameRate: { numerator, denominator } });
const RATES: readonly RateCase[] = [
  { title: '30', video: {}, rate: '30/1', framesPerSegment: 60, segmentDurationMs: 2_000, frameCount: 1_800 },
  {
    title: '29.97',
    video: { ...rate(30_000, 1_001), frameCount: 599, durationMs: 19_987 },
    rate: '30000/1001',
    framesPerSegment: 60,
    segmentDurationMs: 2_002,
    frameCount: 599,
  },
  {
    title: '23.976',
    video: { ...rate(24_000, 1_001), frameCount: null },
    rate: '24000/1001',
    framesPerSegment: 48,
    segmentDurationMs: 2_002,
    frameCount: 1_439,
  },
  {
    title: '25',
    video: { ...rate(25), frameCount: 1_500 },
    rate: '25/1',
    framesPerSegment: 50,
    segmentDurationMs: 2_000,
    frameCount: 1_500,
  },
  {
    title: '12.5',
    video: { ...rate(25, 2), frameCount: 750 },
    rate: '25/2',
    framesPerSegment: 26,
    segmentDurationMs: 2_080,
    frameCount: 750,
  },
  {
    title: '60',
    video: { ...rate(60), frameCount: 3_600 },
    rate: '60/1',
    framesPerSegment: 120,
    segmentDurationMs: 2_000,
    frameCount: 3_600,
  },
  {
    title: '120, halved',
    video: { ...rate(120), frameCount: 7_200 },
    rate: '60/1',
    framesPerSegment: 120,
    segmentDurationMs: 2_000,
    frameCount: 3_600,
  },
  {
    title: '119.88, halved exactly',
    video: { ...rate(120_000, 1_001), frameCount: null },
    rate: '60000/1001',
    framesPerSegment: 120,
    segmentDurationMs: 2_002,
    frameCount: 3_596,
  },
  {
    title: '5, doubled',
    video: { ...rate(5), frameCount: 300 },
    rate: '10/1',
    framesPerSegment: 20,
    segmentDurationMs: 2_000,
    frameCount: 600,
  },
  {
    title: 'one that varies around 27.3',
    video: { ...rate(2_730, 100), isVariableFrameRate: true, frameCount: 1_638 },
    rate: '25/1',
    framesPerSegment: 50,
    segmentDurationMs: 2_000,
    frameCount: 1_500,
  },
  {
    title: 'one that varies around 90',
    video: { ...rate(90), isVariableFrameRate: true },
    rate: '60/1',
    framesPerSegment: 120,
    segmentDurationMs: 2_000,
    frameCount: 3_600,
  },
  {
    title: 'one that is measured with noise',
    video: { ...rate(1_000_000, 33_337), frameCount: null },
    rate: '30/1',
    framesPerSegment: 60,
    segmentDurationMs: 2_000,
    frameCount: 1_800,
  },
  {
    title: 'one that is unknown',
    video: { frameRate: null, frameCount: null },
    rate: '30/1',
    framesPerSegment: 60,
    segmentDurationMs: 2_000,
    frameCount: 1_800,
  },
  {
    title: '24, starting two frames after the sound',
    video: { ...rate(24), frameCount: null, startMs: 83.333, durationMs: 1_875 },
    rate: '24/1',
    framesPerSegment: 48,
    segmentDurationMs: 2_000,
    frameCount: 47,
  },
  {
    title: '30 with frames dropped on the way',
    video: { frameCount: 1_700 },
    rate: '30/1',
    framesPerSegment: 60,
    segmentDurationMs: 2_000,
    frameCount: 1_800,
  },
  {
    title: '30 whose length is unknown',
    video: { durationMs: null, frameCount: null },
    rate: '30/1',
    framesPerSegment: 60,
    segmentDurationMs: 2_000,
    frameCount: 1_800,
  },
];

for (const expected of RATES)
  test(`a frame rate of ${expected.title} gives ${expected.rate} and ${expected.frameCount} frames`, () => {
    const plan = planOf(expected.video);
    const video = defined(plan.video, 'video');
    assert.equal(`${video.frameRate.numerator}/${video.frameRate.denominator}`, expected.rate);
    assert.equal(video.framesPerSegment, expected.framesPerSegment);
    assert.ok(Math.abs(plan.segmentDurationMs - expected.segmentDurationMs) < 1e-6);
    assert.equal(video.frameCount, expected.frameCount);
  });

test('bit rates follow the size and the frame rate', () => {
  const at = (framesPerSecond: number) =>
    defined(planOf({ width: 1_920, height: 1_080, ...rate(framesPerSecond) }).video, 'video').outputs.map(
      ({ bitrateBps }) => bitrateBps,
    );
  assert.deepEqual(at(30), [4_593_000, 2_500_000, 1_362_000, 884_000]);
  assert.deepEqual(at(60), [6_961_000, 3_789_000, 2_064_000, 1_340_000]);
  assert.deepEqual(at(15), [3_030_000, 1_649_000, 898_000, 583_000]);
});

test('the peak rate is half again the average', () => {
  const [largest] = defined(planOf({}).video, 'video').outputs;
  assert.deepEqual([largest?.bitrateBps, largest?.maxBitrateBps], [2_500_000, 3_750_000]);
});

test('every audio track is kept with its language and title, 5.1 as stereo, mono as mono', () => {
  const { audio } = planOf({}, [
    { channels: 6, language: 'eng', isDefault: false },
    { channels: 1, language: 'ger', title: 'Kommentar', isDefault: true },
    { channels: 2, language: 'und', isDefault: false },
    { channels: 2, language: 'not a language!', isDefault: false },
  ]);
  assert.deepEqual(
    audio.map(({ id, streamIndex, channels, language, name, isDefault }) => [
      id,
      streamIndex,
      channels,
      language,
      name,
      isDefault,
    ]),
    [
      ['audio-1', 1, 2, 'en', 'English', false],
      ['audio-2', 2, 1, 'de', 'Kommentar', true],
      ['audio-3', 3, 2, null, 'Audio 3', false],
      ['audio-4', 4, 2, null, 'Audio 4', false],
    ],
  );
});

test('without a default track the first one is the default, and eight are the most', () => {
  const { audio } = planOf(
    {},
    Array.from({ length: 12 }, () => ({ isDefault: false })),
  );
  assert.equal(audio.length, 8);
  assert.deepEqual(
    audio.map(({ isDefault }) => isDefault),
    [true, false, false, false, false, false, false, false],
  );
});

test('a source without sound and one without pictures are both right', () => {
  assert.deepEqual(planOf({}, []).audio, []);
  const plan = planOf(null);
  assert.equal(plan.video, null);
  assert.equal(plan.segmentDurationMs, 2_000);
  assert.equal(plan.durationMs, 60_000);
});

const REFUSED: readonly [string, SourceFacts, RegExp][] = [
  ['nothing in it', { durationMs: 1_000, video: null, audio: [] }, /neither video nor audio/],
  ['no length', { durationMs: null, video: { ...VIDEO, durationMs: null }, audio: [] }, /length/],
  [
    'a length of thirteen hours',
    { durationMs: 13 * 3_600_000, video: VIDEO, audio: [] },
    /longer than 12 hours/,
  ],
  ['a picture of one line', { durationMs: 1_000, video: { ...VIDEO, height: 1 }, audio: [] }, /1280 by 1/],
];

for (const [title, facts, reason] of REFUSED)
  test(`a source with ${title} is refused with a reason`, () => {
    const result = planLadder(facts);
    assert.ok(result.kind === 'refused');
    assert.match(result.reason, reason);
  });

test('a plan explains itself', () => {
  const result = planLadder({ durationMs: 60_000, video: VIDEO, audio: [AUDIO] });
  assert.ok(result.kind === 'plan');
  assert.deepEqual(
    result.reasons.map(({ code, subject }) => `${code} ${subject}`),
    [
      'audio-tracks audio',
      'frame-rate-kept video',
      'rung v720',
      'rung v480',
      'rung v360',
      'frames-counted video',
    ],
  );
});
