// Rules of what a live server answers beside plain reloads: refusals, delta updates, hints, parts and their segments,
// and what has left the playlist.
// Source: draft-pantos-hls-rfc8216bis-22, sections 4.4.4.9, 4.4.5.2, 6.2.2, 6.2.5, 6.2.6 and 8.

import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import {
  type DeltaPair,
  type HintFacts,
  isBefore,
  type LivePlaylistFacts,
  listedParts,
  newestOf,
  type RefusalProbe,
  type RemovedFacts,
} from '../live-facts.ts';
import { versionsOf, watchRule } from './live-rule.ts';
import { at, type Evidence, type Rule, seconds } from './rule.ts';

const SKIP_VERSION_MIN = 9;
/** A hinted part whose bytes come over half its duration, and four times as slowly as later, was sent while it was made. */
const TRICKLE_SHARE = 0.5;

function unrefused(watched: LivePlaylistFacts, kind: RefusalProbe['kind'], what: string): Evidence[] {
  return watched.probes
    .filter((probe) => probe.kind === kind && probe.resource.status !== 400)
    .flatMap(({ resource }) => {
      const { status, elapsedMs, isSkipped } = resource;
      // A limit of the check itself says nothing; a request that was still held at the end does.
      if (isSkipped && elapsedMs === 0) return [];
      const answer =
        status === null ? `was held for ${seconds(elapsedMs / 1_000)}` : `was answered ${status}`;
      return [at(resource.url, `a request ${what} ${answer} instead of 400`)];
    });
}

/** Seconds from a segment's beginning to the end of the last whole segment and of the parts behind it. */
function fromEnd({ segments, openParts }: ParsedMediaPlaylist): Map<number, number> {
  let total = openParts.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const found = new Map<number, number>();
  for (const { mediaSequence, durationSeconds } of segments.toReversed()) {
    total += durationSeconds;
    found.set(mediaSequence, total);
  }
  return found;
}

function missingDelta({ delta, whole }: DeltaPair, url: string): Evidence[] {
  if (delta.playlist === null || whole.playlist === null || delta.playlist.isEnded) return [];
  const until = whole.playlist.serverControl.canSkipUntilSeconds ?? Number.POSITIVE_INFINITY;
  const target = whole.playlist.targetDurationSeconds ?? 0;
  const oldest = Math.max(0, ...fromEnd(whole.playlist).values());
  // The oldest segment may lie across the boundary.
  if (delta.playlist.skippedSegments > 0 || oldest <= until + 2 * target) return [];
  return [at(url, 'a request with _HLS_skip=YES was answered with the whole playlist')];
}

/** What a delta update leaves out, and what it keeps, against the whole playlist. */
function wrongDelta({ delta, whole }: DeltaPair, url: string): Evidence[] {
  const own = delta.playlist;
  const all = whole.playlist;
  if (own === null || all === null || own.skippedSegments === 0) return [];
  const known = new Map(all.segments.map((segment) => [segment.mediaSequence, segment]));
  const wrong = own.segments.find(({ mediaSequence, uri, durationSeconds }) => {
    const other = known.get(mediaSequence);
    return other !== undefined && (other.uri !== uri || other.durationSeconds !== durationSeconds);
  });
  if (wrong !== undefined) {
    const text = `segment ${wrong.mediaSequence} is ${wrong.uri} in the delta update, ${known.get(wrong.mediaSequence)?.uri} in the whole playlist`;
    return [at(url, text, wrong.line)];
  }
  const first = own.segments[0]?.mediaSequence;
  const until = all.serverControl.canSkipUntilSeconds ?? 0;
  // Of the last segment that was left out: its end lies this far from the end of the playlist.
  const left = first === undefined ? null : (fromEnd(all).get(first) ?? null);
  const target = all.targetDurationSeconds ?? 0;
  if (left !== null && left < until - target)
    return [
      at(url, `segments are left out up to ${seconds(left)} before the end, CAN-SKIP-UNTIL is ${until} s`),
    ];
  return [];
}

const DIRECTIVE_RULES: readonly Rule[] = [
  watchRule('part-alone', '6.2.5.2', '_HLS_part without _HLS_msn is refused with 400.', (watched) =>
    unrefused(watched, 'part-alone', 'with _HLS_part alone'),
  ),
  watchRule(
    'segment-far',
    '6.2.5.2',
    '_HLS_msn more than two beyond the last segment is refused with 400.',
    (watched) => unrefused(watched, 'segment-far', 'for a segment that is far away'),
    'warning',
  ),
  watchRule(
    'part-far',
    '6.2.5.2',
    '_HLS_part beyond the Advance Part Limit is refused with 400.',
    (watched) => unrefused(watched, 'part-far', 'for a part beyond the Advance Part Limit'),
    'warning',
  ),
  watchRule(
    'delta-missing',
    '6.2.5.1',
    'Where CAN-SKIP-UNTIL stands, _HLS_skip=YES is answered with a delta update.',
    ({ deltas, url }) => deltas.flatMap((pair) => missingDelta(pair, url)),
  ),
  watchRule(
    'delta-wrong',
    '6.2.5.1',
    'A delta update leaves out what is beyond the skip boundary, and nothing else.',
    ({ deltas, url }) => deltas.flatMap((pair) => wrongDelta(pair, url)),
  ),
  watchRule('delta-version', '8', 'A playlist with #EXT-X-SKIP has version 9 at least.', ({ deltas, url }) =>
    deltas.flatMap(({ delta }) => {
      const { playlist } = delta;
      if (playlist === null || playlist.skippedSegments === 0 || playlist.version >= SKIP_VERSION_MIN)
        return [];
      return [at(url, `the delta update has version ${playlist.version}`)];
    }),
  ),
  watchRule('delta-unasked', '6.2.5.1', 'Segments are left out only where a request allows it.', (watched) =>
    versionsOf(watched).flatMap(({ playlist }) =>
      playlist.skippedSegments > 0
        ? [at(watched.url, 'a request without _HLS_skip was answered with a delta update')]
        : [],
    ),
  ),
];

