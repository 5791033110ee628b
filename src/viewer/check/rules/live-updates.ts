// Rules of how a live playlist changes from version to version, and when.
// Source: draft-pantos-hls-rfc8216bis-22, sections 6.2.1, 6.2.2, 6.2.5.2, 4.4.5.4 and appendix B.1.

import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import { resolveUrl } from '../facts.ts';
import { TIME_TOLERANCE_SECONDS } from '../limits.ts';
import {
  hasParts,
  isBefore,
  type LiveFacts,
  type LivePlaylistFacts,
  type LivePosition,
  listedParts,
  newestOf,
} from '../live-facts.ts';
import { versionsOf, watchRule, withTolerance } from './live-rule.ts';
import { at, type Evidence, type Rule, seconds } from './rule.ts';

type Step = (before: ParsedMediaPlaylist, after: ParsedMediaPlaylist, url: string) => Evidence[];

/** A check of each version against the one before. */
const steps =
  (check: Step) =>
  (watched: LivePlaylistFacts): Evidence[] => {
    const versions = versionsOf(watched);
    return versions.slice(1).flatMap(({ playlist }, index) => {
      const before = versions[index]?.playlist;
      return before === undefined ? [] : check(before, playlist, watched.url);
    });
  };

const changedSegments: Step = (before, after, url) => {
  const old = new Map(before.segments.map((segment) => [segment.mediaSequence, segment]));
  const changed = after.segments.find((segment) => {
    const own = old.get(segment.mediaSequence);
    return own !== undefined && (own.uri !== segment.uri || own.durationSeconds !== segment.durationSeconds);
  });
  if (changed === undefined || after.mediaSequence < before.mediaSequence) return [];
  const own = old.get(changed.mediaSequence);
  const text = `segment ${changed.mediaSequence} was ${own?.uri} of ${seconds(own?.durationSeconds ?? 0)}, now it is ${changed.uri} of ${seconds(changed.durationSeconds)}`;
  return [at(url, text, changed.line)];
};

const changedParts: Step = (before, after, url) => {
  const old = new Map(listedParts(before).map((part) => [`${part.segment}.${part.part}`, part.declared]));
  return listedParts(after)
    .flatMap(({ segment, part, declared }) => {
      const own = old.get(`${segment}.${part}`);
      const isSame =
        own === undefined || (own.uri === declared.uri && own.durationSeconds === declared.durationSeconds);
      return isSame ? [] : [at(url, `part ${part} of segment ${segment} has changed`, declared.line)];
    })
    .slice(0, 1);
};

const removedEarly: Step = (before, after, url) => {
  const target = after.targetDurationSeconds;
  const open = after.openParts.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0);
  const left = after.durationSeconds + open;
  const isRemoved = after.mediaSequence > before.mediaSequence && !after.isEnded;
  if (!isRemoved || target === null || left >= 3 * target - TIME_TOLERANCE_SECONDS) return [];
  return [at(url, `after a removal the playlist lasts ${seconds(left)}, the target duration is ${target} s`)];
};

/** The discontinuity sequence number of each segment. */
function discontinuities(playlist: ParsedMediaPlaylist): Map<number, number> {
  let number = playlist.discontinuitySequence;
  return new Map(
    playlist.segments.map(({ mediaSequence, isDiscontinuity }) => {
      if (isDiscontinuity) number += 1;
      return [mediaSequence, number];
    }),
  );
}

const discontinuityChanged: Step = (before, after, url) => {
  const old = discontinuities(before);
  return [...discontinuities(after)]
    .filter(([segment, number]) => old.has(segment) && old.get(segment) !== number)
    .slice(0, 1)
    .map(([segment, number]) =>
      at(url, `segment ${segment} had the discontinuity sequence number ${old.get(segment)}, now ${number}`),
    );
};

const targetChanged: Step = (before, after, url) => {
  const textOf = (playlist: ParsedMediaPlaylist): string =>
    `${playlist.targetDurationSeconds} s and parts of ${playlist.partTargetSeconds} s`;
  if (textOf(before) === textOf(after)) return [];
  return [at(url, `the target duration was ${textOf(before)}, now it is ${textOf(after)}`)];
};

/** The longest time without something new, from one moment at which it came to the next, or to the end. */
function longestGap(momentsMs: readonly number[], endMs: number): number {
  const ends = [...momentsMs.slice(1), endMs];
  return Math.max(0, ...momentsMs.map((moment, index) => (ends[index] ?? endMs) - moment));
}

/** Moments at which a version brought something newer than all before. */
function newMoments(
  watched: LivePlaylistFacts,
  of: (playlist: ParsedMediaPlaylist) => LivePosition | null,
): number[] {
  let newest: LivePosition | null = null;
  const moments: number[] = [];
  for (const { playlist, update } of versionsOf(watched)) {
    const position = of(playlist);
    if (position === null || (newest !== null && !isBefore(newest, position))) continue;
    newest = position;
    moments.push(update.answeredMs);
  }
  // When the first version came into being is not known.
  return moments.slice(1);
}

