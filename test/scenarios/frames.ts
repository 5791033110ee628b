// Frames of an asset, counted from outside by ffprobe over HTTP, from one region.

import { execFile } from 'node:child_process';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import type { AssetView } from '#contract/api/assets.ts';
import { footage } from '../support/media.ts';
import type { RunningWorld } from '../support/world.ts';

const run = promisify(execFile);

/** Addresses of the video playlists of a multivariant playlist that lie at the given edge. */
export async function videoPlaylists(
  mainUrl: string,
): Promise<readonly { renditionId: string; url: string }[]> {
  const text = await (await fetch(mainUrl)).text();
  const edge = new URL(mainUrl).origin;
  const found = new Map<string, string>();
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const address = lines[index + 1];
    if (!line.startsWith('#EXT-X-STREAM-INF:') || address === undefined) continue;
    const url = new URL(address, mainUrl);
    if (url.origin === edge) found.set(url.pathname.split('/').at(-2) ?? '', url.href);
  }
  return [...found].map(([renditionId, url]) => ({ renditionId, url }));
}

/** Video frames in a media playlist or a file, by decoding nothing: packets counted by ffprobe. */
export async function countFrames(address: string): Promise<number> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-count_packets'],
    ...['-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', address],
  ]);
  return Number(stdout.trim().split('\n')[0]?.replace(/,$/, ''));
}

/** Real footage that must come through whole: H.264, HEVC with rotation, VP8, MPEG-4, 10 to 30 frames per second. */
export const GOOD_FILES = [
  'kelloggs.mp4',
  'hevc-1080p.mp4',
  'music-vp8-vorbis.webm',
  'pedestrians.avi',
  'rotated-phone.mp4',
  'screencast.mp4',
] as const;

/** Paths of the good files; without footage the caller fails, since it would measure nothing. */
export function goodFiles(): readonly string[] {
  return GOOD_FILES.map((name) => {
    const path = footage(name);
    if (path === undefined) throw new Error(`${name} is needed; set MERIDIAN_TEST_MEDIA`);
    return path;
  });
}

export interface FrameCount {
  readonly file: string;
  readonly renditionId: string;
  readonly regionId: string;
  readonly frames: number;
  /** What the asset says. */
  readonly planned: number;
  /** What the file holds. */
  readonly source: number;
}

/** Whether what came out is the plan, and the plan is the file within one frame at the end. */
export function isExact({ frames, planned, source }: FrameCount): boolean {
  return frames === planned && Math.abs(planned - source) <= 1;
}

/** Uploads the files side by side, as people do, and counts what every region serves of each rendition. */
export async function countEverywhere(
  world: RunningWorld,
  files: readonly string[],
  onFile?: (file: string, counts: readonly FrameCount[]) => void,
): Promise<readonly FrameCount[]> {
  const all = await Promise.all(
    files.map(async (file) => {
      const [asset, source] = await Promise.all([world.upload(file), countFrames(file)]);
      const counts = await countAsset(asset, basename(file), source);
      onFile?.(basename(file), counts);
      return counts;
    }),
  );
  return all.flat();
}

async function countAsset(asset: AssetView, file: string, source: number): Promise<readonly FrameCount[]> {
  const videos = asset.renditions.filter(({ kind }) => kind === 'video');
  const regions = await Promise.all(
    asset.playlists.map(async ({ regionId, hls }) => {
      const playlists = await videoPlaylists(hls);
      const counts: FrameCount[] = [];
      for (const { id: renditionId, frameCount: planned } of videos) {
        const url = playlists.find((playlist) => playlist.renditionId === renditionId)?.url;
        const frames = url === undefined ? Number.NaN : await countFrames(url);
        counts.push({ file, renditionId, regionId, frames, planned, source });
      }
      return counts;
    }),
  );
  return regions.flat();
}
