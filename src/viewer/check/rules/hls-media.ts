// Rules of one media playlist and its segments.
// Source: draft-pantos-hls-rfc8216bis-22, sections 3 and 4.4.3 to 4.4.5.

import { type HlsPlaylistFacts, type SegmentFacts, spanOf } from '../facts.ts';
import { TIME_TOLERANCE_SECONDS } from '../limits.ts';
import { at, BIS, type Evidence, playlistRule, type Rule, repeated, seconds, section } from './rule.ts';

type Check = Parameters<typeof playlistRule>[1];

const rule = (id: string, place: string, title: string, check: Check, severity: Rule['severity'] = 'error') =>
  playlistRule({ id, severity, clause: section(BIS, place), title }, check);

/** Segments that were fetched next to each other, without a discontinuity between them. */
export function neighbours(segments: readonly SegmentFacts[]): [SegmentFacts, SegmentFacts][] {
  return segments.slice(1).flatMap((later, index): [SegmentFacts, SegmentFacts][] => {
    const earlier = segments[index];
    const isNext = earlier !== undefined && later.index === earlier.index + 1;
    return isNext && !later.declared.isDiscontinuity ? [[earlier, later]] : [];
  });
}

const rangeKey = (range: { offset: number; length: number } | null): string =>
  range === null ? '' : `@${range.offset}+${range.length}`;

function longSegments(playlist: Parameters<Check>[0], url: string): Evidence[] {
  const target = playlist.targetDurationSeconds;
  if (target === null) return [];
  return playlist.segments
    .filter(({ durationSeconds }) => Math.round(durationSeconds) > target)
    .map(({ durationSeconds, line }) =>
      at(url, `a segment of ${seconds(durationSeconds)} exceeds the target duration of ${target} s`, line),
    );
}

/** A segment that stands a second time without a discontinuity makes time jump back (4.4.4.3). */
function repeatedSegments(playlist: Parameters<Check>[0], url: string): Evidence[] {
  return repeated(playlist.segments, ({ uri, range }) => uri + rangeKey(range))
    .filter(([segment]) => !segment.isDiscontinuity)
    .map(([{ uri, line }]) => at(url, `${uri} stands a second time without #EXT-X-DISCONTINUITY`, line));
}

function timestampJumps(facts: HlsPlaylistFacts): Evidence[] {
  return neighbours(facts.track?.segments ?? []).flatMap(([earlier, later]) => {
    const before = spanOf(earlier);
    const after = spanOf(later);
    const isSame = earlier.declared.url === later.declared.url && earlier.declared.range === null;
    if (before === null || after === null || isSame) return [];
    const gap = after.decodeSeconds - before.decodeSeconds - before.durationSeconds;
    if (Math.abs(gap) <= TIME_TOLERANCE_SECONDS) return [];
    const text = `decode time jumps by ${seconds(gap)} without #EXT-X-DISCONTINUITY`;
    return [at(later.declared.url, text)];
  });
}

function formatChanges(facts: HlsPlaylistFacts): Evidence[] {
  return neighbours(facts.track?.segments ?? []).flatMap(([earlier, later]) => {
    const before = earlier.init?.inspection;
    const after = later.init?.inspection;
    if (!before || !after || before === after) return [];
    // What decoders must be changed for; parameters of the same format may change silently.
    const describe = ({ tracks }: typeof before): string =>
      tracks.map(({ id, kind, codecs }) => `${kind} ${id} ${codecs.split('.')[0]}`).join(', ');
    if (describe(before) === describe(after)) return [];
    const text = `tracks change from ${describe(before)} to ${describe(after)} without #EXT-X-DISCONTINUITY`;
    return [at(later.declared.url, text)];
  });
}

function wrongDurations(facts: HlsPlaylistFacts): Evidence[] {
  return (facts.track?.segments ?? []).flatMap((segment) => {
    const span = spanOf(segment);
    if (span === null) return [];
    const { durationSeconds } = segment.declared;
    const tolerance = Math.max(TIME_TOLERANCE_SECONDS, span.longestSampleSeconds);
    if (Math.abs(durationSeconds - span.presentedSeconds) <= tolerance) return [];
    const text = `#EXTINF says ${seconds(durationSeconds)}, the samples last ${seconds(span.presentedSeconds)}`;
    return [at(segment.declared.url, text)];
  });
}

/** An address of a segment of boxes without an init segment. */
function missingMaps(facts: HlsPlaylistFacts): Evidence[] {
  return (facts.track?.segments ?? [])
    .filter(({ hasBoxes, declared }) => hasBoxes && declared.init === null)
    .map(({ declared }) => at(declared.url, 'a segment of ISO boxes has no #EXT-X-MAP before it'));
}

