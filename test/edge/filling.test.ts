// How an edge gets what it does not have: one fetch however many ask, the next origin when one fails.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { afterEach, beforeEach, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { waitFor } from '../support/wait-for.ts';
import { get, verdict } from './client.ts';
import {
  BASE,
  documentOf,
  type Intercept,
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

const asksFor = (regionId: string, path = SEGMENT_AT_ORIGIN): number =>
  world.region(regionId).asked.filter((asked) => asked === path).length;

/** Sends the headers and half of the segment, then does what `end` says. */
function halfThen(end: (response: Parameters<Intercept>[1]) => void): Intercept {
  const body = segmentBytes(5);
  return (request, response) => {
    if (!(request.url ?? '').endsWith('/5.m4s')) return false;
    response.writeHead(200, {
      'content-length': body.length,
      etag: defined(etag, 'the ETag of the segment'),
      'meridian-cache-class': 'immutable',
    });
    response.write(body.subarray(0, 150_000), () => end(response));
    return true;
  };
}
let etag: string | undefined;

/** What every origin of ours says about the segment. */
async function learnEtag(): Promise<void> {
  const answer = await get(portOf(world, 'los-angeles'), SEGMENT, { method: 'HEAD' });
  etag = String(answer.headers.etag);
}

test('500 clients per region ask at once for a cold object: one fetch per region reaches the holder', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin'] }));
  const body = segmentBytes(5);
  const answers = await Promise.all(
    world.regions.flatMap((region) => Array.from({ length: 500 }, () => get(region.edge.port(), SEGMENT))),
  );
  assert.equal(answers.length, 1_500);
  assert.ok(answers.every((answer) => answer.status === 200 && answer.body.equals(body)));
  assert.equal(asksFor('dublin'), 3);
  for (const { metrics } of world.regions) {
    const fetches = Object.entries(metrics.counters()).filter(([name]) =>
      name.startsWith('edge_origin_fetches'),
    );
    assert.ok(fetches.reduce((sum, [, count]) => sum + count, 0) <= 6, JSON.stringify(fetches));
  }
});

test('the own region is asked first, then a holder that the document names, never the rest', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['los-angeles'] }));
  assert.equal((await get(portOf(world, 'singapore'), SEGMENT)).status, 200);
  assert.deepEqual([asksFor('singapore'), asksFor('los-angeles'), asksFor('dublin')], [1, 1, 0]);
});

test('an asset that the own region has never heard of comes from another region', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin'] }));
  const { store } = world.region('singapore');
  for await (const { key } of store.list('')) await store.delete(key);
  assert.equal((await get(portOf(world, 'singapore'), `${BASE}/main.m3u8`)).status, 200);
  assert.equal((await get(portOf(world, 'singapore'), SEGMENT)).status, 200);
});

test('a dead origin costs one refused connection, then it is left alone', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin', 'los-angeles'] }));
  await world.region('dublin').killOrigin();
  for (const number of [5, 6, 7]) {
    const answer = await get(portOf(world, 'dublin'), `${BASE}/a1/v720/${number}.m4s`);
    assert.ok(answer.body.equals(segmentBytes(number)));
  }
  const { counters } = world.region('dublin').metrics;
  assert.equal(counters()['edge_origin_fetches_total{region="dublin"}'], 1);
  await world.region('dublin').reviveOrigin();
  world.clock.advance(1_001);
  await get(portOf(world, 'dublin'), `${BASE}/a1/v720/8.m4s`);
  assert.equal(counters()['edge_origin_fetches_total{region="dublin"}'], 2);
});

test('a body that breaks off is gone on with from the next origin, byte by byte', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin', 'los-angeles'] }));
  await learnEtag();
  world.region('dublin').intercept = halfThen((response) => response.destroy());
  const ranges: (string | undefined)[] = [];
  world.region('los-angeles').intercept = (request) => {
    if ((request.url ?? '').endsWith('/5.m4s')) ranges.push(request.headers.range);
    return false;
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(portOf(world, 'dublin'), SEGMENT)));
  assert.ok(answers.every((answer) => answer.body.equals(segmentBytes(5))));
  assert.equal(ranges.length, 1);
  assert.equal(ranges[0], 'bytes=150000-');
});

test('a body that falls silent is gone on with from the next origin', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin', 'los-angeles'] }));
  await learnEtag();
  world.region('dublin').intercept = halfThen(() => {});
  const startedAt = performance.now();
  const answer = await get(portOf(world, 'dublin'), SEGMENT);
  assert.ok(answer.body.equals(segmentBytes(5)));
  assert.ok(performance.now() - startedAt < 2_000);
});

