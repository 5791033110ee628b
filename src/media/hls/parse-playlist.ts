// A playlist of either kind from its text. Whatever the text, reading ends and never throws.
// Source: draft-pantos-hls-rfc8216bis, section 4.1: a playlist is a media playlist or a multivariant playlist.

import { type LinesContext, parsePlaylistLines } from './parse-lines.ts';
import { type ParsedMediaPlaylist, parseMediaPlaylist } from './parse-media-playlist.ts';
import { type ParsedMultivariant, parseMultivariant } from './parse-multivariant.ts';

export type ParsedPlaylist = ParsedMediaPlaylist | ParsedMultivariant;

/** Reads a playlist. With tags of both kinds it counts as the kind of most of them. */
export function parsePlaylist(text: string, context: LinesContext = {}): ParsedPlaylist {
  const source = parsePlaylistLines(text, context);
  const scopes = source.lines.map((line) => (line.kind === 'tag' ? line.spec?.scope : undefined));
  const multivariantCount = scopes.filter((scope) => scope === 'multivariant').length;
  const mediaCount = scopes.filter((scope) => scope === 'media' || scope === 'segment').length;
  const isMultivariant = multivariantCount > mediaCount;
  const problems = [...source.problems];
  if (multivariantCount > 0 && mediaCount > 0) {
    const stranger = source.lines.find(
      (line) =>
        line.kind === 'tag' &&
        line.spec !== undefined &&
        line.spec.scope !== 'any' &&
        (line.spec.scope === 'multivariant') !== isMultivariant,
    );
    const tag = stranger?.kind === 'tag' ? stranger.name : '';
    const detail = `#${tag} does not belong into a ${isMultivariant ? 'multivariant' : 'media'} playlist`;
    problems.push({ code: 'mixed', line: stranger?.line ?? 1, tag, detail });
  }
  const checked = { ...source, problems };
  return isMultivariant ? parseMultivariant(checked) : parseMediaPlaylist(checked);
}
