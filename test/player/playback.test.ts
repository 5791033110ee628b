// What viewers do: watch a video grow, use keys, read captions, follow a private link, look behind the scenes.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type FakeWorld, startFakeWorld } from '../support/fake-edge.ts';
import { waitFor } from '../support/wait-for.ts';
import { launchBrowser, statsOf, waitForStats, watchUrl, withPage } from './browser.ts';

let world: FakeWorld;
let browser: Browser;

before(async () => {
  world = await startFakeWorld(['dublin', 'singapore'], 30);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await world?.stop();
});

function edge(index: number): FakeWorld['edges'][number] {
  const found = world.edges[index];
  assert.ok(found);
  return found;
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await waitFor('the player', async () => await page.evaluate('window.Meridian?.players.length === 1'));
}

async function video<T>(page: Page, expression: string): Promise<T> {
  return await page.evaluate<T>(`window.Meridian.players[0].video.${expression}`);
}

test('the page plays by itself from the first frame on, smoothly, from its own region', async () => {
  await withPage(browser, async (page) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await open(page, watchUrl(edge(0)));
    const first = await waitForStats(page, 'the first frame', (stats) => stats.startupMs !== null);
    assert.ok(first.currentTime < 1.5, 'from the beginning');
    const stats = await waitForStats(page, 'two seconds', (now) => now.currentTime > 2);
    assert.equal(stats.pathway, 'dublin');
    assert.equal(stats.fatal, null);
    assert.deepEqual(problems, []);
    const media = (await edge(0).requests()).filter((line) => line.includes('.m4s'));
    assert.ok(
      media.every((line) => line.includes('CMCD=')),
      'segments carry CMCD',
    );
    assert.equal(new Set(media.map((line) => line.split('?')[0])).size, media.length, 'no segment twice');
    await waitFor('events that tell of the start and of segments', async () => {
      const events = await edge(0).events();
      const isStart = (line: string): boolean => /e=ps,.*msd=\d+,.*sta=p/.test(line);
      const isAnswer = (line: string): boolean => /e=rr,.*rc=200,.*ttlb=\d+,url=".*\.m4s"/.test(line);
      return events.some(isStart) && events.filter(isAnswer).length >= 2;
    });
    await page.goto('about:blank');
    await waitFor('the last word of a viewer who leaves', async () =>
      (await edge(0).events()).some((line) => line.includes('sta=q')),
    );
  });
});

test('a video that is still being processed starts by itself, grows, and ends as a whole', async () => {
  for (const one of world.edges) await one.set({ state: 'processing', segmentsListed: 2 });
  try {
    await withPage(browser, async (page) => {
      await open(page, watchUrl(edge(0)));
      await page.getByText('Your video is being processed').waitFor();
      for (const one of world.edges) await one.set({ state: 'growing' });
      const first = await waitForStats(page, 'the first frame', (stats) => stats.startupMs !== null);
      assert.ok(first.currentTime < 1.5, 'a growing video starts at its beginning');
      assert.equal(await page.getByText('Your video is being processed').isVisible(), false);
      await waitFor('four seconds', async () => (await video<number>(page, 'duration')) >= 3.5);
      for (const one of world.edges) await one.set({ segmentsListed: world.segments, state: 'complete' });
      await waitFor('the whole video', async () => Math.round(await video<number>(page, 'duration')) === 30);
      await page.keyboard.press('9');
      await waitFor('the end', async () => await video<boolean>(page, 'ended'), 20_000);
      assert.equal((await statsOf(page)).fatal, null);
    });
  } finally {
    for (const one of world.edges) await one.set({ segmentsListed: world.segments, state: 'complete' });
  }
});

