// The disk under an edge's memory, as viewers see it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { createMetrics } from '#platform/metrics.ts';
import { createEdge, type EdgeRole } from '#region/edge/edge.ts';
import { openSegmentKey } from '#region/shared/keys.ts';
import { sealSegment } from '#region/shared/pack.ts';
import { waitFor } from '../support/wait-for.ts';
import { get, verdict } from './client.ts';
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

const SEGMENTS = 60;
let world: TestWorld;
const started: EdgeRole[] = [];

beforeEach(async () => {
  world = await startWorld({ config: { limits: { edgeCacheBytes: 4_000_000, edgeDiskBytes: 30_000_000 } } });
  const document = documentOf({ holders: ['dublin'] });
  await publishAsset(world, recordOf(), document);
  for (let number = 0; number < SEGMENTS; number += 1)
    await world
      .region('dublin')
      .store.put(openSegmentKey(document, 'v720', number), sealSegment(number, segmentBytes(number)));
});
afterEach(async () => {
  for (const edge of started.splice(0)) await edge.stop();
  await world.stop();
});

const pathOf = (number: number): string => `${BASE}/a1/v720/${number}.m4s`;
const readsOf = (number: number): number =>
  world.region('dublin').asked.filter((path) => path === `default/${ASSET}/v1/a1/v720/${number}.m4s`).length;

/** The edge of the region as it is after a restart: nothing in memory, the disk of before. */
async function restarted(): Promise<{ edge: EdgeRole; counters(): Record<string, number> }> {
  const region = world.region('dublin');
  await region.edge.stop();
  const metrics = createMetrics();
  const edge = createEdge({ ...region.context, metrics });
  await edge.start();
  started.push(edge);
  return { edge, counters: () => metrics.counters() };
}

test('objects asked for once stay off the disk; those asked for twice leave it no origin to ask', async () => {
  const { edge } = world.region('dublin');
  const port = edge.port();
  for (let number = 0; number < SEGMENTS; number += 1) await get(port, pathOf(number));
  await edge.disk.settled();
  assert.equal(edge.disk.count(), 0);
  for (let number = 0; number < SEGMENTS; number += 1) await get(port, pathOf(number));
  await edge.disk.settled();
  assert.ok(edge.disk.count() >= SEGMENTS - 12, `${edge.disk.count()} on disk`);
  const before = world.region('dublin').asked.length;
  for (let number = 0; number < 40; number += 1)
    assert.ok((await get(port, pathOf(number))).body.equals(segmentBytes(number)));
  const more = world.region('dublin').asked.slice(before);
  assert.deepEqual(
    more.filter((path) => path.endsWith('.m4s')),
    [],
  );
});

test('after a restart what was watched comes from disk, until its asset is deleted', async () => {
  const { edge: first } = world.region('dublin');
  for (let asked = 0; asked < 2; asked += 1) await get(first.port(), pathOf(7));
  await first.disk.settled();
  const { edge, counters } = await restarted();
  await waitFor('the index', () => edge.disk.count() === 1);
  assert.ok((await get(edge.port(), pathOf(7))).body.equals(segmentBytes(7)));
  assert.equal(readsOf(7), 1);
  assert.equal(counters().edge_disk_hits_total, 1);
  await publishAsset(world, recordOf({ isDeleted: true, revision: 2 }), undefined);
  await waitFor('the deletion', async () => {
    world.clock.advance(5_000);
    return verdict(await get(edge.port(), pathOf(7))) === '410 gone';
  });
});

test('an object damaged on disk is fetched again, and 200 who ask together cause one read', async () => {
  const { edge: first, context } = world.region('dublin');
  for (let asked = 0; asked < 2; asked += 1) await get(first.port(), pathOf(7));
  await first.disk.settled();
  const folder = join(context.dataDirectory, 'edge-cache');
  const [file = ''] = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.includes('-'),
  );
  const bytes = readFileSync(join(folder, file));
  bytes[150_000] = (bytes[150_000] ?? 0) ^ 255;
  writeFileSync(join(folder, file), bytes);
  const { edge, counters } = await restarted();
  await waitFor('the index', () => edge.disk.count() === 1);
  const answers = await Promise.all(Array.from({ length: 200 }, () => get(edge.port(), pathOf(7))));
  assert.ok(answers.every((answer) => answer.body.equals(segmentBytes(7))));
  assert.deepEqual([readsOf(7), counters().edge_disk_corrupt_total], [2, 1]);
});

test('an edge whose disk cannot be written serves on from memory', async () => {
  const region = world.region('dublin');
  await region.edge.stop();
  const metrics = createMetrics();
  const blocked = join(region.context.dataDirectory, 'edge-cache', 'file');
  writeFileSync(blocked, '');
  // A file stands where the folder should be.
  const edge = createEdge({ ...region.context, metrics, dataDirectory: blocked });
  await edge.start();
  started.push(edge);
  for (let asked = 0; asked < 3; asked += 1)
    assert.ok((await get(edge.port(), pathOf(3))).body.equals(segmentBytes(3)));
  await edge.disk.settled();
  assert.deepEqual([edge.disk.count(), metrics.gauges().edge_disk_failing], [0, 1]);
});

test('what is asked for again and again comes from disk piece by piece, also over many connections at once', async () => {
  const { edge, metrics } = world.region('dublin');
  const port = edge.port();
  for (let asked = 0; asked < 3; asked += 1) {
    for (let number = 0; number < SEGMENTS; number += 1) await get(port, pathOf(number));
    await edge.disk.settled();
  }
  const fromDisk = (): number =>
    metrics.counters()['edge_requests_total{class="immutable",outcome="disk"}'] ?? 0;
  const before = { fromDisk: fromDisk(), asked: world.region('dublin').asked.length };
  // Connections that stay open, as those of viewers.
  const fetched = async (number: number): Promise<Buffer> =>
    Buffer.from(await (await fetch(`http://127.0.0.1:${port}${pathOf(number)}`)).arrayBuffer());
  const numbers = Array.from({ length: 200 }, (_, index) => (index * 7) % 40);
  const answers = await Promise.all(numbers.map(fetched));
  assert.ok(answers.every((body, index) => body.equals(segmentBytes(numbers[index] ?? -1))));
  assert.ok(fromDisk() - before.fromDisk >= 50, `${fromDisk() - before.fromDisk} of 200 from disk`);
  const more = world.region('dublin').asked.slice(before.asked);
  assert.deepEqual(
    more.filter((path) => path.endsWith('.m4s')),
    [],
  );
});
