// Rules of how segments are addressed and timed, and of the manifest against the media.
// Source: ISO/IEC 23009-1, clauses 5.3.3.2, 5.3.5, 5.3.7, 5.3.9 and 5.8.5; DASH-IF IOP v5, part on timing.

import type { InitTrack } from '#media/cmaf/init-segment.ts';
import { durationOf, type ParsedSegmentInfo } from '#media/dash/parse-mpd.ts';
import { parseFrameRate, templateIdentifiers, templateProblem } from '#media/dash/parse-mpd-values.ts';
import { type DashFacts, type DashTrackFacts, isWhollyRead, spanOf } from '../facts.ts';
import { FRAME_RATE_TOLERANCE, TIME_TOLERANCE_SECONDS } from '../limits.ts';
import { neighbours } from './hls-media.ts';
import { measuredFrameRate } from './hls-presentation.ts';
import { at, DASH, dashRule, type Evidence, kilobits, type Rule, seconds, section } from './rule.ts';

type Mpd = NonNullable<DashFacts['mpd']>;
type Check = (own: DashTrackFacts, url: string, mpd: Mpd) => Evidence[];

/** A rule of each representation at the location that is fetched first, or, with `isEverywhere`, at all. */
function trackRule(
  id: string,
  clause: string,
  title: string,
  check: Check,
  options: { readonly severity?: Rule['severity']; readonly isEverywhere?: boolean } = {},
): Rule {
  const head = { id, severity: options.severity ?? 'error', clause, title };
  return dashRule(head, (mpd, { tracks, url }) =>
    tracks
      .filter(({ serviceLocation }) => options.isEverywhere === true || serviceLocation === null)
      .flatMap((own) => check(own, url, mpd)),
  );
}

/** A rule of the segment information of each representation. */
function infoRule(
  id: string,
  place: string,
  title: string,
  problemOf: (info: ParsedSegmentInfo, own: DashTrackFacts) => string | null,
  options: { readonly severity?: Rule['severity'] } = {},
): Rule {
  const check: Check = (own, url) => {
    const info = own.representation.segmentInfo;
    const problem = info === null ? null : problemOf(info, own);
    return problem === null
      ? []
      : [at(url, `Representation ${own.representation.id}: ${problem}`, info?.line ?? null)];
  };
  return trackRule(id, section(DASH, place), title, check, options);
}

function timelineProblem({ timeline }: ParsedSegmentInfo): string | null {
  for (const { d, r } of timeline ?? []) {
    if (d === null || d <= 0) return `S@d is ${d ?? 'missing or no number'}`;
    if (r < -1) return `S@r is ${r}`;
  }
  return null;
}

/** Where a timeline jumps: by how much, in seconds; overlaps are negative. */
function timelineJumps({ timeline, timescale }: ParsedSegmentInfo): number[] {
  const jumps: number[] = [];
  let end: number | null = null;
  for (const { t, d, r } of timeline ?? []) {
    if (d === null || d <= 0) return [];
    if (t !== null && end !== null && t !== end) jumps.push((t - end) / timescale);
    const start: number | null = t ?? end ?? 0;
    end = r < 0 ? null : start + d * (r + 1);
  }
  return jumps;
}

function templateProblems(
  { media, initialization, timeline, startNumber }: ParsedSegmentInfo,
  own: DashTrackFacts,
): string | null {
  for (const template of [media, initialization]) {
    const problem = template === null ? null : templateProblem(template);
    if (problem !== null) return problem;
  }
  const identifiers = templateIdentifiers(media ?? '');
  const isNumbered = identifiers.has('Number');
  const isTimed = identifiers.has('Time');
  if (isNumbered && isTimed) return `${media} holds both $Number$ and $Time$`;
  if (isTimed && timeline === null) return `${media} holds $Time$ without a SegmentTimeline`;
  const inInit = [...templateIdentifiers(initialization ?? '')].filter(
    (name) => name === 'Number' || name === 'Time',
  );
  if (inInit.length > 0) return `${initialization} holds $${inInit.join('$ and $')}$`;
  const isSeveral = own.track.declared.length > 1 && media !== null;
  return isSeveral && !isNumbered && !isTimed
    ? `${media} names all segments from ${startNumber} on alike`
    : null;
}

