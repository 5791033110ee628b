// From a click to the first frame with a round trip of 40 ms: a video that the edge has not in memory, and the next
// video of a feed, which the player has prepared. Chromium delays each answer by the round trip.

import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { clip } from '../../test/support/media.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { BenchContext } from '../context.ts';
import { type Group, type Row, rounded } from '../row.ts';

const ROUND_TRIP_MS = 40;
const ASSETS = 24;
/** Uploads under way at once. */
const UPLOADS = 3;
/** Each row is the 95th percentile of so many starts. */
const SWIPES = 20;
const START_MS_MAX = 20_000;

interface Start {
  readonly startupMs: number;
  readonly wasPrepared: boolean;
}

function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return defined(sorted[Math.ceil(sorted.length * 0.95) - 1], 'a value');
}

async function delayAnswers(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: ROUND_TRIP_MS,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
}

/** Clips that no edge has served yet, and the region that keeps most of them. */
async function makeAssets(context: BenchContext): Promise<{ assets: AssetView[]; edgeUrl: string }> {
  const world = await context.world();
  const file = clip({ seconds: 4, width: 640, height: 360 });
  const all: AssetView[] = [];
  const upload = async (): Promise<void> => {
    for (let index = all.length; index < ASSETS; index = all.length)
      all.push(await world.upload(file, '--name', `click ${index}`));
  };
  await Promise.all(Array.from({ length: UPLOADS }, upload));
  const keptBy = (regionId: string): AssetView[] =>
    all.filter(({ mediaRegionIds }) => mediaRegionIds.includes(regionId));
  const [best] = [...world.regions].sort((left, right) => keptBy(right.id).length - keptBy(left.id).length);
  const region = defined(best, 'a region');
  return { assets: keptBy(region.id), edgeUrl: region.edgeUrl };
}

/** A player made by a click on a page that is there already. */
async function clickMs(page: Page, edgeUrl: string, asset: AssetView): Promise<number> {
  const src = `${edgeUrl}/m/${asset.projectId}/${asset.id}/v${asset.version}/main.m3u8`;
  await page.evaluate(`(() => {
    for (const player of [...Meridian.players]) player.destroy();
    document.body.replaceChildren(document.createElement('div'));
    Meridian.createPlayer(document.body.firstElementChild,
      { src: ${JSON.stringify(src)}, isAutoplay: true, isMuted: true, hasCmcd: false });
  })()`);
  return waitFor(
    'the first frame',
    () => page.evaluate<number | null>('Meridian.players[0].stats().startupMs').then((ms) => ms ?? undefined),
    START_MS_MAX,
  );
}

async function swipes(page: Page, edgeUrl: string, assets: readonly AssetView[]): Promise<Start[]> {
  await page.goto(`${edgeUrl}/feed/default?assets=${assets.map(({ id }) => id).join(',')}`);
  const starts = (): Promise<Start[]> => page.evaluate<Start[]>('window.meridianFeed?.starts() ?? []');
  await waitFor('the feed to start', async () => (await starts()).length > 0, START_MS_MAX);
  let index = 0;
  let step = 1;
  for (let swipe = 0; swipe < SWIPES; swipe += 1) {
    if (index + step >= assets.length || index + step < 0) step = -step;
    index += step;
    await waitFor('the next video to be prepared', () =>
      page.evaluate<boolean>(`window.meridianFeed.prepared().includes(${index})`),
    );
    await page.keyboard.press(step > 0 ? 'ArrowDown' : 'ArrowUp');
    await waitFor('the swipe', async () => (await starts()).length > swipe + 1, START_MS_MAX);
  }
  return (await starts()).filter(({ wasPrepared }) => wasPrepared);
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const { assets, edgeUrl } = await makeAssets(context);
  const browser = await context.browser();
  const page = await browser.context.newPage();
  try {
    await page.goto(`${edgeUrl}/feed/default`);
    await delayAnswers(page);
    const cold: number[] = [];
    for (const asset of assets) cold.push(await clickMs(page, edgeUrl, asset));
    const prepared = (await swipes(page, edgeUrl, assets)).map(({ startupMs }) => startupMs);
    const each = (values: readonly number[]): string => values.map((value) => rounded(value)).join(' ');
    return [
      {
        name: 'click-cold-p95-ms',
        value: rounded(percentile95(cold)),
        unit: 'ms',
        op: '<=',
        goal: 400,
        peer: `${cold.length} videos, 40 ms round trip: ${each(cold)}`,
      },
      {
        name: 'click-prepared-p95-ms',
        value: rounded(percentile95(prepared)),
        unit: 'ms',
        op: '<=',
        goal: 100,
        peer: `${prepared.length} swipes: ${each(prepared)}`,
      },
    ];
  } finally {
    await page.close();
  }
}

export const clickGroup: Group = {
  names: ['click-cold-p95-ms', 'click-prepared-p95-ms'],
  budgetMs: 150_000,
  run,
};
