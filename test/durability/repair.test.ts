// A region loses its store. What lay there is made again from the other regions, after the delay and not before.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { worldIsWhole } from '../scenarios/failover.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import {
  copiesOf,
  digestMedia,
  holdersOf,
  isRunning,
  startFastWorld,
  storeOf,
  waitForCopies,
} from './support.ts';

test('a region that lost its store has its copies again, byte for byte, and nobody saw a gap', async () => {
  const world = await startFastWorld();
  try {
    const asset = await world.upload(clip({ seconds: 6, width: 640, height: 360 }));
    assert.deepEqual(await waitForCopies(world, asset.id, 'source', 3), [
      'dublin',
      'los-angeles',
      'singapore',
    ]);
    const before = await waitForCopies(world, asset.id, 'renditions', 2);
    assert.equal(before.length, 2);
    const edge = defined(
      world.regions.find(({ id }) => !before.includes(id)),
      'a region without renditions',
    ).edgeUrl;
    const wanted = await digestMedia(edge, asset);
    assert.ok(wanted.size >= 6, `${wanted.size} objects`);
    const firsts = (await copiesOf(world, asset.id)).repairs;
    assert.deepEqual(
      firsts.map(({ reason, class: of }) => `${of} ${reason.code}`),
      ['source never_made'],
      'the third copy of the source was the only repair so far',
    );

    const lost = defined(before[0], 'a holder');
    const name = `${lost}-1`;
    const pid = defined(world.pids()[name], `a process ${name}`);
    process.kill(pid, 'SIGKILL');
    await waitFor(`${name} to end`, () => !isRunning(pid), 5_000);
    await rm(storeOf(world, lost), { recursive: true, force: true, maxRetries: 5 });
    const lostAtMs = Date.now();

    const repairs = await waitFor('repairs to be planned', async () => {
      const planned = (await copiesOf(world, asset.id)).repairs.filter(
        ({ reason }) => reason.code !== 'never_made',
      );
      return planned.some(({ class: of }) => of === 'source') &&
        planned.some(({ class: of }) => of === 'renditions')
        ? planned
        : undefined;
    });
    for (const repair of repairs) {
      assert.ok(repair.dueAtMs - repair.createdAtMs === 3_000, 'a lost copy is waited for');
      assert.ok(['copy_lost', 'region_away'].includes(repair.reason.code), repair.reason.code);
      assert.equal(repair.reason.values.wanted, repair.class === 'source' ? 3 : 2);
    }
    assert.deepEqual(await digestMedia(edge, asset), wanted, 'served while a copy is missing');
    await waitForCopies(world, asset.id, 'renditions', 2);
    assert.ok(Date.now() - lostAtMs >= 3_000, 'not before the delay is over');
    assert.deepEqual(await waitForCopies(world, asset.id, 'source', 3), [
      'dublin',
      'los-angeles',
      'singapore',
    ]);
    await worldIsWhole(world);
    for (const region of world.regions)
      assert.deepEqual(await digestMedia(region.edgeUrl, asset), wanted, region.id);
    assert.ok((await holdersOf(world, asset.id, 'renditions')).length >= 2);
    await waitFor('no open repair to be left', async () => {
      const { repairs: all } = await copiesOf(world, asset.id);
      return all.every(({ state }) => state === 'done' || state === 'cancelled');
    });
  } finally {
    await world.remove();
  }
});

test('a region that restarts within the delay causes no copy', async () => {
  const world = await startFastWorld({ repairDelayMs: 60_000 });
  try {
    const asset = await world.upload(clip({ seconds: 3, width: 320, height: 180 }));
    await waitFor('the third source to be made', async () => {
      const { repairs } = await copiesOf(world, asset.id);
      return repairs.length > 0 && repairs.every(({ state }) => state === 'done');
    });
    const [holder = ''] = await waitForCopies(world, asset.id, 'renditions', 2);
    const pid = defined(world.pids()[`${holder}-1`], 'a process');
    // Stopped, not ended: the supervisor does not start it again, so that control sees it away.
    process.kill(pid, 'SIGSTOP');
    const planned = await waitFor(
      'a repair to be planned',
      async () => (await copiesOf(world, asset.id)).repairs.find(({ state }) => state === 'waiting'),
      30_000,
    );
    assert.equal(planned.reason.code, 'region_away');
    process.kill(pid, 'SIGCONT');
    await waitFor('the repairs to be cancelled', async () => {
      const { repairs } = await copiesOf(world, asset.id);
      return repairs.every(({ state }) => state !== 'waiting' && state !== 'leased');
    });
    const { repairs } = await copiesOf(world, asset.id);
    assert.deepEqual(
      repairs.filter(({ reason }) => reason.code !== 'never_made').map(({ state }) => state),
      repairs.filter(({ reason }) => reason.code !== 'never_made').map(() => 'cancelled'),
    );
    assert.equal(repairs.find(({ id }) => id === planned.id)?.failure?.code, 'enough_copies');
  } finally {
    await world.remove();
  }
});