/** The parts of a period that no segment covers. */
function coverage(own: DashTrackFacts, url: string): Evidence[] {
  const { declared } = own.track;
  const [first] = declared;
  const last = declared.at(-1);
  const { durationSeconds, startSeconds } = own.period;
  if (first === undefined || last === undefined || durationSeconds === null) return [];
  const longest = Math.max(...declared.map((segment) => segment.durationSeconds));
  const before = first.startSeconds - startSeconds;
  const after = startSeconds + durationSeconds - last.startSeconds - last.durationSeconds;
  const { id, line } = own.representation;
  if (before > longest / 2)
    return [at(url, `Representation ${id} begins ${seconds(before)} after its period`, line)];
  return after > longest / 2
    ? [at(url, `Representation ${id} ends ${seconds(after)} before its period`, line)]
    : [];
}

function longestSegments(own: DashTrackFacts, url: string, { attributes }: Mpd): Evidence[] {
  const most = durationOf(attributes, 'maxSegmentDuration');
  const longest = Math.max(0, ...own.track.declared.map(({ durationSeconds }) => durationSeconds));
  // One file of captions is no segment.
  if (own.representation.segmentInfo === null) return [];
  if (most === null || longest <= most + TIME_TOLERANCE_SECONDS) return [];
  const { id, line } = own.representation;
  return [
    at(
      url,
      `Representation ${id}: a segment of ${seconds(longest)}, @maxSegmentDuration is ${seconds(most)}`,
      line,
    ),
  ];
}

/** Segments whose samples do not begin where the timeline says. */
function wrongTimes({ track, startTicks, representation }: DashTrackFacts): Evidence[] {
  const timescale = representation.segmentInfo?.timescale ?? 1;
  if (representation.segmentInfo?.timeline === null) return [];
  return track.segments.flatMap((segment) => {
    const span = spanOf(segment);
    const declared = startTicks[segment.index];
    if (span === null || declared === undefined) return [];
    const tolerance = Math.max(TIME_TOLERANCE_SECONDS, span.longestSampleSeconds);
    if (Math.abs(span.presentationSeconds - declared / timescale) <= tolerance) return [];
    const text = `the manifest says ${seconds(declared / timescale)}, the samples begin at ${seconds(span.presentationSeconds)}`;
    return [at(segment.declared.url, text)];
  });
}

/** With a timeline durations are exact; by @duration they may be half as long or half longer (5.3.9.2). */
function wrongDurations({ track, representation }: DashTrackFacts): Evidence[] {
  const isExact = representation.segmentInfo?.timeline !== null;
  return track.segments.flatMap((segment) => {
    const span = spanOf(segment);
    if (span === null) return [];
    const { durationSeconds } = segment.declared;
    const isLast = segment.index === track.declared.length - 1;
    const exact = Math.max(TIME_TOLERANCE_SECONDS, span.longestSampleSeconds);
    const tolerance = isExact ? exact : isLast ? Number.POSITIVE_INFINITY : durationSeconds / 2 + exact;
    if (Math.abs(span.presentedSeconds - durationSeconds) <= tolerance) return [];
    const text = `the manifest says ${seconds(durationSeconds)}, the samples last ${seconds(span.presentedSeconds)}`;
    return [at(segment.declared.url, text)];
  });
}

function decodeJumps({ track }: DashTrackFacts): Evidence[] {
  return neighbours(track.segments).flatMap(([earlier, later]) => {
    const before = spanOf(earlier);
    const after = spanOf(later);
    if (before === null || after === null) return [];
    const gap = after.decodeSeconds - before.decodeSeconds - before.durationSeconds;
    if (Math.abs(gap) <= TIME_TOLERANCE_SECONDS) return [];
    return [at(later.declared.url, `decode time jumps by ${seconds(gap)} from the segment before`)];
  });
}

function trackOf({ track }: DashTrackFacts, kind: InitTrack['kind']): InitTrack | undefined {
  return track.inits.flatMap(({ inspection }) => inspection?.tracks ?? []).find((own) => own.kind === kind);
}

/** A rule that compares an attribute with the init segment. */
function attributeRule(
  id: string,
  place: string,
  title: string,
  problemOf: (own: DashTrackFacts, attributes: ReadonlyMap<string, string>) => string | null,
): Rule {
  return trackRule(id, section(DASH, place), title, (own, url) => {
    const problem = problemOf(own, own.representation.attributes);
    const { id: name, line } = own.representation;
    return problem === null ? [] : [at(url, `Representation ${name}: ${problem}`, line)];
  });
}

