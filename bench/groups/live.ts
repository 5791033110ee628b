// Glass to glass: a clock that is painted into the picture, published, and read back from the screen of a page in a
// region that does not make the broadcast. 720p with 30 frames a second, two renditions, parts of a third of a second,
// one second of hold-back, the ways between regions as long as they are. Afterwards the same feed through nginx-rtmp.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { findFfmpeg } from '#platform/ffmpeg/resolve-engine.ts';
import { publishClock } from '../../src/cli/clock-publisher.ts';
import { takeGlassMs, watchGlass } from '../../test/live/glass.ts';
import { keepLatencyOn, type LivePages, liveStats, startLivePages } from '../../test/live/live-page.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { BenchContext } from '../context.ts';
import { freePort } from '../edge/processes.ts';
import { type Group, quantile, type Row, rounded } from '../row.ts';

const FEED = { width: 1_280, height: 720, bitrateBps: 3_000_000 } as const;
const SETTLE_MS = 8_000;
const MEASURE_MS = 20_000;
const RTMP_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** Delays of pictures, once the player has settled. */
async function readGlass(
  context: BenchContext,
  pages: LivePages,
  url: string,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<readonly number[]> {
  const page = await (await context.browser()).context.newPage();
  try {
    await pages.play(page, 'hls.js', url);
    await prepare(page);
    await waitFor('the first frames', async () => (await liveStats(page)).currentTime > 0, 30_000);
    await watchGlass(page);
    await delay(SETTLE_MS);
    await takeGlassMs(page);
    await delay(MEASURE_MS);
    const delays = await takeGlassMs(page);
    const { stalls, longestStallMs, droppedFrames, totalFrames, latencyMs } = await liveStats(page);
    const aim = await page.evaluate<string>(
      'JSON.stringify([player.targetLatency, player.latency, bufferedMs(), video.playbackRate])',
    );
    context.note(
      `aim, latency, buffer, rate ${aim}; ${delays.length} pictures read, ${stalls} stalls up to ${longestStallMs} ms, ${droppedFrames} of ${totalFrames} frames dropped; ${rounded(latencyMs ?? Number.NaN)} ms behind by the playlist's dates`,
    );
    return delays;
  } finally {
    await page.close();
  }
}

async function measureOurs(context: BenchContext, pages: LivePages): Promise<readonly number[]> {
  const world = await context.world();
  const broadcast = await world.client.call('POST /v1/broadcasts', {
    body: { name: 'Glass to glass', publisherRegionId: 'dublin', latency: 'ultra_low', isRecorded: false },
  });
  const params = { broadcastId: broadcast.id };
  const { addresses, streamKey } = await world.client.call('GET /v1/broadcasts/{broadcastId}/ingest', {
    params,
  });
  const makers = broadcast.schedule.channels.map(({ regionId }) => regionId);
  const far = defined(
    world.regions.find(({ id }) => !makers.includes(id)),
    'a region that does not make it',
  );
  const over = new AbortController();
  const url = `${defined(addresses[0], 'an ingest').url}/${streamKey}`;
  const publishing = publishClock({ ...FEED, ffmpegPath: findFfmpeg(process.env), url, signal: over.signal });
  try {
    await waitFor('the broadcast to be on air', async () => {
      const { state } = await world.client.call('GET /v1/broadcasts/{broadcastId}', { params });
      return state === 'on_air';
    });
    const playlist = `${far.edgeUrl}/l/default/${broadcast.id}/main.m3u8`;
    return await readGlass(context, pages, playlist, (page) => keepLatencyOn(page, far.edgeUrl));
  } finally {
    over.abort();
    await publishing;
    await world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params });
  }
}

const configOf = (folder: string, rtmpPort: number, httpPort: number): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
load_module ${RTMP_MODULE};
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 256; }
rtmp { server { listen 127.0.0.1:${rtmpPort}; application live {
  live on; hls on; hls_path ${folder}/hls; hls_fragment 2s; hls_playlist_length 20s;
} } }
http { access_log off; types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
  server { listen 127.0.0.1:${httpPort}; location /hls { root ${folder}; add_header Access-Control-Allow-Origin *; add_header Cache-Control no-cache; } } }
`;

/** The same feed through nginx-rtmp, without any way between regions; undefined where it is not installed. */
async function measureNginx(context: BenchContext, pages: LivePages): Promise<readonly number[] | undefined> {
  if (!existsSync(RTMP_MODULE)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'meridian-bench-rtmp-'));
  const [rtmpPort, httpPort] = [await freePort(), await freePort()];
  await mkdir(join(folder, 'hls'));
  await writeFile(join(folder, 'nginx.conf'), configOf(folder, rtmpPort, httpPort));
  const nginx = spawn('/usr/sbin/nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder], {
    stdio: 'inherit',
  });
  const ended = new Promise<void>((resolve) => nginx.once('exit', () => resolve()));
  const over = new AbortController();
  let publishing: Promise<unknown> | undefined;
  try {
    const playlist = `http://127.0.0.1:${httpPort}/hls/clock.m3u8`;
    const answers = (status: number) => async (): Promise<boolean> =>
      (await fetch(playlist).catch(() => undefined))?.status === status;
    await waitFor('nginx to answer', answers(404));
    publishing = publishClock({
      ...FEED,
      ffmpegPath: findFfmpeg(process.env),
      url: `rtmp://127.0.0.1:${rtmpPort}/live/clock`,
      signal: over.signal,
    });
    await waitFor('nginx to list segments', answers(200), 20_000);
    return await readGlass(context, pages, playlist);
  } finally {
    over.abort();
    await publishing;
    nginx.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const pages = await startLivePages();
  try {
    const ours = await measureOurs(context, pages);
    const theirs = await measureNginx(context, pages);
    const row = (name: string, share: number, goal: number): Row => ({
      name,
      value: rounded(quantile(ours, share)),
      unit: 'ms, painted to shown',
      op: '<=',
      goal,
      peer:
        theirs === undefined
          ? 'nginx-rtmp is not installed'
          : `nginx-rtmp's HLS, same feed, no regions: ${rounded(quantile(theirs, share))} ms`,
    });
    return [row('glass-to-glass-p50', 0.5, 1_500), row('glass-to-glass-p95', 0.95, 2_000)];
  } finally {
    await pages.stop();
  }
}

export const liveGroup: Group = {
  names: ['glass-to-glass-p50', 'glass-to-glass-p95'],
  budgetMs: 150_000,
  run,
};
