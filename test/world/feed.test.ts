// The feed page in a real browser: swipes start from what was prepared, and what nobody swipes to costs a second.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

let world: RunningWorld;
let browser: TestBrowser;
const assets: AssetView[] = [];

before(async () => {
  world = await startWorld();
  browser = await startBrowser({ width: 420, height: 800 });
  for (const seconds of [9, 10, 11, 12])
    assets.push(await world.upload(clip({ seconds, width: 640, height: 360 })));
});
after(async () => {
  await browser.close();
  await world.remove();
});

const FEED = 'window.meridianFeed';

async function openFeed(query = '') {
  const page = await browser.context.newPage();
  const segments: string[] = [];
  const marked = new Set<string>();
  page.on('request', (request) => {
    const [, asset, segment] = /(ast_\w+)\/v1\/a1\/v\d+\/(\d+)\.m4s/.exec(request.url()) ?? [];
    if (asset === undefined) return;
    const name = `${assets.findIndex(({ id }) => id === asset)}/${segment}`;
    segments.push(name);
    if (new URL(request.url()).searchParams.has('prefetch')) marked.add(name);
  });
  const { edgeUrl } = defined(world.regions[0], 'a region');
  await page.goto(`${edgeUrl}/feed/default?assets=${assets.map(({ id }) => id).join(',')}${query}`);
  return { page, segments: () => segments, marked };
}

const starts = (page: Page) =>
  page.evaluate<{ index: number; startupMs: number; wasPrepared: boolean }[]>(`${FEED}?.starts() ?? []`);
const prepared = (page: Page) => page.evaluate<number[]>(`${FEED}?.prepared() ?? []`);

test('a swipe starts what was prepared, in the same video element, and swiping back works', async () => {
  const { page, segments, marked } = await openFeed();
  await waitFor('the first video', async () => (await starts(page)).length === 1);
  await page.evaluate('window.element = document.querySelector("video")');
  await waitFor('two neighbours', async () => (await prepared(page)).length === 2);
  assert.deepEqual(await prepared(page), [1, 2]);
  const early = segments().filter((segment) => !segment.startsWith('0/'));
  assert.deepEqual(early, ['1/0', '2/0'], 'only the first segments of those that nobody watches');
  assert.deepEqual([...marked], early, 'edges can tell them from what is watched');

  for (const [key, index] of [
    ['ArrowDown', 1],
    ['j', 2],
    ['ArrowUp', 1],
  ] as const) {
    await waitFor('the neighbour', async () => (await prepared(page)).includes(index));
    const count = (await starts(page)).length;
    await page.keyboard.press(key);
    const start = await waitFor('its first frame', async () => (await starts(page))[count]);
    assert.deepEqual([start.index, start.wasPrepared], [index, true]);
  }
  assert.equal(await page.evaluate('document.querySelectorAll("video").length'), 1);
  assert.equal(await page.evaluate('window.element === document.querySelector("video")'), true);
  await waitFor('the picture to move', () => page.evaluate<boolean>('window.element.currentTime > 1'));
  assert.equal(await page.evaluate(`${FEED}.engine().stats().fatal`), null);
  await page.close();
});

test('data saver prepares one video alone and takes no rendition above its limit', async () => {
  const { page } = await openFeed();
  await waitFor('the first video', async () => (await starts(page)).length === 1);
  await page.getByRole('button', { name: 'Data saver' }).click();
  await waitFor('one neighbour', async () => (await prepared(page)).length === 1);
  assert.equal(await page.getByRole('button', { name: 'Data saver' }).getAttribute('aria-pressed'), 'true');
  assert.deepEqual(await prepared(page), [1]);
  await page.close();
});

test('a feed without videos says how to name them', async () => {
  const page = await browser.context.newPage();
  await page.goto(`${defined(world.regions[0], 'a region').edgeUrl}/feed/default`);
  await page.getByText('This feed is empty.').waitFor();
  await page.close();
});
