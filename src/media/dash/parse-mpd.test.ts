import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPrng } from '../../base/prng.ts';
import { parseMpd, regularTimes, timelineTimes } from './parse-mpd.ts';
import {
  expandTemplate,
  parseByteRange,
  parseFrameRate,
  parseXmlDuration,
  templateProblem,
} from './parse-mpd-values.ts';
import { parseXml, XmlError } from './parse-xml.ts';

test('XML is read with namespaces, entities and sections of text', () => {
  const root = parseXml(`<?xml version="1.0"?>
<!-- comment -->
<a xmlns="urn:one" xmlns:t="urn:two" title="x &amp; &#x41;&#10;">
  <t:b t:c='1'/><d>text <![CDATA[<&>]]> end</d>
</a>`);
  assert.equal(root.namespace, 'urn:one');
  assert.equal(root.attributes.get('title'), 'x & A\n');
  assert.deepEqual(
    root.children.map(({ name, namespace, line }) => [name, namespace, line]),
    [
      ['b', 'urn:two', 4],
      ['d', 'urn:one', 4],
    ],
  );
  assert.equal(root.children[1]?.text, 'text <&> end');
});

test('what is not well-formed is refused with its line', () => {
  const broken: [string, number][] = [
    ['<a>\n<b></a>', 2],
    ['<a x="1" x="2"/>', 1],
    ['<a x=1/>', 1],
    ['<a x="<"/>', 1],
    ['<a>&nbsp;</a>', 1],
    ['<a>& </a>', 1],
    ['<a>&#0;</a>', 1],
    ['<a/>\n<b/>', 2],
    ['<a/>text', 1],
    ['<a>\u0001</a>', 1],
    ['<a><!-- -- --></a>', 1],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 1],
    ['<p:a/>', 1],
    ['<a>]]></a>', 1],
    ['<a', 1],
    ['', 1],
    ['plain', 1],
    ['<a x="1"y="2"/>', 1],
  ];
  for (const [text, line] of broken)
    assert.throws(
      () => parseXml(text),
      (error) => error instanceof XmlError && error.line === line,
      text,
    );
});

test('elements that never end, and too many of them, are refused quickly', () => {
  assert.throws(() => parseXml('<a>'.repeat(100_000)), /levels/);
  assert.throws(() => parseXml(`<r>${'<a/>'.repeat(300_000)}</r>`), /elements/);
});

test('whatever the bytes, reading ends with a document or an XmlError', () => {
  const text = '<?xml version="1.0"?><MPD xmlns="u"><Period id="1"><S t="1" d="2"/>&amp;</Period></MPD>';
  const prng = createPrng(5);
  const parts = ['<', '>', '/', '"', '&', ';', '=', ' ', ']]>', '<!--', '<![CDATA[', 'a', ':'];
  for (let round = 0; round < 3_000; round += 1) {
    const at = Math.floor(prng() * text.length);
    const junk = parts[Math.floor(prng() * parts.length)] ?? '';
    try {
      parseMpd(text.slice(0, at) + junk + text.slice(at + Math.floor(prng() * 3)));
    } catch (error) {
      assert.ok(error instanceof XmlError, String(error));
    }
  }
});

test('durations, rates and ranges are read', () => {
  const durations: [string, number | null][] = [
    ['PT2S', 2],
    ['PT1H2M3.5S', 3_723.5],
    ['P1DT1S', 86_401],
    ['PT0S', 0],
    ['P1Y', null],
    ['PT', null],
    ['P', null],
    ['2s', null],
    ['-PT2S', null],
  ];
  for (const [text, expected] of durations) assert.equal(parseXmlDuration(text), expected, text);
  assert.equal(parseFrameRate('30000/1001')?.toFixed(3), '29.970');
  assert.equal(parseFrameRate('29.97'), null);
  assert.equal(parseFrameRate('30/0'), null);
  assert.deepEqual(parseByteRange('10-19'), { offset: 10, length: 10 });
  assert.equal(parseByteRange('19-10'), null);
});

test('templates are filled in and judged', () => {
  const values = { representationId: 'v1', bandwidthBps: 5_000, number: 7, time: 900 };
  const filled = expandTemplate('$RepresentationID$/$Bandwidth$/$Number%05d$-$Time$$$.m4s', values);
  assert.equal(filled, 'v1/5000/00007-900$.m4s');
  assert.equal(templateProblem('$RepresentationID$/$Number%05d$$$.m4s'), null);
  for (const template of ['$Foo$', '$Number', '$Number%5d$', '$RepresentationID%02d$'])
    assert.notEqual(templateProblem(template), null, template);
});

test('timelines repeat, jump, and last to the next entry or the end', () => {
  const entry = (t: number | null, d: number | null, r = 0) => ({ t, d, r, line: 1 });
  const starts = (entries: Parameters<typeof timelineTimes>[0], end: number | null): number[] =>
    timelineTimes(entries, end).map(({ startTicks }) => startTicks);
  assert.deepEqual(starts([entry(10, 5, 2), entry(null, 7)], null), [10, 15, 20, 25]);
  assert.deepEqual(starts([entry(0, 5, -1), entry(20, 5)], null), [0, 5, 10, 15, 20]);
  assert.deepEqual(starts([entry(0, 5, -1)], 12), [0, 5, 10]);
  assert.deepEqual(starts([entry(0, null), entry(0, 0)], 12), []);
});

const OUTER = `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" mediaPresentationDuration="PT10S">
<BaseURL>https://a.example/</BaseURL>
<Period duration="PT4S"><SegmentTemplate timescale="10" startNumber="5" media="$Number$"/>
<AdaptationSet mimeType="video/mp4" codecs="x"><Representation id="1" codecs="y"><SegmentTemplate duration="15"/></Representation></AdaptationSet>
</Period><Period><AdaptationSet/></Period></MPD>`;

test('what outer elements say holds for inner ones, unless they say otherwise', () => {
  const mpd = parseMpd(OUTER);
  assert.deepEqual(
    mpd.periods.map(({ startSeconds, durationSeconds }) => [startSeconds, durationSeconds]),
    [
      [0, 4],
      [4, 6],
    ],
  );
  const [representation] = mpd.periods[0]?.adaptationSets[0]?.representations ?? [];
  assert.equal(representation?.attributes.get('mimeType'), 'video/mp4');
  assert.equal(representation?.attributes.get('codecs'), 'y');
  const info = representation?.segmentInfo;
  assert.ok(info);
  assert.deepEqual([info.timescale, info.startNumber, info.media, info.duration], [10, 5, '$Number$', 15]);
  assert.deepEqual(
    regularTimes(info, 4).map(({ startTicks, durationTicks }) => [startTicks, durationTicks]),
    [
      [0, 15],
      [15, 15],
      [30, 10],
    ],
  );
});
