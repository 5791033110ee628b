import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCodecFamilies } from './codec-families.ts';
import { type FitInput, fitLadder, planSamples, type SampledSize, sampledRungs } from './fit-ladder.ts';
import type { PlannedVideo } from './plan-ladder.ts';
import { PRESETS } from './presets.ts';

const rung = (id: string, width: number, height: number, bitrateBps: number): PlannedVideo => ({
  ...{ id, width, height, bitrateBps },
  maxBitrateBps: bitrateBps * 1.5,
});
const RUNGS = [
  rung('v720', 1_280, 720, 2_500_000),
  rung('v480', 854, 480, 1_362_000),
  rung('v360', 640, 360, 884_000),
];

/** A sample of 24 frames whose rate over a segment of 60 frames at 30 a second is this. */
function sample(width: number, height: number, bps: number): SampledSize {
  const segmentBytes = (bps * 2) / 8;
  const keyFrameBytes = segmentBytes * 0.25;
  return { width, height, keyFrameBytes, otherFrames: 23, otherBytes: ((segmentBytes * 0.75) / 59) * 23 };
}

function fit(
  largeBps: number,
  smallBps: number,
  preset = PRESETS.standard as Parameters<typeof fitLadder>[1],
) {
  const input: FitInput = {
    rungs: RUNGS,
    samples: [[sample(1_280, 720, largeBps), sample(640, 360, smallBps)]],
    framesPerSegment: 60,
    framesPerSecond: 30,
  };
  const { rungs, reasons } = fitLadder(input, preset);
  return { rungs, ids: rungs.map(({ id }) => id), codes: reasons.map(({ code }) => code), reasons };
}

test('a video that needs less than planned gets constant quality at what it needs', () => {
  const { ids, codes, rungs } = fit(1_500_000, 450_000);
  assert.deepEqual(ids, ['v720', 'v480', 'v360']);
  assert.deepEqual(codes, ['rung-fitted', 'rung-fitted', 'rung-fitted']);
  assert.equal(rungs[0]?.bitrateBps, 1_500_000);
  assert.equal(rungs[2]?.bitrateBps, 450_000);
  assert.ok((rungs[1]?.bitrateBps ?? 0) > 700_000 && (rungs[1]?.bitrateBps ?? 0) < 900_000, 'between them');
  assert.deepEqual(
    rungs.map(({ qualityFactor, maxBitrateBps }) => [qualityFactor, maxBitrateBps]),
    RUNGS.map(({ maxBitrateBps }) => [23, maxBitrateBps]),
  );
});

test('a video that needs more than the preset allows gets the bound as its average', () => {
  const { codes, rungs } = fit(6_000_000, 1_800_000);
  assert.deepEqual(codes, ['rung-bounded', 'rung-bounded', 'rung-bounded']);
  assert.deepEqual(
    rungs.map(({ bitrateBps, qualityFactor }) => [bitrateBps, qualityFactor]),
    RUNGS.map(({ bitrateBps }) => [Math.round((bitrateBps * 1.2) / 1_000) * 1_000, undefined]),
  );
});

test('rungs that save too little are dropped, each with the numbers compared', () => {
  const { ids, reasons } = fit(1_000_000, 700_000);
  assert.deepEqual(ids, ['v720', 'v360']);
  const dropped = reasons.find(({ subject }) => subject === 'v480');
  assert.equal(dropped?.code, 'rung-dropped-too-near');
  assert.equal(dropped?.values.aboveBps, 1_000_000);
});

test('below a rung that passes through the slowest link nothing is needed', () => {
  const { ids, codes } = fit(240_000, 90_000);
  assert.deepEqual(ids, ['v720', 'v480']);
  assert.deepEqual(codes, ['rung-improved', 'rung-improved', 'rung-dropped-below-slow-link']);
});

test('a still picture gets a better one rather than no bits', () => {
  const { rungs } = fit(90_000, 40_000);
  const [only] = rungs;
  assert.equal(only?.qualityFactor, 19);
  assert.ok((only?.bitrateBps ?? 0) > 90_000 && (only?.bitrateBps ?? 0) <= 375_000);
});

