// Ways to break HLS, one for each rule.

import { bytesOf } from '../../src/media/cmaf/box-writer.ts';
import type { BrokenCase } from './case.ts';
import { A, B, initOf, MAIN, SINGLE, segmentOf, tracksOf } from './good-site.ts';
import type { Site } from './site.ts';

const { v720, v360, audio } = tracksOf();

/** A line put near the beginning of one media playlist. */
const single = (rule: string, how: string, ...lines: string[]): BrokenCase => ({
  rule,
  how,
  entry: SINGLE,
  break: (site) => site.insertAfter(SINGLE, '#EXT-X-VERSION', ...lines),
});

const edited = (rule: string, how: string, url: string, from: string | RegExp, to: string): BrokenCase => ({
  rule,
  how,
  entry: url === SINGLE ? SINGLE : MAIN,
  break: (site) => site.edit(url, from, to),
});

const SYNTAX: readonly BrokenCase[] = [
  edited(
    'live.hint-ended',
    'a hint in a playlist that has ended',
    SINGLE,
    '#EXT-X-ENDLIST',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="6.0.m4s"\n#EXT-X-ENDLIST',
  ),
  edited('hls.first-line', 'the first line is missing', SINGLE, '#EXTM3U\n', ''),
  edited('hls.encoding', 'a byte order mark stands first', SINGLE, /^/, '\ufeff'),
  edited(
    'hls.encoding',
    'a control character stands in a line',
    SINGLE,
    '#EXT-X-ENDLIST',
    '#\u0001\n#EXT-X-ENDLIST',
  ),
  edited('hls.white-space', 'a line ends with a space', SINGLE, '#EXT-X-ENDLIST', '#EXT-X-ENDLIST '),
  edited('hls.uri', 'an address holds a space', SINGLE, '2.m4s', 'two .m4s'),
  {
    ...single('hls.too-large', 'more lines than a player would read'),
    break: (site) => site.edit(SINGLE, '#EXT-X-ENDLIST', `#EXT-X-ENDLIST\n${'#\n'.repeat(200_001)}`),
  },
  single('hls.mixed', 'a tag of multivariant playlists', '#EXT-X-SESSION-DATA:DATA-ID="x",VALUE="y"'),
  single('hls.attribute-list', 'a comma too many', '#EXT-X-START:TIME-OFFSET=0,'),
  single('hls.attribute-list', 'a quote that does not end', '#EXT-X-DATERANGE:ID="x'),
  single('hls.attribute-repeated', 'an attribute twice', '#EXT-X-START:TIME-OFFSET=0,TIME-OFFSET=1'),
  single('hls.attribute-type', 'a number in quotes', '#EXT-X-START:TIME-OFFSET="0"'),
  {
    ...edited(
      'hls.attribute-value',
      'an unknown level',
      MAIN,
      'CLOSED-CAPTIONS=NONE',
      'HDCP-LEVEL=TYPE-9,CLOSED-CAPTIONS=NONE',
    ),
    says: /4\.4\.6\.2/,
  },
  { ...single('hls.attribute-missing', 'no offset', '#EXT-X-START:PRECISE=YES'), says: /4\.4\.2\.2/ },
  edited('hls.variable', 'a variable without a value', MAIN, 'A test', '{$title}'),
  {
    ...single('hls.tag-unknown', 'a misspelt tag', '#EXT-X-TARGETDURATIONS:2'),
    says: /did you mean #EXT-X-TARGETDURATION/,
  },
  {
    ...edited('hls.tag-repeated', 'two ends', SINGLE, '#EXT-X-ENDLIST', '#EXT-X-ENDLIST\n#EXT-X-ENDLIST'),
    says: /4\.4\.3\.4/,
  },
  {
    ...single('hls.tag-value', 'a date that is none', '#EXT-X-PROGRAM-DATE-TIME:yesterday'),
    says: /4\.4\.4\.6/,
  },
  {
    ...single('hls.tag-late', 'a sequence number after the first segment'),
    break: (site) => {
      site.edit(SINGLE, '#EXT-X-MEDIA-SEQUENCE:0\n', '');
      site.insertAfter(SINGLE, '0.m4s', '#EXT-X-MEDIA-SEQUENCE:0');
    },
    says: /4\.4\.3\.2/,
  },
  edited('hls.extinf-missing', 'a segment without duration', SINGLE, '#EXTINF:2.00000,\n2.m4s', '2.m4s'),
  edited(
    'hls.byterange',
    'a range that goes on from nothing',
    SINGLE,
    '2.m4s',
    '#EXT-X-BYTERANGE:100\n2.m4s',
  ),
  edited('hls.stream-inf-uri', 'a variant without address', MAIN, /$/, '#EXT-X-STREAM-INF:BANDWIDTH=1\n'),
  {
    ...edited('hls.version-needed', 'a version too low', SINGLE, 'VERSION:7', 'VERSION:5'),
    says: /EXT-X-MAP without .* needs version 6/,
  },
];

