import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaRendition } from '../rendition.ts';
import { targetDurationSeconds, writeMediaPlaylist } from './media-playlist.ts';
import { writeMultivariant } from './multivariant.ts';

const VIDEO: MediaRendition = {
  id: 'v360',
  kind: 'video',
  codecs: 'avc1.64001e',
  bandwidthBps: 900_000,
  averageBandwidthBps: 700_000,
  width: 640,
  height: 360,
  frameRate: 30_000 / 1_001,
  timescale: 90_000,
  firstSegment: 0,
  firstTimeTicks: 900_000,
  durationRuns: [
    [180_180, 2],
    [90_090, 1],
  ],
};
const LARGE: MediaRendition = {
  ...VIDEO,
  id: 'v720',
  codecs: 'avc1.64001f',
  bandwidthBps: 3_000_000,
  averageBandwidthBps: 2_500_000,
  width: 1_280,
  height: 720,
};
const AUDIO: MediaRendition = {
  id: 'audio-1',
  kind: 'audio',
  codecs: 'mp4a.40.2',
  bandwidthBps: 130_000,
  averageBandwidthBps: 128_000,
  language: 'en',
  name: 'English',
  isDefault: false,
  channels: 2,
  sampleRate: 48_000,
  timescale: 48_000,
  firstSegment: 0,
  firstTimeTicks: 478_976,
  durationRuns: [[96_256, 1]],
};
const GERMAN: MediaRendition = {
  ...AUDIO,
  id: 'audio-2',
  language: 'de',
  name: 'He said "hi"\n',
  isDefault: true,
  channels: 1,
};
const PATHWAYS = [
  { id: 'dublin-1', baseUrl: 'http://127.0.0.1:8110/m/default/a/v1' },
  { id: 'singapore-1', baseUrl: 'https://sg.example/t/x.y.z/m/default/a/v1' },
];

test('the multivariant playlist lists every rendition once per pathway, with audio groups of their own', () => {
  const text = writeMultivariant({
    renditions: [VIDEO, LARGE, AUDIO, GERMAN],
    pathways: PATHWAYS,
    steeringUri: 'http://127.0.0.1:8110/steering/hls.json?s=1',
  });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-CONTENT-STEERING:SERVER-URI="http://127.0.0.1:8110/steering/hls.json?s=1",PATHWAY-ID="dublin-1"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-dublin-1",LANGUAGE="de",NAME="He said 'hi' ",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",STABLE-RENDITION-ID="audio-2",URI="http://127.0.0.1:8110/m/default/a/v1/audio-2/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-dublin-1",LANGUAGE="en",NAME="English",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",STABLE-RENDITION-ID="audio-1",URI="http://127.0.0.1:8110/m/default/a/v1/audio-1/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-singapore-1",LANGUAGE="de",NAME="He said 'hi' ",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",STABLE-RENDITION-ID="audio-2",URI="https://sg.example/t/x.y.z/m/default/a/v1/audio-2/index.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-singapore-1",LANGUAGE="en",NAME="English",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",STABLE-RENDITION-ID="audio-1",URI="https://sg.example/t/x.y.z/m/default/a/v1/audio-1/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3130000,AVERAGE-BANDWIDTH=2628000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio-dublin-1",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="v720",PATHWAY-ID="dublin-1"
http://127.0.0.1:8110/m/default/a/v1/v720/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1030000,AVERAGE-BANDWIDTH=828000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="audio-dublin-1",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="v360",PATHWAY-ID="dublin-1"
http://127.0.0.1:8110/m/default/a/v1/v360/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3130000,AVERAGE-BANDWIDTH=2628000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio-singapore-1",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="v720",PATHWAY-ID="singapore-1"
https://sg.example/t/x.y.z/m/default/a/v1/v720/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1030000,AVERAGE-BANDWIDTH=828000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="audio-singapore-1",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="v360",PATHWAY-ID="singapore-1"
https://sg.example/t/x.y.z/m/default/a/v1/v360/index.m3u8
`,
  );
});

test('without sound there is no audio group', () => {
  const text = writeMultivariant({ renditions: [VIDEO], pathways: PATHWAYS.slice(0, 1) });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.64001e",RESOLUTION=640x360,FRAME-RATE=29.970,CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="v360",PATHWAY-ID="dublin-1"
http://127.0.0.1:8110/m/default/a/v1/v360/index.m3u8
`,
  );
});

