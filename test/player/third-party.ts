// Shaka and dash.js with Meridian's recommended settings on an empty page of an edge, measured like Meridian's own.

import type { Page } from 'playwright-core';
import { dashSettings, shakaSettings } from '../../player/src/recommended-settings.ts';
import type { FakeEdge } from '../support/fake-edge.ts';

export type ThirdParty = 'shaka' | 'dashjs';

export type ThirdPartyStats = {
  readonly currentTime: number;
  readonly bufferedMs: number;
  readonly longestStallMs: number;
  readonly stalls: number;
  readonly fatal: readonly string[];
};

const LIBRARIES: Readonly<Record<ThirdParty, string>> = {
  shaka: 'shaka-player/dist/shaka-player.compiled-es2021.js',
  dashjs: 'dashjs/dist/modern/umd/dash.all.min.js',
};

/** Measures stalls by the clock of frames shown: what is not advanced within a quarter of a second is a stall. */
const METER = `
  window.measured = { fatal: [], stalls: 0, longestStallMs: 0 };
  const video = document.querySelector('video');
  let last = { position: 0, at: performance.now() }, hasStarted = false;
  setInterval(() => {
    const now = performance.now();
    if (video.currentTime > 0) hasStarted = true;
    if (video.currentTime !== last.position || !hasStarted || video.ended) {
      const lost = now - last.at - (video.currentTime - last.position) * 1000;
      if (hasStarted && last.position > 0 && lost > 100) {
        window.measured.stalls += 1;
        window.measured.longestStallMs = Math.max(window.measured.longestStallMs, Math.round(lost));
      }
      last = { position: video.currentTime, at: now };
    }
  }, 50);`;

function startShaka(url: string): string {
  return `(async () => {
    const player = new shaka.Player();
    await player.attach(document.querySelector('video'));
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
export async function startThirdParty(page: Page, player: ThirdParty, edge: FakeEdge, file: string): Promise<void> {
  await page.goto(`${edge.baseUrl}/blank`);
  await page.setContent('<video muted style="width:640px;height:360px"></video>');
  await page.addScriptTag({ url: `${edge.baseUrl}/lib/${LIBRARIES[player]}` });
  await page.evaluate(METER);
  const url = `${edge.baseUrl}/m/default/ast_1/v1/${file}`;
  await page.evaluate(player === 'shaka' ? startShaka(url) : startDash(url));
}

/** What was measured so far. */
export async function thirdPartyStats(page: Page): Promise<ThirdPartyStats> {
  return await page.evaluate<ThirdPartyStats>(`(() => {
    const video = document.querySelector('video');
    let bufferedMs = 0;
    for (let i = 0; i < video.buffered.length; i += 1)
      if (video.buffered.start(i) <= video.currentTime + 0.1 && video.buffered.end(i) > video.currentTime)
        bufferedMs = Math.round((video.buffered.end(i) - video.currentTime) * 1000);
    return { ...window.measured, currentTime: video.currentTime, bufferedMs };
  })()`);
}
