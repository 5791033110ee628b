import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loudnessGainDb } from './gain.ts';

const CASES: readonly (readonly [
  title: string,
  integrated: number,
  peak: number,
  target: number,
  gain: number,
])[] = [
  ['a quiet track becomes louder', -30, -20, -23, 7],
  ['a loud track becomes softer', -10, 0.5, -23, -13],
  ['a track with peaks becomes only as loud as they allow', -30, -4, -16, 3],
  ['peaks above the limit alone do not make a quiet track softer', -30, 0, -23, 0],
  ['a track that is nearly right is left alone', -23.05, -8, -23, 0],
  ['a track that is nearly silent is not torn up', -69, -60, -16, 24],
];
for (const [title, integratedLufs, truePeakDb, target, gain] of CASES)
  test(title, () => {
    assert.equal(loudnessGainDb({ integratedLufs, truePeakDb }, target), gain);
  });