test('sound alone is a variant of its own on each pathway', () => {
  const text = writeMultivariant({ renditions: [AUDIO], pathways: PATHWAYS });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="audio-1",PATHWAY-ID="dublin-1"
http://127.0.0.1:8110/m/default/a/v1/audio-1/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="audio-1",PATHWAY-ID="singapore-1"
https://sg.example/t/x.y.z/m/default/a/v1/audio-1/index.m3u8
`,
  );
});

test('sound alone in two languages has the default in the variant and the other beside it', () => {
  const lines = writeMultivariant({ renditions: [AUDIO, GERMAN], pathways: PATHWAYS.slice(0, 1) }).split(
    '\n',
  );
  assert.match(lines[3] ?? '', /LANGUAGE="de".*STABLE-RENDITION-ID="audio-2"$/);
  assert.match(lines[4] ?? '', /LANGUAGE="en".*URI="[^"]+audio-1\/index.m3u8"$/);
  assert.match(lines[5] ?? '', /AUDIO="audio-dublin-1".*STABLE-VARIANT-ID="audio-2"/);
  assert.equal(lines[6], 'http://127.0.0.1:8110/m/default/a/v1/audio-2/index.m3u8');
});

test('tracks of the same name are told apart', () => {
  const text = writeMultivariant({
    renditions: [VIDEO, AUDIO, { ...AUDIO, id: 'audio-3' }],
    pathways: PATHWAYS.slice(0, 1),
  });
  assert.deepEqual(text.match(/NAME="[^"]+"/g), ['NAME="English"', 'NAME="English 2"']);
});

test('a complete playlist is VOD and ends', () => {
  const text = writeMediaPlaylist({
    rendition: VIDEO,
    segmentDurationMs: 2_002,
    isComplete: true,
    folder: '../a1/v360',
  });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="../a1/v360/init.mp4"
#EXTINF:2.00200,
../a1/v360/0.m4s
#EXTINF:2.00200,
../a1/v360/1.m4s
#EXTINF:1.00100,
../a1/v360/2.m4s
#EXT-X-ENDLIST
`,
  );
});

