// Rules of live playlists that each version shows by itself.
// Source: draft-pantos-hls-rfc8216bis-22, sections 4.4.3.7, 4.4.3.8, 4.4.4.9, 4.4.5.3, 6.2.4, 6.2.6 and appendix B.1.

import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import { PART_TOLERANCE_SECONDS } from '../limits.ts';
import { listedParts } from '../live-facts.ts';
import { partsRule, versionRule, versionsOf, watchRule } from './live-rule.ts';
import { at, BIS, type Evidence, playlistRule, type Rule, seconds, section } from './rule.ts';

/** Parts may be shorter than this share of the target only for a reason. */
const PART_SHARE_MIN = 0.85;

function longParts(playlist: ParsedMediaPlaylist, url: string): Evidence[] {
  const target = playlist.partTargetSeconds;
  if (target === null) return [];
  return listedParts(playlist)
    .filter(({ declared }) => declared.durationSeconds > target + PART_TOLERANCE_SECONDS)
    .map(({ declared }) =>
      at(
        url,
        `${declared.uri} lasts ${seconds(declared.durationSeconds)}, PART-TARGET is ${seconds(target)}`,
        declared.line,
      ),
    );
}

/** The last part of a segment may be short, one with an I-frame, and what lies beside a gap. */
function shortParts(playlist: ParsedMediaPlaylist, url: string): Evidence[] {
  const target = playlist.partTargetSeconds;
  if (target === null) return [];
  const parts = listedParts(playlist);
  return parts.flatMap(({ declared, isLast }, index) => {
    const next = parts[index + 1];
    // Whether the newest part is the last of its segment is not known yet.
    if (isLast || next === undefined || declared.isIndependent || declared.isGap || next.declared.isGap)
      return [];
    const least = target * PART_SHARE_MIN - PART_TOLERANCE_SECONDS;
    if (declared.durationSeconds >= least) return [];
    const text = `${declared.uri} lasts ${seconds(declared.durationSeconds)}, less than 85 % of PART-TARGET`;
    return [at(url, text, declared.line)];
  });
}

const BEFORE_PARTS = ['EXT-X-KEY', 'EXT-X-MAP', 'EXT-X-DISCONTINUITY', 'EXT-X-PROGRAM-DATE-TIME'];

/** Tags of a segment that stand behind its first part, where a player that reads part by part misses them. */
function lateTags(playlist: ParsedMediaPlaylist, url: string): Evidence[] {
  return playlist.segments.flatMap(({ parts, line }) => {
    const first = parts[0];
    if (first === undefined) return [];
    return playlist.tags
      .filter((tag) => BEFORE_PARTS.includes(tag.name) && tag.line > first.line && tag.line < line)
      .map((tag) => at(url, `#${tag.name} stands behind the first part of its segment`, tag.line));
  });
}

function repeatedHints({ preloadHints }: ParsedMediaPlaylist, url: string): Evidence[] {
  const types = preloadHints.map(({ type }) => type);
  return preloadHints
    .filter(({ type }, index) => types.indexOf(type) !== index)
    .map(({ type, line }) => at(url, `a second #EXT-X-PRELOAD-HINT of TYPE=${type}`, line));
}

const below = (value: number, least: number): boolean => value < least - PART_TOLERANCE_SECONDS;

const PART_RULES: readonly Rule[] = [
  partsRule('part-inf', '4.4.3.7', 'A playlist with parts has #EXT-X-PART-INF.', (playlist, url) =>
    playlist.partTargetSeconds === null ? [at(url, 'there are parts without #EXT-X-PART-INF')] : [],
  ),
  partsRule('part-target', '4.4.3.7', 'No part is longer than PART-TARGET.', longParts),
  partsRule(
    'part-short',
    '4.4.4.9',
    'Parts last 85 % of PART-TARGET at least, unless they are independent, beside a gap, or the last of a segment.',
    shortParts,
  ),
  partsRule(
    'tag-after-part',
    '4.4.4.9',
    'Keys, maps, discontinuities and dates of a segment stand before its first part.',
    lateTags,
  ),
];