function codecsProblem({ track }: DashTrackFacts, attributes: ReadonlyMap<string, string>): string | null {
  const declared = attributes.get('codecs');
  const inits = track.inits.map(({ inspection }) => inspection);
  if (declared === undefined || inits.length === 0 || inits.includes(null)) return null;
  const sorted = (codecs: readonly string[]): string =>
    [...new Set(codecs.map((codec) => codec.trim().toLowerCase()))].sort().join(',');
  const real = sorted(inits.flatMap((inspection) => (inspection?.tracks ?? []).map(({ codecs }) => codecs)));
  return sorted(declared.split(',')) === real ? null : `@codecs is ${declared}, the media is ${real}`;
}

function mimeProblem({ track }: DashTrackFacts, attributes: ReadonlyMap<string, string>): string | null {
  const declared = attributes.get('mimeType')?.split('/')[0];
  const kinds = track.inits.flatMap(({ inspection }) => (inspection?.tracks ?? []).map(({ kind }) => kind));
  if ((declared !== 'video' && declared !== 'audio') || kinds.length === 0) return null;
  // A file with video and audio is video (RFC 4337).
  const real = kinds.includes('video') ? 'video' : 'audio';
  return declared === real ? null : `@mimeType is ${attributes.get('mimeType')}, the media is ${real}`;
}

function sizeProblem(own: DashTrackFacts, attributes: ReadonlyMap<string, string>): string | null {
  const video = trackOf(own, 'video');
  const [width, height] = ['width', 'height'].map((name) => attributes.get(name));
  if (video === undefined || width === undefined || height === undefined) return null;
  if (Number(width) === video.width && Number(height) === video.height) return null;
  return `the manifest says ${width}x${height}, the media is ${video.width}x${video.height}`;
}

function frameRateProblem({ track }: DashTrackFacts, attributes: ReadonlyMap<string, string>): string | null {
  const declared = parseFrameRate(attributes.get('frameRate') ?? '');
  const real = measuredFrameRate(track);
  if (declared === null || real === null) return null;
  if (Math.abs(declared - real) <= real * FRAME_RATE_TOLERANCE) return null;
  return `@frameRate is ${attributes.get('frameRate')}, the media has ${real.toFixed(3)} frames a second`;
}

function sampleRateProblem(own: DashTrackFacts, attributes: ReadonlyMap<string, string>): string | null {
  const declared = attributes.get('audioSamplingRate');
  const audio = trackOf(own, 'audio');
  if (audio === undefined || declared === undefined) return null;
  const isWithin = declared
    .split(/\s+/)
    .map(Number)
    .includes(audio.sampleRate ?? Number.NaN);
  return isWithin ? null : `@audioSamplingRate is ${declared}, the media has ${audio.sampleRate}`;
}

/** Schemes whose value is a plain count, or stands for one (ISO/IEC 23091-3). */
const CHANNEL_COUNTS: readonly (number | null)[] = [null, 1, 2, 3, 4, 5, 6, 8];

function channelsProblem(own: DashTrackFacts): string | null {
  const audio = trackOf(own, 'audio');
  for (const { scheme, value } of own.representation.channelConfigurations) {
    const isCount = scheme === 'urn:mpeg:dash:23003:3:audio_channel_configuration:2011';
    const isCode = scheme === 'urn:mpeg:mpegB:cicp:ChannelConfiguration';
    const declared = isCount ? Number(value) : isCode ? (CHANNEL_COUNTS[Number(value)] ?? null) : null;
    if (audio === undefined || declared === null || declared === audio.channels) continue;
    return `AudioChannelConfiguration is ${value}, the media has ${audio.channels} channels`;
  }
  return null;
}

/**
 * The promise of @bandwidth: whoever receives at that rate, and starts after @minBufferTime, never runs dry. Judged at
 * the end of each segment, which forgives the order of frames within.
 */