test('a growing playlist is an EVENT that starts at its beginning and has no end', () => {
  const text = writeMediaPlaylist({
    rendition: { ...VIDEO, firstSegment: 2, durationRuns: [[180_180, 1]] },
    segmentDurationMs: 2_002,
    isComplete: false,
    folder: '../a2/v360',
  });
  assert.equal(
    text,
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:2
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-START:TIME-OFFSET=0
#EXT-X-MAP:URI="../a2/v360/init.mp4"
#EXTINF:2.00200,
../a2/v360/2.m4s
`,
  );
});

test('a growing playlist only gains lines from one answer to the next', () => {
  const at = (runs: readonly (readonly [number, number])[]): string =>
    writeMediaPlaylist({
      rendition: { ...VIDEO, durationRuns: runs },
      segmentDurationMs: 2_002,
      isComplete: false,
      folder: 'x',
    });
  const answers = [at([[180_180, 1]]), at([[180_180, 2]]), at(VIDEO.durationRuns)];
  for (const [index, answer] of answers.slice(1).entries())
    assert.ok(answer.startsWith(answers[index] ?? '-'), `answer ${index + 1} extends the one before`);
});

test('the target duration covers every segment that the planned duration allows', () => {
  for (const plannedMs of [1_950, 2_000, 2_002, 2_050]) {
    const longest = Math.round((plannedMs + 71) / 1_000);
    assert.ok(targetDurationSeconds(plannedMs) >= longest, `${plannedMs} ms`);
  }
  assert.equal(targetDurationSeconds(200), 1);
});

const ENGLISH = {
  id: 'captions-en',
  language: 'en',
  kind: 'captions',
  label: 'English "CC"',
  isDefault: true,
  sha256: 'ab',
} as const;
const BRAZILIAN = {
  id: 'subtitles-pt-br',
  language: 'pt-BR',
  kind: 'subtitles',
  label: 'Brazilian Portuguese',
  isDefault: false,
  sha256: 'cd',
} as const;

test('caption tracks form a group per pathway, the default first, and every variant names its group', () => {
  const text = writeMultivariant({ renditions: [VIDEO], pathways: PATHWAYS, captions: [BRAZILIAN, ENGLISH] });
  assert.deepEqual(
    text.split('\n').filter((line) => line.includes('SUBTITLES')),
    [
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles-dublin-1",LANGUAGE="en",NAME="English \'CC\'",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",STABLE-RENDITION-ID="captions-en",PATHWAY-ID="dublin-1",URI="http://127.0.0.1:8110/m/default/a/v1/captions/captions-en/index.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles-dublin-1",LANGUAGE="pt-BR",NAME="Brazilian Portuguese",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,STABLE-RENDITION-ID="subtitles-pt-br",PATHWAY-ID="dublin-1",URI="http://127.0.0.1:8110/m/default/a/v1/captions/subtitles-pt-br/index.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles-singapore-1",LANGUAGE="en",NAME="English \'CC\'",DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",STABLE-RENDITION-ID="captions-en",PATHWAY-ID="singapore-1",URI="https://sg.example/t/x.y.z/m/default/a/v1/captions/captions-en/index.m3u8"',
      '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles-singapore-1",LANGUAGE="pt-BR",NAME="Brazilian Portuguese",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,STABLE-RENDITION-ID="subtitles-pt-br",PATHWAY-ID="singapore-1",URI="https://sg.example/t/x.y.z/m/default/a/v1/captions/subtitles-pt-br/index.m3u8"',
      '#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.64001e",RESOLUTION=640x360,FRAME-RATE=29.970,SUBTITLES="subtitles-dublin-1",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="v360",PATHWAY-ID="dublin-1"',
      '#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,CODECS="avc1.64001e",RESOLUTION=640x360,FRAME-RATE=29.970,SUBTITLES="subtitles-singapore-1",CLOSED-CAPTIONS=NONE,STABLE-VARIANT-ID="v360",PATHWAY-ID="singapore-1"',
    ],
  );
});

test('tracks with equal labels are told apart', () => {
  const captions = [ENGLISH, { ...ENGLISH, id: 'subtitles-en', isDefault: false }];
  const text = writeMultivariant({ renditions: [VIDEO], pathways: PATHWAYS.slice(0, 1), captions });
  assert.deepEqual(text.match(/NAME="[^"]+"/g), ['NAME="English \'CC\'"', 'NAME="English \'CC\' 2"']);
});

test('families of codecs stand one behind the other at each pathway, H.264 first, each with its own codec string', () => {
  const av1 = { ...LARGE, id: 'v720-av1', codecs: 'av01.0.05M.08', bandwidthBps: 1_900_000 };
  const hevc = { ...LARGE, id: 'v720-hevc', codecs: 'hvc1.1.6.L93.90', bandwidthBps: 2_100_000 };
  const text = writeMultivariant({ renditions: [hevc, VIDEO, AUDIO, av1, LARGE], pathways: PATHWAYS });
  const variants = [...text.matchAll(/CODECS="([^"]*)".*STABLE-VARIANT-ID="([^"]*)",PATHWAY-ID="([^"]*)"/g)];
  const expected = [
    ['avc1.64001f,mp4a.40.2', 'v720'],
    ['avc1.64001e,mp4a.40.2', 'v360'],
    ['av01.0.05M.08,mp4a.40.2', 'v720-av1'],
    ['hvc1.1.6.L93.90,mp4a.40.2', 'v720-hevc'],
  ];
  assert.deepEqual(
    variants.map(([, codecs, id, pathway]) => [pathway, codecs, id]),
    PATHWAYS.flatMap(({ id }) => expected.map((variant) => [id, ...variant])),
  );
});
