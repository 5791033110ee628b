// Shaka and dash.js with Meridian's recommended settings play through the loss of their region too.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { type FakeWorld, startFakeWorld } from '../support/fake-edge.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, withPage } from './browser.ts';
import { startThirdParty, type ThirdParty, thirdPartyStats } from './third-party.ts';

const PLAYERS: readonly (readonly [ThirdParty, string])[] = [
  ['shaka', 'main.m3u8'],
  ['shaka', 'manifest.mpd'],
  ['dashjs', 'manifest.mpd'],
];

let browser: Browser;

before(async () => {
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
});

// Side by side, each player with regions of its own: they are mostly waiting for their buffers to be played.
describe('other players', { concurrency: PLAYERS.length }, () => {
  for (const [player, file] of PLAYERS)
    describe(`${player} with ${file}`, { concurrency: 1 }, () => {
      let world: FakeWorld;

      before(async () => {
        world = await startFakeWorld(['dublin', 'singapore', 'oregon'], 40, {
          bytesPerSecond: 250_000,
          delayMs: 20,
        });
      });
      after(async () => {
        await world?.stop();
      });

      for (const loss of ['SIGKILL', 'SIGSTOP', 'drain'] as const)
        test(`${player} with ${file} plays through a region lost by ${loss}`, () =>
          playThroughLoss(world, player, file, loss));
    });
});

async function playThroughLoss(
  world: FakeWorld,
  player: ThirdParty,
  file: string,
  loss: 'SIGKILL' | 'SIGSTOP' | 'drain',
): Promise<void> {
  await withPage(browser, async (page) => {
    const edge = world.edges[0];
    assert.ok(edge);
    await startThirdParty(page, player, world, edge, file);
    await waitFor(
      'playing with some buffer',
      async () => {
        const stats = await thirdPartyStats(page);
        return stats.currentTime > 2 && stats.bufferedMs > 3_500;
      },
      30_000,
    );
    if (loss === 'drain') await edge.set({ isDraining: true });
    else await edge.signal(loss);
    try {
      const before = await thirdPartyStats(page);
      const goal = Math.min(38, before.currentTime + before.bufferedMs / 1_000 + 3);
      await waitFor('playing on', async () => (await thirdPartyStats(page)).currentTime > goal, 40_000);
      const after = await thirdPartyStats(page);
      assert.deepEqual(after.fatal, []);
      assert.ok(after.longestStarvedMs <= 500, JSON.stringify(after));
    } finally {
      if (loss === 'SIGKILL') await edge.restart();
      else if (loss === 'SIGSTOP') await edge.signal('SIGCONT');
      else await edge.set({ isDraining: false });
    }
  });
}
