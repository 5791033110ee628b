// WHIP as people have it: a browser publishes its camera, another one watches it from a region far away.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BroadcastView } from '#contract/api/live.ts';
import type { Problem } from '#contract/errors.ts';
import { FAKE_CAMERA, startBrowser, type TestBrowser } from '../support/browser.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';
import { type LivePages, liveStats, startLivePages } from './live-page.ts';
import { publishFromPage } from './whip-page.ts';

let world: RunningWorld;
let browser: TestBrowser;
let pages: LivePages;

before(async () => {
  world = await startWorld();
  browser = await startBrowser(undefined, FAKE_CAMERA);
  pages = await startLivePages();
});
after(async () => {
  await pages?.stop();
  await browser?.close();
  await world?.stop();
  await world?.remove();
});

interface Publishable {
  readonly broadcast: BroadcastView;
  readonly url: string;
  readonly key: string;
}

async function createBroadcast(name: string): Promise<Publishable> {
  const rungs = [{ height: 180, bitrateBps: 300_000 }];
  const body = { name, publisherRegionId: 'dublin', rungs };
  const broadcast = await world.client.call('POST /v1/broadcasts', { body });
  const params = { broadcastId: broadcast.id };
  const { addresses, streamKey } = await world.client.call('GET /v1/broadcasts/{broadcastId}/ingest', {
    params,
  });
  const address = addresses.find(({ protocol, regionId }) => protocol === 'whip' && regionId === 'dublin');
  assert.ok(address, JSON.stringify(addresses));
  return { broadcast, url: address.url, key: streamKey };
}

const viewOf = (broadcastId: string): Promise<BroadcastView> =>
  world.client.call('GET /v1/broadcasts/{broadcastId}', { params: { broadcastId } });
const reaches = (broadcastId: string, state: BroadcastView['state']): Promise<unknown> =>
  waitFor(`${state}`, async () => (await viewOf(broadcastId)).state === state, 30_000);

test('a browser goes on air and plays in another one, until it deletes what it was given', async () => {
  const { broadcast, url, key } = await createBroadcast('Any client');
  const other = await createBroadcast('Another one');
  const camera = await browser.context.newPage();
  // Another site than the ingest's, as it is for whoever builds a page of their own.
  await camera.goto(`${world.regions[1]?.edgeUrl}/healthz`);
  for (const [wrong, status, code] of [
    [null, 401, 'publish_key_missing'],
    ['no.such.key', 403, 'publish_refused'],
    [other.key, 403, 'publish_refused'],
  ] as const) {
    const refused = await publishFromPage(camera, url, wrong);
    const problem = JSON.parse(refused.body) as Problem;
    assert.deepEqual([refused.status, problem.code], [status, code], refused.body);
    assert.ok(problem.title.length > 20 && problem.action.length > 20, refused.body);
  }
  const answer = await publishFromPage(camera, url, key);
  assert.equal(answer.status, 201, answer.body);
  await reaches(broadcast.id, 'on_air');
  const second = await publishFromPage(camera, url, key);
  assert.equal(second.status, 409, second.body);
  const viewer = await browser.context.newPage();
  const singapore = world.regions.find(({ id }) => id === 'singapore');
  await pages.play(viewer, 'hls.js', `${singapore?.edgeUrl}/l/default/${broadcast.id}/main.m3u8`);
  await waitFor('some seconds of playing', async () => (await liveStats(viewer)).currentTime > 4, 40_000);
  const { fatal, ranges } = await liveStats(viewer);
  assert.deepEqual([fatal, ranges], [[], 1]);
  const { reports } = await viewOf(broadcast.id);
  const ingest = reports.find(({ role }) => role === 'ingest');
  assert.deepEqual(
    [ingest?.protocol, ingest?.figures.width, ingest?.figures.height, ingest?.figures.timestampJumps],
    ['whip', 640, 360, 0],
  );
  const location = new URL(answer.location ?? '', url).href;
  const deleted = await camera.evaluate<number>(
    `fetch(${JSON.stringify(location)}, { method: 'DELETE' }).then(({ status }) => status)`,
  );
  assert.equal(deleted, 200);
  await reaches(broadcast.id, 'interrupted');
  await camera.close();
  await viewer.close();
});

/** A page of the console, logged in. */
async function openStudio(broadcastId: string) {
  const page = await browser.context.newPage();
  await page.context().request.post(`${world.controlUrl}/v1/session`, { data: { token: world.adminToken } });
  await page.goto(`${world.controlUrl}/#/studio/${broadcastId}`);
  await page.getByRole('button', { name: 'Turn on the picture' }).click();
  await page.getByRole('button', { name: 'Go live', exact: true }).click();
  return page;
}

test('the console goes live; a tab that is killed is a publisher lost, and may come back on its timeline', async () => {
  const { broadcast } = await createBroadcast('Console');
  const page = await openStudio(broadcast.id);
  const sending = page.getByRole('region', { name: 'Sending' });
  await sending.getByText('to Dublin').waitFor();
  await sending.getByText('1280 × 720').waitFor();
  await reaches(broadcast.id, 'on_air');
  // It goes on while one looks at something else.
  await page.goto(`${world.controlUrl}/#/library`);
  await page.getByRole('region', { name: 'On air from this browser' }).getByText('Console').waitFor();
  const { recordingAssetId } = await viewOf(broadcast.id);
  const debug = await page.context().newCDPSession(page);
  // It answers nothing, as what would answer is gone.
  debug.send('Page.crash').catch(() => undefined);
  await reaches(broadcast.id, 'interrupted');
  const again = await openStudio(broadcast.id);
  await reaches(broadcast.id, 'on_air');
  assert.equal((await viewOf(broadcast.id)).recordingAssetId, recordingAssetId);
  await again.getByRole('button', { name: 'Stop' }).click();
  await reaches(broadcast.id, 'interrupted');
  await again.getByRole('button', { name: 'Turn on the picture' }).waitFor();
  await again.close();
});
