// What a viewer reads out of playlists: those that Meridian writes, and forgiving ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeMediaPlaylist } from '#media/hls/media-playlist.ts';
import { readMediaPlaylist, readMultivariant } from './read-playlist.ts';

const MULTIVARIANT = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-CONTENT-STEERING:SERVER-URI="/steering/hls.json",PATHWAY-ID="b"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-a",NAME="English, loud",DEFAULT=YES,STABLE-RENDITION-ID="a1",URI="http://a/v1/a1/index.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="x",URI="s.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio-a",STABLE-VARIANT-ID="v360",PATHWAY-ID="a"
http://a/v1/v360/index.m3u8

#EXT-X-STREAM-INF:BANDWIDTH=400000
low.m3u8
`;

test('variants, audio and steering are read with their pathways', () => {
  const read = readMultivariant(MULTIVARIANT, 'http://c/m/main.m3u8');
  assert.equal(read?.steeringUrl, 'http://c/steering/hls.json');
  assert.equal(read?.steeringPathwayId, 'b');
  assert.deepEqual(read?.audio, [
    { group: 'audio-a', key: 'a1', isDefault: true, url: 'http://a/v1/a1/index.m3u8' },
  ]);
  assert.deepEqual(read?.variants, [
    {
      pathwayId: 'a',
      key: 'v360',
      bandwidthBps: 900_000,
      averageBandwidthBps: 700_000,
      height: 360,
      url: 'http://a/v1/v360/index.m3u8',
      audioGroup: 'audio-a',
      codecs: ['avc1.42c01e', 'mp4a.40.2'],
    },
    {
      pathwayId: '.',
      key: '0',
      bandwidthBps: 400_000,
      averageBandwidthBps: 400_000,
      height: 0,
      url: 'http://c/m/low.m3u8',
      audioGroup: undefined,
      codecs: [],
    },
  ]);
});

test('a media playlist as Meridian writes it is read back, growing or complete', () => {
  for (const isComplete of [false, true]) {
    const text = writeMediaPlaylist({
      rendition: {
        timescale: 1_000,
        firstSegment: 4,
        durationRuns: [
          [2_000, 2],
          [1_500, 1],
        ],
      },
      segmentDurationMs: 2_000,
      isComplete,
      folder: 'a1',
    });
    const read = readMediaPlaylist(text);
    assert.equal(read?.targetDurationSeconds, 2);
    assert.equal(read?.initUri, 'a1/init.mp4');
    assert.equal(read?.durationSeconds, 5.5);
    assert.equal(read?.isEnded, isComplete);
    assert.deepEqual(
      read?.segments.map(({ startSeconds, durationSeconds, uri }) => [startSeconds, durationSeconds, uri]),
      [
        [0, 2, 'a1/4.m4s'],
        [2, 2, 'a1/5.m4s'],
        [4, 1.5, 'a1/6.m4s'],
      ],
    );
  }
});

test('what players pass over is passed over', () => {
  const read = readMediaPlaylist(
    '#EXTM3U \r\n#EXT-X-TARGETDURATION:2\r\n#EXT-X-NEW\r\n# words\r\n#EXTINF:2\r\n 1.ts\r\n\r\n#EXTINF:1,\r\n2.ts',
  );
  assert.deepEqual(
    read?.segments.map(({ uri }) => uri),
    ['1.ts', '2.ts'],
  );
  assert.equal(read?.durationSeconds, 3);
});

test('what is no playlist is undefined', () => {
  for (const text of ['', '<html>', '#EXTM3U', '{}']) {
    assert.equal(readMultivariant(text, 'http://a/'), undefined, text);
    assert.equal(readMediaPlaylist(text), undefined, text);
  }
});
