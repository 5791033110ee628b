// Rules that hold a multivariant playlist against the media that it names: bit rates, codecs, sizes, and whether
// renditions fit together.
// Source: draft-pantos-hls-rfc8216bis-22, sections 4.1 (bit rates), 4.4.6.2 and 6.2.4.

import type { InitTrack } from '#media/cmaf/init-segment.ts';
import type { ParsedRendition, ParsedVariant } from '#media/hls/parse-multivariant.ts';
import {
  type HlsFacts,
  type HlsPlaylistFacts,
  measuredRates,
  resolveUrl,
  spanOf,
  type TrackFacts,
} from '../facts.ts';
import {
  BITRATE_TOLERANCE,
  FRAME_RATE_TOLERANCE,
  FRAME_RATE_UNNAMED_MAX,
  RENDITION_OFFSET_SECONDS_MAX,
  TIME_TOLERANCE_SECONDS,
} from '../limits.ts';
import { at, BIS, type Evidence, kilobits, multivariantRule, type Rule, seconds, section } from './rule.ts';

interface VariantView {
  readonly variant: ParsedVariant;
  readonly own: HlsPlaylistFacts | undefined;
  /** Renditions of its audio group that have playlists of their own. */
  readonly audio: readonly { readonly rendition: ParsedRendition; readonly facts: HlsPlaylistFacts }[];
}

type Check = (views: readonly VariantView[], url: string, facts: HlsFacts) => Evidence[];

function viewsOf(facts: HlsFacts): VariantView[] {
  if (facts.multivariant === null) return [];
  const { url, playlist } = facts.multivariant;
  const find = (uri: string | null): HlsPlaylistFacts | undefined =>
    uri === null ? undefined : facts.playlists.get(resolveUrl(uri, url) ?? '');
  return playlist.variants.map((variant) => ({
    variant,
    own: find(variant.uri),
    audio: playlist.renditions
      .filter(({ type, groupId }) => type === 'AUDIO' && groupId === variant.audioGroupId)
      .flatMap((rendition) => {
        const found = find(rendition.uri);
        return found === undefined ? [] : [{ rendition, facts: found }];
      }),
  }));
}

const rule = (id: string, place: string, title: string, check: Check, severity: Rule['severity'] = 'error') =>
  multivariantRule({ id, severity, clause: section(BIS, place), title }, (_, url, facts) =>
    check(viewsOf(facts), url, facts),
  );

/** Tracks of a rendition's init segments; null when any of them could not be read. */
function tracksIn(facts: HlsPlaylistFacts | undefined): InitTrack[] | null {
  const inits = facts?.track?.inits ?? [];
  if (inits.length === 0 || inits.some(({ inspection }) => inspection === null)) return null;
  return inits.flatMap(({ inspection }) => inspection?.tracks ?? []);
}

interface Rates {
  readonly peakBps: number | null;
  readonly averageBps: number | null;
  readonly isWhole: boolean;
}

/** The heaviest combination: the variant's own segments and the heaviest rendition of its audio group. */
function ratesOf({ own, audio }: VariantView): Rates | null {
  const measure = (facts: HlsPlaylistFacts) =>
    facts.track === null || facts.playlist === null
      ? null
      : measuredRates(facts.track, facts.playlist.targetDurationSeconds ?? 0);
  const first = own === undefined ? null : measure(own);
  const others = audio.map(({ facts }) => measure(facts));
  if (first === null || first.peakBps === null || others.some((rates) => rates === null)) return null;
  const most = (of: (rates: NonNullable<typeof first>) => number | null): number =>
    Math.max(0, ...others.map((rates) => (rates === null ? 0 : (of(rates) ?? 0))));
  // What is declared of a broadcast holds for all of it, not for the window that is there now.
  const isEnded = [own, ...audio.map(({ facts }) => facts)].every(
    (facts) => facts?.playlist?.isEnded === true,
  );
  const isWhole = isEnded && [first, ...others].every((rates) => rates?.averageBps !== null);
  return {
    peakBps: first.peakBps + most(({ peakBps }) => peakBps),
    averageBps: isWhole ? (first.averageBps ?? 0) + most(({ averageBps }) => averageBps) : null,
    isWhole,
  };
}

function rateEvidence(
  views: readonly VariantView[],
  url: string,
  problemOf: (variant: ParsedVariant, rates: Rates) => string | null,
): Evidence[] {
  return views.flatMap((view) => {
    const rates = ratesOf(view);
    const problem = rates === null ? null : problemOf(view.variant, rates);
    return problem === null ? [] : [at(url, `${view.variant.uri}: ${problem}`, view.variant.line)];
  });
}

