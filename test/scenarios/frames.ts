// Frames of an asset, counted from outside by ffprobe over HTTP, from one region.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Addresses of the video playlists of a multivariant playlist that lie at the given edge. */
export async function videoPlaylists(mainUrl: string): Promise<readonly { renditionId: string; url: string }[]> {
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
  const { stdout } = await run('ffprobe', [
    ...['-v', 'error', '-select_streams', 'v:0', '-count_packets'],
    ...['-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', playlistUrl],
  ]);
  return Number(stdout.trim().split('\n')[0]?.replace(/,$/, ''));
}
