// The region that takes the publisher is killed in mid-stream, and the publisher comes back at the backup's ingest: how
// long it takes until somebody in a third region sees a picture again that was painted after that, by the clock in it;
// whether the timeline goes on; and whether viewers may still go back to all that was there.

import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { defined } from '#base/assert.ts';
import { inspectInit, inspectSegment } from '#media/cmaf/inspect-segment.ts';
import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import { parsePlaylist } from '#media/hls/parse-playlist.ts';
import { findFfmpeg } from '#platform/ffmpeg/resolve-engine.ts';
import { publishClock } from '../../src/cli/clock-publisher.ts';
import { takeShown, watchGlass } from '../../test/live/glass.ts';
import { type LivePages, liveStats, startLivePages } from '../../test/live/live-page.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { BenchContext } from '../context.ts';
import { makeBroadcast, type OnAir, regionBesides } from '../live/on-air.ts';
import { type Group, type Row, rounded } from '../row.ts';

const PUBLISHER_REGION = 'dublin';
const FEED = { width: 640, height: 360, bitrateBps: 1_000_000 } as const;
const RENDITION = 'v360';
const SEGMENT_MS = 2_000;
/** Long enough for a DVR window of several segments. */
const BEFORE_MS = 12_000;
/** What publishers wait before they connect again. */
const PAUSE_MS = 1_000;
const BACK_MS_MAX = 60_000;

interface Back {
  /** From the start of the publisher's ffmpeg at the backup, which takes a part of it. */
  readonly pictureMs: number;
  readonly breaks: readonly string[];
  readonly kept: { readonly before: number; readonly lost: readonly string[] };
  readonly note: string;
}

async function playlistAt(url: string): Promise<ParsedMediaPlaylist> {
  const response = await fetch(url);
  const playlist = parsePlaylist(await response.text());
  if (response.status !== 200 || playlist.kind !== 'media')
    throw new Error(`${url} answered ${response.status}`);
  return playlist;
}

/** What breaks the timeline of a playlist: numbers that fall back, dates that do not follow from them, discontinuities. */
function breaksOf(before: ParsedMediaPlaylist, after: ParsedMediaPlaylist): string[] {
  const breaks = after.segments.flatMap(({ mediaSequence, dateMs, isDiscontinuity }) => [
    ...(isDiscontinuity ? [`a discontinuity before ${mediaSequence}`] : []),
    ...(dateMs !== null && dateMs !== mediaSequence * SEGMENT_MS
      ? [`segment ${mediaSequence} is dated ${dateMs}`]
      : []),
  ]);
  if (after.mediaSequence < before.mediaSequence)
    breaks.push(`the sequence fell from ${before.mediaSequence} to ${after.mediaSequence}`);
  return breaks;
}

