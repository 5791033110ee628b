// Shaka and dash.js with Meridian's recommended settings on an empty page of an edge, measured like Meridian's own.

import type { Page } from 'playwright-core';
import { dashSettings, shakaFailover, shakaSettings } from '../../player/src/recommended-settings.ts';
import type { FakeEdge, FakeWorld } from '../support/fake-edge.ts';

export type ThirdParty = 'shaka' | 'dashjs';

export type ThirdPartyStats = {
  readonly currentTime: number;
  readonly bufferedMs: number;
  readonly longestStallMs: number;
  /** The same, while less than a quarter of a second was buffered: the network's fault, not the machine's. */
  readonly longestStarvedMs: number;
  readonly stalls: number;
  readonly fatal: readonly string[];
};

const LIBRARIES: Readonly<Record<ThirdParty, string>> = {
  shaka: 'shaka-player/dist/shaka-player.compiled-es2021.js',
  dashjs: 'dashjs/dist/modern/umd/dash.all.min.js',
};

/** Measures stalls as the player's own meter does: time that the position did not advance, once it has begun to. */
const METER = `
  const video = document.querySelector('video');
  window.bufferedMs = () => {
    for (let i = 0; i < video.buffered.length; i += 1)
      if (video.buffered.start(i) <= video.currentTime + 0.1 && video.buffered.end(i) > video.currentTime)
        return Math.round((video.buffered.end(i) - video.currentTime) * 1000);
    return 0;
  };
  window.measured = { fatal: [], stalls: 0, longestStallMs: 0, longestStarvedMs: 0 };
  let last = { position: 0, at: performance.now(), least: 0 };
  setInterval(() => {
    const now = performance.now();
    if (video.currentTime === last.position && last.position > 0 && !video.ended) {
      last.least = Math.min(last.least, window.bufferedMs());
      return;
    }
    const lost = Math.round(now - last.at - (video.currentTime - last.position) * 1000);
    if (last.position > 0 && lost > 100 && !video.ended) {
      window.measured.stalls += 1;
      window.measured.longestStallMs = Math.max(window.measured.longestStallMs, lost);
      if (last.least < 250) window.measured.longestStarvedMs = Math.max(window.measured.longestStarvedMs, lost);
    }
    last = { position: video.currentTime, at: now, least: window.bufferedMs() };
  }, 50);`;

function startShaka(url: string, world: FakeWorld): string {
  const edges = JSON.stringify(world.edges.map((edge) => edge.baseUrl));
  // The page runs the very function that is published.
  return `(async () => {
    const player = new shaka.Player();
    await player.attach(document.querySelector('video'));
    const AVOID_MS = 30000;
    const filter = (${shakaFailover.toString()})(${edges}, () => performance.now());
    player.getNetworkingEngine().registerRequestFilter(filter);
    player.configure(${JSON.stringify(shakaSettings)});
    player.addEventListener('error', (event) => {
      if (event.detail.severity === 2) window.measured.fatal.push(String(event.detail.code));
    });
    await player.load(${JSON.stringify(url)});
    document.querySelector('video').play();
  })()`;
}

function startDash(url: string): string {
  // Download errors are announced although the next address then plays on; the others end the playback.
  return `(() => {
    const player = dashjs.MediaPlayer().create();
    player.updateSettings(${JSON.stringify(dashSettings)});
    player.on('error', (event) => {
      if (![27, 28].includes(event.error.code)) window.measured.fatal.push(String(event.error.code));
    });
    player.initialize(document.querySelector('video'), ${JSON.stringify(url)}, true);
  })()`;
}

/** Starts a player; Shaka plays HLS or DASH, dash.js plays DASH. */
export async function startThirdParty(
  page: Page,
  player: ThirdParty,
  world: FakeWorld,
  edge: FakeEdge,
  file: string,
): Promise<void> {
  await page.goto(`${edge.baseUrl}/blank`);
  await page.setContent('<video muted style="width:640px;height:360px"></video>');
  await page.addScriptTag({ url: `${edge.baseUrl}/lib/${LIBRARIES[player]}` });
  await page.evaluate(METER);
  const url = `${edge.baseUrl}/m/default/ast_1/v1/${file}`;
  await page.evaluate(player === 'shaka' ? startShaka(url, world) : startDash(url));
}

/** What was measured so far. */
export async function thirdPartyStats(page: Page): Promise<ThirdPartyStats> {
  return await page.evaluate<ThirdPartyStats>(
    `({ ...window.measured, currentTime: document.querySelector('video').currentTime, bufferedMs: window.bufferedMs() })`,
  );
}
