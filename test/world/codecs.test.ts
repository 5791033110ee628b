// A project that asks for AV1 and HEVC beside H.264: what is served keeps to the specifications, a browser plays the
// newer codec and goes on in it when its region is lost, and one that knows only H.264 never asks for anything else.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import type { CheckReport } from '#viewer/check/report.ts';
import { launchBrowser, withPage } from '../player/browser.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, runMeridian, startWorld } from '../support/world.ts';

let world: RunningWorld;
let browser: Browser;
let asset: AssetView;

before(async () => {
  world = await startWorld({ args: ['--no-wan'] });
  const settings = ['projects', 'encoding', 'default', '--codecs', 'h264,av1,hevc', '--json'];
  assert.equal((await world.run(...settings)).code, 0);
  // Longer than a player's largest buffer, so that there is something left to fetch when a region dies.
  asset = await world.upload(clip({ seconds: 90, width: 426, height: 240, frameRate: '15' }));
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await world?.remove();
});

test('every rung is there in every codec, and people are told', () => {
  const ids = asset.renditions.filter(({ kind }) => kind === 'video').map(({ id }) => id);
  assert.deepEqual(ids, ['v240', 'v240-av1', 'v240-hevc']);
  assert.deepEqual(asset.encoding?.codecs, ['h264', 'av1', 'hevc']);
  const entries = new Set(asset.renditions.map(({ codecs }) => codecs?.split('.')[0]));
  assert.deepEqual([...entries].sort(), ['av01', 'avc1', 'hvc1', 'mp4a']);
});

test('HLS and DASH with three families of codecs have no error', async () => {
  for (const url of [asset.playlists[0]?.hls, asset.playlists[0]?.dash]) {
    const { stdout } = await runMeridian(['check', url ?? '', '--segments', 'all', '--json']);
    const report = JSON.parse(stdout) as CheckReport;
    assert.deepEqual(
      report.findings.filter(({ severity }) => severity === 'error'),
      [],
    );
    const tracks = report.tracks.map(({ label }) => label).filter((label) => /v240-(av1|hevc)/.test(label));
    assert.ok(tracks.length >= 2, 'both families were looked at');
  }
});

/** Plays the watch page until `use` has seen enough; segments are those of video that it asked for. */
async function watch(
  prepare: (page: Page) => Promise<unknown>,
  use: (page: Page, segments: readonly URL[]) => Promise<void>,
): Promise<void> {
  await withPage(browser, async (page) => {
    const segments: URL[] = [];
    page.on('requestfinished', (request) => {
      const url = new URL(request.url());
      if (/\/v\d+[^/]*\/\d+\.m4s$/.test(url.pathname)) segments.push(url);
    });
    await prepare(page);
    await page.goto(asset.watchUrl);
    await playedTo(page, 3);
    await use(page, segments);
  });
}

const timeOf = (page: Page): Promise<number> =>
  page.evaluate<number>('window.Meridian?.players[0]?.video.currentTime ?? 0');

const playedTo = (page: Page, seconds: number): Promise<unknown> =>
  waitFor(`playing to ${seconds} s`, async () => (await timeOf(page)) > seconds, 60_000);

test('a player that knows only H.264 plays it and asks for no other codec', async () => {
  await watch(
    (page) =>
      page.addInitScript(`{
        const isSupported = MediaSource.isTypeSupported.bind(MediaSource);
        MediaSource.isTypeSupported = (type) => !/av01|hvc1/.test(type) && isSupported(type);
      }`),
    async (_page, segments) => {
      assert.ok(segments.length > 0);
      assert.deepEqual(
        segments.filter(({ pathname }) => !/\/v\d+\/\d+\.m4s$/.test(pathname)).map(String),
        [],
      );
    },
  );
});

test('Chromium plays AV1, and goes on in AV1 from another region when its own is lost', async () => {
  await watch(
    async () => {},
    async (page, segments) => {
      assert.ok(segments.length > 0);
      const isAv1 = (url: URL): boolean => url.pathname.includes('-av1/');
      assert.ok(segments.every(isAv1), segments.map(String).join('\n'));
      // A slow start may have asked a second region already: the one that serves now is lost.
      const lost = defined(segments.at(-1), 'a segment').origin;
      const served = ({ edgeUrl }: { edgeUrl: string }): boolean => new URL(edgeUrl).origin === lost;
      const region = defined(world.regions.find(served), 'the region that serves');
      // Stopped, not killed: with a full buffer a player asks every two seconds, and a killed node is back before that.
      const node = `${region.id}-1`;
      world.signal(node, 'SIGSTOP');
      try {
        const seen = segments.length;
        const isElsewhere = ({ origin }: URL): boolean => origin !== lost;
        await waitFor('segments from elsewhere', () => segments.slice(seen).some(isElsewhere), 60_000);
        await playedTo(page, (await timeOf(page)) + 2);
        const after = segments.slice(seen);
        assert.ok(after.every(isAv1), after.map(String).join('\n'));
      } finally {
        world.signal(node, 'SIGCONT');
      }
    },
  );
});