const CONTROL_RULES: readonly Rule[] = [
  partsRule(
    'block-reload',
    'B.1',
    'A playlist with parts offers blocking reload.',
    ({ serverControl }, url) =>
      serverControl.canBlockReload ? [] : [at(url, 'there is no CAN-BLOCK-RELOAD=YES')],
  ),
  partsRule(
    'part-hold-back',
    '4.4.3.8',
    'A playlist with parts has PART-HOLD-BACK, twice PART-TARGET at least.',
    ({ serverControl, partTargetSeconds: target }, url) => {
      const holdBack = serverControl.partHoldBackSeconds;
      if (holdBack === null) return [at(url, 'there is no PART-HOLD-BACK')];
      if (target === null || !below(holdBack, 2 * target)) return [];
      return [at(url, `PART-HOLD-BACK is ${seconds(holdBack)}, PART-TARGET ${seconds(target)}`)];
    },
  ),
  partsRule(
    'part-hold-back-short',
    '4.4.3.8',
    'PART-HOLD-BACK is three times PART-TARGET at least (the Apple authoring specification demands it).',
    ({ serverControl, partTargetSeconds: target }, url) => {
      const holdBack = serverControl.partHoldBackSeconds;
      if (holdBack === null || target === null) return [];
      if (!below(holdBack, 3 * target) || below(holdBack, 2 * target)) return [];
      return [at(url, `PART-HOLD-BACK is ${seconds(holdBack)}, PART-TARGET ${seconds(target)}`)];
    },
    'warning',
  ),
  versionRule(
    'hold-back',
    '4.4.3.8',
    'HOLD-BACK is three times the target duration at least.',
    ({ serverControl, targetDurationSeconds: target }, url) => {
      const holdBack = serverControl.holdBackSeconds;
      if (holdBack === null || target === null || !below(holdBack, 3 * target)) return [];
      return [at(url, `HOLD-BACK is ${seconds(holdBack)}, the target duration ${target} s`)];
    },
  ),
  versionRule(
    'skip-until',
    '4.4.3.8',
    'CAN-SKIP-UNTIL is six times the target duration at least.',
    ({ serverControl, targetDurationSeconds: target }, url) => {
      const until = serverControl.canSkipUntilSeconds;
      if (until === null || target === null || !below(until, 6 * target)) return [];
      return [at(url, `CAN-SKIP-UNTIL is ${seconds(until)}, the target duration ${target} s`)];
    },
  ),
  versionRule(
    'skip-date-ranges',
    '4.4.3.8',
    'CAN-SKIP-DATERANGES stands with CAN-SKIP-UNTIL.',
    ({ serverControl }, url) =>
      serverControl.canSkipDateRanges && serverControl.canSkipUntilSeconds === null
        ? [at(url, 'CAN-SKIP-DATERANGES stands without CAN-SKIP-UNTIL')]
        : [],
  ),
  watchRule(
    'control-differs',
    '6.2.4',
    'All media playlists have the same #EXT-X-SERVER-CONTROL.',
    (watched, { playlists }) => {
      const textOf = (own: typeof watched | undefined): string =>
        JSON.stringify(own?.updates[0]?.playlist?.serverControl ?? null);
      const [first] = playlists.values();
      return textOf(watched) === textOf(first)
        ? []
        : [at(watched.url, `#EXT-X-SERVER-CONTROL is not that of ${first?.url}`)];
    },
  ),
];

const PLAYLIST_RULES: readonly Rule[] = [
  partsRule(
    'date-missing',
    'B.1',
    'A playlist of low latency has #EXT-X-PROGRAM-DATE-TIME.',
    ({ tags }, url) =>
      tags.some(({ name }) => name === 'EXT-X-PROGRAM-DATE-TIME') ? [] : [at(url, 'there is no date')],
  ),
  partsRule(
    'hint-missing',
    'B.1',
    'A playlist of low latency hints at the next part.',
    ({ preloadHints }, url) =>
      preloadHints.some(({ type }) => type === 'PART')
        ? []
        : [at(url, 'there is no #EXT-X-PRELOAD-HINT of TYPE=PART')],
    'warning',
  ),
  versionRule(
    'hint-repeated',
    '6.2.6',
    'A playlist has one preload hint of each type.',
    repeatedHints,
    'warning',
  ),
  playlistRule(
    {
      id: 'live.hint-ended',
      severity: 'error',
      clause: section(BIS, '4.4.5.3'),
      title: 'A playlist that has ended hints at nothing.',
    },
    ({ isEnded, preloadHints }, { url }) =>
      isEnded ? preloadHints.map(({ line }) => at(url, 'a hint stands with #EXT-X-ENDLIST', line)) : [],
  ),
  watchRule(
    'event-removed',
    '6.2.2',
    'Nothing is removed from a playlist that has #EXT-X-PLAYLIST-TYPE.',
    (watched) => {
      const versions = versionsOf(watched);
      const first = versions[0]?.playlist;
      const later = versions.find(
        ({ playlist }) =>
          playlist.playlistType !== null && playlist.mediaSequence > (first?.mediaSequence ?? 0),
      );
      if (later === undefined) return [];
      return [at(watched.url, `segments were removed although the type is ${later.playlist.playlistType}`)];
    },
  ),
];

export const LIVE_PLAYLIST_RULES: readonly Rule[] = [...PART_RULES, ...CONTROL_RULES, ...PLAYLIST_RULES];
