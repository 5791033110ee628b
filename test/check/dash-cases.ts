// Ways to break DASH, one for each rule.

import type { BrokenCase } from './case.ts';
import { A, initOf, MPD, type SegmentTweak, segmentOf, tracksOf } from './good-site.ts';

const { v360 } = tracksOf();
const TWICE = /(<S t="900000" d="180000") r="5"\/>/g;

const edited = (rule: string, how: string, from: string | RegExp, to: string): BrokenCase => ({
  rule,
  how,
  entry: MPD,
  break: (site) => site.edit(MPD, from, to),
});

/** Changes one representation's element alone. */
const ofSmall = (rule: string, how: string, change: (element: string) => string): BrokenCase => ({
  rule,
  how,
  entry: MPD,
  break: (site) => {
    const element = /<Representation id="v360"[\s\S]*?<\/Representation>/.exec(site.text(MPD))?.[0] ?? '';
    site.edit(MPD, element, change(element));
  },
});

const rebuilt = (rule: string, how: string, indexes: readonly number[], tweak: SegmentTweak): BrokenCase => ({
  rule,
  how,
  entry: MPD,
  break: (site) => {
    for (const index of indexes) site.file(`${A}/v360/${index}.m4s`).body = segmentOf(v360, index, tweak);
  },
});