function keyProblems(playlist: Parameters<Check>[0], url: string): Evidence[] {
  return playlist.tags
    .filter(({ name }) => name === 'EXT-X-KEY')
    .flatMap(({ attributes, line }) => {
      const isNone = attributes.get('METHOD')?.value === 'NONE';
      const others = [...attributes.keys()].filter((name) => name !== 'METHOD');
      if (isNone && others.length > 0) return [at(url, `METHOD=NONE stands with ${others.join(', ')}`, line)];
      if (!isNone && attributes.has('METHOD') && !attributes.has('URI'))
        return [at(url, 'a key has no URI', line)];
      return [];
    });
}

/** What 4.4.5.1 demands of date ranges beyond their required attributes. */
function dateRangeProblems(playlist: Parameters<Check>[0], url: string): Evidence[] {
  return playlist.tags
    .filter(({ name }) => name === 'EXT-X-DATERANGE')
    .flatMap(({ attributes, line }) => {
      const found: Evidence[] = [];
      const start = Date.parse(attributes.get('START-DATE')?.value ?? '');
      const end = attributes.get('END-DATE')?.value;
      if (attributes.has('START-DATE') && Number.isNaN(start))
        found.push(at(url, 'START-DATE is no date', line));
      if (end !== undefined && !(Date.parse(end) >= start))
        found.push(at(url, 'END-DATE is no date, or before START-DATE', line));
      if (attributes.has('END-ON-NEXT') && !attributes.has('CLASS'))
        found.push(at(url, 'END-ON-NEXT stands without CLASS', line));
      return found;
    });
}

export const HLS_MEDIA_RULES: readonly Rule[] = [
  rule(
    'hls.target-duration-missing',
    '4.4.3.1',
    'A media playlist has #EXT-X-TARGETDURATION.',
    (playlist, { url }) => {
      const isThere = playlist.tags.some(({ name }) => name === 'EXT-X-TARGETDURATION');
      return isThere ? [] : [at(url, '#EXT-X-TARGETDURATION is missing')];
    },
  ),
  rule(
    'hls.target-duration',
    '4.4.3.1',
    'No segment, rounded to whole seconds, is longer than the target duration.',
    (playlist, { url }) => longSegments(playlist, url),
  ),
  rule('hls.segments-none', '4.1', 'A media playlist has segments.', (playlist, { url }) =>
    playlist.segments.length + playlist.openParts.length === 0
      ? [at(url, 'the playlist names no segment')]
      : [],
  ),
  rule(
    'hls.endlist',
    '4.4.3.5',
    'A playlist of type VOD never changes, so it ends with #EXT-X-ENDLIST.',
    ({ playlistType, isEnded }, { url }) =>
      playlistType === 'VOD' && !isEnded ? [at(url, 'type VOD without #EXT-X-ENDLIST')] : [],
  ),
  rule(
    'hls.segment-repeated',
    '4.4.4.3',
    'A segment stands a second time only after a discontinuity.',
    (playlist, { url }) => repeatedSegments(playlist, url),
  ),
  rule('hls.map-missing', '3.1.2', 'Segments of fragmented MP4 have #EXT-X-MAP.', (_, facts) =>
    missingMaps(facts),
  ),
  rule(
    'hls.timestamp-jump',
    '4.4.4.3',
    'Timestamps go on from segment to segment where there is no discontinuity.',
    (_, facts) => timestampJumps(facts),
  ),
  rule(
    'hls.format-change',
    '4.4.4.3',
    'Number, type, identifiers and format of tracks change only at a discontinuity.',
    (_, facts) => formatChanges(facts),
  ),
  rule(
    'hls.extinf-accuracy',
    '4.4.4.1',
    'Durations are accurate, so that their sum does not drift.',
    (_, facts) => wrongDurations(facts),
    'warning',
  ),
  rule(
    'hls.key',
    '4.4.4.4',
    'A key has a URI, unless METHOD is NONE; then it has nothing else.',
    (playlist, { url }) => keyProblems(playlist, url),
  ),
  rule(
    'hls.date-range',
    '4.4.5.1',
    'Date ranges begin before they end, and END-ON-NEXT has a CLASS.',
    (playlist, { url }) => dateRangeProblems(playlist, url),
  ),
  rule(
    'hls.start-offset',
    '4.4.2.2',
    'The start lies within the playlist.',
    ({ startOffsetSeconds, segments }, { url }) => {
      const total = segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
      if (startOffsetSeconds === null || Math.abs(startOffsetSeconds) <= total) return [];
      return [at(url, `TIME-OFFSET is ${startOffsetSeconds}, the playlist lasts ${seconds(total)}`)];
    },
    'warning',
  ),
];