function bandwidthProblem(
  { representation, track }: DashTrackFacts,
  minBufferSeconds: number,
): string | null {
  const bandwidth = Number(representation.attributes.get('bandwidth'));
  if (!(bandwidth > 0)) return null;
  for (const [first, start] of track.segments.entries()) {
    let bits = 0;
    let duration = 0;
    for (let index = first; index < track.segments.length; index += 1) {
      const segment = track.segments[index];
      if (segment === undefined || segment.index - start.index !== index - first) break;
      bits += segment.resource.bodyBytes * 8;
      duration += segment.declared.durationSeconds;
      if (bits <= bandwidth * (minBufferSeconds + duration)) continue;
      const text = `segments ${start.index} to ${segment.index} take ${kilobits(bits / duration)} over ${seconds(duration)}`;
      return `@bandwidth is ${bandwidth}, @minBufferTime ${seconds(minBufferSeconds)}; ${text}`;
    }
  }
  return null;
}

/** Sets that promise alignment but do not keep it. */
function unaligned(mpd: Mpd, { tracks, url }: DashFacts): Evidence[] {
  return mpd.periods
    .flatMap(({ adaptationSets }) => adaptationSets)
    .filter(({ attributes }) => !['false', undefined].includes(attributes.get('segmentAlignment')))
    .flatMap((set) => {
      const own = tracks.filter((track) => track.set === set && track.serviceLocation === null);
      const [first, ...others] = own;
      return others.flatMap(({ track, representation }) => {
        const index = track.declared.findIndex(({ startSeconds }, position) => {
          const other = first?.track.declared[position];
          return other !== undefined && Math.abs(other.startSeconds - startSeconds) > TIME_TOLERANCE_SECONDS;
        });
        if (index === -1) return [];
        const text = `segment ${index} does not begin where that of ${first?.representation.id} does`;
        return [at(url, `Representation ${representation.id}: ${text}`, representation.line)];
      });
    });
}

const ADDRESS_RULES: readonly Rule[] = [
  infoRule(
    'dash.template',
    '5.3.9.4.4',
    'Templates hold the identifiers that they need, well-formed.',
    (info, own) => (info.kind === 'template' ? templateProblems(info, own) : null),
  ),
  infoRule(
    'dash.template-duration',
    '5.3.9.2.1',
    'Segments are timed by @duration or by SegmentTimeline.',
    (info) => {
      if (info.kind === 'base') return null;
      if (info.duration !== null && info.timeline !== null) return 'there are @duration and SegmentTimeline';
      const isOne = info.kind === 'template' && info.media === null;
      return info.duration === null && info.timeline === null && !isOne
        ? 'there is neither @duration nor SegmentTimeline'
        : null;
    },
  ),
  infoRule('dash.timeline', '5.3.9.6.2', 'S has a duration, and repeats -1 or more times.', timelineProblem),
  infoRule('dash.timeline-overlap', '5.3.9.6.1', 'Segments of a timeline do not overlap.', (info) => {
    const jump = timelineJumps(info).find((value) => value < 0);
    return jump === undefined ? null : `a segment begins ${seconds(-jump)} before the end of the one before`;
  }),
  infoRule(
    'dash.timeline-gap',
    '5.3.9.6.1',
    'A timeline has no gaps.',
    (info) => {
      const jump = timelineJumps(info).find((value) => value > 0);
      return jump === undefined ? null : `a segment begins ${seconds(jump)} after the end of the one before`;
    },
    { severity: 'warning' },
  ),
  trackRule(
    'dash.coverage',
    'DASH-IF IOP v5, part 4 (segment references cover the period)',
    'Segments cover their period.',
    coverage,
  ),
  trackRule(
    'dash.max-segment-duration',
    section(DASH, '5.3.1.2'),
    'No segment is longer than @maxSegmentDuration.',
    longestSegments,
  ),
  dashRule(
    {
      id: 'dash.alignment',
      severity: 'error',
      clause: section(DASH, '5.3.3.2'),
      title: 'Where @segmentAlignment is true, segments of all representations begin together.',
    },
    unaligned,
  ),
];

