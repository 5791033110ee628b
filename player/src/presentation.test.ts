// Reading multivariant playlists and mapping addresses between pathways.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressOn, prefixesOf, readPresentation } from './presentation.ts';

const TEXT = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-CONTENT-STEERING:SERVER-URI="/steering/hls.json",PATHWAY-ID="b"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-a",NAME="English",URI="https://a:8100/t/tok/m/p/x/v1/a1/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-b",NAME="English",URI="https://b:8110/t/tok/m/p/x/v1/a1/index.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subs",NAME="English",URI="https://b:8110/t/tok/m/p/x/v1/s1/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1,mp4a",AUDIO="audio-a",SUBTITLES="subs",PATHWAY-ID="a",STABLE-VARIANT-ID="v720"
https://a:8100/t/tok/m/p/x/v1/v720/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1,AUDIO="audio-b",SUBTITLES="subs",PATHWAY-ID="b",STABLE-VARIANT-ID="v720"
https://b:8110/t/tok/m/p/x/v1/v720/index.m3u8
`;

test('one pathway is left for hls.js, without the other groups and the steering tag', () => {
  const { text, preferred, steeringUrl } = readPresentation(TEXT, 'https://a:8100/t/tok/m/p/x/v1/main.m3u8');
  assert.equal(preferred, 'b');
  assert.equal(steeringUrl, 'https://a:8100/steering/hls.json');
  assert.equal(text.includes('https://a:8100'), false);
  assert.equal(text.includes('CONTENT-STEERING'), false);
  assert.equal(text.includes('GROUP-ID="audio-b"'), true);
  assert.equal(text.includes('GROUP-ID="subs"'), true);
  assert.equal(text.match(/STREAM-INF/g)?.length, 1);
});

test('any address maps to any pathway and keeps its token and query', () => {
  const { routes } = readPresentation(TEXT, 'https://a:8100/t/tok/m/p/x/v1/main.m3u8');
  const segment = 'https://b:8110/t/tok/m/p/x/v1/a1/v720/7.m4s?CMCD=x';
  assert.equal(addressOn(routes, segment, 'a'), 'https://a:8100/t/tok/m/p/x/v1/a1/v720/7.m4s?CMCD=x');
  assert.equal(addressOn(routes, segment, 'b'), segment);
  assert.equal(addressOn(routes, segment, 'nobody'), undefined);
  assert.equal(addressOn(routes, 'https://elsewhere/7.m4s', 'a'), undefined);
});

test('a playlist without pathways plays as it is, on one route', () => {
  const text = '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv720/index.m3u8\n';
  const read = readPresentation(text, 'https://cdn/x/main.m3u8');
  assert.deepEqual(read.routes, [{ pathwayId: '.', prefix: 'https://cdn/' }]);
  assert.equal(read.text, text);
  assert.equal(read.steeringUrl, undefined);
});

test('pathways on one host differ by folder', () => {
  assert.deepEqual(prefixesOf('https://h/eu/m/x/i.m3u8', 'https://h/us/m/x/i.m3u8'), [
    'https://h/eu/',
    'https://h/us/',
  ]);
});

test('addresses that share no tail have no common prefix to change', () => {
  assert.equal(prefixesOf('https://a/x/one.m3u8', 'https://b/x/two.m3u8'), undefined);
});
