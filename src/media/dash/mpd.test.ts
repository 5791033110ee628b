import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MediaRendition } from '../rendition.ts';
import { writeMpd } from './mpd.ts';

const VIDEO: MediaRendition = {
  id: 'v720',
  kind: 'video',
  codecs: 'avc1.64001f',
  bandwidthBps: 3_000_000,
  averageBandwidthBps: 2_500_000,
  width: 1_280,
  height: 720,
  frameRate: 30_000 / 1_001,
  timescale: 90_000,
  firstSegment: 0,
  firstTimeTicks: 900_000,
  durationRuns: [
    [180_180, 10],
    [90_090, 1],
  ],
};
const AUDIO: MediaRendition = {
  id: 'audio-1',
  kind: 'audio',
  codecs: 'mp4a.40.2',
  bandwidthBps: 130_000,
  averageBandwidthBps: 128_000,
  language: 'en',
  name: 'Rock & <Roll>',
  isDefault: true,
  channels: 2,
  sampleRate: 48_000,
  timescale: 48_000,
  firstSegment: 0,
  firstTimeTicks: 478_976,
  durationRuns: [[96_256, 11]],
};
const INPUT = {
  renditions: [AUDIO, VIDEO],
  pathways: [
    { id: 'dublin-1', baseUrl: 'http://127.0.0.1:8110/m/default/a/v1' },
    { id: 'singapore-1', baseUrl: 'https://sg.example/m/default/a/v1' },
  ],
  steeringUrl: 'https://sg.example/steering/dash.json?s=1&g=2',
  durationMs: 21_021,
  timelineStartMs: 10_000,
  segmentDurationMs: 2_002,
  folder: 'a1',
};

test('the manifest names each pathway, the steering server, and the exact timeline of each rendition', () => {
  assert.equal(
    writeMpd(INPUT),
    `<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT21.021S" maxSegmentDuration="PT3S" minBufferTime="PT2.002S">
<BaseURL serviceLocation="dublin-1">http://127.0.0.1:8110/m/default/a/v1/</BaseURL>
<BaseURL serviceLocation="singapore-1">https://sg.example/m/default/a/v1/</BaseURL>
<ContentSteering defaultServiceLocation="dublin-1" queryBeforeStart="true">https://sg.example/steering/dash.json?s=1&amp;g=2</ContentSteering>
<Period id="0" start="PT0S">
<AdaptationSet id="0" contentType="video" mimeType="video/mp4" segmentAlignment="true" startWithSAP="1"><Representation id="v720" codecs="avc1.64001f" bandwidth="3000000" width="1280" height="720" frameRate="30000/1001" sar="1:1"><SegmentTemplate timescale="90000" presentationTimeOffset="900000" startNumber="0" initialization="a1/$RepresentationID$/init.mp4" media="a1/$RepresentationID$/$Number$.m4s"><SegmentTimeline><S t="900000" d="180180" r="9"/><S d="90090"/></SegmentTimeline></SegmentTemplate></Representation></AdaptationSet>
<AdaptationSet id="1" contentType="audio" mimeType="audio/mp4" lang="en" segmentAlignment="true" startWithSAP="1"><Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/><Label>Rock &amp; &lt;Roll&gt;</Label><Representation id="audio-1" codecs="mp4a.40.2" bandwidth="130000" audioSamplingRate="48000"><AudioChannelConfiguration schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/><SegmentTemplate timescale="48000" presentationTimeOffset="480000" startNumber="0" initialization="a1/$RepresentationID$/init.mp4" media="a1/$RepresentationID$/$Number$.m4s"><SegmentTimeline><S t="478976" d="96256" r="10"/></SegmentTimeline></SegmentTemplate></Representation></AdaptationSet>
</Period>
</MPD>
`,
  );
});

test('each audio track has a set of its own, the default one first', () => {
  const other = { ...AUDIO, id: 'audio-2', language: 'de', isDefault: false };
  const text = writeMpd({ ...INPUT, renditions: [other, AUDIO] });
  assert.deepEqual(text.match(/lang="\w+"|value="(?:main|alternate)"/g), [
    'lang="en"',
    'value="main"',
    'lang="de"',
    'value="alternate"',
  ]);
  assert.doesNotMatch(text, /contentType="video"/);
});

