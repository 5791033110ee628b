// Other ways to address segments than Meridian's are good too: ranges of one file, lists, indexes, templates by time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AAC_STEREO, aacEntry, fragment, trak } from '../../src/media/cmaf/box-fixture.ts';
import { box, bytesOf, u16, u32, zeros } from '../../src/media/cmaf/box-writer.ts';
import { checkSite } from './case.ts';
import { A, goodSite, initOf, MPD, SINGLE, START_SECONDS, segmentOf, tracksOf } from './good-site.ts';
import type { Site } from './site.ts';

const { v720, v360, audio } = tracksOf();

async function assertGood(site: Site, entry: string, segments: number): Promise<void> {
  const { facts, findings } = await checkSite(site, entry, 'all');
  assert.deepEqual(findings, []);
  assert.deepEqual(facts.notChecked, []);
  const fetched = facts.resources.filter(({ role }) => role === 'segment');
  assert.equal(fetched.length, segments);
}

test('HLS segments may be ranges of one file, one after another', async () => {
  const site = goodSite();
  const init = initOf(v720);
  const segments = v720.frames.map((_, index) => segmentOf(v720, index));
  site.put(`${A}/v720/all.mp4`, bytesOf(init, ...segments), site.file(`${A}/v720/init.mp4`).headers);
  site.edit(SINGLE, 'URI="init.mp4"', `URI="all.mp4",BYTERANGE="${init.length}@0"`);
  for (const [index, { length }] of segments.entries())
    site.edit(
      SINGLE,
      `${index}.m4s`,
      `#EXT-X-BYTERANGE:${length}${index === 0 ? `@${init.length}` : ''}\nall.mp4`,
    );
  await assertGood(site, SINGLE, 6);
});

test('HLS segments after a discontinuity may have other times and another format', async () => {
  const site = goodSite();
  for (const index of [3, 4, 5])
    site.file(`${A}/v720/${index}.m4s`).body = segmentOf(v720, index, { shiftTicks: 900_000 });
  site.edit(SINGLE, '#EXTINF:2.00000,\n3.m4s', '#EXT-X-DISCONTINUITY\n#EXTINF:2.00000,\n3.m4s');
  await assertGood(site, SINGLE, 6);
});

test('encrypted segments are not looked into, and the report says so', async () => {
  const site = goodSite();
  site.insertAfter(SINGLE, '#EXT-X-MAP', '#EXT-X-KEY:METHOD=AES-128,URI="key"');
  site.file(`${A}/v720/1.m4s`).body = new Uint8Array(100);
  const { facts, findings } = await checkSite(site, SINGLE);
  assert.deepEqual(findings, []);
  assert.deepEqual(facts.notChecked, ['inside of 4 segments: it is encrypted']);
});

test('segments of other containers are not looked into, and the report says so', async () => {
  const site = goodSite();
  site.edit(SINGLE, '#EXT-X-MAP:URI="init.mp4"\n', '');
  for (const index of v720.frames.keys())
    site.file(`${A}/v720/${index}.m4s`).body = Uint8Array.from([0x47, 0x40, 0, 0x10]);
  const { facts, findings } = await checkSite(site, SINGLE);
  assert.deepEqual(findings, []);
  assert.match(facts.notChecked.join(), /4 segments: it has no init segment/);
});

/** Removes the other pathway, so that each representation is fetched once. */
function oneLocation(site: Site): void {
  site.edit(MPD, /<BaseURL serviceLocation="b">.*\n/, '');
  site.edit(`https://steer.example/dash.json`, '["a","b"]', '["a"]');
}

test('DASH segments may be named by their time', async () => {
  const site = goodSite();
  oneLocation(site);
  site.edit(MPD, '$Number$', '$Time$');
  for (const track of [v720, v360, audio])
    for (const index of track.frames.keys()) {
      const { body, headers } = site.file(`${A}/${track.id}/${index}.m4s`);
      const time = (START_SECONDS + index * 2) * track.timescale;
      site.put(`${A}/${track.id}/${time}.m4s`, body, headers);
    }
  await assertGood(site, MPD, 18);
});

test('DASH segments may be timed by one duration', async () => {
  const site = goodSite();
  oneLocation(site);
  site.edit(MPD, /<SegmentTimeline>.*<\/SegmentTimeline>/g, '');
  site.edit(MPD, /timescale="(\d+)"/g, 'timescale="$1" duration="$1"');
  site.edit(MPD, 'duration="90000"', 'duration="180000"');
  site.edit(MPD, 'duration="48000"', 'duration="96000"');
  await assertGood(site, MPD, 18);
});

