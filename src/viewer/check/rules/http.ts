// Rules of how things are served: availability, content types, CORS, caching, ranges.
// Sources: RFC 9110 (HTTP), RFC 9111 (caching), the Fetch standard (CORS), W3C Mixed Content.

import type { HlsFacts, PresentationFacts, ResourceFacts } from '../facts.ts';
import { CHECK_ORIGIN } from '../fetcher.ts';
import { at, BIS, DASH, type Evidence, type Rule, section } from './rule.ts';

type Check = (resource: ResourceFacts, facts: PresentationFacts) => string | null;

/** A rule of each answer; one per address, since an init segment may be fetched for several segments. */
function resourceRule(head: Omit<Rule, 'check'>, check: Check): Rule {
  return {
    ...head,
    check: (facts) => {
      const found = new Map<string, Evidence>();
      for (const resource of facts.resources) {
        const problem = resource.isSkipped ? null : check(resource, facts);
        if (problem !== null) found.set(resource.url, at(resource.url, problem));
      }
      return [...found.values()];
    },
  };
}

const typeOf = ({ headers }: ResourceFacts): string =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

const isPlaylist = ({ role }: ResourceFacts, facts: PresentationFacts): boolean =>
  facts.kind === 'hls' && (role === 'playlist' || role === 'manifest');

const isMedia = ({ role }: ResourceFacts): boolean => role === 'segment' || role === 'init';

function corsProblem({ headers, failure }: ResourceFacts): string | null {
  if (failure !== null) return null;
  const allowed = headers['access-control-allow-origin'];
  if (allowed === undefined) return 'there is no Access-Control-Allow-Origin';
  return allowed === '*' || allowed === CHECK_ORIGIN ? null : `Access-Control-Allow-Origin is ${allowed}`;
}

const PLAYLIST_TYPES = ['application/vnd.apple.mpegurl', 'audio/mpegurl'];
/** Older names of the same, which players take. */
const PLAYLIST_TYPES_OLD = ['application/x-mpegurl', 'audio/x-mpegurl'];

const isNamedAsPlaylist = ({ finalUrl }: ResourceFacts): boolean =>
  /\.m3u8?$/i.test(new URL(finalUrl).pathname);

/** Section 4 takes the name of the file or the content type. */
function playlistTypeProblem(resource: ResourceFacts, facts: PresentationFacts): string | null {
  if (!isPlaylist(resource, facts) || resource.failure !== null || isNamedAsPlaylist(resource)) return null;
  const type = typeOf(resource);
  return PLAYLIST_TYPES.includes(type)
    ? null
    : `neither the name nor the content type ${JSON.stringify(type)} says so`;
}

/** Identified by its name, but called something else. */
function misleadingType(resource: ResourceFacts, facts: PresentationFacts): string | null {
  if (!isPlaylist(resource, facts) || resource.failure !== null || !isNamedAsPlaylist(resource)) return null;
  const type = typeOf(resource);
  const isRight = type === '' || [...PLAYLIST_TYPES, ...PLAYLIST_TYPES_OLD].includes(type);
  return isRight ? null : `the content type is ${JSON.stringify(type)}`;
}

const SEGMENT_TYPES =
  /^(video|audio|application)\/(mp4|iso\.segment|mp2t|x-m4s|aac|mpeg)$|^text\/vtt$|^image\/(jpeg|png|webp|avif)$|^application\/ttml\+xml$/;

/** `bytes first-last/size` of an answer to a range. */
function contentRange({ headers }: ResourceFacts): { first: number; last: number } | null {
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  return match === null ? null : { first: Number(match[1]), last: Number(match[2]) };
}

function rangeProblem(resource: ResourceFacts): string | null {
  const { range, status, bodyBytes } = resource;
  if (range === null || status !== 206) return null;
  const got = contentRange(resource);
  if (got === null) return 'an answer 206 has no Content-Range';
  const isAsked = got.first === range.offset && got.last <= range.offset + range.length - 1;
  if (!isAsked)
    return `bytes ${range.offset}-${range.offset + range.length - 1} were asked for, ${got.first}-${got.last} came`;
  return got.last - got.first + 1 === bodyBytes
    ? null
    : `Content-Range and the ${bodyBytes} bytes of the body differ`;
}

/** How long caches may take an answer for fresh; null when nothing is said. */
function freshSeconds({ headers }: ResourceFacts): number | null {
  const control = headers['cache-control'] ?? '';
  const age = /(?:^|[\s,])(?:s-maxage|max-age)=(\d+)/i.exec(control)?.[1];
  return /no-cache|no-store/i.test(control) || age === undefined ? null : Number(age);
}