test('economy never spends more than its own ladder has', () => {
  const { rungs } = fit(6_000_000, 1_800_000, PRESETS.economy);
  assert.deepEqual(
    rungs.map(({ bitrateBps }) => bitrateBps),
    RUNGS.map(({ bitrateBps }) => bitrateBps),
  );
});

test('without samples the ladder is that of the preset, and says so', () => {
  const { rungs, reasons } = fitLadder(
    { rungs: RUNGS, samples: [], framesPerSegment: 60, framesPerSecond: 30 },
    PRESETS.standard,
  );
  assert.deepEqual(rungs, RUNGS);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['per-title-no-samples'],
  );
});

test('whatever the samples say, rungs stay within the bounds and get smaller', () => {
  for (const large of [1_000, 50_000, 400_000, 3_000_000, 80_000_000])
    for (const small of [1_000, 50_000, 400_000, 3_000_000, 80_000_000])
      for (const preset of Object.values(PRESETS)) {
        const { rungs } = fit(large, small, preset);
        assert.ok(rungs.length > 0);
        for (const [index, { id, bitrateBps, maxBitrateBps }] of rungs.entries()) {
          const planned = RUNGS.find((candidate) => candidate.id === id)?.bitrateBps ?? 0;
          assert.ok(bitrateBps <= planned * preset.perTitleShareMax + 1_000, `${id} ${bitrateBps}`);
          assert.ok(bitrateBps < maxBitrateBps);
          assert.ok(bitrateBps < (rungs[index - 1]?.bitrateBps ?? Number.POSITIVE_INFINITY));
        }
      }
});

test('samples lie apart, a short video has one', () => {
  assert.deepEqual(planSamples(60_000, 30), { atMs: [27_000, 7_200, 46_800], frameCount: 24 });
  assert.deepEqual(planSamples(4_000, 30).atMs, [1_800, 480]);
  assert.deepEqual(planSamples(900, 10), { atMs: [405], frameCount: 8 });
});

test('families repeat the rungs in the codecs that are wanted and there', () => {
  const { outputs, reasons } = addCodecFamilies(
    RUNGS.slice(0, 2),
    ['hevc', 'h264', 'av1', 'vvc'],
    ['h264', 'av1'],
    23,
  );
  assert.deepEqual(
    outputs.map(({ id, codec, width, qualityFactor }) => [id, codec, width, qualityFactor]),
    [
      ['v720', undefined, 1_280, undefined],
      ['v480', undefined, 854, undefined],
      ['v720-av1', 'av1', 1_280, 35],
      ['v480-av1', 'av1', 854, 35],
    ],
  );
  assert.ok((outputs[2]?.maxBitrateBps ?? 0) < (outputs[0]?.maxBitrateBps ?? 0));
  assert.deepEqual(
    reasons.map(({ code, subject }) => [code, subject]),
    [
      ['codec-added', 'av1'],
      ['codec-unavailable', 'hevc'],
    ],
  );
});

test('a picture too small for the encoders of other codecs stays in H.264', () => {
  const tiny = [rung('v36', 64, 36, 100_000)];
  const { outputs, reasons } = addCodecFamilies(tiny, ['h264', 'av1'], ['h264', 'av1'], 23);
  assert.deepEqual(outputs, tiny);
  assert.deepEqual(
    reasons.map(({ code }) => code),
    ['codec-too-small'],
  );
});

test('samples are no larger than 720 lines; larger rungs follow from the smaller ones', () => {
  const rungs = [rung('v1080', 1_920, 1_080, 4_593_000), ...RUNGS];
  const ids = (of: readonly PlannedVideo[]) => sampledRungs(of).map(({ id }) => id);
  assert.deepEqual(ids(rungs), ['v720', 'v360']);
  assert.deepEqual(ids(RUNGS.slice(2)), ['v360']);
  assert.deepEqual(ids([]), []);
  const samples = [[sample(1_280, 720, 1_000_000), sample(640, 360, 400_000)]];
  const fitted = fitLadder({ rungs, samples, framesPerSegment: 60, framesPerSecond: 30 }, PRESETS.standard);
  const need = fitted.rungs[0]?.bitrateBps ?? 0;
  assert.ok(Math.abs(need - 1_000_000 * 2.25 ** (Math.log(2.5) / Math.log(4))) < 1_000, `${need}`);
});
