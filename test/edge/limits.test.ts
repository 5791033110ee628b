// Memory stays bounded whatever viewers do: floods of distinct objects, slow readers, aborted requests.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { openSegmentKey } from '#region/shared/keys.ts';
import { sealSegment } from '#region/shared/pack.ts';
import { waitFor } from '../support/wait-for.ts';
import { get } from './client.ts';
import {
  BASE,
  documentOf,
  portOf,
  publishAsset,
  recordOf,
  segmentBytes,
  startWorld,
  type TestWorld,
} from './world.ts';

const CACHE_BYTES = 8_000_000;
const SEGMENTS = 100;
/** More than the kernel buffers for a reader that reads nothing, and an eighth of its cache. */
const LARGE_BYTES = 4_900_000;
const LARGE_COUNT = 20;

/** A world whose edges keep little, and an asset larger than that. */
async function startSmallWorld(bytes: number, count: number, edgeCacheBytes: number): Promise<TestWorld> {
  const world = await startWorld({ config: { limits: { edgeCacheBytes } } });
  const document = documentOf({ holders: ['dublin'] });
  await publishAsset(world, recordOf(), document);
  for (let number = 0; number < count; number += 1)
    await world
      .region('dublin')
      .store.put(openSegmentKey(document, 'v720', number), sealSegment(number, segmentBytes(number, bytes)));
  return world;
}

/** A viewer that asks and then reads nothing. */
function openSlow(port: number, path: string): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  socket.pause();
  return socket;
}

test('a flood of distinct objects never takes more than the budget, and what is watched stays', async () => {
  const world = await startSmallWorld(300_000, SEGMENTS, CACHE_BYTES);
  try {
    const port = portOf(world, 'dublin');
    const { cache } = world.region('dublin').edge;
    const watched = `${BASE}/a1/v720/0.m4s`;
    await get(port, watched);
    for (let number = 1; number < SEGMENTS; number += 1) {
      assert.ok((await get(port, `${BASE}/a1/v720/${number}.m4s`)).body.equals(segmentBytes(number)));
      assert.ok(cache.bytes() <= CACHE_BYTES, `${cache.bytes()} bytes`);
      assert.equal((await get(port, watched)).headers['x-cache'], 'HIT', `after ${number} others`);
    }
    assert.ok(cache.count() < SEGMENTS);
  } finally {
    await world.stop();
  }
});

test('slow viewers of evicted objects are cut down to the budget, and nobody else is harmed', async () => {
  const world = await startSmallWorld(LARGE_BYTES, LARGE_COUNT, 8 * LARGE_BYTES + 100_000);
  const slow: Socket[] = [];
  try {
    const port = portOf(world, 'dublin');
    for (let number = 0; number < LARGE_COUNT; number += 1) {
      slow.push(openSlow(port, `${BASE}/a1/v720/${number}.m4s`));
      // Each is a reader of its own: the object is in memory before the next comes.
      await get(port, `${BASE}/a1/v720/${number}.m4s`);
    }
    const { counters, gauges } = world.region('dublin').metrics;
    await waitFor('slow viewers to be cut', () => (counters().edge_viewers_cut_total ?? 0) > 0);
    await waitFor('the edge to settle', () => gauges().edge_fills === 0);
    assert.ok((await get(port, `${BASE}/a1/v720/19.m4s`)).body.equals(segmentBytes(19, LARGE_BYTES)));
    assert.ok((counters().edge_viewers_cut_total ?? 0) < LARGE_COUNT, 'those within the budget stay');
  } finally {
    for (const socket of slow) socket.destroy();
    await world.stop();
  }
});

test('viewers who abort leave nothing behind', async () => {
  const world = await startSmallWorld(300_000, SEGMENTS, CACHE_BYTES);
  try {
    const port = portOf(world, 'dublin');
    const sockets = Array.from({ length: 50 }, (_, number) =>
      openSlow(port, `${BASE}/a1/v720/${number}.m4s`),
    );
    for (const socket of sockets) socket.destroy();
    const { gauges } = world.region('dublin').metrics;
    await waitFor(
      'connections and fills to end',
      () => gauges().edge_connections === 0 && gauges().edge_fills === 0,
    );
    assert.equal((await get(port, `${BASE}/a1/v720/60.m4s`)).status, 200);
  } finally {
    await world.stop();
  }
});
