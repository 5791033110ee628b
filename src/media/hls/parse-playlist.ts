// A playlist of either kind from its text: what viewers play by, and what the checker judges. Whatever the text, reading
// ends and never throws.
// Source: draft-pantos-hls-rfc8216bis, section 4.1: a playlist is a media playlist or a multivariant playlist.

import { judgeLines } from './judge-lines.ts';
import { type LinesContext, type PlaylistLines, parsePlaylistLines } from './parse-lines.ts';
import { type ParsedMediaPlaylist, parseMediaPlaylist } from './parse-media-playlist.ts';
import { type ParsedMultivariant, parseMultivariant } from './parse-multivariant.ts';
import type { PlaylistProblem } from './parse-problem.ts';

export type ParsedPlaylist = ParsedMediaPlaylist | ParsedMultivariant;

/** Reads a playlist as players do: what is wrong with a line is passed over, and only the sense of it is read. */
export function parsePlaylist(text: string, context: LinesContext = {}): ParsedPlaylist {
  return playlistOf(parsePlaylistLines(text, context));
}

/** Reads a playlist and everything that is wrong with it. */
export function inspectPlaylist(text: string, context: LinesContext = {}): ParsedPlaylist {
  const source = parsePlaylistLines(text, context);
  return playlistOf({ ...source, problems: [...source.problems, ...judgeLines(text, source)] });
}

/** With tags of both kinds it counts as the kind of most of them. */
function playlistOf(source: PlaylistLines): ParsedPlaylist {
  let multivariantCount = 0;
  let mediaCount = 0;
  for (const line of source.lines) {
    const scope = line.kind === 'tag' ? line.spec?.scope : undefined;
    if (scope === 'multivariant') multivariantCount += 1;
    else if (scope === 'media' || scope === 'segment') mediaCount += 1;
  }
  const isMultivariant = multivariantCount > mediaCount;
  const mixed = multivariantCount > 0 && mediaCount > 0 ? [strangerIn(source, isMultivariant)] : [];
  const read = { ...source, problems: [...source.problems, ...mixed] };
  return isMultivariant ? parseMultivariant(read) : parseMediaPlaylist(read);
}

/** The first tag that belongs into a playlist of the other kind. */
function strangerIn({ lines }: PlaylistLines, isMultivariant: boolean): PlaylistProblem {
  const stranger = lines.find(
    (line) =>
      line.kind === 'tag' &&
      line.spec !== undefined &&
      line.spec.scope !== 'any' &&
      (line.spec.scope === 'multivariant') !== isMultivariant,
  );
  const tag = stranger?.kind === 'tag' ? stranger.name : '';
  const detail = `#${tag} does not belong into a ${isMultivariant ? 'multivariant' : 'media'} playlist`;
  return { code: 'mixed', line: stranger?.line ?? 1, tag, detail };
}