function codecEvidence(views: readonly VariantView[], url: string): Evidence[] {
  return views.flatMap(({ variant, own, audio }) => {
    const parts = [tracksIn(own), ...audio.map(({ facts }) => tracksIn(facts))];
    const { codecs, subtitlesGroupId, videoGroupId } = variant;
    if (codecs === null || parts.some((tracks) => tracks === null) || videoGroupId !== null) return [];
    const real = new Set(
      parts.flatMap((tracks) => (tracks ?? []).map((track) => track.codecs.toLowerCase())),
    );
    const named = new Set(codecs.map((codec) => codec.toLowerCase()));
    const isText = (codec: string): boolean => subtitlesGroupId !== null && /^(wvtt|stpp)/.test(codec);
    const missing = [...real].filter((codec) => !named.has(codec));
    const surplus = [...named].filter((codec) => !real.has(codec) && !isText(codec));
    if (missing.length + surplus.length === 0) return [];
    const text = `CODECS is "${codecs.join(',')}", the media is ${[...real].join(',')}`;
    return [at(url, `${variant.uri}: ${text}`, variant.line)];
  });
}

const videoOf = (facts: HlsPlaylistFacts | undefined): InitTrack | undefined =>
  tracksIn(facts)?.find(({ kind }) => kind === 'video');

function sizeEvidence(views: readonly VariantView[], url: string): Evidence[] {
  return views.flatMap(({ variant, own }) => {
    const video = videoOf(own);
    const { resolution } = variant;
    if (video === undefined || resolution === null) return [];
    if (resolution.width === video.width && resolution.height === video.height) return [];
    const text = `RESOLUTION=${resolution.width}x${resolution.height}, the media is ${video.width}x${video.height}`;
    return [at(url, `${variant.uri}: ${text}`, variant.line)];
  });
}

/** Frames a second over the segments that were read; null without any. */
export function measuredFrameRate(track: TrackFacts | null): number | null {
  let frames = 0;
  let duration = 0;
  for (const segment of track?.segments ?? []) {
    const span = spanOf(segment);
    if (span === null || segment.inspection?.track.kind !== 'video') continue;
    frames += span.sampleCount;
    duration += span.durationSeconds;
  }
  return duration > 0 ? frames / duration : null;
}

/** The highest rate of any segment decides: a variable rate may stay below it. */
function frameRateEvidence(views: readonly VariantView[], url: string): Evidence[] {
  return views.flatMap(({ variant, own }) => {
    const real = measuredFrameRate(own?.track ?? null);
    if (real === null || variant.frameRate === null) return [];
    if (Math.abs(variant.frameRate - real) <= real * FRAME_RATE_TOLERANCE) return [];
    const text = `FRAME-RATE=${variant.frameRate}, the media has ${real.toFixed(3)} frames a second`;
    return [at(url, `${variant.uri}: ${text}`, variant.line)];
  });
}

function channelEvidence(views: readonly VariantView[], url: string): Evidence[] {
  const found = new Map<number, Evidence>();
  for (const { audio } of views)
    for (const { rendition, facts } of audio) {
      const track = tracksIn(facts)?.find(({ kind }) => kind === 'audio');
      const declared = rendition.channels?.split('/')[0];
      if (track === undefined || declared === undefined || track.channels === Number(declared)) continue;
      const text = `CHANNELS="${rendition.channels}", the media has ${track.channels}`;
      found.set(rendition.line, at(url, `${rendition.name}: ${text}`, rendition.line));
    }
  return [...found.values()];
}

/** Media playlists of audio and video, one of each address. */
function mediaOf(views: readonly VariantView[]): HlsPlaylistFacts[] {
  const all = views.flatMap(({ own, audio }) => [own, ...audio.map(({ facts }) => facts)]);
  return [...new Set(all)].filter(
    (facts) => facts !== undefined && facts.playlist !== null,
  ) as HlsPlaylistFacts[];
}

/** Everything against the first: which of the others differ in what `of` says of them. */
function differing<T extends string | number | null>(
  all: readonly HlsPlaylistFacts[],
  of: (facts: HlsPlaylistFacts) => T,
  isSame: (left: NonNullable<T>, right: NonNullable<T>) => boolean,
  describe: (own: NonNullable<T>, first: NonNullable<T>) => string,
): Evidence[] {
  const known = all.flatMap((facts) => {
    const value = of(facts);
    return value === null ? [] : [{ url: facts.url, value: value as NonNullable<T> }];
  });
  const [first, ...others] = known;
  if (first === undefined) return [];
  return others
    .filter(({ value }) => !isSame(value, first.value))
    .map(({ url, value }) => at(url, describe(value, first.value)));
}

/**
 * Media time minus playlist time at the first segment that was read. A live playlist begins elsewhere with each version,
 * so its time is that of its dates.
 */