const MULTIVARIANT: readonly BrokenCase[] = [
  {
    rule: 'hls.variants-none',
    how: 'session data alone',
    break: (site) => site.write(MAIN, '#EXTM3U\n#EXT-X-SESSION-DATA:DATA-ID="x",VALUE="y"\n'),
  },
  {
    rule: 'hls.variant-repeated',
    how: 'a variant twice',
    break: (site) => {
      const lines = site.text(MAIN).split('\n');
      const index = lines.indexOf(`${A}/v360/index.m3u8`);
      site.write(MAIN, [...lines.slice(0, index + 1), ...lines.slice(index - 1)].join('\n'));
    },
  },
  edited(
    'hls.average-above-peak',
    'an average above the peak',
    MAIN,
    /AVERAGE-BANDWIDTH=\d+/,
    'AVERAGE-BANDWIDTH=9999999',
  ),
  edited('hls.codecs-missing', 'no codecs', MAIN, /CODECS="[^"]*",/, ''),
  edited(
    'hls.group-missing',
    'a group that is not there',
    MAIN,
    'CLOSED-CAPTIONS=NONE',
    'SUBTITLES="text",CLOSED-CAPTIONS=NONE',
  ),
  {
    rule: 'hls.group-name-repeated',
    how: 'two members of one name',
    break: (site) => addMembers(site, 'NAME="English",DEFAULT=NO', ['a', 'b']),
  },
  {
    rule: 'hls.group-default',
    how: 'two defaults',
    break: (site) => addMembers(site, 'NAME="Other",DEFAULT=YES', ['a', 'b']),
  },
  {
    rule: 'hls.groups-unequal',
    how: 'a member that only one group has',
    break: (site) => addMembers(site, 'NAME="Other",DEFAULT=NO', ['a']),
  },
  edited('hls.media-autoselect', 'a default that is not selected', MAIN, 'AUTOSELECT=YES', 'AUTOSELECT=NO'),
  edited('hls.media-forced', 'forced audio', MAIN, 'AUTOSELECT=YES', 'AUTOSELECT=YES,FORCED=NO'),
  edited(
    'hls.media-uri',
    'audio inside of captions',
    MAIN,
    'AUTOSELECT=YES',
    'AUTOSELECT=YES,INSTREAM-ID="CC1"',
  ),
  edited('hls.language', 'a language that is none', MAIN, 'LANGUAGE="en"', 'LANGUAGE="e!"'),
  edited('hls.stable-id', 'a space in an identifier', MAIN, 'RENDITION-ID="audio"', 'RENDITION-ID="au dio"'),
  edited('hls.captions-mixed', 'captions denied by some', MAIN, /CLOSED-CAPTIONS=NONE,/, ''),
  edited('hls.session-data', 'session data of nothing', MAIN, ',VALUE="A test"', ''),
];

function addMembers(site: Site, attributes: string, pathways: readonly string[]): void {
  for (const pathway of pathways) {
    const base = pathway === 'a' ? A : B;
    const line = `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-${pathway}",LANGUAGE="en",AUTOSELECT=YES,CHANNELS="2",URI="${base}/audio/index.m3u8",${attributes}`;
    site.insertAfter(MAIN, '#EXT-X-CONTENT-STEERING', line);
  }
}

/** Puts other bytes in the place of a segment. */
const rebuilt = (rule: string, how: string, url: string, body: Uint8Array): BrokenCase => ({
  rule,
  how,
  entry: SINGLE,
  break: (site) => {
    site.file(url).body = body;
  },
});

