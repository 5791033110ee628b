import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defined } from '#base/assert.ts';
import { presentationOf } from './presentation.ts';
import { readMultivariant } from './read-playlist.ts';

const variant = (id: string, codecs: string, bandwidthBps: number): string =>
  `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidthBps},CODECS="${codecs}",STABLE-VARIANT-ID="${id}",PATHWAY-ID="a"\n${id}/index.m3u8\n`;

test('levels are those of the family of codecs that is listed first', () => {
  const text = `#EXTM3U
${variant('v720', 'avc1.64001f,mp4a.40.2', 3_000_000)}${variant('v360', 'mp4a.40.5, avc1.64001e', 900_000)}${variant('v720-av1', 'av01.0.05M.08,mp4a.40.2', 1_900_000)}`;
  const read = defined(readMultivariant(text, 'http://a/main.m3u8'), 'a playlist');
  assert.deepEqual(
    presentationOf(read).levels.map(({ key }) => key),
    ['v360', 'v720'],
  );
});
