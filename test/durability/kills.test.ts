// A few kills with the loss of all that was not fsynced, as `npm run soak -- kills` does for hours.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { underKills } from '../scenarios/kills/under-kills.ts';

const SEED = Number(process.env.MERIDIAN_TEST_SEED ?? 1);
const KILLS = 12;

test('killed processes lose no acknowledged upload, bring nothing deleted back, and serve nothing corrupt', async (context) => {
  const result = await underKills({
    kills: KILLS,
    seed: SEED,
    onProgress: (text) => context.diagnostic(text),
  });
  const { lost, back, tally, dropped } = result;
  const repeat = `MERIDIAN_TEST_SEED=${SEED}`;
  assert.deepEqual({ lost, back, corrupt: tally.corrupt }, { lost: [], back: [], corrupt: [] }, repeat);
  assert.ok(
    tally.acknowledged.size > 0 && tally.objectsChecked > 0,
    'nothing was promised, so nothing was tested',
  );
  assert.ok(dropped.names + dropped.files > 0, 'the disk forgot nothing, so nothing was tested');
});
