import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captionFile, captionTrackId, writeCaptionPlaylist } from './caption-track.ts';
import { cleanCueText } from './cue-text.ts';
import { cueTime } from './cue-time.ts';
import { CAPTION_CUES_MAX } from './limits.ts';
import { parseCaptions } from './parse-captions.ts';
import { withTimestampMap, writeWebVtt } from './write-webvtt.ts';

const WEBVTT = `WEBVTT - Title

NOTE made by hand
over two lines

STYLE
::cue { color: red }

1
00:01.500 --> 00:04.000 align:start position:10% region:fred
<v Ann>Hello & <b>welcome</b>
Second line

00:00:00.000 --> 00:01:00.250
Early
`;

const SRT = `\ufeff1\r
00:00:01,5 --> 00:00:04,000\r
{\\an8}<font color="red">Oben</font> <i>schräg</i>\r
\r
2\r
01:00:00,000 --> 01:00:02,000\r
1 < 2\r
`;

function normalised(text: string): string {
  const result = parseCaptions(text);
  assert.equal(result.kind, 'captions', JSON.stringify(result));
  return result.kind === 'captions' ? writeWebVtt(result.cues) : '';
}

test('a WebVTT file comes out in our form: sorted, with known settings, without comments and styles', () => {
  assert.equal(
    normalised(WEBVTT),
    `WEBVTT

00:00:00.000 --> 00:01:00.250
Early

00:00:01.500 --> 00:00:04.000 align:start position:10%
<v Ann>Hello &amp; <b>welcome</b>
Second line</v>
`,
  );
});

test('a SubRip file becomes WebVTT: fonts go, a place at the top stays', () => {
  assert.equal(
    normalised(SRT),
    `WEBVTT

00:00:01.500 --> 00:00:04.000 line:0
Oben <i>schräg</i>

01:00:00.000 --> 01:00:02.000
1 &lt; 2
`,
  );
});

test('what we write is read again as the same', () => {
  const once = normalised(WEBVTT);
  assert.equal(normalised(once), once);
});

const TEXTS: readonly (readonly [string, string])[] = [
  ['plain', 'plain'],
  ['a & b &amp; c &copy; d', 'a &amp; b &amp; c &amp;copy; d'],
  ['<script>alert(1)</script>x', 'alert(1)x'],
  ['<img src=x onerror=alert(1)>x', 'x'],
  ['<b onclick=x>bold</b>', '<b>bold</b>'],
  ['<b>open', '<b>open</b>'],
  ['</b>closed', 'closed'],
  ['<i><b>crossed</i></b>', '<i><b>crossed</b></i>'],
  ['<c.yellow.bad!name>x</c>', '<c.yellow>x</c>'],
  ['<v "Ann" & Bob>x', '<v "Ann"  Bob>x</v>'],
  ['one <00:00:01.000>two', 'one <00:00:01.000>two'],
  ['a < b > c', 'a &lt; b &gt; c'],
  ['a --> b', 'a --&gt; b'],
  ['turn\u202earound\u0007', 'turnaround'],
  ['<b></b>', ''],
  ['one\n\n two ', 'one\ntwo'],
];
for (const [raw, clean] of TEXTS)
  test(`the text ${JSON.stringify(raw)} becomes ${JSON.stringify(clean)}`, () => {
    assert.equal(cleanCueText(raw), clean);
  });

test('nothing that could be an element of a page survives cleaning', () => {
  const attacks = ['<', '</', '<b', 'x>', '&', '<svg/onload=1>', '<!--', '<b class="', '<v <b>>', '\n'];
  for (const first of attacks)
    for (const second of attacks)
      for (const third of attacks) {
        const clean = cleanCueText(first + second + third);
        const rest = clean.replace(/<\/?(?:b|i|u|c|v|lang|ruby|rt)(?:\.[\w-]+)*(?: [^<>&]*)?>/g, '');
        assert.ok(!/[<>]/.test(rest), `${JSON.stringify(first + second + third)} gave ${clean}`);
      }
});