const lastSegment = ({ segments }: ParsedMediaPlaylist): LivePosition | null => {
  const last = segments.at(-1);
  return last === undefined ? null : { segment: last.mediaSequence, part: 0 };
};

function endOf(watched: LivePlaylistFacts): number {
  const last = versionsOf(watched).at(-1);
  return last?.playlist.isEnded === true ? last.update.answeredMs : watched.endedMs;
}

function lateParts(watched: LivePlaylistFacts): Evidence[] {
  const playlist = watched.updates[0]?.playlist;
  const targetMs = (playlist?.partTargetSeconds ?? 0) * 1_000;
  if (playlist == null || !hasParts(playlist) || !playlist.serverControl.canBlockReload || targetMs === 0)
    return [];
  const gapMs = longestGap([0, ...newMoments(watched, newestOf)], endOf(watched));
  if (gapMs <= withTolerance(targetMs)) return [];
  return [at(watched.url, `no new part came for ${seconds(gapMs / 1_000)}, PART-TARGET is ${targetMs} ms`)];
}

function lateSegments(watched: LivePlaylistFacts): Evidence[] {
  const playlist = watched.updates[0]?.playlist;
  const targetMs = (playlist?.targetDurationSeconds ?? 0) * 1_000;
  if (playlist == null || targetMs === 0) return [];
  // A player that polls sees a new segment up to half a target duration late.
  const pollMs = playlist.serverControl.canBlockReload ? 0 : targetMs / 2;
  const gapMs = longestGap([0, ...newMoments(watched, lastSegment)], endOf(watched));
  if (gapMs <= withTolerance(1.5 * targetMs) + pollMs) return [];
  return [
    at(
      watched.url,
      `no new segment came for ${seconds(gapMs / 1_000)}, the target duration is ${targetMs / 1_000} s`,
    ),
  ];
}

/** Answers that came without what they were held for. */
function earlyAnswers(watched: LivePlaylistFacts): Evidence[] {
  return versionsOf(watched).flatMap(({ playlist, update: { asked } }) => {
    if (asked.segment === null || playlist.isEnded) return [];
    const isThere =
      asked.part === null
        ? (lastSegment(playlist)?.segment ?? -1) >= asked.segment
        : hasPosition(playlist, { segment: asked.segment, part: asked.part });
    if (isThere) return [];
    const part = asked.part === null ? '' : ` with part ${asked.part}`;
    return [at(watched.url, `segment ${asked.segment}${part} was asked for, the answer came without it`)];
  });
}

/** A part past the end of a whole segment is the first of the next one. */
function hasPosition(playlist: ParsedMediaPlaylist, wanted: LivePosition): boolean {
  const newest = newestOf(playlist);
  return newest !== null && !isBefore(newest, wanted);
}

function unanswered(watched: LivePlaylistFacts): Evidence[] {
  return watched.updates
    .filter(({ asked, playlist }) => asked.segment !== null && playlist === null)
    .map(({ asked, resource, askedMs, answeredMs }) => {
      const after = seconds((answeredMs - askedMs) / 1_000);
      const what = `segment ${asked.segment}${asked.part === null ? '' : `, part ${asked.part}`}`;
      return at(
        watched.url,
        `a reload for ${what} ended after ${after}: ${resource.failure ?? 'no playlist'}`,
      );
    })
    .slice(0, 3);
}

const CHANGE_RULES: readonly Rule[] = [
  watchRule(
    'sequence-decreased',
    '6.2.2',
    'Media sequence numbers never decrease.',
    steps((before, after, url) =>
      after.mediaSequence < before.mediaSequence
        ? [at(url, `#EXT-X-MEDIA-SEQUENCE was ${before.mediaSequence}, now it is ${after.mediaSequence}`)]
        : [],
    ),
  ),
  watchRule(
    'segment-changed',
    '6.2.1',
    'A segment keeps its number, address and duration.',
    steps(changedSegments),
  ),
  watchRule('part-changed', '6.2.1', 'A part keeps its place, address and duration.', steps(changedParts)),
  watchRule(
    'removed-early',
    '6.2.2',
    'A playlist lasts three target durations at least after segments were removed.',
    steps(removedEarly),
  ),
  watchRule(
    'discontinuity-sequence',
    '6.2.2',
    'Discontinuity sequence numbers of segments stay the same.',
    steps(discontinuityChanged),
  ),
  watchRule('target-changed', '6.2.1', 'The target durations never change.', steps(targetChanged)),
];

const TIME_RULES: readonly Rule[] = [
  watchRule(
    'part-late',
    '6.2.1',
    'A new part comes within one PART-TARGET (and a quarter, and 300 ms for the way).',
    lateParts,
  ),
  watchRule(
    'segment-late',
    '6.2.1',
    'A new segment comes within one and a half target durations (and a quarter, and 300 ms for the way).',
    lateSegments,
  ),
  watchRule(
    'answered-early',
    '6.2.5.2',
    'A reload is held until the playlist has what was asked for.',
    earlyAnswers,
  ),
  watchRule('reload-failed', '6.2.5.2', 'A reload for what comes next is answered.', unanswered),
];

