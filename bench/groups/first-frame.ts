// From the last byte of an upload to the first frame on a screen: the watch page is open in Chromium while the bytes
// travel, as it is for somebody who shares the address at once. Both clocks are the machine's.
//
// The client sends no faster than a good uplink, since the bytes also travel to a second region while they arrive:
// unlimited, the loopback would measure how fast a disk is copied. The short and the long file take turns, so that
// whatever else the machine does meets both.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { createUpload, type SentUpload, sendUpload } from '../../test/support/bench-upload.ts';
import { clip } from '../../test/support/media.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RunningWorld } from '../../test/support/world.ts';
import type { BenchContext } from '../context.ts';
import { type Group, median, type Row, rounded } from '../row.ts';

const ROUNDS = 3;
const SHORT_SECONDS = 60;
const LONG_TIMES = 10;
/** 200 Mbit/s: a fast uplink. */
const UPLINK_BYTES_PER_SECOND = Number(process.env.MERIDIAN_BENCH_UPLINK ?? 25_000_000);
const FIRST_FRAME_MS_MAX = 60_000;

/** Notes the first frame that the page's player shows. */
const WATCH_FIRST_FRAME = `
  const looking = setInterval(() => {
    const video = window.Meridian?.players[0]?.video;
    if (video === undefined) return;
    clearInterval(looking);
    video.requestVideoFrameCallback((at) => { window.firstFrameAtMs = performance.timeOrigin + at; });
  }, 5);`;

/** The first frame, or why there will be none. */
const SHOWN = `(() => {
  const fatal = window.Meridian?.players[0]?.stats().fatal;
  if (window.firstFrameAtMs !== undefined) return { atMs: window.firstFrameAtMs };
  return fatal ? { fatal } : undefined;
})()`;

/** When the page asked for what, milliseconds since the epoch. */
const TIMELINE = `performance.getEntriesByType('resource').map(({ name, startTime, responseEnd }) => ({
  path: new URL(name).pathname.split('/').slice(4).join('/'), startMs: performance.timeOrigin + startTime,
  endMs: performance.timeOrigin + responseEnd }))`;

interface Requested {
  readonly path: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** The short clip again and again, without encoding it anew. */
function longClip(short: string): string {
  const path = short.replace(/\.mp4$/, `-times-${LONG_TIMES}.mp4`);
  if (existsSync(path)) return path;
  const partial = `${path}.partial.mp4`;
  const loop = ['-stream_loop', String(LONG_TIMES - 1), '-i', short, '-c', 'copy', '-movflags', '+faststart'];
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...loop, partial]);
  renameSync(partial, path);
  return path;
}

/** Log lines of every process about this asset's job, oldest first. */
function logLines(world: RunningWorld, sinceMs: number): { atMs: number; text: string }[] {
  const directory = join(world.dataDirectory, 'logs');
  const found: { atMs: number; text: string }[] = [];
  for (const name of readdirSync(directory)) {
    for (const line of readFileSync(join(directory, name), 'utf8').trim().split('\n').slice(-200)) {
      try {
        const { time, msg, sinceClaimMs } = JSON.parse(line) as {
          time: number | string;
          msg: string;
          sinceClaimMs?: number;
        };
        const atMs = typeof time === 'number' ? time : Date.parse(time);
        if (atMs < sinceMs) continue;
        if (sinceClaimMs !== undefined) found.push({ atMs: atMs - sinceClaimMs, text: 'claimed' });
        if (/planned a video|playable/.test(msg)) found.push({ atMs, text: msg });
      } catch {
        // The line is still being written.
      }
    }
  }
  return found.sort((left, right) => left.atMs - right.atMs);
}

/** Says where the time went, in milliseconds after the last byte. */
function stages(sent: SentUpload, requests: readonly Requested[], world: RunningWorld, atMs: number): string {
  const find = (ending: RegExp): Requested | undefined => requests.find(({ path }) => ending.test(path));
  const marks: { atMs: number | undefined; text: string }[] = [
    { atMs: sent.acknowledgedAtMs, text: 'acknowledged' },
    ...logLines(world, sent.lastByteAtMs - 50),
    { atMs: find(/main\.m3u8$/)?.startMs, text: 'page asks main.m3u8' },
    { atMs: find(/v\d+\/index\.m3u8$/)?.endMs, text: 'has a playlist' },
    { atMs: find(/init\.mp4$/)?.startMs, text: 'asks an init' },
    { atMs: find(/\.m4s$/)?.startMs, text: 'asks a segment' },
    { atMs: find(/\.m4s$/)?.endMs, text: 'has a segment' },
    { atMs, text: 'first frame' },
  ];
  return marks
    .filter((mark) => mark.atMs !== undefined)
    .sort((left, right) => (left.atMs ?? 0) - (right.atMs ?? 0))
    .map((mark) => `${mark.text} ${rounded((mark.atMs ?? 0) - sent.lastByteAtMs)}`)
    .join(', ');
}

