// Ways to break a live presentation, one or more for each rule.

import { LIVE_START_MS, type LiveServer, type Place } from './live-site.ts';

export interface LiveCase {
  readonly rule: string;
  readonly how: string;
  readonly flaw: Partial<LiveServer>;
  readonly watchMs?: number;
}

const VIDEO_ONLY = ({ rendition }: Place): boolean => rendition !== 'audio';
/** From then on a flaw shows that is a change. */
const CHANGE_MS = LIVE_START_MS + 1_500;

const edited = (
  rule: string,
  how: string,
  from: string | RegExp,
  to: string,
  where: (place: Place, timeMs: number) => boolean = () => true,
): LiveCase => ({
  rule,
  how,
  flaw: {
    rewrite: (text, place, _query, timeMs) => (where(place, timeMs) ? text.replaceAll(from, to) : text),
  },
});

const flawed = (rule: string, how: string, flaw: Partial<LiveServer>, watchMs?: number): LiveCase => ({
  rule,
  how,
  flaw,
  ...(watchMs === undefined ? {} : { watchMs }),
});

/** Only delta updates are changed. */
const inDelta = (rule: string, how: string, from: RegExp, to: string): LiveCase => ({
  rule,
  how,
  flaw: { rewrite: (text) => (text.includes('#EXT-X-SKIP') ? text.replace(from, to) : text) },
});

/** A hiccup of the encoder: what was held up comes at once, then all goes on in time. */
function hiccup(
  segment: number,
  lateMs: number,
  partMs: number,
  partsPerSegment: number,
): LiveServer['delayMs'] {
  return (_, own, part) => {
    const after = (own - segment) * partsPerSegment + part;
    return after < 0 ? 0 : Math.max(0, lateMs - after * partMs);
  };
}

