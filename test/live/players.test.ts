// What is published by SRT and by WHIP, in hls.js, Shaka and dash.js, and before the checker; by RTMP: world.test.ts.

import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { IngestAddress } from '#contract/api/live.ts';
import { FAKE_CAMERA, startBrowser, type TestBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';
import {
  changeRenditions,
  type LivePages,
  type LivePlayer,
  liveStats,
  played,
  started,
  startLivePages,
} from './live-page.ts';
import { nothingFound } from './nothing-found.ts';
import { startPublisher } from './publisher.ts';
import { publishFromPage } from './whip-page.ts';

let world: RunningWorld;
let browser: TestBrowser;
/** Publishes by WHIP; a browser of its own, since the one of viewers has no cameras. */
let studio: TestBrowser;
let pages: LivePages;

before(async () => {
  world = await startWorld();
  browser = await startBrowser();
  studio = await startBrowser(undefined, FAKE_CAMERA);
  pages = await startLivePages();
});
after(async () => {
  await pages?.stop();
  await browser?.close();
  await studio?.close();
  await world?.stop();
  await world?.remove();
});

/** Begins to publish; what is returned is asked again until it is on air. */
type Publish = (scope: TestContext, url: string, streamKey: string) => Promise<() => void>;

const SOURCES: Readonly<Record<'srt' | 'whip', Publish>> = {
  async srt(scope, url) {
    let publisher = startPublisher(url, { size: '320x180', seconds: 120 });
    scope.after(() => publisher.stop());
    return () => {
      // Encoders call again, too: the first call may come before anybody listens.
      if (publisher.process.exitCode !== null)
        publisher = startPublisher(url, { size: '320x180', seconds: 120 });
    };
  },
  async whip(scope, url, streamKey) {
    const camera = await studio.context.newPage();
    scope.after(() => camera.close());
    await camera.goto(`${world.regions[1]?.edgeUrl}/healthz`);
    const answer = await publishFromPage(camera, url, streamKey, { width: 320, height: 180 });
    assert.equal(answer.status, 201, answer.body);
    return () => undefined;
  },
};

/** Publishes until the test is over; resolves to the addresses of its files. */
async function goOnAir(
  scope: TestContext,
  protocol: keyof typeof SOURCES,
): Promise<(regionId: string, file: string) => string> {
  const rungs = [
    { height: 180, bitrateBps: 300_000 },
    { height: 120, bitrateBps: 100_000 },
  ];
  // A short window, so that segments leave it while the checker looks.
  const settings = {
    publisherRegionId: 'dublin',
    rungs,
    isRecorded: false,
    dvrWindowMs: 12_000,
    takesSrt: true,
  };
  const { id } = await world.client.call('POST /v1/broadcasts', { body: { name: protocol, ...settings } });
  const params = { broadcastId: id };
  scope.after(() => world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params }));
  const ingest = await world.client.call('GET /v1/broadcasts/{broadcastId}/ingest', { params });
  const isWanted = (address: IngestAddress) => address.protocol === protocol && address.regionId === 'dublin';
  const address = ingest.addresses.find(isWanted);
  assert.ok(address, JSON.stringify(ingest.addresses));
  const again = await SOURCES[protocol](scope, address.url, ingest.streamKey);
  await waitFor(
    'the broadcast to be on air',
    async () => {
      again();
      const { state } = await world.client.call('GET /v1/broadcasts/{broadcastId}', { params });
      return state === 'on_air';
    },
    30_000,
  );
  return (regionId, file) =>
    `${world.regions.find((region) => region.id === regionId)?.edgeUrl}/l/default/${id}/${file}`;
}

async function watch(player: LivePlayer, url: string): Promise<Page> {
  const page = await browser.context.newPage();
  await pages.play(page, player, url);
  return page;
}

for (const protocol of Object.keys(SOURCES) as (keyof typeof SOURCES)[])
  test(`by ${protocol}: three players play it, and the checker finds nothing`, async (scope) => {
    const urlAt = await goOnAir(scope, protocol);
    const hls = await watch('hls.js', urlAt('singapore', 'main.m3u8'));
    const viewers = [
      hls,
      await watch('shaka', urlAt('dublin', 'main.m3u8')),
      await watch('dash.js', urlAt('los-angeles', 'manifest.mpd')),
    ];
    for (const page of viewers) await started(page);
    await Promise.all(viewers.map((page) => played(page, 6)));
    for (const page of viewers) {
      const stats = await liveStats(page);
      // Thirty pictures a second; a slow machine need not show all of them.
      assert.ok(stats.totalFrames > 90 && stats.soundBytes > 0, JSON.stringify(stats));
      if (page !== hls) await page.close();
    }
    // Changes of rendition and back within a segment leave no hole, and nothing is left lying after the last of them.
    await changeRenditions(hls, 3_000);
    await played(hls, 8);
    const stats = await liveStats(hls);
    assert.deepEqual([stats.fatal, stats.jumps], [[], 0], JSON.stringify(stats));
    assert.ok(stats.behindMs < 2_000, `hls.js left more than a segment lying: ${JSON.stringify(stats)}`);
    await hls.close();
    await nothingFound(world, urlAt('singapore', 'main.m3u8'), '--seconds', '4');
    await nothingFound(world, urlAt('singapore', 'manifest.mpd'));
  });
