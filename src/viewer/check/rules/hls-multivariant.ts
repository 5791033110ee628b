// Rules of the multivariant playlist alone: variants, renditions, groups.
// Source: draft-pantos-hls-rfc8216bis-22, section 4.4.6.

import type { ParsedRendition } from '#media/hls/parse-multivariant.ts';
import { resolveUrl } from '../facts.ts';
import {
  at,
  BIS,
  type Evidence,
  isLanguage,
  type MultivariantFacts,
  multivariantRule,
  type Rule,
  repeated,
  section,
} from './rule.ts';

type Playlist = MultivariantFacts['playlist'];
type Check = Parameters<typeof multivariantRule>[1];

const rule = (id: string, place: string, title: string, check: Check, severity: Rule['severity'] = 'error') =>
  multivariantRule({ id, severity, clause: section(BIS, place), title }, check);

const STABLE_ID = /^[A-Za-z0-9+/=._-]+$/;
const KINDS = [
  ['AUDIO', 'audioGroupId'],
  ['VIDEO', 'videoGroupId'],
  ['SUBTITLES', 'subtitlesGroupId'],
] as const;

function groupsOf(playlist: Playlist, type?: string): Map<string, ParsedRendition[]> {
  const groups = new Map<string, ParsedRendition[]>();
  for (const rendition of playlist.renditions) {
    if (type !== undefined && rendition.type !== type) continue;
    const key = `${rendition.type} ${rendition.groupId}`;
    groups.set(key, [...(groups.get(key) ?? []), rendition]);
  }
  return groups;
}

function missingGroups(playlist: Playlist, url: string): Evidence[] {
  const groups = groupsOf(playlist);
  return playlist.variants.flatMap((variant) => {
    const named: (readonly [string, string | null])[] = KINDS.map(([type, key]) => [type, variant[key]]);
    named.push(['CLOSED-CAPTIONS', variant.closedCaptions?.groupId ?? null]);
    return named
      .filter(([type, groupId]) => groupId !== null && !groups.has(`${type} ${groupId}`))
      .map(([type, groupId]) => at(url, `there is no group ${groupId} of type ${type}`, variant.line));
  });
}

/** Members of a group, without what may differ between groups of one type (4.4.6.1.1). */
function membersOf(group: readonly ParsedRendition[]): string[] {
  const free = ['URI', 'GROUP-ID', 'CHANNELS', 'BIT-DEPTH', 'SAMPLE-RATE', 'STABLE-RENDITION-ID'];
  // No attribute of this tag, so clients ignore it; Shaka finds the pathway of a subtitle group by it.
  free.push('PATHWAY-ID');
  return group
    .map(({ attributes }) =>
      [...attributes.values()]
        .filter(({ name }) => !free.includes(name))
        .map(({ name, value }) => `${name}=${value}`)
        .sort()
        .join(','),
    )
    .sort();
}

function unequalGroups(playlist: Playlist, url: string): Evidence[] {
  return ['AUDIO', 'SUBTITLES', 'VIDEO'].flatMap((type) => {
    const [first, ...others] = groupsOf(playlist, type).values();
    if (first === undefined) return [];
    const expected = membersOf(first).join(' ');
    return others
      .filter((group) => membersOf(group).join(' ') !== expected)
      .map((group) => {
        const text = `group ${group[0]?.groupId} has other members than group ${first[0]?.groupId}`;
        return at(url, text, group[0]?.line ?? null);
      });
  });
}

function renditionUriProblem({ type, uri, instreamId }: ParsedRendition): string | null {
  if (type === 'SUBTITLES' && uri === null) return 'subtitles have no URI';
  if (type !== 'CLOSED-CAPTIONS') return instreamId === null ? null : `INSTREAM-ID stands on TYPE=${type}`;
  if (uri !== null) return 'closed captions have a URI';
  if (instreamId === null) return 'closed captions have no INSTREAM-ID';
  const isKnown = /^(CC[1-4]|SERVICE([1-9]|[1-5]\d|6[0-3]))$/.test(instreamId);
  return isKnown ? null : `INSTREAM-ID is ${instreamId}`;
}

/** A rule of each rendition alone. */
function renditionRule(
  id: string,
  title: string,
  problemOf: (rendition: ParsedRendition) => string | null,
): Rule {
  return rule(id, '4.4.6.1', title, ({ renditions }, url) =>
    renditions.flatMap((rendition) => {
      const problem = problemOf(rendition);
      return problem === null ? [] : [at(url, problem, rendition.line)];
    }),
  );
}

function repeatedVariants({ variants }: Playlist, url: string): Evidence[] {
  const key = (variant: Playlist['variants'][number]): string =>
    JSON.stringify([
      resolveUrl(variant.uri, url),
      variant.pathwayId,
      variant.audioGroupId,
      variant.videoGroupId,
      variant.subtitlesGroupId,
    ]);
  return repeated(variants, key).map(([{ uri, line }]) =>
    at(url, `${uri} stands a second time with the same groups and pathway`, line),
  );
}