function offsetOf({ track, playlist }: HlsPlaylistFacts): number | null {
  for (const segment of track?.segments ?? []) {
    const span = spanOf(segment);
    const { startSeconds, dateSeconds } = segment.declared;
    const start = playlist?.isEnded === true ? startSeconds : dateSeconds;
    if (span !== null && start !== null) return span.presentationSeconds - start;
  }
  return null;
}

const totalOf = ({ playlist }: HlsPlaylistFacts): number =>
  (playlist?.segments ?? []).reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);

/** Each pathway by itself: whether pathways serve the same is a matter of their stable identifiers. */
function unaligned(views: readonly VariantView[]): Evidence[] {
  const pathways = new Set(views.map(({ variant }) => variant.pathwayId));
  return [...pathways].flatMap((pathway) => {
    const own = views.filter(({ variant }) => variant.pathwayId === pathway).map((view) => view.own);
    const video = [...new Set(own)].flatMap((facts) =>
      facts?.track && videoOf(facts) !== undefined ? [{ track: facts.track, playlist: facts.playlist }] : [],
    );
    const isLive = video.some(({ playlist }) => playlist?.isEnded !== true);
    const [first, ...others] = video.map(({ track }) => track);
    if (first === undefined) return [];
    return others.flatMap((track) => (isLive ? firstOffDate(track, first) : firstMisaligned(track, first)));
  });
}

/** Of live playlists, which are of different moments: where one begins a segment inside of one of the other. */
function firstOffDate(track: TrackFacts, first: TrackFacts): Evidence[] {
  const inside = track.declared.find(({ dateSeconds }) =>
    first.declared.some(
      (other) =>
        dateSeconds !== null &&
        other.dateSeconds !== null &&
        dateSeconds > other.dateSeconds + TIME_TOLERANCE_SECONDS &&
        dateSeconds < other.dateSeconds + other.durationSeconds - TIME_TOLERANCE_SECONDS,
    ),
  );
  if (inside === undefined) return [];
  return [at(track.label, `${inside.url} begins in the middle of a segment of ${first.label}`)];
}

function firstMisaligned(track: TrackFacts, first: TrackFacts): Evidence[] {
  const index = track.declared.findIndex(({ startSeconds }, position) => {
    const other = first.declared[position];
    return other !== undefined && Math.abs(other.startSeconds - startSeconds) > TIME_TOLERANCE_SECONDS;
  });
  const own = track.declared[index];
  const other = first.declared[index];
  if (own === undefined || other === undefined) return [];
  const text = `segment ${index} starts at ${seconds(own.startSeconds)}, in ${first.label} at ${seconds(other.startSeconds)}`;
  return [at(track.label, text)];
}

function notIndependent(facts: HlsFacts, isDeclaredAbove: boolean): Evidence[] {
  return [...facts.playlists.values()].flatMap(({ playlist, track }) => {
    if (!isDeclaredAbove && playlist?.isIndependent !== true) return [];
    return (track?.segments ?? [])
      .filter((segment) => spanOf(segment)?.startsWithSync === false)
      .map(({ declared }) => at(declared.url, 'the segment does not begin with a sync sample'));
  });
}

const RATE_RULES: readonly Rule[] = [
  rule(
    'hls.bandwidth',
    '4.4.6.2',
    'No peak of segments is above BANDWIDTH (the Apple authoring specification allows 10 %).',
    (views, url) =>
      rateEvidence(views, url, ({ bandwidthBps }, { peakBps }) =>
        bandwidthBps !== null && (peakBps ?? 0) > bandwidthBps * (1 + BITRATE_TOLERANCE)
          ? `BANDWIDTH=${bandwidthBps}, the measured peak is ${kilobits(peakBps ?? 0)}`
          : null,
      ),
  ),
  rule(
    'hls.bandwidth-overstated',
    '4.4.6.2',
    'BANDWIDTH is the peak of the segments, within 10 %; more keeps players from good renditions.',
    (views, url) =>
      rateEvidence(views, url, ({ bandwidthBps }, { peakBps, isWhole }) =>
        isWhole && bandwidthBps !== null && (peakBps ?? 0) < bandwidthBps * (1 - BITRATE_TOLERANCE)
          ? `BANDWIDTH=${bandwidthBps}, the measured peak is only ${kilobits(peakBps ?? 0)}`
          : null,
      ),
    'warning',
  ),
  rule(
    'hls.average-bandwidth',
    '4.4.6.2',
    'AVERAGE-BANDWIDTH is the average of all segments, within 10 %.',
    (views, url) =>
      rateEvidence(views, url, ({ averageBandwidthBps: declared }, { averageBps }) =>
        averageBps !== null &&
        declared !== null &&
        Math.abs(declared - averageBps) > averageBps * BITRATE_TOLERANCE
          ? `AVERAGE-BANDWIDTH=${declared}, the measured average is ${kilobits(averageBps)}`
          : null,
      ),
  ),
];

