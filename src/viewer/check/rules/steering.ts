// Rules of Content Steering: what playlists and manifests announce, and what the server answers.
// Sources: draft-pantos-hls-rfc8216bis-22, sections 4.4.6.2, 4.4.6.6 and 7; draft-pantos-content-steering-05,
// sections 4 and 5; ETSI TS 103 998 (DASH).

import type { ParsedMediaPlaylist, ParsedSegment } from '#media/hls/parse-media-playlist.ts';
import type { PresentationFacts, SteeringAnswer, SteeringFacts } from '../facts.ts';
import { TIME_TOLERANCE_SECONDS } from '../limits.ts';
import {
  at,
  BIS,
  dashRule,
  ETSI,
  type Evidence,
  multivariantRule,
  type Rule,
  repeated,
  STEERING,
  section,
} from './rule.ts';

type Manifest = Readonly<Record<string, unknown>>;
type Check = (
  manifest: Manifest,
  where: string,
  facts: PresentationFacts,
  steering: SteeringFacts,
) => Evidence[];

const PATHWAY_ID = /^[A-Za-z0-9._-]+$/;

/** Both answers, without the second when the first names none. */
function answersOf({ steering }: PresentationFacts): SteeringAnswer[] {
  if (steering === null) return [];
  return steering.reload === null ? [steering.first] : [steering.first, steering.reload];
}

/** A rule of each answer. */
function answerRule(
  head: Omit<Rule, 'check'>,
  check: (answer: SteeringAnswer, where: string) => string | null,
): Rule {
  return {
    ...head,
    check: (facts) =>
      answersOf(facts).flatMap((answer) => {
        const problem = answer.resource.isSkipped ? null : check(answer, answer.resource.url);
        return problem === null ? [] : [at(answer.resource.url, problem)];
      }),
  };
}

/** A rule of the first manifest; the second comes from the same server. */
function manifestRule(
  id: string,
  place: string,
  title: string,
  check: Check,
  severity: Rule['severity'] = 'error',
): Rule {
  return {
    id,
    severity,
    clause: place,
    title,
    check: (facts) => {
      const { steering } = facts;
      const manifest = steering?.first.manifest ?? null;
      if (steering === null || manifest === null) return [];
      return check(manifest, steering.first.resource.url, facts, steering);
    },
  };
}

