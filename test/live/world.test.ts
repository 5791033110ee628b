// Live in a whole world: published by ffmpeg, played by hls.js, Shaka and dash.js from regions that make it and from one
// that does not, through the loss of a region, to the recording.

import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { BrowserContext, Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import type { BroadcastView } from '#contract/api/live.ts';
import { startBrowser, type TestBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';
import { takeGlassMs, watchGlass } from './glass.ts';
import { type LivePages, type LivePlayer, liveStats, played, started, startLivePages } from './live-page.ts';
import { nothingFound } from './nothing-found.ts';
import { type Publisher, startPublisher } from './publisher.ts';

let world: RunningWorld;
let browser: TestBrowser;
let pages: LivePages;

before(async () => {
  world = await startWorld();
  browser = await startBrowser();
  pages = await startLivePages();
});
after(async () => {
  await pages?.stop();
  await browser?.close();
  await world?.stop();
  await world?.remove();
});

const RUNGS = [
  { height: 360, bitrateBps: 600_000 },
  { height: 180, bitrateBps: 200_000 },
];

interface OnAir {
  readonly broadcast: BroadcastView;
  readonly publisher: Publisher;
  /** Where and how to publish, by region. */
  readonly publishUrl: (regionId: string) => string;
  urlAt(regionId: string, file?: string): string;
}

/** Publishes until the test is over. */
async function goOnAir(
  scope: TestContext,
  publisherRegionId: string,
  beforehand: (broadcast: BroadcastView) => Promise<void> = async () => {},
): Promise<OnAir> {
  const broadcast = await world.client.call('POST /v1/broadcasts', {
    body: { name: 'Test pictures', publisherRegionId, rungs: RUNGS },
  });
  const params = { broadcastId: broadcast.id };
  const ingest = await world.client.call('GET /v1/broadcasts/{broadcastId}/ingest', { params });
  const publishUrl = (regionId: string): string => {
    const address = ingest.addresses.find((candidate) => candidate.regionId === regionId);
    return `${address?.url}/${ingest.streamKey}`;
  };
  await beforehand(broadcast);
  const publisher = startPublisher(publishUrl(publisherRegionId));
  scope.after(async () => {
    await publisher.stop();
    await world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params });
  });
  await waitFor('the broadcast to be on air', async () => {
    if (publisher.process.exitCode !== null) throw new Error(publisher.said());
    const { state } = await world.client.call('GET /v1/broadcasts/{broadcastId}', { params });
    return state === 'on_air';
  });
  return {
    broadcast,
    publisher,
    publishUrl,
    urlAt: (regionId, file = 'main.m3u8') =>
      `${world.regions.find(({ id }) => id === regionId)?.edgeUrl}/l/default/${broadcast.id}/${file}`,
  };
}

async function watch(context: BrowserContext, player: LivePlayer, url: string): Promise<Page> {
  const page = await context.newPage();
  await pages.play(page, player, url);
  return page;
}

/** Position of Meridian's player on a watch page. */
const watchedSeconds = (page: Page): Promise<number> =>
  page.evaluate<number>(
    `document.querySelector('meridian-player')?.shadowRoot?.querySelector('video')?.currentTime ?? 0`,
  );

