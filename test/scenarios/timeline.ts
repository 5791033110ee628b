// The pictures of an asset as a player gets them from an edge: presentation times of every frame, joined from all
// segments, so that a frame too many, too few or out of place shows.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { videoPlaylists } from './frames.ts';

const run = promisify(execFile);

export interface Timeline {
  readonly renditionId: string;
  readonly frames: number;
  /** Frames at a time that another one has. */
  readonly duplicates: number;
  /** Largest distance of a frame from its place on the grid of the frame rate, in milliseconds. */
  readonly offGridMsMax: number;
}

/** Timelines of all video renditions of a multivariant playlist, at its edge. */
export async function timelinesOf(mainUrl: string, framesPerSecond: number): Promise<readonly Timeline[]> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-timeline-'));
  try {
    const timelines: Timeline[] = [];
    for (const { renditionId, url } of await videoPlaylists(mainUrl)) {
      const path = join(directory, `${renditionId}.mp4`);
      await writeFile(path, await joined(url));
      timelines.push({ renditionId, ...measure(await times(path), framesPerSecond) });
    }
    return timelines;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Init and all segments of a media playlist, one behind the other. */
async function joined(playlistUrl: string): Promise<Buffer> {
  const text = await (await fetch(playlistUrl)).text();
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(text)?.[1] ?? '';
  const names = [init, ...text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))];
  const parts: Buffer[] = [];
  for (const name of names) {
    const response = await fetch(new URL(name, playlistUrl));
    if (response.status !== 200) throw new Error(`${name} of ${playlistUrl}: ${response.status}`);
    parts.push(Buffer.from(await response.arrayBuffer()));
  }
  return Buffer.concat(parts);
}

/** Times of all frames that a decoder makes, in milliseconds. */
async function times(path: string): Promise<readonly number[]> {
  const { stdout } = await run(
    'ffprobe',
    ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', path],
    { maxBuffer: 64 << 20 },
  );
  return [...stdout.matchAll(/^[\d.]+/gm)].map(([time]) => Number(time) * 1_000);
}

function measure(all: readonly number[], framesPerSecond: number): Omit<Timeline, 'renditionId'> {
  const first = all[0] ?? 0;
  const places = all.map((time) => ((time - first) * framesPerSecond) / 1_000);
  const offGrid = places.map((place, index) => (Math.abs(place - index) * 1_000) / framesPerSecond);
  const duplicates = places.length - new Set(places.map(Math.round)).size;
  return { frames: all.length, duplicates, offGridMsMax: Math.max(0, ...offGrid) };
}
