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

/** Video frames in a media playlist, by decoding nothing: packets counted by ffprobe. */
export async function countFrames(playlistUrl: string): Promise<number> {
  return (await countWithComplaints(playlistUrl)).frames;
}

/** The count, and what ffprobe had to say: it goes on after a segment that it did not get. */
async function countWithComplaints(playlistUrl: string): Promise<{ frames: number; complaint: string }> {
  const { stdout, stderr } = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-count_packets'],
    ...['-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', playlistUrl],
  ]);
  return {
    frames: Number(stdout.trim().split('\n')[0]?.replace(/,$/, '')),
    complaint: stderr.trim().slice(0, 500),
  };
}

/**
 * Frames that renditions of the file must have, found without Meridian: from the start of its earliest stream to the
 * end of its last picture, at its frame rate. Dropped frames count, since renditions have a constant rate.
 */
export async function expectedFrames(file: string): Promise<number> {
  const entries = 'stream=r_frame_rate:format=start_time:packet=pts_time,duration_time';
  const { stdout } = await run(
    'ffprobe',
    ['-v', 'error', '-select_streams', 'v:0', '-show_entries', entries, '-of', 'json', file],
    { maxBuffer: 64 << 20 },
  );
  const { streams, format, packets } = JSON.parse(stdout) as {
    streams: { r_frame_rate: string }[];
    format: { start_time: string };
    packets: { pts_time?: string; duration_time?: string }[];
  };
  const [frames = 0, seconds = 1] = (streams[0]?.r_frame_rate ?? '').split('/').map(Number);
  const endSeconds = packets.reduce((end, packet) => {
    const length = Number(packet.duration_time ?? seconds / frames);
    return Math.max(end, Number(packet.pts_time ?? 0) + length);
  }, 0);
  return Math.round(((endSeconds - Number(format.start_time)) * frames) / seconds);
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
  /** What ffprobe did not like. */
  readonly complaint: string;
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
      const [asset, source] = await Promise.all([world.upload(file), expectedFrames(file)]);
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
        const { frames, complaint } =
          url === undefined
            ? { frames: Number.NaN, complaint: 'there is no playlist' }
            : await countWithComplaints(url);
        counts.push({ file, renditionId, regionId, frames, planned, source, complaint });
      }
      return counts;
    }),
  );
  return regions.flat();
}
