// Players of others on a page of their own, playing a broadcast across origins, and what a viewer sees of it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { guardParts } from '../../player/src/guard-parts.ts';
import { dashSettings } from '../../player/src/recommended-settings.ts';
import { waitFor } from '../support/wait-for.ts';

export type LivePlayer = 'hls.js' | 'shaka' | 'dash.js';

const LIBRARIES: Readonly<Record<LivePlayer, string>> = {
  'hls.js': 'hls.js/dist/hls.min.js',
  shaka: 'shaka-player/dist/shaka-player.compiled-es2021.js',
  'dash.js': 'dashjs/dist/modern/umd/dash.all.min.js',
};

/** Short load policies with one pathway to fall back on, as facts about live in hls.js demand. */
const HLS_SETTINGS = {
  lowLatencyMode: true,
  maxLiveSyncPlaybackRate: 1.1,
  ...Object.fromEntries(
    ['playlistLoadPolicy', 'fragLoadPolicy'].map((name) => [
      name,
      {
        default: {
          maxTimeToFirstByteMs: 2_500,
          maxLoadTimeMs: 8_000,
          timeoutRetry: { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 },
          errorRetry: { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 },
        },
      },
    ]),
  ),
};

const STARTERS: Readonly<Record<LivePlayer, string>> = {
  'hls.js': `(url) => {
    const player = window.player = new Hls(${JSON.stringify(HLS_SETTINGS)});
    (${guardParts.toString()})(player, Hls.Events);
    player.on(Hls.Events.ERROR, (_, data) => {
      if (data.fatal) measured.fatal.push(data.details);
      if (data.details === Hls.ErrorDetails.BUFFER_SEEK_OVER_HOLE) measured.jumps += 1;
    });
    player.loadSource(url); player.attachMedia(video); video.play();
    window.liveLatencyMs = () => player.playingDate ? Date.now() - player.playingDate.getTime() : null;
  }`,
  shaka: `async (url) => {
    const player = window.player = new shaka.Player();
    // What the network refuses it asks for again, as dash.js does.
    player.addEventListener('error', ({ detail }) => {
      if (detail.severity === 2 && detail.category !== shaka.util.Error.Category.NETWORK) measured.fatal.push(String(detail.code));
    });
    await player.attach(video);
    player.configure({ streaming: { lowLatencyMode: true } });
    await player.load(url); video.play();
    window.liveLatencyMs = () => player.getPlayheadTimeAsDate() ? Date.now() - player.getPlayheadTimeAsDate().getTime() : null;
  }`,
  'dash.js': `(url) => {
    const player = window.player = dashjs.MediaPlayer().create();
    player.updateSettings(${JSON.stringify(dashSettings)});
    player.on('error', (event) => { if (![27, 28].includes(event.error.code)) measured.fatal.push(String(event.error.code)); });
    player.initialize(video, url, true);
    window.liveLatencyMs = () => player.isReady() ? player.getCurrentLiveLatency() * 1000 : null;
  }`,
};

export interface LiveStats {
  readonly currentTime: number;
  readonly bufferedMs: number;
  readonly ranges: number;
  readonly fatal: readonly string[];
  /** Holes in the buffer that hls.js jumped over. */
  readonly jumps: number;
  /** How much media lay listed and not appended, at most, since renditions began to change. */
  readonly behindMs: number;
  readonly stalls: number;
  readonly longestStallMs: number;
  /** The same, while less than a quarter of a second was buffered: the network's fault, not the machine's. */
  readonly longestStarvedMs: number;
  readonly droppedFrames: number;
  readonly totalFrames: number;
  /** Bytes of sound that were decoded. */
  readonly soundBytes: number;
  readonly latencyMs: number | null;
  readonly isEnded: boolean;
}