/** How a hint that was followed is listed later; undefined when no version is new enough to tell. */
function listedAs(watched: LivePlaylistFacts, hint: HintFacts): string | null | undefined {
  for (const { playlist } of versionsOf(watched)) {
    const newest = newestOf(playlist);
    if (newest === null || isBefore(newest, hint)) continue;
    const part = listedParts(playlist).find((listed) => !isBefore(listed, hint));
    if (part === undefined) continue;
    const url = URL.canParse(part.declared.uri, watched.baseUrl)
      ? new URL(part.declared.uri, watched.baseUrl).href
      : null;
    return url;
  }
  return undefined;
}

/** The same part, fetched later with the others of its segment. */
function later(
  watched: LivePlaylistFacts,
  { url, range }: HintFacts,
): LivePlaylistFacts['parts'][number] | undefined {
  return watched.parts.find((part) => part.url === url && part.range?.offset === range?.offset);
}

function trickled(watched: LivePlaylistFacts): Evidence[] {
  return watched.hints.flatMap((hint) => {
    const part = later(watched, hint);
    if (part === undefined || hint.digest === null) return [];
    const durationMs = part.declared.durationSeconds * 1_000;
    const isSlow =
      hint.transferMs > durationMs * TRICKLE_SHARE && hint.transferMs > 4 * part.resource.elapsedMs;
    if (!isSlow) return [];
    return [
      at(hint.url, `the bytes of the part came over ${seconds(hint.transferMs / 1_000)} while it was made`),
    ];
  });
}

const HINT_RULES: readonly Rule[] = [
  watchRule(
    'hint-unavailable',
    '6.2.6',
    'A hinted part can be asked for at once; the request is held until the part is there.',
    (watched) =>
      watched.hints.flatMap((hint) => {
        const isListed = listedAs(watched, hint) === hint.url;
        return hint.digest === null && isListed
          ? [at(hint.url, `the hinted part became one, a request for it ended: ${hint.resource.failure}`)]
          : [];
      }),
  ),
  watchRule(
    'hint-missed',
    '6.2.6',
    'What is hinted becomes the next part, unless the plan changes.',
    (watched) =>
      watched.hints.flatMap((hint) => {
        const url = listedAs(watched, hint);
        return url === undefined || url === hint.url
          ? []
          : [at(watched.url, `${hint.url} was hinted, ${url} was listed`)];
      }),
    'warning',
  ),
  watchRule(
    'hint-bytes',
    '6.2.6',
    'A request for a hinted part is answered with the whole part.',
    (watched) =>
      watched.hints.flatMap((hint) => {
        const part = later(watched, hint);
        if (part === undefined || hint.digest === null || part.digest === null) return [];
        if (part.digest === hint.digest) return [];
        const text = `${hint.resource.bodyBytes} bytes came for the hint, ${part.resource.bodyBytes} for the part`;
        return [at(hint.url, text)];
      }),
  ),
  watchRule(
    'hint-trickled',
    '6.2.6',
    'No byte of a part is sent before the whole part can be sent at the speed of the line.',
    trickled,
  ),
];

const goneOf = ({ removed }: LivePlaylistFacts, kind: RemovedFacts['kind']): Evidence[] =>
  removed
    .filter((entry) => entry.kind === kind && entry.resource.failure !== null && !entry.resource.isSkipped)
    .map(({ url, resource, segment }) =>
      at(url, `a ${kind} of segment ${segment} left the playlist and is gone at once: ${resource.failure}`),
    );

const MEDIA_RULES: readonly Rule[] = [
  watchRule(
    'parts-differ',
    '4.4.4.9',
    'The parts of a segment, one after the other, are the segment byte for byte.',
    ({ joins }) =>
      joins
        .filter(({ partsDigest, segmentDigest }) => partsDigest !== segmentDigest)
        .map(({ url, partsBytes, segmentBytes }) =>
          at(url, `the segment has ${segmentBytes} bytes, its parts ${partsBytes}, or others`),
        ),
  ),
  watchRule(
    'independent-missing',
    '4.4.4.9',
    'Parts with an I-frame have INDEPENDENT=YES, so that players can begin there.',
    ({ parts }) =>
      parts
        .filter(
          ({ kind, hasSync, declared }) => kind === 'video' && hasSync === true && !declared.isIndependent,
        )
        .map(({ url }) => at(url, 'the part has an I-frame but no INDEPENDENT=YES')),
    'warning',
  ),
  watchRule('independent-false', '4.4.4.9', 'Parts with INDEPENDENT=YES have an I-frame.', ({ parts }) =>
    parts
      .filter(({ hasSync, declared }) => hasSync === false && declared.isIndependent)
      .map(({ url }) => at(url, 'INDEPENDENT=YES stands on a part without an I-frame')),
  ),
  watchRule(
    'part-gone',
    '6.2.2',
    'A part can be fetched for three target durations after it left the playlist.',
    (watched) => goneOf(watched, 'part'),
  ),
  watchRule(
    'segment-gone',
    '6.2.2',
    'A segment can be fetched for its own duration and that of the playlist after it first appeared.',
    (watched) => goneOf(watched, 'segment'),
  ),
];

export const LIVE_DELIVERY_RULES: readonly Rule[] = [...DIRECTIVE_RULES, ...HINT_RULES, ...MEDIA_RULES];
