// Parsed playlists, once per distinct text: hundreds of viewers read the same few.

import { PARSED_MAX } from './limits.ts';
import { type Content, presentationOf } from './presentation.ts';
import { readLivePlaylist } from './read-live-playlist.ts';
import { readMediaPlaylist, readMultivariant } from './read-playlist.ts';

export type PlaylistCache = {
  multivariant(text: string, url: string): Content;
  media(text: string): Content;
  live(text: string): Content;
};

/** Creates a cache that keeps the newest texts. */
export function createPlaylistCache(): PlaylistCache {
  const known = new Map<string, Content>();

  function keep(key: string, read: () => Content): Content {
    if (known.has(key)) return known.get(key);
    const content = read();
    known.set(key, content);
    const oldest = known.keys().next();
    if (known.size > PARSED_MAX && oldest.done !== true) known.delete(oldest.value);
    return content;
  }

  return {
    multivariant: (text, url) =>
      keep(`${url}\n${text}`, () => {
        const read = readMultivariant(text, url);
        return read === undefined ? undefined : { type: 'presentation', presentation: presentationOf(read) };
      }),
    live: (text) =>
      keep(`live\n${text}`, () => {
        const playlist = readLivePlaylist(text);
        return playlist === undefined ? undefined : { type: 'live', playlist };
      }),
    media: (text) =>
      keep(text, () => {
        const playlist = readMediaPlaylist(text);
        return playlist === undefined ? undefined : { type: 'playlist', playlist };
      }),
  };
}