test('a DASH representation may be one file with an index', async () => {
  const site = goodSite();
  oneLocation(site);
  site.edit(MPD, 'urn:mpeg:dash:profile:isoff-live:2011', 'urn:mpeg:dash:profile:isoff-on-demand:2011');
  for (const track of [v720, v360, audio]) {
    const init = initOf(track);
    const segments = track.frames.map((_, index) => segmentOf(track, index));
    const rows = segments.flatMap(({ length }) => [
      ...u32(length),
      ...u32(track.timescale * 2),
      ...u32(0x90000000),
    ]);
    const start = START_SECONDS * track.timescale;
    const sidx = box('sidx', u32(0), u32(1), u32(track.timescale), u32(start), u32(0), u16(0), u16(6), rows);
    const headers = site.file(`${A}/${track.id}/init.mp4`).headers;
    site.put(`${A}/${track.id}.mp4`, bytesOf(init, sidx, ...segments), headers);
    const base = `<BaseURL>${track.id}.mp4</BaseURL><SegmentBase timescale="${track.timescale}" presentationTimeOffset="${start}" indexRange="${init.length}-${init.length + sidx.length - 1}"><Initialization range="0-${init.length - 1}"/></SegmentBase>`;
    const element = new RegExp(
      `(<Representation id="${track.id}"[\\s\\S]*?)<SegmentTemplate[\\s\\S]*?</SegmentTemplate>`,
    );
    site.edit(MPD, element, `$1${base}`);
  }
  await assertGood(site, MPD, 18 + 3);
});

/** An init segment whose edit list says that presentation begins at this media time. */
function editedInit(mediaTicks: number): Uint8Array {
  const plain = trak({ handler: 'soun', timescale: 48_000, entry: aacEntry(AAC_STEREO) });
  const elst = box(
    'elst',
    u32(0),
    u32(2),
    u32(0),
    u32(0xffffffff),
    u32(1 << 16),
    u32(0),
    u32(mediaTicks),
    u32(1 << 16),
  );
  const whole = box('trak', plain.slice(8), box('edts', elst));
  const trex = box('trex', zeros(4), u32(1), u32(1), u32(0), u32(0), u32(0));
  const moov = box('moov', box('mvhd', zeros(12), u32(1_000), zeros(84)), whole, box('mvex', trex));
  return bytesOf(box('ftyp', 'iso6', u32(0), 'iso6', 'cmfc'), moov);
}

test('an edit list that cuts off encoder delay moves times and shortens the first segment', async () => {
  const delayTicks = 2_000;
  const start = START_SECONDS * 48_000;
  const frames = (count: number) =>
    Array.from({ length: count }, () => ({ durationTicks: 1_000, payload: new Uint8Array(50) }));
  for (const [isTold, expected] of [
    [true, []],
    [false, ['dash.segment-time', 'dash.segment-duration']],
  ] as const) {
    const site = goodSite();
    oneLocation(site);
    site.file(`${A}/audio/init.mp4`).body = editedInit(isTold ? start + delayTicks : 0);
    site.edit(MPD, 'presentationTimeOffset="480000"', 'presentationTimeOffset="0"');
    site.edit(MPD, '<S t="480000" d="96000" r="5"/>', '<S t="0" d="96000" r="5"/>');
    for (const index of audio.frames.keys()) {
      // The first segment holds the delay besides its two seconds.
      const first = index === 0;
      const time = start + index * 96_000 + (first ? 0 : delayTicks);
      site.file(`${A}/audio/${index}.m4s`).body = fragment(time, frames(first ? 98 : 96));
    }
    const { findings } = await checkSite(site, MPD, 'all');
    assert.deepEqual([...new Set(findings.map(({ ruleId }) => ruleId))], expected);
  }
});

test('captions beside the media are fetched, and missed when they are gone', async () => {
  const site = goodSite();
  oneLocation(site);
  site.edit(
    MPD,
    '</Period>',
    '<AdaptationSet id="7" contentType="text" mimeType="text/vtt" lang="de"><Representation id="de" bandwidth="1000"><BaseURL>de.vtt</BaseURL></Representation></AdaptationSet></Period>',
  );
  site.put(`${A}/de.vtt`, 'WEBVTT\n', { 'content-type': 'text/vtt', etag: '"1"' });
  const { facts, findings } = await checkSite(site, MPD);
  assert.deepEqual(findings, []);
  assert.deepEqual(facts.notChecked, ['inside of 1 segments: it is text/vtt']);
  site.files.delete(`${A}/de.vtt`);
  const again = await checkSite(site, MPD);
  assert.deepEqual(
    again.findings.map(({ ruleId, where }) => [ruleId, where]),
    [['http.unavailable', `${A}/de.vtt`]],
  );
});
