// Too much at once: what can wait is turned away first, hedges help when an origin is slow, and both are counted.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createLimitState, DEFAULT_LIMIT_POLICY } from '#core/overload/limit.ts';
import { openSegmentKey } from '#region/shared/keys.ts';
import { sealSegment } from '#region/shared/pack.ts';
import { waitFor } from '../support/wait-for.ts';
import { get, verdict } from './client.ts';
import {
  BASE,
  documentOf,
  portOf,
  publishAsset,
  recordOf,
  SEGMENT,
  SEGMENT_AT_ORIGIN,
  segmentBytes,
  startWorld,
  type TestWorld,
} from './world.ts';

let world: TestWorld;

beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.stop());

const countersOf = (regionId: string): Record<string, number> => world.region(regionId).metrics.counters();

test('with half of the fetches under way prefetches are turned away with 503, and segments are not', async () => {
  const document = documentOf({ holders: ['dublin'] });
  await publishAsset(world, recordOf(), document);
  const region = world.region('dublin');
  const bounded = createLimitState().limit * DEFAULT_LIMIT_POLICY.shares.prefetch;
  await region.store.put(openSegmentKey(document, 'v720', 5_000), sealSegment(5_000, segmentBytes(1, 10)));
  const port = portOf(world, 'dublin');
  assert.equal((await get(port, SEGMENT)).status, 200);
  const held: (() => void)[] = [];
  let isHolding = true;
  region.intercept = (request, response) => {
    if (!isHolding || !/\/7\d\d\d\.m4s$/.test(request.url ?? '')) return false;
    held.push(() => response.writeHead(404).end());
    return true;
  };
  const waiting = Array.from({ length: bounded }, (_, index) =>
    get(port, `${BASE}/a1/v720/${7_000 + index}.m4s`),
  );
  await waitFor('the fetches', () => world.region('dublin').metrics.gauges().edge_fills === bounded);
  const other = `${BASE}/a1/v720/5000.m4s`;
  for (const [path, headers] of [
    [other, { 'sec-purpose': 'prefetch' }],
    [other, { priority: 'u=5, i' }],
    [`${other}?CMCD=v%3D2&prefetch=1`, {}],
  ] as const) {
    const refused = await get(port, path, { headers });
    assert.equal(verdict(refused), '503 overloaded');
    assert.equal(refused.headers['retry-after'], '1');
  }
  assert.equal(countersOf('dublin')['edge_shed_total{reason="fetches",priority="prefetch"}'], 3);
  assert.equal(countersOf('dublin')['edge_shed_total{reason="fetches",priority="video"}'], undefined);
  isHolding = false;
  for (const release of held) release();
  await Promise.all(waiting);
  assert.equal((await get(port, other)).status, 200);
});

test('when a holder takes long, another is asked; that request is counted apart', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin', 'los-angeles'] }));
  world.region('dublin').intercept = (request) => (request.url ?? '').endsWith('/5.m4s');
  // With its playlist a player makes the edge learn who keeps the video.
  await get(portOf(world, 'dublin'), `${BASE}/main.m3u8`);
  const startedAtMs = performance.now();
  const answer = await get(portOf(world, 'dublin'), SEGMENT);
  const tookMs = performance.now() - startedAtMs;
  assert.ok(answer.body.equals(segmentBytes(5)));
  const reads = (regionId: string): number =>
    world.region(regionId).asked.filter((path) => path === SEGMENT_AT_ORIGIN).length;
  assert.deepEqual([reads('dublin'), reads('los-angeles')], [1, 1]);
  assert.ok(tookMs >= 290, `${tookMs} ms`);
  const counters = countersOf('dublin');
  assert.equal(counters['edge_origin_fetches_total{kind="hedge",region="los-angeles"}'], 1);
  assert.equal(counters['edge_origin_fetches_total{region="los-angeles"}'], undefined);
});