/** Segments that were listed before and are not to be had any more, or have become others. */
async function lostOf(
  base: string,
  before: ParsedMediaPlaylist,
  after: ParsedMediaPlaylist,
): Promise<string[]> {
  const initUri = defined(after.segments.find(({ map }) => map !== null)?.map, 'an init segment').uri;
  const init = Buffer.from(await (await fetch(`${base}/${initUri}`)).arrayBuffer());
  const { tracks } = inspectInit(init);
  const ticksPerMs = defined(tracks[0], 'a track').timescale / 1_000;
  const lost: string[] = [];
  for (const { mediaSequence, uri, isGap } of before.segments) {
    if (isGap) continue;
    const listed = after.segments.find((segment) => segment.mediaSequence === mediaSequence);
    const response = await fetch(`${base}/${uri}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (listed === undefined || listed.isGap || response.status !== 200) {
      lost.push(`segment ${mediaSequence} is not listed any more, or answered with ${response.status}`);
      continue;
    }
    const startTicks = inspectSegment(bytes, tracks).fragments[0]?.decodeTicks;
    if (startTicks !== mediaSequence * SEGMENT_MS * ticksPerMs)
      lost.push(`segment ${mediaSequence} begins at ${startTicks}`);
  }
  return lost;
}

/** When the first picture was shown that was painted after a moment. */
async function pictureAfter(page: Page, paintedMs: number): Promise<number> {
  let shownAtMs = 0;
  await waitFor(
    'a picture of the publisher that came back',
    async () => {
      const shown = await takeShown(page);
      shownAtMs = shown.find((picture) => picture.shownAtMs - picture.delayMs >= paintedMs)?.shownAtMs ?? 0;
      return shownAtMs > 0;
    },
    BACK_MS_MAX,
  );
  return shownAtMs;
}

interface Publishing {
  /** Ends what publishes now. */
  stop(): Promise<unknown>;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<unknown>;
}

function publish(url: string): Publishing {
  const over = new AbortController();
  const ended = publishClock({ ...FEED, ffmpegPath: findFfmpeg(process.env), url, signal: over.signal });
  return {
    ended,
    stop() {
      over.abort();
      return ended;
    },
  };
}

async function lose(context: BenchContext, onAir: OnAir, pages: LivePages): Promise<Back> {
  const world = await context.world();
  const watcherId = await regionBesides(world, onAir);
  const makers = await onAir.makers();
  const backup = defined(
    makers.find((regionId) => regionId !== PUBLISHER_REGION),
    'a channel elsewhere',
  );
  const base = onAir.urlAt(watcherId, RENDITION);
  const playlistUrl = `${base}/index.m3u8`;
  const page = await (await context.browser()).context.newPage();
  let publishing = publish(onAir.publishUrl(PUBLISHER_REGION));
  try {
    await onAir.started();
    await pages.play(page, 'hls.js', onAir.urlAt(watcherId));
    await waitFor('the first frames', async () => (await liveStats(page)).currentTime > 0, 30_000);
    await watchGlass(page);
    await delay(BEFORE_MS);
    const before = await playlistAt(playlistUrl);
    world.signal(`${PUBLISHER_REGION}-1`, 'SIGKILL');
    await publishing.ended;
    await delay(PAUSE_MS);
    const backAtMs = Date.now();
    publishing = publish(onAir.publishUrl(backup));
    const shownAtMs = await pictureAfter(page, backAtMs);
    const after = await playlistAt(playlistUrl);
    const { stalls, longestStallMs, fatal, latencyMs } = await liveStats(page);
    return {
      pictureMs: shownAtMs - backAtMs,
      breaks: [...breaksOf(before, after), ...fatal],
      kept: {
        before: before.segments.filter(({ isGap }) => !isGap).length,
        lost: await lostOf(base, before, after),
      },
      note: `${stalls} stalls up to ${longestStallMs} ms, ${rounded(latencyMs ?? Number.NaN)} ms behind afterwards`,
    };
  } finally {
    await page.close();
    await publishing.stop();
    await onAir.end();
  }
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const onAir = await makeBroadcast(await context.world(), {
    name: 'Publisher lost',
    latency: 'ultra_low',
    publisherRegionId: PUBLISHER_REGION,
    isRecorded: true,
  });
  const pages = await startLivePages();
  try {
    const { pictureMs, breaks, kept, note } = await lose(context, onAir, pages);
    for (const line of [...breaks, ...kept.lost]) context.note(line);
    return [
      {
        name: 'live-publisher-picture-back',
        value: rounded(pictureMs),
        unit: 'ms, publisher started again to a new picture on the screen',
        op: '<=',
        goal: 3_000,
        peer: `hls.js in a third region, hold-back 1.05 s; ${note}`,
      },
      {
        name: 'live-publisher-timeline-breaks',
        value: breaks.length,
        unit: 'breaks',
        op: '==',
        goal: 0,
        peer: 'numbers, dates, discontinuities; fatal errors of hls.js',
      },
      {
        name: 'live-publisher-dvr-lost',
        value: kept.lost.length,
        unit: `of ${kept.before} segments`,
        op: '==',
        goal: 0,
        peer: 'listed before, and still to be had with the same start',
      },
    ];
  } finally {
    await pages.stop();
  }
}

export const livePublisherGroup: Group = {
  names: ['live-publisher-picture-back', 'live-publisher-timeline-breaks', 'live-publisher-dvr-lost'],
  budgetMs: 90_000,
  run,
};
