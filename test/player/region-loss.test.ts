// Chromium plays through the loss of its region: killed, stopped, drained, steered away, dead before the start.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { PENALTY_FIRST_MS } from '#core/playback/failover.ts';
import { type FakeEdge, type FakeWorld, startFakeWorld } from '../support/fake-edge.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, type Stats, statsOf, waitForStats, watchUrl, withPage } from './browser.ts';

/** What the player promises, whatever happens to one region. */
const STALL_MAX_MS = 500;
const BUFFER_SAFE_MS = 3_000;

let browser: Browser;

before(async () => {
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
});

/** Tests that follow each other in three regions of their own. */
function inOwnWorld(what: string, declare: (world: () => FakeWorld) => void): void {
  describe(what, { concurrency: 1 }, () => {
    let world: FakeWorld | undefined;
    before(async () => {
      // Paced, so that the buffer is small when the region goes: everything at once would make it easy.
      world = await startFakeWorld(['dublin', 'singapore', 'oregon'], 40, {
        bytesPerSecond: 200_000,
        delayMs: 20,
      });
    });
    after(async () => {
      await world?.stop();
    });
    declare(() => defined(world, 'a started world'));
  });
}

function edgeOf(world: FakeWorld, pathwayId: string): FakeEdge {
  const edge = world.edges.find((candidate) => candidate.pathwayId === pathwayId);
  assert.ok(edge, pathwayId);
  return edge;
}

async function open(page: Page, edge: FakeEdge, positionSeconds: number): Promise<Stats> {
  await page.goto(watchUrl(edge));
  await waitFor('the player', async () => await page.evaluate('window.Meridian?.players.length === 1'));
  return await waitForStats(
    page,
    `${positionSeconds} s played`,
    (stats) => stats.currentTime >= positionSeconds,
  );
}

/** Stalls of the network since then; a position that stood still over a full buffer was the machine's fault. */
function starvedMs(stats: Stats, before: Stats): number {
  return stats.stalls.slice(before.stalls.length).reduce((most, { bufferedMs, durationMs }) => {
    return bufferedMs < 250 ? Math.max(most, durationMs) : most;
  }, 0);
}

async function assertUnnoticed(page: Page, before: Stats): Promise<Stats> {
  const goal = before.currentTime + Math.max(6, before.bufferedMs / 1_000 + 2);
  const stats = await waitForStats(page, 'playing on', (now) => now.currentTime >= Math.min(goal, 39));
  assert.equal(stats.fatal, null);
  assert.equal(stats.reloads, 0, 'the last resort was not needed');
  const allowedMs = before.bufferedMs > BUFFER_SAFE_MS ? 100 : STALL_MAX_MS;
  assert.ok(
    starvedMs(stats, before) <= allowedMs,
    `${JSON.stringify(stats.stalls)} with ${before.bufferedMs} ms buffered`,
  );
  return stats;
}

type Switch = Stats['switches'][number];

/** How it was left; a slow region that it was left for may be left again. */
function leftDublin({ switches }: Stats): Switch {
  return defined(
    switches.find(({ from }) => from === 'dublin'),
    'a switch away from it',
  );
}

/** Asserts that nobody went back before the penalty was over, as steering alone would have asked for. */
function assertNotTriedAgain(stats: Stats): void {
  const { atMs: leftMs } = leftDublin(stats);
  const isSoon = ({ atMs }: Switch): boolean => atMs > leftMs && atMs < leftMs + PENALTY_FIRST_MS;
  assert.ok(
    !stats.switches.some((one) => one.to === 'dublin' && isSoon(one)),
    JSON.stringify(stats.switches),
  );
}