function sessionData({ tags }: Playlist, url: string): Evidence[] {
  const data = tags.filter(({ name }) => name === 'EXT-X-SESSION-DATA');
  const unclear = data
    .filter(({ attributes }) => attributes.has('VALUE') === attributes.has('URI'))
    .map(({ line }) => at(url, 'session data has both or neither of VALUE and URI', line));
  const key = ({ attributes }: (typeof data)[number]): string =>
    `${attributes.get('DATA-ID')?.value} ${attributes.get('LANGUAGE')?.value ?? ''}`;
  const twice = repeated(data, key).map(([{ line }, id]) => at(url, `session data ${id} stands twice`, line));
  return [...unclear, ...twice];
}

function mixedCaptions({ variants }: Playlist, url: string): Evidence[] {
  const isNone = (variant: Playlist['variants'][number]): boolean => variant.closedCaptions?.groupId === null;
  if (!variants.some(isNone)) return [];
  return variants
    .filter((variant) => !isNone(variant))
    .map(({ line }) => at(url, 'other variants say CLOSED-CAPTIONS=NONE, this one does not', line));
}

export const HLS_MULTIVARIANT_RULES: readonly Rule[] = [
  rule('hls.variants-none', '4.4.6.2', 'A multivariant playlist names variants.', ({ variants }, url) =>
    variants.length === 0 ? [at(url, 'there is no #EXT-X-STREAM-INF with a URI')] : [],
  ),
  rule('hls.variant-repeated', '4.4.6.2', 'A variant stands once.', repeatedVariants, 'warning'),
  rule(
    'hls.average-above-peak',
    '4.4.6.2',
    'AVERAGE-BANDWIDTH is not above BANDWIDTH.',
    ({ variants }, url) =>
      variants
        .filter(
          ({ bandwidthBps, averageBandwidthBps }) => (averageBandwidthBps ?? 0) > (bandwidthBps ?? Infinity),
        )
        .map(({ line, bandwidthBps, averageBandwidthBps }) =>
          at(url, `AVERAGE-BANDWIDTH=${averageBandwidthBps} is above BANDWIDTH=${bandwidthBps}`, line),
        ),
  ),
  rule(
    'hls.codecs-missing',
    '4.4.6.2',
    'Every variant has CODECS.',
    ({ variants }, url) =>
      variants
        .filter(({ codecs }) => codecs === null)
        .map(({ line }) => at(url, 'a variant has no CODECS', line)),
    'warning',
  ),
  rule('hls.group-missing', '4.4.6.2', 'Groups that variants name are there.', missingGroups),
  rule('hls.group-name-repeated', '4.4.6.1.1', 'Names are unique in their group.', (playlist, url) =>
    [...groupsOf(playlist).values()].flatMap((group) =>
      repeated(group, ({ name }) => name).map(([{ line }, name]) =>
        at(url, `group ${group[0]?.groupId} has two members named ${name}`, line),
      ),
    ),
  ),
  rule('hls.group-default', '4.4.6.1.1', 'A group has at most one default.', (playlist, url) =>
    [...groupsOf(playlist).values()].flatMap((group) =>
      group
        .filter(({ isDefault }) => isDefault)
        .slice(1)
        .map(({ line, groupId }) => at(url, `group ${groupId} has a second default`, line)),
    ),
  ),
  rule('hls.groups-unequal', '4.4.6.1.1', 'Groups of a type have the same members.', unequalGroups),
  renditionRule('hls.media-autoselect', 'DEFAULT=YES does not stand with AUTOSELECT=NO.', (rendition) =>
    rendition.isDefault && rendition.autoselect === 'NO' ? 'DEFAULT=YES with AUTOSELECT=NO' : null,
  ),
  renditionRule('hls.media-forced', 'FORCED is for subtitles.', ({ hasForced, type }) =>
    hasForced && type !== 'SUBTITLES' ? `FORCED stands on TYPE=${type}` : null,
  ),
  renditionRule('hls.media-uri', 'URI and INSTREAM-ID stand where their type allows.', renditionUriProblem),
  renditionRule('hls.language', 'LANGUAGE is a tag of RFC 5646.', ({ language }) =>
    language === null || isLanguage(language) ? null : `LANGUAGE is ${JSON.stringify(language)}`,
  ),
  rule(
    'hls.stable-id',
    '4.4.6.2',
    'Stable identifiers are of the allowed characters.',
    ({ variants, renditions }, url) =>
      [...variants, ...renditions]
        .filter(({ stableId }) => stableId !== null && !STABLE_ID.test(stableId))
        .map(({ stableId, line }) => at(url, `${JSON.stringify(stableId)} is not a stable identifier`, line)),
  ),
  rule(
    'hls.captions-mixed',
    '4.4.6.2',
    'CLOSED-CAPTIONS=NONE stands on all variants or none.',
    mixedCaptions,
  ),
  rule('hls.session-data', '4.4.6.4', 'Session data has VALUE or URI, once per language.', sessionData),
];