/** Whoever watches goes back by button, key and timeline, and to the moment again. */
async function goBackAndForth(page: Page): Promise<void> {
  const slider = page.getByRole('slider', { name: 'Position' });
  const behind = async (): Promise<number> =>
    Number(await slider.getAttribute('aria-valuemax')) - Number(await slider.getAttribute('aria-valuenow'));
  await waitFor(
    'something to go back to',
    async () =>
      Number(await slider.getAttribute('aria-valuenow')) -
        Number(await slider.getAttribute('aria-valuemin')) >=
      12,
    30_000,
  );
  // By keys: on a busy machine the controls may have gone again before a click arrives.
  await page.getByRole('button', { name: 'Back 10 seconds (j)' }).press('Enter');
  await waitFor('the position before', async () => (await behind()) >= 9);
  const toLive = page.getByRole('button', { name: /^Go to the live edge, \d+:\d\d ahead$/ });
  await toLive.waitFor();
  assert.match(await toLive.innerText(), /^Live −\d+:\d\d$/);
  const from = await watchedSeconds(page);
  await waitFor('the past to play', async () => (await watchedSeconds(page)) > from + 1);
  const played = await watchedSeconds(page);
  await slider.press('ArrowRight');
  await waitFor('the position after', async () => (await watchedSeconds(page)) >= played + 5);
  const bar = defined(await slider.boundingBox(), 'a timeline');
  const pointed = await waitFor('the time of day under the pointer', async () => {
    // The first move brings the controls back.
    for (const share of [0.3, 0.2]) await page.mouse.move(bar.x + bar.width * share, bar.y + bar.height / 2);
    const text = await page.locator('.bubble-time').textContent();
    return text === '' ? undefined : text;
  });
  assert.match(pointed ?? '', /^\d+:\d\d:\d\d.* · −\d+:\d\d$/);
  await toLive.press('Enter');
  await page.getByRole('button', { name: 'Live', exact: true }).waitFor();
}

test('three players play it, the recording is an asset when it ends', async (scope) => {
  const { broadcast, urlAt } = await goOnAir(scope, 'dublin');
  const { context } = browser;
  const viewers = [
    await watch(context, 'hls.js', urlAt('singapore')),
    await watch(context, 'shaka', urlAt('dublin')),
    await watch(context, 'dash.js', urlAt('los-angeles', 'manifest.mpd')),
  ];
  for (const page of viewers) await started(page);
  await Promise.all(viewers.map((page) => played(page, 8)));
  const [hls] = viewers;
  assert.ok(hls);
  const stats = await liveStats(hls);
  assert.equal(stats.ranges, 1, JSON.stringify(stats));
  await nothingFound(world, urlAt('singapore'), '--seconds', '6');
  const params = { broadcastId: broadcast.id };
  await world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params });
  const assetId = broadcast.recordingAssetId ?? '';
  const asset = await waitFor('the recording', async () => {
    const view = await world.client.call('GET /v1/assets/{assetId}', { params: { assetId } });
    return view.stage === 'ready' ? view : undefined;
  });
  assert.ok((asset.durationMs ?? 0) >= 8_000, JSON.stringify(asset));
  await waitFor('the end to reach the player', async () => (await liveStats(hls)).isEnded, 20_000);
  const recording = await watch(context, 'hls.js', asset.playlists[0]?.hls ?? '');
  await started(recording);
  for (const page of [...viewers, recording]) await page.close();
});

test('the demo shows when its pictures were taken, and leaves a broadcast that it was given', async () => {
  const broadcast = await world.client.call('POST /v1/broadcasts', {
    body: { name: 'Clock', publisherRegionId: 'dublin', rungs: RUNGS },
  });
  const demo = world.run('live', 'demo', broadcast.id, '--duration', '25s');
  const params = { broadcastId: broadcast.id };
  await waitFor('the demo to be on air', async () => {
    const { state } = await world.client.call('GET /v1/broadcasts/{broadcastId}', { params });
    return state === 'on_air';
  });
  const singapore = world.regions.find(({ id }) => id === 'singapore');
  const page = await watch(
    browser.context,
    'hls.js',
    `${singapore?.edgeUrl}/l/default/${broadcast.id}/main.m3u8`,
  );
  await started(page);
  await watchGlass(page);
  await played(page, 8);
  const delays = [...(await takeGlassMs(page))].sort((left, right) => left - right);
  await page.close();
  assert.ok(delays.length >= 10, `${delays.length} pictures were read`);
  // It keeps two seconds behind the newest part; encoders and the way between regions come on top.
  const [least = 0, middle = 0] = [delays[0], delays[delays.length >> 1]];
  assert.ok(least > 1_000 && middle < 6_000, `${least} ms at least, ${middle} ms in the middle`);
  const { code, stderr } = await demo;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Publishing to dublin\n/);
  assert.match(stderr, /On air, made in dublin and /);
  // Given a broadcast, it leaves the end to whoever made it.
  await waitFor('the loss of the publisher to be told', async () => {
    const { state } = await world.client.call('GET /v1/broadcasts/{broadcastId}', { params });
    return state === 'interrupted';
  });
  await world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params });
});