const REFUSED: readonly (readonly [title: string, text: string, line: number, reason: RegExp])[] = [
  ['an empty file', '', 1, /empty/],
  ['another kind of file', '{"a": 1}\n', 1, /number and a line/],
  ['a time without a fraction', 'WEBVTT\n\n00:01 --> 00:02\nx', 3, /fraction/],
  ['a cue that ends before it begins', 'WEBVTT\n\n00:02.000 --> 00:01.000\nx', 3, /end after/],
  ['sixty seconds', '1\n00:00:60,000 --> 00:01:01,000\nx', 2, /59/],
  ['a time after days', 'WEBVTT\n\n900:00:00.000 --> 900:00:01.000\nx', 3, /100 hours/],
  ['a missing empty line after the header', 'WEBVTT\n00:01.000 --> 00:02.000\nx', 2, /empty line/],
  [
    'a missing empty line between cues',
    '1\n00:00:01,000 --> 00:00:02,000\nx\n2\n00:00:03,000 --> 00:00:04,000\ny',
    5,
    /between two cues/,
  ],
  ['text without times', '1\n00:00:01,000 --> 00:00:02,000\nx\n\nmore\n', 5, /number and a line/],
  ['a segment of a stream', 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n', 2, /segment/],
  ['a style after a cue', 'WEBVTT\n\n00:01.000 --> 00:02.000\nx\n\nSTYLE\na', 6, /before the first cue/],
  ['no text at all', 'WEBVTT\n\n00:01.000 --> 00:02.000\n<b></b>\n', 1, /no cue/],
  ['bytes that are not UTF-8', 'WEBVTT\n\n00:01.000 --> 00:02.000\nna\ufffdve', 4, /UTF-8/],
  ['a binary file', 'GIF89a\0\n', 1, /NUL/],
  ['an endless line', `WEBVTT\n\n00:01.000 --> 00:02.000\n${'x'.repeat(4_001)}`, 4, /4000/],
  ['an endless cue', `WEBVTT\n\n00:01.000 --> 00:02.000\n${'abcde fgh\n'.repeat(201)}`, 4, /2000/],
];
for (const [title, text, line, reason] of REFUSED)
  test(`${title} is refused with its line`, () => {
    const result = parseCaptions(text);
    assert.equal(result.kind, 'refused');
    if (result.kind !== 'refused') return;
    assert.equal(result.line, line);
    assert.match(result.reason, reason);
  });

test('too many cues are refused', () => {
  const cue = (index: number): string => `${cueTime(index * 1_000)} --> ${cueTime(index * 1_000 + 900)}\nx\n`;
  const file = (count: number): string =>
    `WEBVTT\n\n${Array.from({ length: count }, (_, at) => cue(at)).join('\n')}`;
  assert.equal(parseCaptions(file(CAPTION_CUES_MAX)).kind, 'captions');
  assert.equal(parseCaptions(file(CAPTION_CUES_MAX + 1)).kind, 'refused');
});

test('a segment of HLS says where the start of the presentation lies on the timeline of the media', () => {
  const map = (startMs: number): string => withTimestampMap('WEBVTT\n\nx', startMs) ?? '';
  assert.equal(map(10_000), 'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\nx');
  // The counter of transport streams has 33 bits.
  assert.match(map(1_760_000_000_000), /MPEGTS:1606123520,/);
  assert.equal((1_760_000_000_000 * 90) % 2 ** 33, 1_606_123_520);
  assert.equal(withTimestampMap('hello', 10_000), undefined);
});

test('the playlist of a track is one complete segment as long as the video', () => {
  assert.equal(captionTrackId('captions', 'pt-BR'), 'captions-pt-br');
  assert.equal(captionFile('ab'), 'files/ab.vtt');
  assert.equal(
    writeCaptionPlaylist({ sha256: 'ab', timelineStartMs: 10_000, durationMs: 61_500 }),
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:62
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:61.50000,
../../files/ab-t10000.vtt
#EXT-X-ENDLIST
`,
  );
});