const MEDIA_RULES: readonly Rule[] = [
  rule('hls.variant-not-media', '4.4.6.2', 'A variant names a media playlist.', (_views, _url, facts) =>
    [...facts.playlists.values()]
      .filter(({ isMultivariant }) => isMultivariant)
      .map(({ url }) => at(url, 'there is a multivariant playlist where a media playlist should be')),
  ),
  rule('hls.codecs', '4.4.6.2', 'CODECS names the formats of the media, and no others.', codecEvidence),
  rule('hls.resolution', '4.4.6.2', 'RESOLUTION is the size of the video.', sizeEvidence),
  rule(
    'hls.resolution-missing',
    '4.4.6.2',
    'A variant with video has RESOLUTION.',
    (views, url) =>
      views
        .filter(({ variant, own }) => variant.resolution === null && videoOf(own) !== undefined)
        .map(({ variant }) => at(url, `${variant.uri} has video but no RESOLUTION`, variant.line)),
    'warning',
  ),
  rule('hls.frame-rate', '4.4.6.2', 'FRAME-RATE is that of the video.', frameRateEvidence),
  rule(
    'hls.frame-rate-missing',
    '4.4.6.2',
    'A variant with more than 30 frames a second has FRAME-RATE.',
    (views, url) =>
      views
        .filter(({ variant, own }) => {
          const real = measuredFrameRate(own?.track ?? null) ?? 0;
          return variant.frameRate === null && real > FRAME_RATE_UNNAMED_MAX;
        })
        .map(({ variant }) => at(url, `${variant.uri} has no FRAME-RATE`, variant.line)),
    'warning',
  ),
  rule('hls.channels', '4.4.6.1', 'CHANNELS is the count of channels of the audio.', channelEvidence),
  rule(
    'hls.independent-segments',
    '4.4.2.1',
    'Where #EXT-X-INDEPENDENT-SEGMENTS stands, every segment can be decoded alone.',
    (_views, _url, facts) => notIndependent(facts, facts.multivariant?.playlist.isIndependent === true),
  ),
];

const TOGETHER_RULES: readonly Rule[] = [
  rule('hls.target-duration-differs', '6.2.4', 'All renditions have one target duration.', (views) =>
    differing(
      mediaOf(views),
      ({ playlist }) => playlist?.targetDurationSeconds ?? null,
      (left, right) => left === right,
      (own, first) => `the target duration is ${own} s, that of the first rendition ${first} s`,
    ),
  ),
  rule(
    'hls.timestamps-differ',
    '6.2.4',
    'The same content has the same timestamps in all renditions.',
    (views) =>
      differing(
        mediaOf(views),
        offsetOf,
        (left, right) => Math.abs(left - right) <= RENDITION_OFFSET_SECONDS_MAX,
        (own, first) =>
          `the presentation starts at ${seconds(own)}, in the first rendition at ${seconds(first)}`,
      ),
  ),
  rule('hls.discontinuities-differ', '6.2.4', 'All renditions have the same discontinuities.', (views) =>
    differing(
      mediaOf(views).filter(({ playlist }) => playlist?.isEnded === true),
      ({ playlist }) => (playlist?.segments ?? []).filter(({ isDiscontinuity }) => isDiscontinuity).length,
      (left, right) => left === right,
      (own, first) => `${own} discontinuities, in the first rendition ${first}`,
    ),
  ),
  rule(
    'hls.durations-differ',
    '6.2.4',
    'All renditions last as long as each other, within one target duration.',
    (views) =>
      differing(
        mediaOf(views).filter(({ playlist }) => playlist?.isEnded === true),
        totalOf,
        (left, right) =>
          Math.abs(left - right) <=
          (mediaOf(views)[0]?.playlist?.targetDurationSeconds ?? Number.POSITIVE_INFINITY),
        (own, first) => `it lasts ${seconds(own)}, the first rendition ${seconds(first)}`,
      ),
    'warning',
  ),
  multivariantRule(
    {
      id: 'hls.segments-unaligned',
      severity: 'warning',
      clause: 'ISO/IEC 23000-19, 7.3.4',
      title: 'Segments of video renditions begin at the same times, so that players can switch between them.',
    },
    (_, _url, facts) => unaligned(viewsOf(facts)),
  ),
];

export const HLS_PRESENTATION_RULES: readonly Rule[] = [...RATE_RULES, ...MEDIA_RULES, ...TOGETHER_RULES];
