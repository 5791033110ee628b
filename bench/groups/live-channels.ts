// The two channels of a broadcast: whether their segments may replace each other, by comparing all that both made, and
// by playing them in turn, A, B, A, B, in a browser. The soak on air compares for half an hour.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defined } from '#base/assert.ts';
import { liveStats, startLivePages } from '../../test/live/live-page.ts';
import { startPublisher } from '../../test/live/publisher.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { BenchContext } from '../context.ts';
import {
  type ComparedRendition,
  compareChannels,
  differencesOf,
  SEGMENT_SECONDS,
} from '../live/compare-channels.ts';
import { makeBroadcast } from '../live/on-air.ts';
import { openWorldChannels } from '../live/world-channels.ts';
import type { Group, Row } from '../row.ts';

const SECONDS = Number(process.env.MERIDIAN_BENCH_LIVE_SECONDS ?? 120);
/** Starting the encoders, the splice, and what a busy machine adds. */
const REST_MS = 90_000;

interface Played {
  readonly dropped: number;
  readonly ranges: number;
  readonly note: string;
}

/** A playlist of the newest common segments of a rendition, every second one of the other channel. */
function playlistOf({ id, newest }: ComparedRendition, numbers: readonly number[]): string {
  const lines = [
    ...['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${SEGMENT_SECONDS + 1}`],
    ...['#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-INDEPENDENT-SEGMENTS', `#EXT-X-MAP:URI="/${id}/init.mp4"`],
  ];
  for (const number of numbers)
    if (newest.some((segment) => segment.number === number))
      lines.push(`#EXTINF:${SEGMENT_SECONDS},`, `/${id}/${number}.m4s`);
  return [...lines, '#EXT-X-ENDLIST', ''].join('\n');
}

function mainOf(video: ComparedRendition, audio: ComparedRendition): string {
  return [
    ...['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'],
    `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,AUTOSELECT=YES,URI="/${audio.id}/index.m3u8"`,
    '#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO="a"',
    `/${video.id}/index.m3u8`,
    '',
  ].join('\n');
}

/** Numbers without a hole that all renditions have from both channels. */
function commonNumbers(renditions: readonly ComparedRendition[]): number[] {
  const [first, ...others] = renditions.map(({ newest }) => newest.map(({ number }) => number));
  const all = (first ?? []).filter((number) => others.every((numbers) => numbers.includes(number)));
  const lastHole = all.findLastIndex((number, index) => index > 0 && all[index - 1] !== number - 1);
  return all.slice(Math.max(0, lastHole));
}

/** Plays the newest segments, those of both channels in turn or those of the first alone. */
async function play(
  context: BenchContext,
  renditions: readonly ComparedRendition[],
  isSpliced: boolean,
): Promise<Played> {
  const video = defined(
    renditions.find(({ id }) => id.startsWith('v')),
    'a picture',
  );
  const audio = defined(
    renditions.find(({ id }) => id === 'audio'),
    'a sound',
  );
  const numbers = commonNumbers([video, audio]);
  const files = new Map<string, string | Buffer>([['/main.m3u8', mainOf(video, audio)]]);
  for (const rendition of [video, audio]) {
    files.set(`/${rendition.id}/index.m3u8`, playlistOf(rendition, numbers));
    files.set(`/${rendition.id}/init.mp4`, rendition.init);
    for (const { number, bytes } of rendition.newest)
      files.set(`/${rendition.id}/${number}.m4s`, bytes[isSpliced && number % 2 === 1 ? 1 : 0]);
  }
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    response.writeHead(file === undefined ? 404 : 200, { 'access-control-allow-origin': '*' });
    response.end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const pages = await startLivePages();
  const page = await (await context.browser()).context.newPage();
  try {
    const { port } = server.address() as AddressInfo;
    await pages.play(page, 'hls.js', `http://127.0.0.1:${port}/main.m3u8`);
    const seconds = numbers.length * SEGMENT_SECONDS;
    let ranges = 0;
    await waitFor(
      'the spliced segments to be played to their end',
      async () => {
        const stats = await liveStats(page);
        ranges = Math.max(ranges, stats.ranges);
        return stats.isEnded;
      },
      (seconds + 30) * 1_000,
    );
    const { droppedFrames, totalFrames, longestStallMs, fatal } = await liveStats(page);
    if (fatal.length > 0) throw new Error(`a player gave up with ${fatal.join(', ')}`);
    const note = `${numbers.length} segments, ${totalFrames} frames, longest stall ${longestStallMs} ms`;
    return { dropped: droppedFrames, ranges, note };
  } finally {
    await page.close();
    await pages.stop();
    server.closeAllConnections();
    server.close();
  }
}

/** Lets both channels run for a while and compares them. */
async function compare(context: BenchContext): Promise<readonly ComparedRendition[]> {
  const world = await context.world();
  const onAir = await makeBroadcast(world, { name: 'Two channels', latency: 'low' });
  const publisher = startPublisher(onAir.publishUrl('dublin'), { seconds: SECONDS + 120 });
  const stopping = new AbortController();
  try {
    await onAir.started();
    const { channels, close } = await openWorldChannels(world, onAir.id, await onAir.makers());
    try {
      const timer = setTimeout(() => stopping.abort(), SECONDS * 1_000);
      return await compareChannels(channels, stopping.signal).finally(() => clearTimeout(timer));
    } finally {
      close();
    }
  } finally {
    await publisher.stop();
    await onAir.end();
  }
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const renditions = await compare(context);
  const { count, lines, note } = differencesOf(renditions, SECONDS);
  for (const line of lines.slice(0, 10)) context.note(line);
  // What the machine drops by itself is seen with one channel alone.
  const alone = await play(context, renditions, false);
  const splice = await play(context, renditions, true);
  const row = (name: string, value: number, unit: string, goal: number, peer: string): Row => ({
    name,
    value,
    unit,
    op: '==',
    goal,
    peer,
  });
  return [
    row('live-channels-differing', count, 'segments and inits', 0, note),
    row(
      'live-splice-dropped-frames',
      splice.dropped,
      'frames',
      0,
      `A, B, A, B in hls.js: ${splice.note}; A alone: ${alone.dropped} dropped`,
    ),
    row('live-splice-buffered-ranges', splice.ranges, 'ranges at most', 1, 'the same'),
  ];
}

export const liveChannelsGroup: Group = {
  names: ['live-channels-differing', 'live-splice-dropped-frames', 'live-splice-buffered-ranges'],
  budgetMs: SECONDS * 1_000 + REST_MS,
  run,
};