test('the watch page waits for the broadcast, plays it through the loss of its own region, and then the recording', async (scope) => {
  const page = await browser.context.newPage();
  const { broadcast, publisher } = await goOnAir(scope, 'dublin', async ({ id }) => {
    await page.goto(`${world.regions[0]?.edgeUrl}/watch/default/${id}`);
    await page.getByText('Not on air yet').waitFor();
  });
  await waitFor('the first frames', async () => (await watchedSeconds(page)) > 3, 30_000);
  const before = await watchedSeconds(page);
  world.signal('singapore-1', 'SIGKILL');
  const killedAtMs = performance.now();
  await waitFor('playing on', async () => (await watchedSeconds(page)) > before + 6, 30_000);
  const lostMs = performance.now() - killedAtMs - 6_000;
  assert.ok(lostMs < 2_000, `the picture lost ${Math.round(lostMs)} ms`);
  await goBackAndForth(page);
  const params = { broadcastId: broadcast.id };
  await world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params });
  await publisher.stop();
  const assetId = broadcast.recordingAssetId ?? '';
  await waitFor('the recording', async () => {
    const { stage } = await world.client.call('GET /v1/assets/{assetId}', { params: { assetId } });
    return stage === 'ready';
  });
  // A newcomer with the old link gets the recording; any edge that lives leads there.
  await page.goto(`${world.regions[1]?.edgeUrl}/watch/default/${broadcast.id}`);
  await page.waitForURL((url) => url.pathname.endsWith(assetId), { timeout: 20_000 });
  await waitFor('the recording to play', async () => (await watchedSeconds(page)) > 1, 30_000);
  await page.close();
});

test('a region that makes it is killed: who watches elsewhere does not notice', async (scope) => {
  const { broadcast, urlAt } = await goOnAir(scope, 'dublin');
  const backup = broadcast.schedule.channels[1]?.regionId ?? '';
  const page = await watch(browser.context, 'hls.js', urlAt('singapore'));
  await started(page);
  await played(page, 4);
  world.signal(`${backup}-1`, 'SIGKILL');
  await played(page, 8);
  const stats = await liveStats(page);
  assert.equal(stats.longestStarvedMs, 0, JSON.stringify(stats));
  assert.equal(stats.ranges, 1);
  await page.close();
});

test('the region of the publisher is killed: it comes back at the backup, on the same timeline', async (scope) => {
  const { broadcast, publisher, publishUrl, urlAt } = await goOnAir(scope, 'dublin');
  const page = await watch(browser.context, 'hls.js', urlAt('singapore'));
  await started(page);
  await played(page, 4);
  const before = await liveStats(page);
  world.signal('dublin-1', 'SIGKILL');
  await publisher.stop();
  const backup = broadcast.schedule.channels[1]?.regionId ?? '';
  const again = startPublisher(publishUrl(backup));
  scope.after(() => again.stop());
  const backAtMs = performance.now();
  await waitFor(
    'the picture to be back',
    async () => {
      const { currentTime, bufferedMs } = await liveStats(page);
      return currentTime > before.currentTime + before.bufferedMs / 1_000 + 1 && bufferedMs > 0;
    },
    20_000,
  );
  assert.ok(performance.now() - backAtMs < 15_000);
  const { fatal } = await liveStats(page);
  assert.deepEqual(fatal, []);
  await page.close();
});