/** Pathways that the presentation names; null when only a steering manifest is checked. */
function knownPathways(facts: PresentationFacts): Set<string> | null {
  if (facts.kind === 'hls')
    return new Set(facts.multivariant?.playlist.variants.map(({ pathwayId }) => pathwayId) ?? []);
  if (facts.kind === 'steering' || facts.mpd === null) return null;
  const levels = facts.mpd.periods.flatMap((period) => [
    period.baseUrls,
    ...period.adaptationSets.flatMap((set) => [
      set.baseUrls,
      ...set.representations.map(({ baseUrls }) => baseUrls),
    ]),
  ]);
  const all = [facts.mpd.baseUrls, ...levels].flat();
  return new Set(all.flatMap(({ serviceLocation }) => (serviceLocation === null ? [] : [serviceLocation])));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const clonesOf = (manifest: Manifest): readonly unknown[] => listOf(manifest['PATHWAY-CLONES']);

/** Names of the clones before a position, or of all; they count as pathways too. */
const cloneIds = (manifest: Manifest, before?: number): string[] =>
  clonesOf(manifest)
    .slice(0, before)
    .flatMap((clone) => (isRecord(clone) && typeof clone.ID === 'string' ? [clone.ID] : []));

const orderOf = (manifest: Manifest): string[] =>
  listOf(manifest['PATHWAY-PRIORITY']).filter((id) => typeof id === 'string');

function priorityProblem(manifest: Manifest, form: SteeringFacts['form']): string | null {
  const value = manifest['PATHWAY-PRIORITY'];
  // ETSI TS 103 998, table 6.3-1: optional for DASH.
  if (value === undefined && form === 'dash') return null;
  if (!Array.isArray(value)) return 'PATHWAY-PRIORITY is not a list';
  if (value.length === 0) return 'PATHWAY-PRIORITY is empty';
  return value.every((id) => typeof id === 'string')
    ? null
    : 'PATHWAY-PRIORITY holds something else than names';
}

function unknownInOrder(
  manifest: Manifest,
  facts: PresentationFacts,
): { unknown: string[]; isUseless: boolean } {
  const known = knownPathways(facts);
  const order = orderOf(manifest);
  if (known === null) return { unknown: [], isUseless: false };
  const all = new Set([...known, ...cloneIds(manifest)]);
  const unknown = order.filter((id) => !all.has(id));
  return { unknown, isUseless: order.length > 0 && unknown.length === order.length };
}

function replacementProblem(value: unknown): string | null {
  if (!isRecord(value)) return 'URI-REPLACEMENT is missing';
  const { HOST: host, PARAMS: params } = value;
  const isHost = typeof host === 'string' && host !== '' && URL.canParse(`http://${host}/`);
  if (
    host !== undefined &&
    !(isHost && new URL(`http://${host}/`).host === host.toLowerCase() && !/:\d+$/.test(host))
  )
    return `HOST is ${JSON.stringify(host)}, which is no host name`;
  if (
    params !== undefined &&
    !(isRecord(params) && Object.values(params).every((item) => typeof item === 'string'))
  )
    return 'PARAMS is not an object of texts';
  for (const name of ['PER-VARIANT-URIS', 'PER-RENDITION-URIS']) {
    const uris = value[name];
    if (uris === undefined) continue;
    const isGood =
      isRecord(uris) && Object.values(uris).every((uri) => typeof uri === 'string' && URL.canParse(uri));
    if (!isGood) return `${name} is not an object of absolute addresses`;
  }
  return null;
}

function cloneEvidence(
  manifest: Manifest,
  where: string,
  problemOf: (clone: Record<string, unknown>, index: number) => string | null,
): Evidence[] {
  return clonesOf(manifest).flatMap((clone, index) => {
    const problem = problemOf(isRecord(clone) ? clone : {}, index);
    return problem === null ? [] : [at(where, `clone ${index}: ${problem}`)];
  });
}

function cloneIdProblem(
  manifest: Manifest,
  facts: PresentationFacts,
  id: unknown,
  index: number,
): string | null {
  if (typeof id !== 'string' || !PATHWAY_ID.test(id)) return `ID is ${JSON.stringify(id)}`;
  const isTaken = knownPathways(facts)?.has(id) === true || cloneIds(manifest, index).includes(id);
  return isTaken ? `${id} is the name of another pathway` : null;
}

/** Stable identifiers in replacements that the playlist does not have (rfc8216bis, 7.3). */
function unknownStableIds(replacement: unknown, facts: PresentationFacts): string | null {
  if (facts.kind !== 'hls' || facts.multivariant === null || !isRecord(replacement)) return null;
  const { variants, renditions } = facts.multivariant.playlist;
  const check = (name: string, all: readonly { stableId: string | null }[]): string[] => {
    const uris = replacement[name];
    return isRecord(uris)
      ? Object.keys(uris).filter((id) => !all.some(({ stableId }) => stableId === id))
      : [];
  };
  const unknown = [...check('PER-VARIANT-URIS', variants), ...check('PER-RENDITION-URIS', renditions)];
  return unknown.length === 0
    ? null
    : `no variant or rendition has the stable identifier ${unknown.join(', ')}`;
}

/** Pathways whose variants have other stable identifiers, or other segments, than those of the first. */
function unequalPathways(facts: PresentationFacts): Evidence[] {
  if (facts.kind !== 'hls' || facts.multivariant === null) return [];
  const { url, playlist } = facts.multivariant;
  const ids = new Map<string, string[]>();
  for (const { pathwayId, stableId, bandwidthBps } of playlist.variants)
    ids.set(pathwayId, [...(ids.get(pathwayId) ?? []), stableId ?? String(bandwidthBps)]);
  const [first, ...others] = [...ids].map(([pathway, list]) => ({
    pathway,
    text: [...new Set(list)].sort().join(' '),
  }));
  return others
    .filter(({ text }) => text !== first?.text)
    .map(({ pathway }) => at(url, `pathway ${pathway} has other variants than ${first?.pathway}`));
}

/** What stands against two playlists being of the same content; null when nothing does. */
function contentProblem(own: ParsedMediaPlaylist, first: ParsedMediaPlaylist): string | null {
  if (own.isEnded !== first.isEnded) return 'one has ended, the other has not';
  if (own.isEnded && own.segments.length !== first.segments.length)
    return `it has ${own.segments.length} segments, the first ${first.segments.length}`;
  // Of live playlists, which were fetched at different moments, only some are common.
  const known = new Map(first.segments.map((segment, index) => [numberOf(first, segment, index), segment]));
  const common = own.segments.flatMap((segment, index) => {
    const other = known.get(numberOf(own, segment, index));
    return other === undefined ? [] : [{ segment, other }];
  });
  if (common.length === 0 && own.segments.length > 0) return 'no segment has a number of the first';
  const isOther = ({ segment, other }: (typeof common)[number]): boolean =>
    Math.abs(segment.durationSeconds - other.durationSeconds) > TIME_TOLERANCE_SECONDS ||
    (segment.dateMs !== null && other.dateMs !== null && segment.dateMs !== other.dateMs);
  const different = common.find(isOther);
  return different === undefined
    ? null
    : `segment ${different.segment.mediaSequence} has another duration or date`;
}

/** A complete playlist may be numbered as it likes. */
function numberOf({ isEnded }: ParsedMediaPlaylist, segment: ParsedSegment, index: number): number {
  return isEnded ? index : segment.mediaSequence;
}

function unequalContent(facts: PresentationFacts): Evidence[] {
  if (facts.kind !== 'hls' || facts.multivariant === null) return [];
  const { url, playlist } = facts.multivariant;
  const firsts = new Map<string, ParsedMediaPlaylist>();
  return playlist.variants.flatMap(({ stableId, uri, line }) => {
    const own = URL.canParse(uri, url) ? facts.playlists.get(new URL(uri, url).href)?.playlist : undefined;
    if (stableId === null || own == null) return [];
    const first = firsts.get(stableId);
    if (first === undefined) {
      firsts.set(stableId, own);
      return [];
    }
    const problem = contentProblem(own, first);
    if (problem === null) return [];
    const text = `${uri} has other segments than the first variant with STABLE-VARIANT-ID ${stableId}: ${problem}`;
    return [at(url, text, line)];
  });
}

/** How long caches may keep an answer; null when they may not, or nothing is said. */
function lifetimeSeconds({ resource }: SteeringAnswer): number | null {
  const control = resource.headers['cache-control'] ?? '';
  if (/no-store|no-cache|private/i.test(control)) return null;
  const age = /max-age=(\d+)/i.exec(control)?.[1];
  return age === undefined ? null : Number(age);
}

const ANNOUNCED: readonly Rule[] = [
  multivariantRule(
    {
      id: 'steering.pathway-id',
      severity: 'error',
      clause: section(BIS, '4.4.6.2'),
      title: 'Names of pathways are of letters, digits, points, hyphens and underscores.',
    },
    ({ variants }, url) =>
      variants
        .filter(({ pathwayId }) => !PATHWAY_ID.test(pathwayId))
        .map(({ pathwayId, line }) => at(url, `PATHWAY-ID is ${JSON.stringify(pathwayId)}`, line)),
  ),
  multivariantRule(
    {
      id: 'steering.initial-pathway',
      severity: 'error',
      clause: section(BIS, '4.4.6.6'),
      title: 'The initial pathway is that of a variant.',
    },
    ({ steering, variants }, url) => {
      const id = steering?.pathwayId ?? null;
      if (steering === null || id === null || variants.some(({ pathwayId }) => pathwayId === id)) return [];
      return [at(url, `no variant has the initial pathway ${id}`, steering.line)];
    },
  ),
  multivariantRule(
    {
      id: 'steering.initial-pathway-missing',
      severity: 'warning',
      clause: 'HLS Authoring Specification for Apple Devices, 9.18',
      title: '#EXT-X-CONTENT-STEERING names the initial pathway.',
    },
    ({ steering }, url) =>
      steering !== null && steering.pathwayId === null
        ? [at(url, '#EXT-X-CONTENT-STEERING has no PATHWAY-ID', steering.line)]
        : [],
  ),
  {
    id: 'steering.pathways-unequal',
    severity: 'warning',
    clause: section(BIS, '7.1'),
    title: 'All pathways have the same variants, so that a change of pathway is no change of quality.',
    check: unequalPathways,
  },
  {
    id: 'steering.stable-content',
    severity: 'error',
    clause: section(BIS, '4.4.6.2'),
    title: 'Variants with one STABLE-VARIANT-ID have the same content.',
    check: unequalContent,
  },
  dashRule(
    {
      id: 'steering.default-location',
      severity: 'error',
      clause: `${ETSI}, ContentSteering@defaultServiceLocation`,
      title: 'The default service location is that of a BaseURL.',
    },
    (mpd, facts) => {
      const known = knownPathways(facts) ?? new Set();
      return mpd.steering.flatMap(({ defaultServiceLocation: list, line }) =>
        (list ?? '')
          .split(/\s+/)
          .filter((location) => location !== '' && !known.has(location))
          .map((location) => at(facts.url, `no BaseURL has the service location ${location}`, line)),
      );
    },
  ),
  dashRule(
    {
      id: 'steering.location-missing',
      severity: 'warning',
      clause: `${ETSI}, BaseURL@serviceLocation`,
      title: 'Where steering is announced, every BaseURL of the manifest has a service location.',
    },
    (mpd, facts) =>
      mpd.steering.length === 0
        ? []
        : mpd.baseUrls
            .filter(({ serviceLocation }) => serviceLocation === null)
            .map(({ url, line }) => at(facts.url, `BaseURL ${url} has no serviceLocation`, line)),
  ),
  dashRule(
    {
      id: 'steering.dash-repeated',
      severity: 'error',
      clause: `${ETSI}, ContentSteering`,
      title: 'A manifest announces one steering server.',
    },
    (mpd, facts) =>
      mpd.steering.slice(1).map(({ line }) => at(facts.url, 'ContentSteering stands a second time', line)),
  ),
];

const ANSWERED: readonly Rule[] = [
  answerRule(
    {
      id: 'steering.unavailable',
      severity: 'error',
      clause: section(STEERING, '7'),
      title: 'The steering server answers, also at RELOAD-URI.',
    },
    ({ resource }) => resource.failure,
  ),
  answerRule(
    {
      id: 'steering.json',
      severity: 'error',
      clause: section(STEERING, '4'),
      title: 'A steering manifest is a JSON object.',
    },
    ({ problem }) => problem,
  ),
  answerRule(
    {
      id: 'steering.media-type',
      severity: 'warning',
      clause: section(STEERING, '11.1'),
      title: 'A steering manifest is application/vnd.apple.steering-list or application/json.',
    },
    ({ resource, manifest }) => {
      const type = (resource.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
      const isGood = ['application/json', 'application/vnd.apple.steering-list'].includes(type);
      return manifest === null || isGood ? null : `the content type is ${JSON.stringify(type)}`;
    },
  ),
  answerRule(
    {
      id: 'steering.cached',
      severity: 'warning',
      clause: section(BIS, '7.4'),
      title: 'Shared caches do not keep an answer for longer than its TTL.',
    },
    (answer) => {
      const lifetime = lifetimeSeconds(answer);
      const ttl = answer.manifest?.TTL;
      if (lifetime === null || typeof ttl !== 'number' || lifetime <= ttl) return null;
      return `caches may keep it for ${lifetime} s, the TTL is ${ttl} s`;
    },
  ),
];

const MANIFEST: readonly Rule[] = [
  manifestRule('steering.version', section(STEERING, '4'), 'VERSION is 1.', ({ VERSION }, where) =>
    VERSION === 1 ? [] : [at(where, `VERSION is ${JSON.stringify(VERSION)}`)],
  ),
  manifestRule(
    'steering.ttl',
    section(STEERING, '4'),
    'TTL is a count of seconds.',
    ({ TTL }, where, _, { form }) => {
      // DASH players have a default of their own.
      const isGood = (typeof TTL === 'number' && TTL > 0) || (TTL === undefined && form === 'dash');
      return isGood ? [] : [at(where, `TTL is ${JSON.stringify(TTL)}`)];
    },
  ),
  manifestRule(
    'steering.reload-uri',
    section(STEERING, '4'),
    'RELOAD-URI is an address.',
    (manifest, where) => {
      const uri = manifest['RELOAD-URI'];
      const isGood = uri === undefined || (typeof uri === 'string' && uri !== '' && URL.canParse(uri, where));
      return isGood ? [] : [at(where, `RELOAD-URI is ${JSON.stringify(uri)}`)];
    },
  ),
  manifestRule(
    'steering.priority',
    section(STEERING, '4'),
    'PATHWAY-PRIORITY is a list of at least one name.',
    (manifest, where, _, { form }) => {
      const problem = priorityProblem(manifest, form);
      return problem === null ? [] : [at(where, problem)];
    },
  ),
  manifestRule(
    'steering.priority-repeated',
    section(STEERING, '4'),
    'PATHWAY-PRIORITY names a pathway once.',
    (manifest, where) =>
      repeated(orderOf(manifest), (id) => id).map(([id]) =>
        at(where, `${id} stands twice in PATHWAY-PRIORITY`),
      ),
  ),
  manifestRule(
    'steering.priority-useless',
    section(STEERING, '7'),
    'PATHWAY-PRIORITY names a pathway of the presentation.',
    (manifest, where, facts) => {
      const { unknown, isUseless } = unknownInOrder(manifest, facts);
      return isUseless ? [at(where, `the presentation has none of ${unknown.join(', ')}`)] : [];
    },
  ),
  manifestRule(
    'steering.priority-unknown',
    section(STEERING, '4'),
    'PATHWAY-PRIORITY names no pathway that the presentation does not have.',
    (manifest, where, facts) => {
      const { unknown, isUseless } = unknownInOrder(manifest, facts);
      return isUseless ? [] : unknown.map((id) => at(where, `the presentation has no pathway ${id}`));
    },
    'warning',
  ),
  manifestRule(
    'steering.clone-base',
    section(STEERING, '5'),
    'BASE-ID of a clone is a pathway of the presentation, or an earlier clone.',
    (manifest, where, facts) =>
      cloneEvidence(manifest, where, (clone, index) => {
        const base = clone['BASE-ID'];
        const known = knownPathways(facts);
        const isThere =
          known?.has(String(base)) !== false || cloneIds(manifest, index).includes(String(base));
        return typeof base === 'string' && isThere ? null : `BASE-ID is ${JSON.stringify(base)}`;
      }),
  ),
  manifestRule(
    'steering.clone-id',
    section(STEERING, '5'),
    'ID of a clone is a new name.',
    (manifest, where, facts) =>
      cloneEvidence(manifest, where, ({ ID }, index) => cloneIdProblem(manifest, facts, ID, index)),
  ),
  manifestRule(
    'steering.clone-replacement',
    section(STEERING, '5'),
    'URI-REPLACEMENT has a host name, parameters, or absolute addresses.',
    (manifest, where) =>
      cloneEvidence(manifest, where, (clone) => replacementProblem(clone['URI-REPLACEMENT'])),
  ),
  manifestRule(
    'steering.clone-stable-id',
    section(BIS, '7.3'),
    'Replacements name stable identifiers of the playlist.',
    (manifest, where, facts) =>
      cloneEvidence(manifest, where, (clone) => unknownStableIds(clone['URI-REPLACEMENT'], facts)),
    'warning',
  ),
];

export const STEERING_RULES: readonly Rule[] = [...ANNOUNCED, ...ANSWERED, ...MANIFEST];