/** When control knew the asset; asked in one round only, since asking costs what is measured. */
async function watchRegistration(world: RunningWorld, assetId: string): Promise<number> {
  await waitFor(
    'the registration',
    () => world.client.call('GET /v1/assets/{assetId}', { params: { assetId } }),
    FIRST_FRAME_MS_MAX,
  );
  return performance.timeOrigin + performance.now();
}

/** When the page showed its first frame; fails as soon as the page gives up. */
async function firstFrameOf(page: Page): Promise<number> {
  const shown = await waitFor(
    'the first frame',
    () => page.evaluate<{ atMs?: number; fatal?: string } | undefined>(SHOWN),
    FIRST_FRAME_MS_MAX,
  );
  if (shown.atMs === undefined) throw new Error(`the watch page gave up: ${shown.fatal}`);
  return shown.atMs;
}

async function firstFrameMs(
  context: BenchContext,
  page: Page,
  file: string,
  isRegistrationWatched: boolean,
): Promise<number> {
  const world = await context.world();
  const region = defined(world.regions[0], 'a region');
  const upload = await createUpload(world.client, region.ingestUrl, file);
  await page.goto(`${region.edgeUrl}/watch/default/${upload.assetId}`);
  const sending = sendUpload(upload, UPLINK_BYTES_PER_SECOND);
  const registered = isRegistrationWatched ? watchRegistration(world, upload.assetId) : undefined;
  const sent = await sending;
  const atMs = await firstFrameOf(page);
  const requests = await page.evaluate<Requested[]>(TIMELINE);
  const known =
    registered === undefined ? '' : `, registered ${rounded((await registered) - sent.lastByteAtMs)}`;
  const stageText = stages(sent, requests, world, atMs) + known;
  context.note(`${rounded(upload.bytes / 1e6)} MB, copies ${sent.copies}: ${stageText}`);
  await page.goto('about:blank');
  await world.client.call('DELETE /v1/assets/{assetId}', { params: { assetId: upload.assetId } });
  await encodersAreIdle(world);
  return atMs - sent.lastByteAtMs;
}

/** The deleted asset's job is cancelled at its next heartbeat; the next round must not share the machine with it. */
async function encodersAreIdle(world: RunningWorld): Promise<void> {
  await waitFor(
    'the encoders to be idle',
    async () => {
      const texts = await Promise.all(
        world.regions.map(async ({ nodeUrl }) => (await fetch(`${nodeUrl}/metrics`)).text()),
      );
      return texts.every((text) => /^encoder_jobs_running 0$/m.test(text));
    },
    FIRST_FRAME_MS_MAX,
  );
  await delay(500);
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const short = clip({ seconds: SHORT_SECONDS });
  const long = longClip(short);
  const browser = await context.browser();
  await context.world();
  const page = await browser.context.newPage();
  await page.addInitScript(WATCH_FIRST_FRAME);
  const shortMs: number[] = [];
  const longMs: number[] = [];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      shortMs.push(await firstFrameMs(context, page, short, round === 0));
      longMs.push(await firstFrameMs(context, page, long, false));
    }
  } finally {
    await page.close();
  }
  const each = (values: readonly number[]): string => values.map((value) => rounded(value)).join(', ');
  return [
    {
      name: 'first-frame-60s-ms',
      value: rounded(median(shortMs)),
      unit: 'ms',
      op: '<=',
      goal: 2_500,
      peer: `rounds ${each(shortMs)}; Mux: median 2.0 s from finished upload to playable`,
    },
    {
      name: 'first-frame-600s-ratio',
      value: rounded(median(longMs) / median(shortMs), 2),
      unit: 'of the 60 s file',
      op: '<=',
      goal: 1.2,
      peer: `rounds ${each(longMs)} ms`,
    },
  ];
}

export const firstFrameGroup: Group = {
  names: ['first-frame-60s-ms', 'first-frame-600s-ratio'],
  budgetMs: 150_000,
  run,
};
