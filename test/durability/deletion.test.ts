// Deleting: undone within the grace, gone afterwards, with every region's word for it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { MeridianError } from '#contract/errors.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RunningWorld } from '../support/world.ts';
import {
  copiesOf,
  digestMedia,
  filesOf,
  isRunning,
  startFastWorld,
  storeOf,
  waitForCopies,
} from './support.ts';

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'accepted';
  } catch (error) {
    return error instanceof MeridianError ? error.code : String(error);
  }
}

const remove = (world: RunningWorld, assetId: string) =>
  world.client.call('DELETE /v1/assets/{assetId}', { params: { assetId } });
const restore = (world: RunningWorld, assetId: string) =>
  world.client.call('POST /v1/assets/{assetId}/restore', { params: { assetId } });

test('a deletion is undone within its grace, and proven after it', async () => {
  // Long enough for a command line to start and be answered on a machine that is busy.
  const graceMs = 15_000;
  const world = await startFastWorld({ deleteGraceMs: graceMs });
  try {
    const asset = await world.upload(clip({ seconds: 3, width: 320, height: 180 }));
    await waitForCopies(world, asset.id, 'source', 3);
    await waitForCopies(world, asset.id, 'renditions', 2);
    const edge = defined(world.regions[0], 'a region').edgeUrl;
    const wanted = await digestMedia(edge, asset);
    const playlist = `${edge}/m/${asset.projectId}/${asset.id}/v1/main.m3u8`;
    const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

    assert.equal(await codeOf(restore(world, asset.id)), 'conflict', 'nothing to undo');
    await remove(world, asset.id);
    await waitFor('the edge to refuse it', async () => (await statusOf(playlist)) === 410);
    const deletion = defined((await copiesOf(world, asset.id)).deletion, 'a deletion');
    assert.equal(defined(deletion.restoreUntilMs, 'a grace') - deletion.deletedAtMs, graceMs);
    assert.equal(deletion.goneEverywhereAtMs, null);
    assert.ok(deletion.regions.every(({ bytes, goneAtMs }) => bytes > 0 && goneAtMs === null));
    const restored = await world.run('assets', 'restore', asset.id);
    assert.equal(restored.code, 0, restored.stderr);
    await waitFor('the edge to serve it again', async () => (await statusOf(playlist)) === 200);
    assert.deepEqual(await digestMedia(edge, asset), wanted);
    const view = await world.client.call('GET /v1/assets/{assetId}', { params: { assetId: asset.id } });
    assert.deepEqual([view.stage, view.isPlayable], ['ready', true]);

    // One region is away while the bytes go elsewhere.
    const away = defined(world.regions[2], 'a region');
    const pid = defined(world.pids()[`${away.id}-1`], 'a process');
    process.kill(pid, 'SIGSTOP');
    await remove(world, asset.id);
    const partly = await waitFor(
      'two regions to be rid of it',
      async () => {
        const now = (await copiesOf(world, asset.id)).deletion;
        return now?.regions.filter(({ goneAtMs }) => goneAtMs !== null).length === 2 ? now : undefined;
      },
      40_000,
    );
    assert.equal(partly.goneEverywhereAtMs, null, 'one region still holds bytes');
    const holder = defined(
      partly.regions.find(({ goneAtMs }) => goneAtMs === null),
      'the region that is away',
    );
    assert.equal(holder.regionId, away.id);
    assert.ok(holder.bytes > 0);
    assert.equal(await codeOf(restore(world, asset.id)), 'gone', 'the bytes are going');
    process.kill(pid, 'SIGCONT');
    const proof = await waitFor(
      'the deletion to be proven',
      async () => {
        const now = (await copiesOf(world, asset.id)).deletion;
        return now?.goneEverywhereAtMs == null ? undefined : now;
      },
      30_000,
    );
    assert.ok(proof.regions.every(({ goneAtMs, bytes }) => goneAtMs !== null && bytes === 0));
    for (const { id } of world.regions) assert.deepEqual(filesOf(world, id, asset), ['record.json'], id);
    const { deletions } = await world.client.call('GET /v1/storage/deletions', { query: {} });
    assert.deepEqual(
      deletions.map(({ assetId }) => assetId),
      [asset.id],
    );
  } finally {
    await world.remove();
  }
});

test('a region that lost everything, tombstones too, brings nothing back', async () => {
  const world = await startFastWorld({ deleteGraceMs: 0 });
  try {
    const asset = await world.upload(clip({ seconds: 3, width: 320, height: 180 }));
    await waitForCopies(world, asset.id, 'source', 3);
    const region = defined(world.regions[1], 'a region');
    const name = `${region.id}-1`;
    const source = join(storeOf(world, region.id), asset.projectId, asset.id, 'v1', 'source');
    const bytes = await readFile(source);
    await remove(world, asset.id);
    await waitFor(
      'the deletion to be proven',
      async () => (await copiesOf(world, asset.id)).deletion?.goneEverywhereAtMs,
      30_000,
    );
    // Bytes that come back from somewhere, beside a tombstone: an operator's restore, a late write.
    await mkdir(join(source, '..'), { recursive: true });
    await writeFile(source, bytes);
    await waitFor('the late bytes to be removed', () => !existsSync(source), 15_000);

    const pid = defined(world.pids()[name], 'a process');
    process.kill(pid, 'SIGKILL');
    await waitFor(`${name} to end`, () => !isRunning(pid), 5_000);
    await rm(storeOf(world, region.id), { recursive: true, force: true, maxRetries: 5 });
    await waitFor(
      'the tombstone to be back',
      () => filesOf(world, region.id, asset).join() === 'record.json',
      30_000,
    );
    const { deletion } = await copiesOf(world, asset.id);
    assert.ok(deletion?.regions.every(({ bytes: held }) => held === 0));
  } finally {
    await world.remove();
  }
});
