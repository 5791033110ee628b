// HEVC by SRT in a whole world: encoded by libx265, carried in a transport stream, decoded by an engine that is new enough
// for it, and served as the renditions of every broadcast are, in H.264.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { runTool, temporaryDirectory } from '../encoder/support.ts';
import { allEngines } from '../ffmpeg/support/engines.ts';
import { waitFor } from '../support/wait-for.ts';
import { startWorld } from '../support/world.ts';
import { runPublisher } from './ingest-world.ts';

/** FFmpeg takes HEVC in FLV, by which channels hand it on, from 6.1 on. */
const isNewEnough = ({ version }: { version: string }): boolean =>
  Number.parseInt(version.replace(/^n/, ''), 10) >= 7;

test('HEVC that comes by SRT is decoded, and served in H.264 by every region', async (scope) => {
  const engine = defined((await allEngines()).find(isNewEnough), 'an engine that takes HEVC');
  const world = await startWorld({ env: { MERIDIAN_ENGINE: engine.name } });
  scope.after(async () => {
    await world.stop();
    await world.remove();
  });
  const { id } = await world.client.call('POST /v1/broadcasts', {
    body: {
      name: 'HEVC by SRT',
      publisherRegionId: 'dublin',
      rungs: [{ height: 180, bitrateBps: 300_000 }],
      isRecorded: false,
      takesSrt: true,
    },
  });
  const params = { broadcastId: id };
  const { addresses } = await world.client.call('GET /v1/broadcasts/{broadcastId}/ingest', { params });
  const srtUrl = addresses.find(({ protocol, regionId }) => protocol === 'srt' && regionId === 'dublin')?.url;
  const publish = () =>
    runPublisher([
      ...['-re', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=30'],
      ...['-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', '120'],
      ...['-c:v', 'libx265', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p'],
      ...['-x265-params', 'log-level=error:bframes=0:keyint=15:pools=1'],
      ...['-c:a', 'aac', '-ac', '2', '-b:a', '96k', '-f', 'mpegts', srtUrl ?? ''],
    ]);
  let publisher = publish();
  scope.after(() => publisher.kill());
  const ingest = await waitFor(
    'the broadcast to be on air, and its ingest to know its picture',
    async () => {
      // The listener may not be there yet.
      if (publisher.child.exitCode !== null) publisher = publish();
      const view = await world.client.call('GET /v1/broadcasts/{broadcastId}', { params });
      const report = view.reports.find(({ role }) => role === 'ingest');
      return view.state === 'on_air' && report?.figures.width !== undefined ? report : undefined;
    },
    40_000,
  );
  assert.deepEqual([ingest.protocol, ingest.figures.width, ingest.figures.height], ['srt', 320, 180]);

  const edgeUrl = world.regions.find((region) => region.id === 'singapore')?.edgeUrl;
  const fetchFile = async (file: string): Promise<Buffer | undefined> => {
    const response = await fetch(`${edgeUrl}/l/default/${id}/${file}`);
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
  };
  const main = String(await waitFor('the multivariant playlist', () => fetchFile('main.m3u8'), 20_000));
  assert.match(main, /CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/i);
  const rendition = defined(/^(?:https?:\/\/\S+\/)?([^/\s]+)\/index\.m3u8/m.exec(main)?.[1], main);
  const playlist = await waitFor(
    'a whole segment',
    async () => {
      const text = String(await fetchFile(`${rendition}/index.m3u8`));
      return /^\d+\.m4s$/m.test(text) ? text : undefined;
    },
    20_000,
  );
  const init = defined(/#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1], playlist);
  const segment = defined(/^\d+\.m4s$/m.exec(playlist)?.[0], playlist);
  const bytes = [await fetchFile(`${rendition}/${init}`), await fetchFile(`${rendition}/${segment}`)];
  const path = join(temporaryDirectory(scope), 'segment.mp4');
  writeFileSync(path, Buffer.concat(bytes.map((each) => defined(each, 'a file of the playlist'))));
  runTool('ffmpeg', ['-xerror', '-i', path, '-f', 'null', '-']);
  const stream = JSON.parse(
    runTool('ffprobe', ['-count_frames', '-show_streams', '-select_streams', 'v', '-of', 'json', path]),
  ).streams[0];
  assert.deepEqual([stream.codec_name, stream.width, stream.height], ['h264', 320, 180]);
  assert.equal(Number(stream.nb_read_frames), 60, 'two seconds of thirty frames');
});