// Side by side: viewers mostly wait for their buffers to be played.
describe('the loss of a region', { concurrency: 3 }, () => {
  inOwnWorld('while a viewer watches', (world) => {
    for (const positionSeconds of [0.1, 1, 2.4, 6])
      test(`a region killed ${positionSeconds} s into the video is not noticed`, async () => {
        await withPage(browser, async (page) => {
          const edge = edgeOf(world(), 'dublin');
          const before = await open(page, edge, positionSeconds);
          assert.equal(before.pathway, 'dublin', JSON.stringify(before.switches));
          await edge.signal('SIGKILL');
          try {
            const stats = await assertUnnoticed(page, before);
            assert.equal(leftDublin(stats).reason.code, 'unreachable');
            assertNotTriedAgain(stats);
          } finally {
            await edge.restart();
          }
        });
      });

    test('a drained region is left at its first 421', async () => {
      await withPage(browser, async (page) => {
        const edge = edgeOf(world(), 'dublin');
        const before = await open(page, edge, 1);
        await edge.set({ isDraining: true });
        try {
          const stats = await assertUnnoticed(page, before);
          assert.deepEqual(leftDublin(stats).reason, { code: 'status', status: 421 });
        } finally {
          await edge.set({ isDraining: false });
        }
      });
    });
  });

  inOwnWorld('in silence, and steering', (world) => {
    for (const positionSeconds of [0.5, 4])
      test(`a region that hangs ${positionSeconds} s into the video is not noticed`, async () => {
        await withPage(browser, async (page) => {
          const edge = edgeOf(world(), 'dublin');
          const before = await open(page, edge, positionSeconds);
          await edge.signal('SIGSTOP');
          try {
            const stats = await assertUnnoticed(page, before);
            assert.match(leftDublin(stats).reason.code, /^no-(first-byte|progress)$/);
            assertNotTriedAgain(stats);
          } finally {
            await edge.signal('SIGCONT');
          }
        });
      });

    test('steering moves the viewer, and brings them back to a healed region only when it says so', async () => {
      await withPage(browser, async (page) => {
        const before = await open(page, edgeOf(world(), 'dublin'), 0.5);
        for (const edge of world().edges) await edge.set({ priority: ['oregon', 'dublin', 'singapore'] });
        try {
          const moved = await waitForStats(page, 'oregon', (stats) => stats.pathway === 'oregon');
          assert.equal(moved.switches.at(-1)?.reason.code, 'steering');
          for (const edge of world().edges) await edge.set({ priority: ['dublin', 'oregon', 'singapore'] });
          const back = await waitForStats(page, 'dublin again', (stats) => stats.pathway === 'dublin');
          assert.equal(starvedMs(back, before) <= STALL_MAX_MS, true, JSON.stringify([before, back]));
          assert.equal(back.fatal, null);
        } finally {
          for (const edge of world().edges) await edge.set({ priority: ['dublin', 'singapore', 'oregon'] });
        }
      });
    });

    test('steering goes on over the other edges when the one it names is dead', async () => {
      await withPage(browser, async (page) => {
        const edge = edgeOf(world(), 'singapore');
        await open(page, edgeOf(world(), 'dublin'), 0.5);
        // RELOAD-URI names singapore, the first edge outside the current pathway.
        await edge.signal('SIGKILL');
        try {
          for (const other of ['dublin', 'oregon'])
            await edgeOf(world(), other).set({ priority: ['oregon', 'dublin', 'singapore'] });
          await waitForStats(page, 'oregon', (stats) => stats.pathway === 'oregon');
          const asked = (await edgeOf(world(), 'oregon').requests()).concat(
            await edgeOf(world(), 'dublin').requests(),
          );
          const question = asked.filter((line) => line.includes('/steering/hls.json')).at(-1) ?? '';
          for (const name of ['_HLS_pathway', '_HLS_throughput', 's', 'g'])
            assert.ok(
              new URL(question.slice(4), 'http://x').searchParams.has(name),
              `${name} in ${question}`,
            );
        } finally {
          await edge.restart();
          for (const other of ['dublin', 'oregon'])
            await edgeOf(world(), other).set({ priority: ['dublin', 'singapore', 'oregon'] });
        }
      });
    });
  });

  inOwnWorld('at the start, and of all regions', (world) => {
    test('all regions gone and back: playing goes on by itself', async () => {
      await withPage(browser, async (page) => {
        await open(page, edgeOf(world(), 'dublin'), 1);
        for (const edge of world().edges) await edge.signal('SIGKILL');
        const before = await statsOf(page);
        await waitForStats(page, 'an empty buffer', (stats) => stats.bufferedMs < 300, 60_000);
        for (const edge of world().edges) await edge.restart();
        const stats = await waitForStats(
          page,
          'playing on',
          (now) => now.currentTime > before.currentTime + before.bufferedMs / 1_000 + 1,
          30_000,
        );
        assert.equal(stats.fatal, null);
      });
    });

    for (const signal of ['SIGKILL', 'SIGSTOP'] as const)
      test(`a region gone (${signal}) between the page and the first segment still starts, from another`, async () => {
        await withPage(browser, async (page) => {
          const edge = edgeOf(world(), 'dublin');
          // The script asks for the video as soon as it runs; holding the status back is holding the start back.
          await edge.set({ state: 'processing' });
          await page.goto(watchUrl(edge));
          await waitFor(
            'the player',
            async () => await page.evaluate('window.Meridian?.players.length === 1'),
          );
          await edge.signal(signal);
          const goneAtMs = performance.now();
          try {
            const stats = await waitForStats(page, 'the first frame', (now) => now.startupMs !== null);
            assert.ok(performance.now() - goneAtMs < 8_000);
            assert.equal(stats.fatal, null);
            assert.equal(stats.reloads, 0);
            await waitForStats(page, 'playing', (now) => now.currentTime > 1);
          } finally {
            if (signal === 'SIGKILL') await edge.restart();
            else await edge.signal('SIGCONT');
            await edge.set({ state: 'complete' });
          }
        });
      });

    test('a returning visitor starts although their own region is dead and only the page was cached', async () => {
      await withPage(browser, async (page, context) => {
        const edge = edgeOf(world(), 'dublin');
        await open(page, edge, 0.2);
        const src = `${edge.baseUrl}/m/default/ast_1/v1/main.m3u8`;
        const edges = world()
          .edges.map(({ baseUrl }) => baseUrl)
          .join(',');
        const other = await context.newPage();
        // A page on somebody's own site, with the one script tag and the element.
        await other.goto(`${edgeOf(world(), 'oregon').baseUrl}/blank`);
        await other.addScriptTag({ url: '/player/meridian-player.js' });
        await edge.signal('SIGKILL');
        try {
          await other.setContent(
            `<meridian-player src="${src}" edges="${edges}" autoplay muted></meridian-player>`,
          );
          const stats = await waitForStats(other, 'playing', (now) => now.currentTime > 0.5);
          assert.equal(stats.fatal, null);
          assertNotTriedAgain(stats);
        } finally {
          await edge.restart();
        }
      });
    });
  });
});