/** Time that the position did not advance, once it has begun to; what the page samples late is not counted. */
const METER = `
  window.video = document.querySelector('video');
  window.measured = { fatal: [], jumps: 0, behindMs: 0, stalls: 0, longestStallMs: 0, longestStarvedMs: 0 };
  window.bufferedMs = () => {
    const { buffered, currentTime } = video;
    for (let index = 0; index < buffered.length; index += 1)
      if (buffered.start(index) <= currentTime + 0.1 && buffered.end(index) > currentTime)
        return Math.round((buffered.end(index) - currentTime) * 1000);
    return 0;
  };
  window.liveLatencyMs = () => null;
  let last = { position: 0, at: performance.now(), least: 0 };
  setInterval(() => {
    const now = performance.now();
    if (video.currentTime === last.position && !video.ended) {
      last.least = Math.min(last.least, bufferedMs());
      return;
    }
    const lost = Math.round(now - last.at - (video.currentTime - last.position) * 1000);
    if (last.position > 0 && lost > 100) {
      measured.stalls += 1;
      measured.longestStallMs = Math.max(measured.longestStallMs, lost);
      if (last.least < 250) measured.longestStarvedMs = Math.max(measured.longestStarvedMs, lost);
    }
    last = { position: video.currentTime, at: now, least: bufferedMs() };
  }, 20);
  window.liveStats = () => {
    const { buffered, currentTime } = video;
    const quality = video.getVideoPlaybackQuality();
    return {
      ...measured, currentTime, bufferedMs: bufferedMs(), ranges: buffered.length,
      droppedFrames: quality.droppedVideoFrames, totalFrames: quality.totalVideoFrames,
      soundBytes: video.webkitAudioDecodedByteCount,
      latencyMs: liveLatencyMs(), isEnded: video.ended,
    };
  };`;

export interface LivePages {
  /** Plays an address in a page. */
  play(page: Page, player: LivePlayer, url: string): Promise<void>;
  stop(): Promise<void>;
}

/** Lets Meridian's rule keep a page's hls.js near the live edge, as its own player does. */
export async function keepLatencyOn(page: Page, edgeUrl: string): Promise<void> {
  await page.addScriptTag({ url: `${edgeUrl}/player/meridian-player.js` });
  await page.evaluate(
    'Object.assign(player.config, { maxLiveSyncPlaybackRate: 1, liveSyncOnStallIncrease: 0.2 }); Meridian.keepLatency(player, video);',
  );
}

/** Waits for the first frames. */
export async function started(page: Page): Promise<void> {
  await waitFor('the first frames', async () => (await liveStats(page)).currentTime > 0, 20_000);
}

/** Waits until so many seconds have been played. */
export async function played(page: Page, seconds: number): Promise<void> {
  let last = await liveStats(page);
  const from = last.currentTime;
  const isPlayed = async (): Promise<boolean> => {
    last = await liveStats(page);
    assert.deepEqual(last.fatal, []);
    return last.currentTime > 0 && from > 0 && last.currentTime - from >= seconds;
  };
  try {
    await waitFor(`${seconds} s of playing`, isPlayed, (seconds + 20) * 1_000);
  } catch (cause) {
    throw new Error(`from ${from} s on: ${JSON.stringify(last)}`, { cause });
  }
}

/** Has hls.js change to another rendition, and back, with the second and the fourth part of each segment; for a while. */
export async function changeRenditions(page: Page, milliseconds: number): Promise<void> {
  await page.evaluate(`{
    const until = performance.now() + ${milliseconds};
    let end = Infinity;
    player.on(Hls.Events.BUFFER_APPENDING, (_, { frag, part, type }) => {
      if (frag.type === 'main' && type === 'video' && typeof frag.sn === 'number') end = (part ?? frag).end;
    });
    player.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      measured.behindMs = Math.max(measured.behindMs, Math.round((details.partEnd - end) * 1000));
    });
    player.on(Hls.Events.FRAG_BUFFERED, (_, { frag, part }) => {
      if (frag.type !== 'main' || performance.now() > until) return;
      if (part?.index === 1 || part?.index === 3) player.loadLevel = 1 - frag.level;
    });
  }`);
}

export const liveStats = (page: Page): Promise<LiveStats> => page.evaluate<LiveStats>('liveStats()');

/** Serves the pages, from an origin that belongs to no edge. */
export async function startLivePages(): Promise<LivePages> {
  const server: Server = createServer((request, response) => {
    const player = Object.keys(LIBRARIES).find((name) => request.url === `/${name}.js`) as
      | LivePlayer
      | undefined;
    response.setHeader('content-type', player === undefined ? 'text/html' : 'text/javascript');
    response.end(
      player === undefined
        ? '<!doctype html><title>live</title><video muted style="width:640px;height:360px"></video>'
        : readFileSync(new URL(`../../node_modules/${LIBRARIES[player]}`, import.meta.url)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    async play(page, player, url) {
      await page.goto(`${origin}/`);
      await page.addScriptTag({ url: `${origin}/${player}.js` });
      await page.evaluate(METER);
      await page.evaluate(`(${STARTERS[player]})(${JSON.stringify(url)})`);
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