const MEDIA: readonly BrokenCase[] = [
  edited('hls.target-duration-missing', 'no target duration', SINGLE, '#EXT-X-TARGETDURATION:2\n', ''),
  edited(
    'hls.target-duration',
    'segments longer than the target',
    SINGLE,
    'TARGETDURATION:2',
    'TARGETDURATION:1',
  ),
  {
    ...single('hls.segments-none', 'no segment'),
    break: (site) => site.write(SINGLE, '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-ENDLIST\n'),
  },
  edited('hls.endlist', 'VOD without an end', SINGLE, '#EXT-X-ENDLIST\n', ''),
  edited('hls.segment-repeated', 'a segment twice', SINGLE, '2.m4s', '2.m4s\n#EXTINF:2.00000,\n2.m4s'),
  edited('hls.map-missing', 'no init segment', SINGLE, '#EXT-X-MAP:URI="init.mp4"\n', ''),
  rebuilt(
    'hls.timestamp-jump',
    'a segment a second late',
    `${A}/v720/1.m4s`,
    segmentOf(v720, 1, { shiftTicks: 90_000 }),
  ),
  {
    ...single('hls.format-change', 'another format without a discontinuity'),
    break: (site) => {
      const other = Buffer.from(
        Buffer.from(initOf(v720)).toString('latin1').replace('avc1', 'avc3'),
        'latin1',
      );
      site.put(`${A}/v720/other.mp4`, other, site.file(`${A}/v720/init.mp4`).headers);
      site.insertAfter(SINGLE, '0.m4s', '#EXT-X-MAP:URI="other.mp4"');
    },
  },
  edited(
    'hls.extinf-accuracy',
    'a duration that is not that of the samples',
    SINGLE,
    '#EXTINF:2.00000,\n1.m4s',
    '#EXTINF:1.50000,\n1.m4s',
  ),
  single('hls.key', 'a key for nothing', '#EXT-X-KEY:METHOD=NONE,URI="key"'),
  single(
    'hls.date-range',
    'an end before its start',
    '#EXT-X-DATERANGE:ID="x",START-DATE="2026-01-02T00:00:00Z",END-DATE="2026-01-01T00:00:00Z"',
  ),
  single('hls.start-offset', 'a start behind the end', '#EXT-X-START:TIME-OFFSET=100'),
  rebuilt('cmaf.init-broken', 'an init segment without ftyp', `${A}/v720/init.mp4`, initOf(v720).slice(24)),
  rebuilt(
    'cmaf.init-media',
    'media in the init segment',
    `${A}/v720/init.mp4`,
    bytesOf(initOf(v720), segmentOf(v720, 0)),
  ),
  rebuilt(
    'cmaf.segment-broken',
    'a segment that ends early',
    `${A}/v720/1.m4s`,
    segmentOf(v720, 1).slice(0, -10),
  ),
  rebuilt(
    'cmaf.decode-time',
    'a gap between fragments',
    `${A}/v720/1.m4s`,
    segmentOf(v720, 1, { gapTicks: 9_000 }),
  ),
  {
    ...rebuilt(
      'cmaf.sync-start',
      'a segment that begins with a difference',
      `${A}/v720/1.m4s`,
      new Uint8Array(),
    ),
    break: (site) => {
      site.file(`${A}/v720/1.m4s`).body = segmentOf(v720, 1, { isFirstSync: false });
      site.edit(SINGLE, '#EXT-X-INDEPENDENT-SEGMENTS\n', '');
    },
  },
];

const shifted = (site: Site): void => {
  for (const index of audio.frames.keys())
    site.file(`${A}/audio/${index}.m4s`).body = segmentOf(audio, index, { shiftTicks: 48_000 });
};

const PRESENTATION: readonly BrokenCase[] = [
  edited(
    'hls.bandwidth',
    'a bit rate too low',
    MAIN,
    /BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+/g,
    'BANDWIDTH=70000,AVERAGE-BANDWIDTH=60000',
  ),
  {
    ...edited(
      'hls.bandwidth-overstated',
      'a bit rate too high',
      MAIN,
      /:BANDWIDTH=\d+/g,
      ':BANDWIDTH=900000',
    ),
    segments: 'all',
  },
  {
    ...edited(
      'hls.average-bandwidth',
      'an average too low',
      MAIN,
      /AVERAGE-BANDWIDTH=\d+/g,
      'AVERAGE-BANDWIDTH=30000',
    ),
    segments: 'all',
  },
  {
    rule: 'hls.variant-not-media',
    how: 'a multivariant playlist as a variant',
    break: (site) => site.write(`${B}/v360/index.m3u8`, site.text(MAIN)),
  },
  edited('hls.codecs', 'codecs of another level', MAIN, 'avc1.64001f', 'avc1.640028'),
  edited('hls.resolution', 'a size that is not that of the video', MAIN, '640x360', '640x352'),
  edited('hls.resolution-missing', 'no size', MAIN, 'RESOLUTION=640x360,', ''),
  edited('hls.frame-rate', 'another frame rate', MAIN, 'FRAME-RATE=30.000', 'FRAME-RATE=25.000'),
  {
    ...edited('hls.frame-rate-missing', 'sixty frames unsaid', MAIN, 'FRAME-RATE=60.000,', ''),
    plan: { frameRate: 60 },
  },
  edited('hls.channels', 'six channels that are two', MAIN, 'CHANNELS="2"', 'CHANNELS="6"'),
  {
    rule: 'hls.independent-segments',
    how: 'a segment that begins with a difference',
    break: (site) => {
      site.file(`${A}/v720/1.m4s`).body = segmentOf(v720, 1, { isFirstSync: false });
    },
  },
  edited(
    'hls.target-duration-differs',
    'another target duration',
    `${A}/v360/index.m3u8`,
    'TARGETDURATION:2',
    'TARGETDURATION:3',
  ),
  { rule: 'hls.timestamps-differ', how: 'audio a second late', break: shifted },
  edited(
    'hls.discontinuities-differ',
    'a discontinuity of one rendition',
    `${A}/v360/index.m3u8`,
    '2.m4s',
    '#EXT-X-DISCONTINUITY\n2.m4s',
  ),
  edited(
    'hls.durations-differ',
    'audio that ends early',
    `${A}/audio/index.m3u8`,
    '#EXTINF:2.00000,\n4.m4s\n#EXTINF:2.00000,\n5.m4s\n',
    '',
  ),
  {
    rule: 'hls.segments-unaligned',
    how: 'segments that begin elsewhere',
    plan: { frames360: [50, 70, ...v360.frames.slice(2)] },
    break: () => undefined,
  },
];

export const HLS_CASES: readonly BrokenCase[] = [...SYNTAX, ...MULTIVARIANT, ...MEDIA, ...PRESENTATION];