const FRAME_RATES: readonly [number, string][] = [
  [30, '30'],
  [30_000 / 1_001, '30000/1001'],
  [24_000 / 1_001, '24000/1001'],
  [12.5, '12500/1000'],
];
for (const [frameRate, text] of FRAME_RATES)
  test(`a frame rate of ${frameRate.toFixed(3)} is written as ${text}`, () => {
    assert.match(
      writeMpd({ ...INPUT, renditions: [{ ...VIDEO, frameRate }] }),
      new RegExp(`frameRate="${text}"`),
    );
  });

test('captions are sidecar files with their role, the storyboard is a set of tiled pictures', () => {
  const track = { language: 'en', kind: 'captions', label: 'A & B', isDefault: true, sha256: 'ab' } as const;
  const text = writeMpd({
    ...INPUT,
    captions: [{ ...track, id: 'captions-en' }],
    storyboard: {
      ...{ tileWidth: 192, tileHeight: 108, columns: 10, rows: 2, tileCount: 12, intervalMs: 2_002 },
      ...{ sheetCount: 1, bytes: 100_000 },
    },
  });
  const sets = text.split('\n').filter((line) => /contentType="(?:text|image)"/.test(line));
  assert.deepEqual(sets, [
    '<AdaptationSet id="2" contentType="text" mimeType="text/vtt" lang="en"><Role schemeIdUri="urn:mpeg:dash:role:2011" value="caption"/><Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/><Label>A &amp; B</Label><Representation id="captions-en" bandwidth="1000"><BaseURL>files/ab.vtt</BaseURL></Representation></AdaptationSet>',
    '<AdaptationSet id="3" contentType="image" mimeType="image/jpeg"><SegmentTemplate media="a1/storyboard/$Number$.jpg" timescale="1000" duration="40040" startNumber="0"/><Representation id="storyboard" bandwidth="38058" width="1920" height="216"><EssentialProperty schemeIdUri="http://dashif.org/guidelines/thumbnail_tile" value="10x2"/></Representation></AdaptationSet>',
  ]);
});

test('a storyboard that ends long before the sound is left out', () => {
  const storyboard = {
    ...{ tileWidth: 192, tileHeight: 108, columns: 10, rows: 1, tileCount: 10, intervalMs: 2_000 },
    ...{ sheetCount: 1, bytes: 100_000 },
  };
  assert.doesNotMatch(writeMpd({ ...INPUT, storyboard }), /contentType="image"/);
  assert.match(writeMpd({ ...INPUT, durationMs: 20_000, storyboard }), /contentType="image"/);
});

test('set numbers stay apart when there is sound alone', () => {
  const track = {
    language: 'en',
    kind: 'subtitles',
    label: 'English',
    isDefault: false,
    sha256: 'ab',
  } as const;
  const text = writeMpd({ ...INPUT, renditions: [AUDIO], captions: [{ ...track, id: 'subtitles-en' }] });
  assert.deepEqual(text.match(/AdaptationSet id="\d"/g), ['AdaptationSet id="1"', 'AdaptationSet id="2"']);
});

test('each family of codecs is a set of its own, the newer ones preferred where they can be decoded', () => {
  const av1 = { ...VIDEO, id: 'v720-av1', codecs: 'av01.0.05M.08' };
  const hevc = { ...VIDEO, id: 'v720-hevc', codecs: 'hvc1.1.6.L93.90' };
  const text = writeMpd({ ...INPUT, renditions: [hevc, av1, AUDIO, VIDEO], captions: [] });
  const sets = [...text.matchAll(/<AdaptationSet id="(\d+)"([^>]*)>.*?<Representation id="([^"]*)"/g)];
  assert.deepEqual(
    sets.map(([, id, attributes, representation]) => [
      id,
      /selectionPriority="(\d+)"/.exec(attributes ?? '')?.[1],
      representation,
    ]),
    [
      ['0', '1', 'v720'],
      ['2', '3', 'v720-av1'],
      ['3', '2', 'v720-hevc'],
      ['1', undefined, 'audio-1'],
    ],
  );
});
