// Edges of one site are one cache: an object has an owner, the others ask it, and nobody notices when it dies.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { defined } from '#base/assert.ts';
import { createRing, owners } from '#core/placement/ring.ts';
import { openSegmentKey } from '#region/shared/keys.ts';
import { sealSegment } from '#region/shared/pack.ts';
import { waitFor } from '../support/wait-for.ts';
import { get, verdict } from './client.ts';
import { startMates, type TestMate } from './site.ts';
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

const SEGMENTS = 40;
const IDS = ['dublin-1-a', 'dublin-1-b', 'dublin-1-c', 'dublin-1-d'];
const ring = createRing(IDS);

let world: TestWorld;
let mates: TestMate[];

beforeEach(async () => {
  world = await startWorld();
  mates = await startMates(world, 'dublin', 3);
  const document = documentOf({ holders: ['dublin'] });
  await publishAsset(world, recordOf(), document);
  for (let number = 0; number < SEGMENTS; number += 1)
    await world
      .region('dublin')
      .store.put(openSegmentKey(document, 'v720', number), sealSegment(number, segmentBytes(number)));
});
afterEach(async () => {
  await Promise.all(mates.map((mate) => mate.stop()));
  await world.stop();
});

const restOf = (number: number): string => `default/${ASSET}/v1/a1/v720/${number}.m4s`;
const pathOf = (number: number): string => `${BASE}/a1/v720/${number}.m4s`;
const ownersOf = (number: number): readonly string[] => owners(ring, restOf(number), new Map()).nodeIds;
/** A segment whose owners begin with these edges. */
const ownedBy = (...nodeIds: string[]): number =>
  defined(
    Array.from({ length: SEGMENTS }, (_, number) => number).find((number) =>
      nodeIds.every((nodeId, index) => ownersOf(number)[index] === nodeId),
    ),
    `a segment of ${nodeIds}`,
  );
const mateOf = (nodeId: string): TestMate =>
  defined(
    mates.find((mate) => mate.nodeId === nodeId),
    nodeId,
  );
const ports = (): number[] => [world.region('dublin').edge.port(), ...mates.map(({ edge }) => edge.port())];
const readsOf = (number: number): number =>
  world.region('dublin').asked.filter((path) => path === restOf(number)).length;

test('a cold object asked for by 400 clients over four edges is one origin read', async () => {
  const number = ownedBy('dublin-1-c');
  const body = segmentBytes(number);
  const answers = await Promise.all(
    Array.from({ length: 400 }, (_, index) => get(defined(ports()[index % 4], 'a port'), pathOf(number))),
  );
  assert.ok(answers.every((answer) => answer.status === 200 && answer.body.equals(body)));
  assert.equal(readsOf(number), 1);
  assert.equal(mateOf('dublin-1-c').asked.filter((path) => path === restOf(number)).length, 3);
});

test('every object is read once, whichever edge it is asked of, and a second time of none', async () => {
  for (let number = 0; number < SEGMENTS; number += 1)
    for (const port of ports())
      assert.ok((await get(port, pathOf(number))).body.equals(segmentBytes(number)), `${number} at ${port}`);
  for (let number = 0; number < SEGMENTS; number += 1) assert.equal(readsOf(number), 1, `segment ${number}`);
});

test('an edge keeps what another owns only when it is asked for often', async () => {
  const number = ownedBy('dublin-1-b');
  const { edge } = mateOf('dublin-1-c');
  for (let asked = 1; asked <= 4; asked += 1) {
    assert.equal(edge.cache.count(), 0, `before request ${asked}`);
    await get(edge.port(), pathOf(number));
  }
  assert.equal(edge.cache.count(), 1);
  const before = mateOf('dublin-1-b').asked.length;
  assert.equal((await get(edge.port(), pathOf(number))).headers['x-cache'], 'HIT');
  assert.equal(mateOf('dublin-1-b').asked.length, before);
  assert.equal(readsOf(number), 1);
});

test('a killed owner is passed over at once: the next on the ring reads the object, once', async () => {
  const number = ownedBy('dublin-1-b', 'dublin-1-c');
  await mateOf('dublin-1-b').kill();
  const alive = [world.region('dublin').edge, mateOf('dublin-1-c').edge, mateOf('dublin-1-d').edge];
  const startedAtMs = performance.now();
  const answers = await Promise.all(alive.map((edge) => get(edge.port(), pathOf(number))));
  const tookMs = performance.now() - startedAtMs;
  assert.ok(answers.every((answer) => answer.body.equals(segmentBytes(number))));
  assert.ok(tookMs < 1_000, `${tookMs} ms`);
  // The next owner found the first one dead in a flight of its own, beside that of the others.
  assert.ok(readsOf(number) <= 2, `${readsOf(number)} reads`);
  const other = defined(
    Array.from({ length: SEGMENTS }, (_, index) => index).find(
      (index) => index !== number && ownersOf(index)[0] === 'dublin-1-b',
    ),
    'another segment of the dead edge',
  );
  await Promise.all(alive.map((edge) => get(edge.port(), pathOf(other))));
  assert.equal(readsOf(other), 1);
});

test('an owner that hangs holds nobody up for more than a fraction of a second', async () => {
  const number = ownedBy('dublin-1-b');
  mateOf('dublin-1-b').isSilent = true;
  const startedAtMs = performance.now();
  const answer = await get(world.region('dublin').edge.port(), pathOf(number));
  const tookMs = performance.now() - startedAtMs;
  assert.ok(answer.body.equals(segmentBytes(number)));
  assert.ok(tookMs >= 100 && tookMs < 1_000, `${tookMs} ms`);
});

test('an owner that waits for a slow origin is waited for, not passed over', async () => {
  const number = ownedBy('dublin-1-b');
  const region = world.region('dublin');
  let isHeld = true;
  region.intercept = (_, response) => {
    if (!isHeld || region.asked.at(-1) !== restOf(number)) return false;
    isHeld = false;
    setTimeout(() => {
      response.writeHead(200, {
        'content-length': segmentBytes(number).length,
        etag: '"slow"',
        'meridian-cache-class': 'immutable',
      });
      response.end(segmentBytes(number));
    }, 400);
    return true;
  };
  const answers = await Promise.all(ports().map((port) => get(port, pathOf(number))));
  assert.ok(answers.every((answer) => answer.body.equals(segmentBytes(number))));
  assert.equal(readsOf(number), 1);
});

test('an edge that control thinks dead owns nothing', async () => {
  const number = ownedBy('dublin-1-b');
  world.update((snapshot) => ({
    nodes: snapshot.nodes.map((node) => ({ ...node, isAlive: node.id !== 'dublin-1-b' })),
  }));
  for (const port of ports()) assert.equal((await get(port, pathOf(number))).status, 200);
  assert.deepEqual(mateOf('dublin-1-b').asked, []);
});

test('an object of a deleted asset is not given to another edge, and what is missing is missing', async () => {
  const number = ownedBy('dublin-1-b');
  const port = mateOf('dublin-1-c').edge.port();
  await get(mateOf('dublin-1-b').edge.port(), pathOf(number));
  assert.equal(verdict(await get(port, `${BASE}/a1/v720/999.m4s`)), '404 not_found');
  await publishAsset(world, recordOf({ isDeleted: true, revision: 2 }), undefined);
  for (const each of ports())
    await waitFor('the deletion', async () => {
      world.clock.advance(5_000);
      return verdict(await get(each, pathOf(number))) === '410 gone';
    });
});