const PARTS: readonly LiveCase[] = [
  edited('live.part-inf', 'no PART-INF', /#EXT-X-PART-INF.*\n/g, ''),
  edited('live.part-target', 'parts longer than announced', 'PART-TARGET=0.20000', 'PART-TARGET=0.15000'),
  edited(
    'live.part-short',
    'a short part in the middle of a segment',
    /DURATION=0\.20000,URI="(\d+)\.1\.m4s"/g,
    'DURATION=0.10000,URI="$1.1.m4s"',
  ),
  edited(
    'live.tag-after-part',
    'a key behind the first part',
    /(#EXT-X-PART:[^\n]*\.0\.m4s"[^\n]*)/g,
    '$1\n#EXT-X-KEY:METHOD=NONE',
  ),
  flawed('live.parts-differ', 'a segment with another last byte', {
    media: (bytes, name) =>
      /^\d+\.m4s$/.test(name)
        ? Uint8Array.from(bytes, (byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
        : bytes,
  }),
  edited('live.independent-missing', 'no INDEPENDENT on parts of video', /,INDEPENDENT=YES/g, '', VIDEO_ONLY),
  edited(
    'live.independent-false',
    'INDEPENDENT on a part without an I-frame',
    /(URI="\d+\.1\.m4s")/g,
    '$1,INDEPENDENT=YES',
    VIDEO_ONLY,
  ),
  flawed('live.part-gone', 'parts that go with their tag', {
    keptMs: { part: 2_500, segment: 60_000 },
  }),
  flawed('live.segment-gone', 'segments that go with their place in the playlist', {
    keptMs: { part: 7_000, segment: 11_900 },
  }),
];

const CONTROL: readonly LiveCase[] = [
  flawed('live.block-reload', 'parts without blocking reload', { blocks: false }),
  edited('live.part-hold-back', 'no PART-HOLD-BACK', /,PART-HOLD-BACK=[\d.]+/g, ''),
  edited('live.part-hold-back', 'less than two parts', 'PART-HOLD-BACK=0.600', 'PART-HOLD-BACK=0.300'),
  edited(
    'live.part-hold-back-short',
    'less than three parts',
    'PART-HOLD-BACK=0.600',
    'PART-HOLD-BACK=0.500',
  ),
  edited('live.hold-back', 'less than three segments', ',HOLD-BACK=3.000', ',HOLD-BACK=2.000'),
  edited('live.skip-until', 'less than six segments', 'CAN-SKIP-UNTIL=6.000', 'CAN-SKIP-UNTIL=5.000'),
  flawed('live.skip-date-ranges', 'date ranges alone', {
    skips: false,
    rewrite: (text) => text.replace(',HOLD-BACK', ',CAN-SKIP-DATERANGES=YES,HOLD-BACK'),
  }),
  edited(
    'live.control-differs',
    'another HOLD-BACK for audio',
    ',HOLD-BACK=3.000',
    ',HOLD-BACK=4.000',
    (place) => !VIDEO_ONLY(place),
  ),
  edited('live.date-missing', 'no dates', /#EXT-X-PROGRAM-DATE-TIME.*\n/g, ''),
  edited(
    'live.event-removed',
    'an EVENT whose beginning goes',
    '#EXT-X-INDEPENDENT',
    '#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT',
  ),
];

const CHANGES: readonly LiveCase[] = [
  flawed('live.sequence-decreased', 'old segments that come back', {
    rewrite: (text, _place, query, timeMs) =>
      timeMs < CHANGE_MS || query.has('_HLS_skip')
        ? text
        : text.replace(/#EXT-X-MEDIA-SEQUENCE:(\d+)([\s\S]*?)(#EXT-X-PROGRAM)/, (_, number, head, first) => {
            const old = [3, 2, 1].map((back) => `#EXTINF:1.00000,\n${Number(number) - back}.m4s\n`);
            return `#EXT-X-MEDIA-SEQUENCE:${Number(number) - 3}${head}${old.join('')}${first}`;
          }),
  }),
  edited(
    'live.segment-changed',
    'another duration of the same segment',
    '#EXTINF:1.00000',
    '#EXTINF:1.00010',
    (_, timeMs) => timeMs > CHANGE_MS,
  ),
  edited(
    'live.part-changed',
    'another duration of the same part',
    'DURATION=0.20000',
    'DURATION=0.19990',
    (_, timeMs) => timeMs > CHANGE_MS,
  ),
  flawed('live.removed-early', 'a playlist of two segments', { windowSegments: 2 }),
  edited(
    'live.discontinuity-sequence',
    'discontinuities that are not counted when they go',
    /(#EXT-X-PROGRAM-DATE-TIME:.*:[0-5][05]\.000Z)/g,
    '#EXT-X-DISCONTINUITY\n$1',
  ),
  edited(
    'live.target-changed',
    'another PART-TARGET',
    'PART-TARGET=0.20000',
    'PART-TARGET=0.19950',
    (_, timeMs) => timeMs > CHANGE_MS,
  ),
];

const TIMES: readonly LiveCase[] = [
  flawed('live.part-late', 'an encoder that pauses', { delayMs: hiccup(1_002, 800, 200, 5) }),
  flawed(
    'live.segment-late',
    'ordinary segments that pause',
    { hasParts: false, partMs: 1_000, delayMs: hiccup(1_002, 2_500, 1_000, 1) },
    7_000,
  ),
  flawed('live.answered-early', 'a promise to hold requests that is not kept', { holds: false }),
  flawed('live.reload-failed', 'an error instead of a playlist', {
    playlistStatus: (timeMs) => (timeMs > CHANGE_MS && timeMs < CHANGE_MS + 150 ? 503 : 200),
  }),
  edited('live.report-missing', 'no report of audio', /#EXT-X-RENDITION-REPORT:URI="\.\.\/audio.*\n/g, ''),
  flawed('live.report-wrong', 'a report that is old', { reportAgeMs: 1_500 }),
  flawed('live.report-wrong', 'a report of what is not there', { reportAgeMs: -1_500 }),
  {
    rule: 'live.report-uri',
    how: 'absolute addresses',
    flaw: {
      rewrite: (text, { pathway }) => text.replaceAll('URI="../', `URI="https://${pathway}.example/live/`),
    },
  },
];

const ANSWERS: readonly LiveCase[] = [
  flawed('live.part-alone', '_HLS_part alone is taken', {
    refuses: { partAlone: false, segmentFar: true, partFar: true },
  }),
  flawed('live.segment-far', 'any segment is waited for', {
    refuses: { partAlone: true, segmentFar: false, partFar: true },
  }),
  flawed('live.part-far', 'any part is waited for', {
    segmentMs: 2_000,
    refuses: { partAlone: true, segmentFar: true, partFar: false },
  }),
  flawed('live.delta-missing', 'CAN-SKIP-UNTIL that is not kept', { skipped: () => 0 }),
  flawed('live.delta-wrong', 'too much left out', { skipped: (window) => window - 2 }),
  inDelta('live.delta-wrong', 'another segment', /\n\d+\.m4s/, '\nother.m4s'),
  inDelta('live.delta-version', 'version 7', /VERSION:9/, 'VERSION:7'),
  flawed('live.delta-unasked', 'delta updates for everybody', { skipsUnasked: true }),
  edited('live.hint-missing', 'no hint', /#EXT-X-PRELOAD-HINT.*\n/g, ''),
  edited('live.hint-repeated', 'two hints', /(#EXT-X-PRELOAD-HINT.*\n)/g, '$1$1'),
  flawed('live.hint-unavailable', 'a hint that is not found', { hint: 'refused' }),
  edited('live.hint-missed', 'a hint at something else', /(HINT:TYPE=PART,URI="\d+\.)/g, '$19'),
  flawed('live.hint-bytes', 'a hinted part without its end', { hint: 'short' }),
  flawed('live.hint-trickled', 'a part that is sent while it is made', { hint: 'trickled' }),
];

/** Rules of all presentations that read live playlists in a way of their own. */
const TOGETHER: readonly LiveCase[] = [
  edited(
    'steering.stable-content',
    'other durations at the other pathway',
    '#EXTINF:1.00000',
    '#EXTINF:0.98000',
    (place) => place.pathway === 'b' && VIDEO_ONLY(place),
  ),
  edited(
    'hls.timestamps-differ',
    'dates of audio that are half a second off',
    '.000Z',
    '.500Z',
    (place) => !VIDEO_ONLY(place),
  ),
  edited(
    'hls.segments-unaligned',
    'segments that begin at other times',
    '.000Z',
    '.100Z',
    ({ rendition }) => rendition === 'v360',
  ),
];

export const LIVE_CASES: readonly LiveCase[] = [
  ...PARTS,
  ...CONTROL,
  ...CHANGES,
  ...TIMES,
  ...ANSWERS,
  ...TOGETHER,
];
