import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '../../base/prng.ts';
import { parseAttributeList, typeProblem } from './parse-attributes.ts';
import { inspectPlaylist, parsePlaylist } from './parse-playlist.ts';

const MEDIA = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="all.mp4",BYTERANGE="800@0"
#EXTINF:4.000,first
#EXT-X-BYTERANGE:1000@800
all.mp4
#EXTINF:3.5,
#EXT-X-BYTERANGE:500
all.mp4
#EXT-X-DISCONTINUITY
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://key",KEYFORMAT="com.example"
#EXT-X-MAP:URI="other.mp4"
#EXTINF:2,
#EXT-X-GAP
2.m4s
#EXT-X-ENDLIST
`;

test('a media playlist gives segments with ranges, keys and init segments in force', () => {
  const playlist = inspectPlaylist(MEDIA);
  assert.ok(playlist.kind === 'media');
  assert.deepEqual(playlist.problems, []);
  assert.equal(playlist.targetDurationSeconds, 4);
  assert.equal(playlist.mediaSequence, 7);
  assert.equal(playlist.isEnded, true);
  const [first, second, third] = playlist.segments;
  assert.deepEqual(first?.range, { offset: 800, length: 1_000 });
  assert.deepEqual(second?.range, { offset: 1_800, length: 500 });
  assert.deepEqual(first?.map, { uri: 'all.mp4', range: { offset: 0, length: 800 }, line: 6 });
  assert.equal(third?.map?.uri, 'other.mp4');
  assert.deepEqual(
    playlist.segments.map(({ durationSeconds, keyMethod, isDiscontinuity, isGap }) => [
      durationSeconds,
      keyMethod,
      isDiscontinuity,
      isGap,
    ]),
    [
      [4, null, false, false],
      [3.5, null, false, false],
      [2, 'SAMPLE-AES', true, true],
    ],
  );
});

test('a multivariant playlist gives variants, renditions and steering', () => {
  const playlist = inspectPlaylist(`#EXTM3U
#EXT-X-CONTENT-STEERING:SERVER-URI="/s",PATHWAY-ID="a"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="Name, with a comma",DEFAULT=YES,URI="a.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=100,CODECS="avc1.64001f, mp4a.40.2",RESOLUTION=640x360,AUDIO="g"
v.m3u8
`);
  assert.ok(playlist.kind === 'multivariant');
  assert.deepEqual(playlist.problems, []);
  assert.deepEqual(playlist.steering, { serverUri: '/s', pathwayId: 'a', line: 2 });
  assert.equal(playlist.renditions[0]?.name, 'Name, with a comma');
  const [variant] = playlist.variants;
  assert.deepEqual(variant?.codecs, ['avc1.64001f', 'mp4a.40.2']);
  assert.deepEqual(variant?.resolution, { width: 640, height: 360 });
  assert.equal(variant?.pathwayId, '.');
});

test('variables come from the playlist, its address and the multivariant playlist', () => {
  const text = `#EXTM3U
#EXT-X-DEFINE:NAME="own",VALUE="a"
#EXT-X-DEFINE:IMPORT="theirs"
#EXT-X-DEFINE:QUERYPARAM="token"
#EXTINF:2,
{$own}/{$theirs}/{$token}.m4s
`;
  const playlist = inspectPlaylist(text, {
    imported: new Map([['theirs', 'b']]),
    query: new Map([['token', 'c']]),
  });
  assert.ok(playlist.kind === 'media');
  assert.deepEqual(playlist.problems, []);
  assert.equal(playlist.segments[0]?.uri, 'a/b/c.m4s');
  assert.equal(inspectPlaylist(text).problems.filter(({ code }) => code === 'variable').length, 4);
});

test('attribute lists are read as the specification writes them', () => {
  const list = parseAttributeList('A=1,B-2="x,y",C=AxB');
  assert.equal(list.malformed, null);
  assert.deepEqual(
    [...list.attributes.values()].map(({ name, value, isQuoted }) => [name, value, isQuoted]),
    [
      ['A', '1', false],
      ['B-2', 'x,y', true],
      ['C', 'AxB', false],
    ],
  );
  for (const text of ['a=1', 'A', 'A=', 'A="x', 'A=1,,B=2', 'A=1,', 'A=1 B=2', ' A=1'])
    assert.notEqual(parseAttributeList(text).malformed, null, text);
});

test('values have their types', () => {
  const value = (text: string, isQuoted = false) => ({ name: 'A', value: text, isQuoted });
  assert.equal(typeProblem(value('12'), 'integer'), null);
  assert.notEqual(typeProblem(value('1.5'), 'integer'), null);
  assert.equal(typeProblem(value('-1.5'), 'signed'), null);
  assert.notEqual(typeProblem(value('-1.5'), 'decimal'), null);
  assert.equal(typeProblem(value('0xAF'), 'hex'), null);
  assert.notEqual(typeProblem(value('640X360'), 'resolution'), null);
  assert.notEqual(typeProblem(value('yes'), 'yes-no'), null);
  assert.equal(typeProblem(value('NONE'), 'quoted-or-none'), null);
  assert.notEqual(typeProblem(value('cc'), 'quoted-or-none'), null);
});

test('whatever the text, reading ends without an error', () => {
  const prng = createPrng(11);
  const parts = [
    '#EXTINF:',
    '#EXT-X-',
    'MAP:',
    'URI="',
    '"',
    ',',
    '\n',
    '=',
    '{$x}',
    '9',
    '\u0000',
    '@',
    'a',
  ];
  for (let round = 0; round < 1_000; round += 1) {
    const start = Math.floor(prng() * MEDIA.length);
    const junk = Array.from(
      { length: 1 + Math.floor(prng() * 8) },
      () => parts[Math.floor(prng() * parts.length)],
    );
    const text = MEDIA.slice(0, start) + junk.join('') + MEDIA.slice(start + Math.floor(prng() * 40));
    const { problems, ...read } = inspectPlaylist(text);
    const { problems: fewer, ...alike } = parsePlaylist(text);
    assert.deepEqual(alike, read, 'judging changes nothing of what is read');
    assert.ok(fewer.length <= problems.length);
  }
});
