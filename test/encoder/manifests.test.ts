// What is written for players, read by FFmpeg over HTTP: every frame through the HLS playlists and the DASH manifest.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { MediaDocument } from '#contract/media.ts';
import { writeMpd } from '#media/dash/mpd.ts';
import { writeMediaPlaylist } from '#media/hls/media-playlist.ts';
import { writeMultivariant } from '#media/hls/multivariant.ts';
import { systemClock } from '#platform/clock.ts';
import { createMediaReader, type MediaReader } from '../../src/region/shared/media-store.ts';
import { waitFor } from '../support/wait-for.ts';
import { jobFor, makeClip, startNode, temporaryDirectory } from './support.ts';

async function answer(path: string, media: MediaDocument, reader: MediaReader, url: string) {
  const pathways = [{ id: 'here', baseUrl: url }];
  const { renditions, segmentDurationMs } = media;
  if (path === '/main.m3u8') return writeMultivariant({ renditions, pathways });
  if (path === '/manifest.mpd') return writeMpd({ ...media, pathways, folder: `a${media.attempt}` });
  const playlist = /^\/([^/]+)\/index\.m3u8$/.exec(path)?.[1];
  const rendition = renditions.find(({ id }) => id === playlist);
  if (rendition !== undefined)
    return writeMediaPlaylist({
      rendition,
      segmentDurationMs,
      isComplete: true,
      folder: `../a${media.attempt}/${rendition.id}`,
    });
  const [, id = '', file = ''] = /^\/a1\/([^/]+)\/([^/.]+)\.\w+$/.exec(path) ?? [];
  return file === 'init' ? reader.readInit(media, id) : reader.readSegment(media, id, Number(file));
}

test('FFmpeg finds every frame of every rendition through HLS and through DASH', async (t) => {
  const directory = temporaryDirectory(t);
  const clip = join(directory, 'clip.mp4');
  makeClip(clip, 11.5, '640x360', '30000/1001');
  const node = await startNode(t, directory);
  node.control.offer(await jobFor(node.store, clip));
  const { media } = await waitFor('the job to end', () => node.control.results[0], 100_000);
  const planned = media.renditions.find(({ kind }) => kind === 'video')?.frameCount;
  assert.equal(planned, 345);

  const reader = createMediaReader({ store: node.store, clock: systemClock });
  let url = '';
  const server = createServer((request, response) => {
    answer(request.url ?? '', media, reader, url)
      .then((body) => (body === undefined ? response.writeHead(404).end() : response.end(body)))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  for (const manifest of ['main.m3u8', 'manifest.mpd']) {
    const { stdout } = await promisify(execFile)('ffprobe', [
      ...['-v', 'error', '-count_packets', '-show_entries', 'stream=codec_type,height,nb_read_packets'],
      ...['-of', 'json', `${url}/${manifest}`],
    ]);
    const { streams } = JSON.parse(stdout) as {
      streams: { codec_type: string; height?: number; nb_read_packets: string }[];
    };
    const found = new Map(
      streams.map((stream) => [stream.height ?? stream.codec_type, Number(stream.nb_read_packets)]),
    );
    const expected = new Map(
      media.renditions.map(({ kind, height, frameCount }) => [height ?? kind, frameCount]),
    );
    assert.deepEqual(found, expected, manifest);
  }
});