test('an origin that accepts and never answers costs half a second in the own region', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin', 'los-angeles'] }));
  world.region('dublin').intercept = (request) => (request.url ?? '').endsWith('.m4s');
  const startedAt = performance.now();
  assert.ok((await get(portOf(world, 'dublin'), SEGMENT)).body.equals(segmentBytes(5)));
  const took = performance.now() - startedAt;
  assert.ok(took >= 450 && took < 1_500, `${took} ms`);
  const again = performance.now();
  await get(portOf(world, 'dublin'), `${BASE}/a1/v720/6.m4s`);
  assert.ok(performance.now() - again < 400, 'the hanging origin is left alone');
});

test('when no origin can go on, the answer is cut rather than ended', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin'] }));
  await learnEtag();
  world.region('dublin').intercept = halfThen((response) => response.destroy());
  await assert.rejects(get(portOf(world, 'dublin'), SEGMENT));
  world.region('dublin').intercept = undefined;
  world.clock.advance(1_001);
  assert.ok((await get(portOf(world, 'dublin'), SEGMENT)).body.equals(segmentBytes(5)));
});

test('bytes reach viewers before the origin has sent the last one, and latecomers get them from the start', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin'] }));
  await learnEtag();
  const body = segmentBytes(5);
  let finish = (): void => {};
  world.region('dublin').intercept = halfThen((response) => {
    finish = () => response.end(body.subarray(150_000));
  });
  const received = { first: 0, late: 0 };
  const open = (name: 'first' | 'late') => {
    const socket = connect(portOf(world, 'dublin'), '127.0.0.1');
    socket.on('data', (chunk) => {
      received[name] += chunk.length;
    });
    socket.write(`GET ${SEGMENT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    return socket;
  };
  const first = open('first');
  await waitFor('half of the body at the first viewer', () => received.first > 150_000);
  const late = open('late');
  await waitFor('half of the body at the late viewer', () => received.late > 150_000);
  assert.equal(asksFor('dublin'), 2, 'one for the other region, one for all viewers of this one');
  first.destroy();
  finish();
  await waitFor('the whole body at the late viewer', () => received.late > 300_000);
  late.destroy();
});

test('an absence is remembered for a second and no longer', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin'] }));
  const missing = `${BASE}/a1/v720/11.m4s`;
  const askAll = (): number =>
    world.regions.reduce((sum, { id }) => sum + asksFor(id, SEGMENT_AT_ORIGIN.replace('5.m4s', '11.m4s')), 0);
  assert.equal(verdict(await get(portOf(world, 'dublin'), missing)), '404 not_found');
  const asked = askAll();
  assert.equal(verdict(await get(portOf(world, 'dublin'), missing)), '404 not_found');
  assert.equal(askAll(), asked);
  world.clock.advance(1_000);
  await get(portOf(world, 'dublin'), missing);
  assert.ok(askAll() > asked);
});

test('an object whose holder is away is unavailable, not missing', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['dublin'] }));
  await world.region('dublin').killOrigin();
  const answer = await get(portOf(world, 'singapore'), SEGMENT);
  assert.equal(verdict(answer), '503 unavailable');
  assert.equal(answer.headers['retry-after'], '1');
  assert.equal(answer.headers['access-control-allow-origin'], '*');
});

test('a region that died long ago neither delays nor decides an answer', async () => {
  await publishAsset(world, recordOf(), documentOf({ holders: ['singapore'] }));
  await world.region('dublin').killOrigin();
  world.probes.set('dublin-1', {
    siteId: 'dublin-1',
    failures: 9,
    roundTripMs: null,
    probedAtMs: world.clock.nowMs(),
  });
  assert.equal((await get(portOf(world, 'los-angeles'), SEGMENT)).status, 200);
  assert.equal(verdict(await get(portOf(world, 'los-angeles'), `${BASE}/a1/v720/99.m4s`)), '404 not_found');
  const { counters } = world.region('los-angeles').metrics;
  assert.equal(counters()['edge_origin_fetches_total{region="dublin"}'], undefined);
});

test('without any snapshot an edge says that it cannot reach the media, and steers to itself', async () => {
  const lonely = await startWorld({ hasSnapshot: false });
  try {
    assert.equal(verdict(await get(portOf(lonely, 'dublin'), SEGMENT)), '503 unavailable');
    const answer = (await get(portOf(lonely, 'dublin'), '/steering/hls.json')).json();
    assert.deepEqual(answer['PATHWAY-PRIORITY'], ['dublin-1']);
    assert.equal(answer.TTL, 5);
  } finally {
    await lonely.stop();
  }
});

test('an origin that failed a moment ago makes an object unavailable, not missing', async () => {
  await publishAsset(world, recordOf(), undefined);
  world.region('dublin').intercept = (request) => {
    if (!(request.url ?? '').endsWith('.m4s')) return false;
    request.socket.destroy();
    return true;
  };
  for (const number of [5, 6])
    assert.equal(
      verdict(await get(portOf(world, 'dublin'), `${BASE}/a1/v720/${number}.m4s`)),
      '503 unavailable',
    );
});
