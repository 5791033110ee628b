// Watches the live playlists of a presentation side by side for a while, as players would: each reload asks for the
// next part, and the server holds it. Beside that it does what no player does on purpose: it asks for what must be
// refused, takes delta updates and whole playlists together, holds segments against their parts, and asks for what has
// just left a playlist.
// Source: draft-pantos-hls-rfc8216bis-22, sections 6.2.5 and 6.3.7.

import type { Clock } from '#platform/clock.ts';
import type { HlsFacts, HlsPlaylistFacts } from './facts.ts';
import type { Fetcher } from './fetcher.ts';
import { LIVE_PLAYLISTS_MAX } from './limits.ts';
import type { LiveFacts, LivePlaylistFacts } from './live-facts.ts';
import { createPlaylistWatch } from './watch-playlist.ts';

export interface WatchDependencies {
  readonly clock: Clock;
  readonly fetcher: Fetcher;
  readonly onWatch: ((playlists: number) => void) | undefined;
}

/** Playlists that go on. */
function livePlaylists({ playlists }: Pick<HlsFacts, 'playlists'>): HlsPlaylistFacts[] {
  return [...playlists.values()].filter(
    ({ playlist }) =>
      playlist !== null && !playlist.isEnded && playlist.playlistType !== 'VOD' && !playlist.isIFramesOnly,
  );
}

/** Addresses of the first pathway, whose media is looked into; all when there is no multivariant playlist. */
function isOfFirstPathway({ multivariant }: Pick<HlsFacts, 'multivariant'>): (url: string) => boolean {
  if (multivariant === null) return () => true;
  const { url: base, playlist } = multivariant;
  const first = playlist.steering?.pathwayId ?? playlist.variants[0]?.pathwayId ?? '.';
  const variants = playlist.variants.filter(({ pathwayId }) => pathwayId === first);
  const groups = new Set(variants.map(({ audioGroupId }) => audioGroupId));
  const audio = playlist.renditions.filter(({ type, groupId }) => type === 'AUDIO' && groups.has(groupId));
  const uris = [
    ...variants.map(({ uri }) => uri),
    ...audio.flatMap(({ uri }) => (uri === null ? [] : [uri])),
  ];
  const urls = new Set(uris.flatMap((uri) => (URL.canParse(uri, base) ? [new URL(uri, base).href] : [])));
  return (url) => urls.has(url);
}

/** Watches for `watchMs`; null when nothing is live, or watching is not wanted. */
export async function watchLive(
  { clock, fetcher, onWatch }: WatchDependencies,
  facts: Pick<HlsFacts, 'playlists' | 'multivariant'>,
  watchMs: number,
): Promise<{ live: LiveFacts | null; notChecked: string[] }> {
  const all = livePlaylists(facts);
  if (watchMs <= 0 || all.length === 0) return { live: null, notChecked: [] };
  const watched = all.slice(0, LIVE_PLAYLISTS_MAX);
  onWatch?.(watched.length);
  const isFirst = isOfFirstPathway(facts);
  const ending = new AbortController();
  const beganMs = clock.monotonicMs();
  const deadline = clock.sleep(watchMs, ending.signal).then(
    () => ending.abort(),
    () => undefined,
  );
  const elapsedMs = (): number => clock.monotonicMs() - beganMs;
  const watches = watched.map((entry) =>
    createPlaylistWatch(
      { clock, fetcher, elapsedMs, signal: ending.signal },
      entry,
      isFirst(entry.url),
    ).run(),
  );
  const found: LivePlaylistFacts[] = await Promise.all(watches);
  ending.abort();
  await deadline;
  const notChecked =
    all.length > watched.length
      ? [`${all.length - watched.length} live playlists over time: more than ${LIVE_PLAYLISTS_MAX}`]
      : [];
  const playlists = new Map(found.map((entry) => [entry.url, entry]));
  return { live: { watchedMs: elapsedMs(), playlists }, notChecked };
}