/** Playlists that still change, with the longest that an answer may be kept. */
function stalePlaylists({ playlists }: HlsFacts): Evidence[] {
  return [...playlists.values()].flatMap(({ url, resource, playlist }) => {
    const fresh = freshSeconds(resource);
    const target = playlist?.targetDurationSeconds ?? null;
    if (playlist === null || playlist.isEnded || fresh === null || target === null || fresh <= target)
      return [];
    return [
      at(url, `the playlist still grows but may be kept for ${fresh} s; its target duration is ${target} s`),
    ];
  });
}

export const HTTP_RULES: readonly Rule[] = [
  resourceRule(
    {
      id: 'http.unavailable',
      severity: 'error',
      clause: `${section(BIS, '6.2.1')}; ${section(DASH, '5.3.9.5')}`,
      title: 'What is named can be fetched.',
    },
    ({ role, failure }) => (['steering', 'probe', 'reload'].includes(role) ? null : failure),
  ),
  resourceRule(
    {
      id: 'http.cors',
      severity: 'warning',
      clause: 'WHATWG Fetch, 3.3 (CORS protocol)',
      title: 'Players on pages of other sites may read the answer.',
    },
    corsProblem,
  ),
  resourceRule(
    {
      id: 'http.playlist-type',
      severity: 'error',
      clause: section(BIS, '4'),
      title: 'Playlists are named .m3u8, or are application/vnd.apple.mpegurl or audio/mpegurl.',
    },
    playlistTypeProblem,
  ),
  resourceRule(
    {
      id: 'http.playlist-type-misleading',
      severity: 'warning',
      clause: 'RFC 9110, 8.3',
      title: 'A playlist has no content type of something else.',
    },
    misleadingType,
  ),
  resourceRule(
    {
      id: 'http.manifest-type',
      severity: 'warning',
      clause: section(DASH, 'Annex C'),
      title: 'Manifests are application/dash+xml.',
    },
    (resource, facts) =>
      facts.kind === 'dash' && resource.role === 'manifest' && typeOf(resource) !== 'application/dash+xml'
        ? `the content type is ${JSON.stringify(typeOf(resource))}`
        : null,
  ),
  resourceRule(
    {
      id: 'http.segment-type',
      severity: 'warning',
      clause: 'RFC 4337, 2; RFC 9110, 8.3',
      title: 'Segments have a content type of media.',
    },
    (resource) => {
      const isWrong = isMedia(resource) && resource.failure === null && !SEGMENT_TYPES.test(typeOf(resource));
      return isWrong ? `the content type is ${JSON.stringify(typeOf(resource))}` : null;
    },
  ),
  resourceRule(
    {
      id: 'http.segment-uncacheable',
      severity: 'warning',
      clause: 'RFC 9111, 5.2.2',
      title: 'Segments, which never change, may be kept by caches.',
    },
    (resource) => {
      if (!isMedia(resource) || resource.failure !== null) return null;
      const { 'cache-control': control = '', expires, etag } = resource.headers;
      if (/no-store/i.test(control)) return `Cache-Control is ${control}`;
      const isSaid = control !== '' || expires !== undefined || etag !== undefined;
      return isSaid || resource.headers['last-modified'] !== undefined
        ? null
        : 'nothing says how long it may be kept';
    },
  ),
  {
    id: 'http.playlist-stale',
    severity: 'warning',
    clause: 'RFC 9111, 5.2.2.1',
    title: 'A playlist that grows is not kept for longer than its target duration.',
    check: (facts) => (facts.kind === 'hls' ? stalePlaylists(facts) : []),
  },
  resourceRule(
    {
      id: 'http.range-broken',
      severity: 'error',
      clause: 'RFC 9110, 15.3.7',
      title: 'An answer 206 has the bytes that were asked for.',
    },
    rangeProblem,
  ),
  resourceRule(
    {
      id: 'http.range-needed',
      severity: 'error',
      clause: `RFC 9110, 14.2; ${section(BIS, '4.4.4.2')}`,
      title: 'Where segments are ranges of a resource, ranges are served.',
    },
    ({ role, range, status }) =>
      role !== 'probe' && range !== null && status === 200
        ? 'a request for a range is answered with the whole'
        : null,
  ),
  {
    id: 'http.range-ignored',
    severity: 'warning',
    clause: 'RFC 9110, 14.3',
    title: 'Who announces ranges serves them.',
    check: ({ rangeProbe: probe }) =>
      probe !== null && probe.status === 200 && /bytes/i.test(probe.headers['accept-ranges'] ?? '')
        ? [at(probe.url, 'Accept-Ranges is bytes, but a request for a range is answered with the whole')]
        : [],
  },
  resourceRule(
    {
      id: 'http.downgrade',
      severity: 'warning',
      clause: 'W3C Mixed Content, 5',
      title: 'A presentation of https names nothing of http, which browsers block.',
    },
    ({ url, finalUrl }, facts) =>
      facts.url.startsWith('https:') && (url.startsWith('http:') || finalUrl.startsWith('http:'))
        ? `it is fetched over http: ${finalUrl}`
        : null,
  ),
];
