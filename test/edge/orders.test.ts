// Orders as an edge carries them out: purges in memory and on disk, and throttles.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { SnapshotOrders } from '#contract/orders.ts';
import { CACHE_CLASS_HEADER } from '#contract/peer-api.ts';
import { createMetrics } from '#platform/metrics.ts';
import { createEdge } from '#region/edge/edge.ts';
import { openSegmentKey } from '#region/shared/keys.ts';
import { sealSegment } from '#region/shared/pack.ts';
import { waitFor } from '../support/wait-for.ts';
import { get } from './client.ts';
import {
  ASSET,
  BASE,
  documentOf,
  publishAsset,
  recordOf,
  segmentBytes,
  startWorld,
  type TestWorld,
} from './world.ts';

const ORDER = `ord_${'1'.repeat(26)}`;
let world: TestWorld;

beforeEach(async () => {
  world = await startWorld({ config: { limits: { edgeCacheBytes: 40_000_000, edgeDiskBytes: 40_000_000 } } });
  const document = documentOf({ holders: ['dublin'] });
  await publishAsset(world, recordOf(), document);
  for (const number of [0, 1])
    await world
      .region('dublin')
      .store.put(openSegmentKey(document, 'v720', number), sealSegment(number, segmentBytes(number)));
});
afterEach(() => world.stop());

const pathOf = (number: number): string => `${BASE}/a1/v720/${number}.m4s`;
const fetched = (): number => world.region('dublin').asked.filter((path) => path.endsWith('.m4s')).length;

function order(orders: Partial<SnapshotOrders>): void {
  world.update(() => ({ orders: { purges: [], restarts: [], throttles: [], ...orders } }));
}

const purgeOf = (assetId: string | null) => ({ id: ORDER, projectId: 'default', assetId, version: null });

test('a purge empties memory and disk of an asset once, is told, and is carried out again by the next process', async () => {
  const { context, edge } = world.region('dublin');
  for (let asked = 0; asked < 2; asked += 1)
    for (const number of [0, 1]) await get(edge.port(), pathOf(number));
  await edge.disk.settled();
  assert.equal(edge.disk.count(), 2);
  const before = fetched();
  order({ purges: [purgeOf(`ast_${'2'.repeat(26)}`)] });
  const others = await waitFor('word of the other purge', () => {
    const reports = edge.orderReports?.() ?? [];
    return reports.length > 0 && reports;
  });
  assert.deepEqual(others, [{ id: ORDER, count: 0, bytes: 0 }]);
  const own = { ...purgeOf(ASSET), id: `ord_${'2'.repeat(26)}` };
  order({ purges: [own] });
  const [report] = await waitFor('word of the purge', () => {
    const reports = edge.orderReports?.() ?? [];
    return reports.length > 0 && reports;
  });
  assert.equal(report?.id, own.id);
  // Both in memory and on disk, and the playlists that were asked for on the way.
  assert.ok((report?.count ?? 0) >= 4, JSON.stringify(report));
  assert.deepEqual([edge.disk.count(), edge.cache.count()], [0, 0]);
  for (let asked = 0; asked < 2; asked += 1)
    assert.ok((await get(edge.port(), pathOf(0))).body.equals(segmentBytes(0)));
  assert.equal(fetched(), before + 1, 'fetched anew, and kept again');
  await edge.disk.settled();
  assert.equal(edge.disk.count(), 1);

  await edge.stop();
  const next = createEdge({ ...context, metrics: createMetrics() });
  await next.start();
  try {
    const reports = await waitFor('word of the next process', () => {
      const told = next.orderReports?.() ?? [];
      return told.length > 0 && told;
    });
    assert.deepEqual([reports[0]?.id, reports[0]?.count, next.disk.count()], [own.id, 1, 0]);
  } finally {
    await next.stop();
  }
});

test('what an origin was asked for before a purge is sent to whoever waits, and not kept', async () => {
  const region = world.region('dublin');
  const { edge } = region;
  // What is needed before the segment is there already.
  await get(edge.port(), pathOf(1));
  let goOn: (() => void) | undefined;
  region.intercept = (request, response) => {
    if (!request.url?.endsWith('/0.m4s')) return false;
    goOn = () => {
      response.writeHead(200, {
        'content-length': String(segmentBytes(0).length),
        etag: '"old"',
        [CACHE_CLASS_HEADER]: 'immutable',
      });
      response.end(segmentBytes(0));
    };
    return true;
  };
  const answer = get(edge.port(), pathOf(0));
  await waitFor('the origin to be asked', () => goOn !== undefined);
  order({ purges: [purgeOf(null)] });
  await waitFor('the purge', () => (edge.orderReports?.() ?? []).length > 0);
  goOn?.();
  assert.ok((await answer).body.equals(segmentBytes(0)));
  assert.equal(edge.cache.count(), 0);
});

test('throttles turn away what is below their floor, of their region and project, and end with the order', async () => {
  const { edge, metrics } = world.region('dublin');
  const port = edge.port();
  assert.equal((await get(port, pathOf(0))).status, 200);
  const prefetch = `${pathOf(0)}?prefetch=1`;
  const statuses = async (of = port): Promise<number[]> => [
    (await get(of, prefetch)).status,
    (await get(of, pathOf(0))).status,
    (await get(of, `${BASE}/main.m3u8`)).status,
  ];
  const throttle = { id: ORDER, regionId: 'dublin', projectId: null };
  order({ throttles: [{ ...throttle, floor: 'video' }] });
  assert.deepEqual(await statuses(), [503, 200, 200]);
  assert.deepEqual(await statuses(world.region('singapore').edge.port()), [200, 200, 200]);
  order({ throttles: [{ ...throttle, regionId: null, projectId: 'default', floor: 'live' }] });
  assert.deepEqual(await statuses(), [503, 503, 200]);
  order({ throttles: [{ ...throttle, projectId: 'other', floor: 'live' }] });
  assert.deepEqual(await statuses(), [200, 200, 200]);
  order({});
  assert.deepEqual(await statuses(), [200, 200, 200]);
  const shed = Object.entries(metrics.counters()).filter(([name]) => name.includes('throttle'));
  assert.equal(
    shed.reduce((sum, [, value]) => sum + value, 0),
    3,
    JSON.stringify(shed),
  );
});
