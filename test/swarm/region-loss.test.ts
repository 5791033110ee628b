// A real world under a small swarm: a region killed and a region stopped, with egress capped.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip } from '../support/media.ts';
import { startCappedWorld } from './capped-world.ts';
import { swarmUnderRegionLoss } from './region-loss.ts';

const SEED = Number(process.env.MERIDIAN_TEST_SEED ?? 3);

test('no viewer of a swarm is lost, or stalls over a buffer, when regions die under load', async () => {
  const world = await startCappedWorld();
  try {
    const asset = await world.world.upload(clip({ seconds: 60, width: 320, height: 180 }));
    const result = await swarmUnderRegionLoss({ world, asset, viewers: 40, phases: 2, seed: SEED });
    const what = `${JSON.stringify(result)}; again: MERIDIAN_TEST_SEED=${SEED} npm test -- test/swarm/region-loss.test.ts`;
    assert.equal(result.report.viewers.arrived, 40, what);
    assert.ok(result.hits > 4, what);
    assert.equal(result.report.viewers.lost, 0, what);
    assert.equal(result.report.stalls.withAmpleBuffer, 0, what);
    assert.ok(result.report.switches.pathway > 0, what);
  } finally {
    await world.remove();
  }
});