const MANIFEST: readonly BrokenCase[] = [
  edited('dash.xml', 'an element that does not end', '</Period>', ''),
  edited('dash.xml', 'an attribute twice', 'type="static"', 'type="static" type="static"'),
  edited('dash.xml', 'a document type', /<MPD/, '<!DOCTYPE MPD [<!ENTITY x "y">]><MPD'),
  edited('dash.root', 'another namespace', 'urn:mpeg:dash:schema:mpd:2011', 'urn:mpeg:DASH:schema:MPD:2011'),
  edited('dash.attributes-missing', 'no buffer time', ' minBufferTime="PT2S"', ''),
  edited(
    'dash.duration-syntax',
    'seconds as people write them',
    'maxSegmentDuration="PT2S"',
    'maxSegmentDuration="2s"',
  ),
  edited('dash.presentation-duration', 'no duration', / mediaPresentationDuration="[^"]*"/, ''),
  edited(
    'dash.static-attributes',
    'updates of what does not change',
    'type="static"',
    'type="static" minimumUpdatePeriod="PT2S"',
  ),
  edited('dash.period-none', 'no period', /<Period[\s\S]*<\/Period>/, ''),
  edited(
    'dash.period-id',
    'two periods of one name',
    '</Period>',
    '</Period><Period id="0" start="PT12S" duration="PT0S"/>',
  ),
  edited('dash.period-start', 'a start after the start', 'start="PT0S"', 'start="PT1S"'),
  edited(
    'dash.period-times',
    'a period behind the end',
    '</Period>',
    '</Period><Period id="1" start="PT13S" duration="PT0S"/>',
  ),
  edited('dash.base-url', 'an empty address', '>https://b.example/<', '><'),
  edited(
    'dash.empty',
    'a set of nothing',
    '</Period>',
    '<AdaptationSet id="9" mimeType="video/mp4"/></Period>',
  ),
  edited('dash.adaptation-id', 'two sets of one name', '<AdaptationSet id="1"', '<AdaptationSet id="0"'),
  edited('dash.language', 'a language that is none', 'lang="en"', 'lang="e!"'),
  edited(
    'dash.range',
    'wider than the widest',
    '<AdaptationSet id="0"',
    '<AdaptationSet id="0" maxWidth="640"',
  ),
  edited(
    'dash.segment-info-many',
    'two ways to the segments',
    /<Period [^>]*>/,
    '$&<SegmentBase/><SegmentList duration="1"/>',
  ),
  ofSmall('dash.representation-id', 'two representations of one name', (element) =>
    element.replace('id="v360"', 'id="v720"').replaceAll('$RepresentationID$', 'v360'),
  ),
  ofSmall('dash.bandwidth-missing', 'no bit rate', (element) => element.replace(/ bandwidth="\d+"/, '')),
  edited('dash.mime-type-missing', 'no type', ' mimeType="video/mp4"', ''),
  ofSmall('dash.codecs-missing', 'no codecs', (element) => element.replace(/ codecs="[^"]*"/, '')),
  ofSmall('dash.frame-rate-syntax', 'a rate with a unit', (element) => element.replace('="30"', '="30fps"')),
  edited(
    'dash.segment-info-missing',
    'nowhere to find segments',
    /<\/AdaptationSet>/,
    '<Representation id="x" bandwidth="1" codecs="avc1.64001f"/></AdaptationSet>',
  ),
  ofSmall('dash.live-profile', 'a list in the live profile', (element) => {
    const urls = [0, 1, 2, 3, 4, 5].map((index) => `<SegmentURL media="v360/${index}.m4s"/>`).join('');
    const list = `<SegmentList timescale="90000" duration="180000" presentationTimeOffset="900000"><Initialization sourceURL="v360/init.mp4"/>${urls}</SegmentList>`;
    return element.replace(/<SegmentTemplate[\s\S]*<\/SegmentTemplate>/, list);
  }),
];

const ADDRESSES: readonly BrokenCase[] = [
  ofSmall('dash.template', 'a width for a name', (element) =>
    element.replaceAll('$RepresentationID$', '$RepresentationID%01d$'),
  ),
  ofSmall('dash.template-duration', 'two ways to tell the time', (element) =>
    element.replace('startNumber', 'duration="180000" startNumber'),
  ),
  ofSmall('dash.timeline', 'a repeat of minus two', (element) => element.replace('r="5"', 'r="-2"')),
  edited(
    'dash.timeline-overlap',
    'a segment that begins early',
    TWICE,
    '$1 r="4"/><S t="1798000" d="180000"/>',
  ),
  edited('dash.timeline-gap', 'a segment that begins late', TWICE, '$1 r="4"/><S t="1802000" d="180000"/>'),
  edited('dash.coverage', 'a presentation longer than its segments', 'PT12.000S', 'PT20.000S'),
  edited(
    'dash.max-segment-duration',
    'segments longer than the longest',
    'maxSegmentDuration="PT2S"',
    'maxSegmentDuration="PT1S"',
  ),
  {
    rule: 'dash.alignment',
    how: 'segments that begin elsewhere',
    entry: MPD,
    plan: { frames360: [50, 70, ...v360.frames.slice(2)] },
    break: () => undefined,
  },
  ofSmall('dash.timescale', 'a timescale that the media does not have', (element) =>
    element
      .replace('timescale="90000"', 'timescale="1001"')
      .replace('Offset="900000"', 'Offset="10010"')
      .replace('<S t="900000" d="180000"', '<S t="10010" d="2002"'),
  ),
];

const MEDIA: readonly BrokenCase[] = [
  rebuilt(
    'dash.segment-time',
    'media a second late',
    v360.frames.map((_, index) => index),
    { shiftTicks: 90_000 },
  ),
  rebuilt('dash.segment-duration', 'a segment that ends early', [5], { frames: 50 }),
  rebuilt('dash.decode-jump', 'a segment 20 ms late', [1], { shiftTicks: 1_800 }),
  rebuilt('dash.start-with-sap', 'a segment that begins with a difference', [1], { isFirstSync: false }),
  ofSmall('dash.codecs', 'codecs of another level', (element) => element.replace('64001f', '640028')),
  edited('dash.mime-type', 'audio called video', 'mimeType="audio/mp4"', 'mimeType="video/mp4"'),
  ofSmall('dash.size', 'another height', (element) => element.replace('height="360"', 'height="352"')),
  ofSmall('dash.frame-rate', 'another rate', (element) =>
    element.replace('frameRate="30"', 'frameRate="25"'),
  ),
  edited(
    'dash.audio-rate',
    'another sampling rate',
    'audioSamplingRate="48000"',
    'audioSamplingRate="44100"',
  ),
  edited('dash.channels', 'six channels that are two', '2011" value="2"', '2011" value="6"'),
  ofSmall('dash.bandwidth', 'a bit rate too low', (element) =>
    element.replace(/bandwidth="\d+"/, 'bandwidth="1000"'),
  ),
  {
    ...ofSmall('dash.bandwidth-overstated', 'a bit rate too high', (element) =>
      element.replace(/bandwidth="\d+"/, 'bandwidth="9000000"'),
    ),
    segments: 'all',
  },
  {
    rule: 'dash.cmaf-brand',
    how: 'an init segment without the brand',
    entry: MPD,
    break: (site) => {
      site.file(`${A}/v360/init.mp4`).body = initOf(v360, 'iso5');
    },
  },
];

export const DASH_CASES: readonly BrokenCase[] = [...MANIFEST, ...ADDRESSES, ...MEDIA];