test('keys do what they say', async () => {
  await withPage(browser, async (page) => {
    await open(page, watchUrl(edge(0)));
    await waitForStats(page, 'playing', (stats) => stats.currentTime > 0.3);
    await page.keyboard.press('k');
    await waitFor('a pause', async () => await video<boolean>(page, 'paused'));
    const at = await video<number>(page, 'currentTime');
    await page.keyboard.press('l');
    assert.ok(Math.abs((await video<number>(page, 'currentTime')) - at - 10) < 0.2);
    await page.keyboard.press('ArrowLeft');
    assert.ok(Math.abs((await video<number>(page, 'currentTime')) - at - 5) < 0.2);
    await page.keyboard.press('5');
    assert.ok(Math.abs((await video<number>(page, 'currentTime')) - 15) < 0.2);
    await page.keyboard.press('m');
    assert.equal(await video<boolean>(page, 'muted'), true);
    await page.keyboard.press('ArrowUp');
    assert.equal(await video<boolean>(page, 'muted'), false);
    await page.keyboard.press('Shift+>');
    assert.equal(await video<number>(page, 'playbackRate'), 1.25);
    await page.keyboard.press('i');
    await page.getByLabel('Playback statistics').waitFor();
    assert.match(await page.getByLabel('Playback statistics').innerText(), /Pathway\s+dublin/);
    await page.keyboard.press('f');
    await waitFor('full screen', async () => await page.evaluate('document.fullscreenElement !== null'));
    await page.keyboard.press('f');
    await page.keyboard.press('Space');
    await waitFor('playing', async () => !(await video<boolean>(page, 'paused')));
  });
});

test('every control has a name and can be reached and used with the keyboard alone', async () => {
  await withPage(browser, async (page) => {
    await open(page, watchUrl(edge(0)));
    await waitForStats(page, 'playing', (stats) => stats.currentTime > 0.3);
    const nameless = await page.evaluate<number>(`[...document.querySelector('meridian-player').shadowRoot
      .querySelectorAll('button, input, [role=slider]')]
      .filter((one) => !one.getAttribute('aria-label') && one.textContent.trim() === '').length`);
    assert.equal(nameless, 0);
    const quality = page.getByRole('button', { name: /^Quality/ });
    await quality.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu', { name: 'Quality' }).waitFor();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await waitFor('180p by hand', async () => (await quality.innerText()) === '180p');
    await page.getByLabel('Position').focus();
    await page.keyboard.press('End');
    await waitFor('the end', async () => await video<boolean>(page, 'ended'));
  });
});

test('captions are shown and hidden', async () => {
  await withPage(browser, async (page) => {
    await open(page, watchUrl(edge(0)));
    await waitForStats(page, 'playing', (stats) => stats.currentTime > 0.3);
    await waitFor('the captions button', async () => await page.getByLabel('Captions (c)').isVisible());
    const shown = `(() => {
      const track = [...window.Meridian.players[0].video.textTracks].find((one) => one.mode === 'showing');
      return track?.activeCues?.[0]?.text ?? null;
    })()`;
    assert.equal(await page.evaluate(shown), null);
    await page.keyboard.press('c');
    await waitFor('a caption', async () =>
      (await page.evaluate<string | null>(shown))?.startsWith('Caption number'),
    );
    await page.keyboard.press('c');
    await waitFor('none', async () => (await page.evaluate(shown)) === null);
  });
});

test('a token in the link stays in every media address', async () => {
  await withPage(browser, async (page) => {
    const known = (await edge(0).requests()).length;
    await open(page, watchUrl(edge(0), 'secret.token'));
    await waitForStats(page, 'playing', (stats) => stats.currentTime > 0.5);
    await page.keyboard.press('c');
    const media = (await edge(0).requests()).slice(known).filter((line) => line.includes('/m/default/'));
    assert.ok(media.length > 5);
    for (const line of media) assert.match(line, /^GET \/t\/secret\.token\/m\/default\//);
  });
});

test('an embed waits for its button and then plays', async () => {
  await withPage(browser, async (page) => {
    await open(page, `${edge(0).baseUrl}/embed/default/ast_1`);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await waitForStats(page, 'playing', (stats) => stats.currentTime > 0.5);
  });
});

test('an address without an asset, a deleted and a failed video say so', async () => {
  await withPage(browser, async (page) => {
    await page.goto(`${edge(0).baseUrl}/watch/`);
    await page.getByText('There is no video at this address').waitFor();
  });
  for (const [state, words] of [
    ['deleted', 'This video was deleted.'],
    ['failed', 'Processing this video has failed.'],
  ] as const) {
    // All of them, since a slow own edge is overtaken by another.
    for (const one of world.edges) await one.set({ state });
    try {
      await withPage(browser, async (page) => {
        await page.goto(watchUrl(edge(0)));
        await page.getByText(words).waitFor();
      });
    } finally {
      for (const one of world.edges) await one.set({ state: 'complete' });
    }
  }
});
