// Gathers an HLS presentation: all media playlists of all pathways, segments of the first pathway as chosen, and the
// first segment of each rendition elsewhere, since pathways serve the same media.

import type { ParsedMediaPlaylist } from '#media/hls/parse-media-playlist.ts';
import type { ParsedMultivariant } from '#media/hls/parse-multivariant.ts';
import { inspectPlaylist } from '#media/hls/parse-playlist.ts';
import type { DeclaredSegment, HlsFacts, HlsPlaylistFacts } from './facts.ts';
import { resolveUrl } from './facts.ts';
import { type Fetched, type Fetcher, mapInParallel } from './fetcher.ts';
import { gatherSteering } from './gather-steering.ts';
import { gatherTrack, type SegmentChoice } from './gather-track.ts';
import { PARALLEL_MAX, PLAYLISTS_MAX } from './limits.ts';

/** Query parameters of an address, which playlists may take as variables. */
function queryOf(url: string): Map<string, string> {
  return new Map(new URL(url).searchParams);
}

/** The segments of a playlist with absolute addresses; those that cannot be addressed, or are gaps, are left out. */
export function declaredSegments(playlist: ParsedMediaPlaylist, baseUrl: string): DeclaredSegment[] {
  const declared: DeclaredSegment[] = [];
  let startSeconds = 0;
  let dateSeconds: number | null = null;
  for (const segment of playlist.segments) {
    if (segment.dateMs !== null) dateSeconds = segment.dateMs / 1_000;
    const url = resolveUrl(segment.uri, baseUrl);
    const mapUrl = segment.map === null ? null : resolveUrl(segment.map.uri, baseUrl);
    if (url !== null && !segment.isGap)
      declared.push({
        url,
        range: segment.range,
        startSeconds,
        durationSeconds: segment.durationSeconds,
        dateSeconds,
        isDiscontinuity: segment.isDiscontinuity,
        init: mapUrl === null ? null : { url: mapUrl, range: segment.map?.range ?? null },
        isEncrypted: segment.keyMethod !== null,
      });
    startSeconds += segment.durationSeconds;
    if (dateSeconds !== null) dateSeconds += segment.durationSeconds;
  }
  return declared;
}

async function gatherPlaylist(
  fetcher: Fetcher,
  fetched: Fetched,
  choice: SegmentChoice,
  variables: ReadonlyMap<string, string>,
): Promise<HlsPlaylistFacts> {
  const { facts, body } = fetched;
  const common = { url: facts.url, resource: facts };
  if (body === null) return { ...common, playlist: null, isMultivariant: false, track: null };
  const context = { imported: variables, query: queryOf(facts.finalUrl) };
  const playlist = inspectPlaylist(new TextDecoder('utf-8', { ignoreBOM: true }).decode(body), context);
  if (playlist.kind === 'multivariant')
    return { ...common, playlist: null, isMultivariant: true, track: null };
  const declared = declaredSegments(playlist, facts.finalUrl);
  const track = await gatherTrack(fetcher, facts.url, declared, playlist.isIFramesOnly ? 'none' : choice);
  return { ...common, playlist, isMultivariant: false, track };
}

/** Addresses of media playlists with how much of their media is fetched. */
function playlistChoices(
  playlist: ParsedMultivariant,
  baseUrl: string,
  choice: SegmentChoice,
): Map<string, SegmentChoice> {
  const choices = new Map<string, SegmentChoice>();
  const firstPathway = playlist.steering?.pathwayId ?? playlist.variants[0]?.pathwayId ?? '.';
  const add = (uri: string | null, isFirst: boolean): void => {
    const url = uri === null ? null : resolveUrl(uri, baseUrl);
    if (url === null) return;
    if (isFirst || !choices.has(url)) choices.set(url, isFirst ? choice : 'first');
  };
  for (const variant of playlist.variants) {
    const isFirst = variant.pathwayId === firstPathway;
    add(variant.uri, isFirst);
    const groups = [variant.audioGroupId, variant.videoGroupId, variant.subtitlesGroupId];
    for (const rendition of playlist.renditions)
      if (groups.includes(rendition.groupId)) add(rendition.uri, isFirst);
  }
  for (const rendition of playlist.renditions) add(rendition.uri, false);
  return choices;
}

async function gatherMultivariant(
  fetcher: Fetcher,
  entry: Fetched,
  playlist: ParsedMultivariant,
  choice: SegmentChoice,
): Promise<Omit<HlsFacts, 'rangeProbe' | 'resources' | 'live'>> {
  const baseUrl = entry.facts.finalUrl;
  const choices = [...playlistChoices(playlist, baseUrl, choice)];
  const notChecked =
    choices.length > PLAYLISTS_MAX
      ? [`${choices.length - PLAYLISTS_MAX} media playlists: more than ${PLAYLISTS_MAX}`]
      : [];
  const gathered = await mapInParallel(choices.slice(0, PLAYLISTS_MAX), PARALLEL_MAX, async ([url, own]) => {
    const fetched = await fetcher.get(url, 'playlist');
    return gatherPlaylist(fetcher, fetched, own, playlist.variables);
  });
  const serverUrl = playlist.steering === null ? null : resolveUrl(playlist.steering.serverUri, baseUrl);
  const pathway = playlist.steering?.pathwayId ?? playlist.variants[0]?.pathwayId ?? null;
  return {
    kind: 'hls',
    url: entry.facts.url,
    multivariant: { url: baseUrl, playlist },
    playlists: new Map(gathered.map((facts) => [facts.url, facts])),
    steering: serverUrl === null ? null : await gatherSteering(fetcher, 'hls', serverUrl, pathway),
    notChecked,
  };
}

/** Gathers what a playlist names. */
export async function gatherHls(
  fetcher: Fetcher,
  entry: Fetched,
  text: string,
  choice: SegmentChoice,
): Promise<Omit<HlsFacts, 'rangeProbe' | 'resources' | 'live'>> {
  const playlist = inspectPlaylist(text, { query: queryOf(entry.facts.finalUrl) });
  if (playlist.kind === 'multivariant') return gatherMultivariant(fetcher, entry, playlist, choice);
  const facts = await gatherPlaylist(fetcher, entry, choice, new Map());
  return {
    kind: 'hls',
    url: entry.facts.url,
    multivariant: null,
    playlists: new Map([[facts.url, facts]]),
    steering: null,
    notChecked: [],
  };
}