/** The newest of a playlist that was known at a time. */
function newestAt(watched: LivePlaylistFacts, timeMs: number): LivePosition | null {
  const version = versionsOf(watched).findLast(({ update }) => update.answeredMs <= timeMs);
  return version === undefined ? null : newestOf(version.playlist);
}

/** The first of a playlist that was known from a time on. */
function newestFrom(watched: LivePlaylistFacts, timeMs: number): LivePosition | null {
  const version = versionsOf(watched).find(({ update }) => update.answeredMs >= timeMs);
  return version === undefined ? null : newestOf(version.playlist);
}

function wrongReports(watched: LivePlaylistFacts, { playlists }: LiveFacts): Evidence[] {
  const byBase = new Map([...playlists.values()].map((entry) => [entry.baseUrl.split('?')[0], entry]));
  return versionsOf(watched).flatMap(({ playlist, update }) =>
    playlist.renditionReports.flatMap(({ uri, line, lastSegment: segment, lastPart }) => {
      const url = resolveUrl(uri, watched.baseUrl)?.split('?')[0];
      const other = byBase.get(url ?? '');
      if (other === undefined || segment === null) return [];
      const reported = { segment, part: lastPart ?? Number.MAX_SAFE_INTEGER };
      const slackMs = withTolerance(
        2 * (playlist.partTargetSeconds ?? playlist.targetDurationSeconds ?? 1) * 1_000,
      );
      const known = newestAt(other, update.answeredMs - slackMs);
      const coming = newestFrom(other, update.answeredMs + slackMs);
      if (known !== null && isBefore(reported, known))
        return [at(watched.url, `the report of ${uri} is more than two parts old`, line)];
      if (lastPart !== null && coming !== null && isBefore(coming, reported))
        return [at(watched.url, `the report of ${uri} names what is not there yet`, line)];
      return [];
    }),
  );
}

/** Other renditions of the pathway that were watched all the time: a server may start one when it is first played. */
function missingReports(
  watched: LivePlaylistFacts,
  live: LiveFacts,
  siblings: readonly string[],
): Evidence[] {
  const last = versionsOf(watched).at(-1)?.playlist;
  if (last === undefined || !hasParts(last) || last.isEnded || versionsOf(watched).length < 3) return [];
  const reported = new Set(
    last.renditionReports.map(({ uri }) => resolveUrl(uri, watched.baseUrl)?.split('?')[0]),
  );
  return siblings.flatMap((url) => {
    const other = live.playlists.get(url);
    const isPlayed = other !== undefined && url !== watched.url && versionsOf(other).length >= 3;
    if (!isPlayed || reported.has(other.baseUrl.split('?')[0])) return [];
    return [at(watched.url, `there is no #EXT-X-RENDITION-REPORT of ${url}`)];
  });
}

const REPORT_RULES: readonly Rule[] = [
  watchRule(
    'report-missing',
    'B.1',
    'A playlist of low latency reports of every other rendition of its pathway that is being served.',
    (watched, live, { multivariant }) => {
      if (multivariant === null) return [];
      const { url: base, playlist } = multivariant;
      const pathways = new Set(playlist.variants.map(({ pathwayId }) => pathwayId));
      return [...pathways].flatMap((pathway) => {
        const variants = playlist.variants.filter(({ pathwayId }) => pathwayId === pathway);
        const groups = new Set(variants.map(({ audioGroupId }) => audioGroupId));
        const uris = [
          ...variants.map(({ uri }) => uri),
          ...playlist.renditions
            .filter(({ type, groupId }) => type === 'AUDIO' && groups.has(groupId))
            .flatMap(({ uri }) => (uri === null ? [] : [uri])),
        ];
        const urls = [...new Set(uris.flatMap((uri) => resolveUrl(uri, base) ?? []))];
        return urls.includes(watched.url) ? missingReports(watched, live, urls) : [];
      });
    },
  ),
  watchRule(
    'report-wrong',
    '4.4.5.4',
    'Rendition reports name the newest segment and part, within two parts.',
    (watched, live) => wrongReports(watched, live),
  ),
  watchRule('report-uri', '4.4.5.4', 'Addresses of rendition reports are relative.', (watched) =>
    versionsOf(watched).flatMap(({ playlist }) =>
      playlist.renditionReports
        .filter(({ uri }) => /^[a-z][a-z0-9+.-]*:/i.test(uri))
        .map(({ uri, line }) => at(watched.url, `the report of ${uri} is absolute`, line)),
    ),
  ),
];

export const LIVE_UPDATE_RULES: readonly Rule[] = [...CHANGE_RULES, ...TIME_RULES, ...REPORT_RULES];