const MEDIA_RULES: readonly Rule[] = [
  infoRule(
    'dash.timescale',
    '5.3.9.2.2',
    '@timescale is that of the media, so that times are exact.',
    ({ timescale }, { track }) => {
      const [real] = track.segments.flatMap(({ inspection }) => inspection?.track.timescale ?? []);
      return real === undefined || real % timescale === 0 || timescale % real === 0
        ? null
        : `@timescale is ${timescale}, the media has ${real}`;
    },
    { severity: 'warning' },
  ),
  trackRule(
    'dash.segment-time',
    section(DASH, '5.3.9.6.1'),
    'Segments begin when the timeline says.',
    wrongTimes,
  ),
  trackRule(
    'dash.segment-duration',
    section(DASH, '5.3.9.2'),
    'Segments last as long as the manifest says.',
    wrongDurations,
  ),
  trackRule(
    'dash.decode-jump',
    'ISO/IEC 23000-19, 7.3.2.2',
    'Segments begin where the one before ends.',
    decodeJumps,
  ),
  attributeRule('dash.codecs', '5.3.7.2', '@codecs names the formats of the media.', codecsProblem),
  attributeRule('dash.mime-type', '5.3.7.2', '@mimeType is that of the media.', mimeProblem),
  attributeRule('dash.size', '5.3.7.2', '@width and @height are those of the video.', sizeProblem),
  attributeRule('dash.frame-rate', '5.3.7.2', '@frameRate is that of the video.', frameRateProblem),
  attributeRule('dash.audio-rate', '5.3.7.2', '@audioSamplingRate is that of the audio.', sampleRateProblem),
  attributeRule('dash.channels', '5.8.5.4', 'AudioChannelConfiguration is that of the audio.', (own) =>
    channelsProblem(own),
  ),
  trackRule(
    'dash.start-with-sap',
    section(DASH, '5.3.7.2'),
    'Where @startWithSAP is 1 or 2, segments begin with a sync sample.',
    ({ track, representation }) =>
      ['1', '2'].includes(representation.attributes.get('startWithSAP') ?? '')
        ? track.segments
            .filter((segment) => spanOf(segment)?.startsWithSync === false)
            .map(({ declared }) => at(declared.url, 'the segment does not begin with a sync sample'))
        : [],
  ),
  trackRule(
    'dash.bandwidth',
    section(DASH, '5.3.5.2'),
    'Who receives at @bandwidth, and starts after @minBufferTime, never runs dry.',
    (own, url, { attributes }) => {
      const minBuffer = durationOf(attributes, 'minBufferTime');
      const problem = minBuffer === null ? null : bandwidthProblem(own, minBuffer);
      const { id, line } = own.representation;
      return problem === null ? [] : [at(url, `Representation ${id}: ${problem}`, line)];
    },
  ),
  trackRule(
    'dash.bandwidth-overstated',
    section(DASH, '5.3.5.2'),
    '@bandwidth is not twice what any segment needs; more keeps players from good representations.',
    ({ representation, track }, url) => {
      const declared = Number(representation.attributes.get('bandwidth'));
      const rates = track.segments.map(
        ({ resource, declared: { durationSeconds } }) => (resource.bodyBytes * 8) / durationSeconds,
      );
      const peak = Math.max(0, ...rates.filter(Number.isFinite));
      const isMedia = /^(video|audio)\//.test(representation.attributes.get('mimeType') ?? '');
      if (!isMedia || !isWhollyRead(track) || rates.length === 0 || !(declared > 2 * peak)) return [];
      const text = `@bandwidth is ${declared}, the heaviest segment takes ${kilobits(peak)}`;
      return [at(url, `Representation ${representation.id}: ${text}`, representation.line)];
    },
    { severity: 'warning' },
  ),
  dashRule(
    {
      id: 'dash.cmaf-brand',
      severity: 'error',
      clause: `ISO/IEC 23000-19, 7.2; ${section(DASH, '8.12')}`,
      title: 'Where the manifest claims the CMAF profile, init segments have the brand cmfc or cmf2.',
    },
    ({ profiles }, { tracks }) =>
      profiles.includes('urn:mpeg:dash:profile:cmaf:2019')
        ? tracks
            .flatMap(({ track }) => track.inits)
            .filter(
              ({ inspection }) =>
                inspection !== null && !inspection.brands.some((brand) => /^cmf[c2]$/.test(brand)),
            )
            .map(({ resource, inspection }) =>
              at(resource.url, `the brands are ${inspection?.brands.join(', ')}`),
            )
        : [],
  ),
];

export const DASH_SEGMENT_RULES: readonly Rule[] = [...ADDRESS_RULES, ...MEDIA_RULES];
