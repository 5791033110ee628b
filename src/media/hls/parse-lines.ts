// A playlist as lines: tags with their attributes, and addresses, each with its line number and with variables in
// their places. Comments and blank lines are passed over. It judges nothing, since viewers read many playlists and
// only the checker asks what is wrong with their lines (judge-lines.ts).
// Source: draft-pantos-hls-rfc8216bis, sections 4.1 to 4.3.

import { type Attribute, parseAttributeList } from './parse-attributes.ts';
import type { PlaylistProblem, PlaylistProblemCode } from './parse-problem.ts';
import { PLAYLIST_TAGS, type TagSpec } from './parse-tag-table.ts';

export interface TagLine {
  readonly kind: 'tag';
  readonly line: number;
  /** Without the #. */
  readonly name: string;
  readonly value: string;
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Undefined for tags that the specification does not know. */
  readonly spec: TagSpec | undefined;
}

export interface UriLine {
  readonly kind: 'uri';
  readonly line: number;
  readonly uri: string;
}

export interface PlaylistLines {
  /** It begins with #EXTM3U; players take nothing else for a playlist (section 4.4.1.1). */
  readonly isPlaylist: boolean;
  readonly lines: readonly (TagLine | UriLine)[];
  readonly problems: readonly PlaylistProblem[];
  /** Variables that the playlist defines, for playlists that import them. */
  readonly variables: ReadonlyMap<string, string>;
}

export interface LinesContext {
  /** Variables of the multivariant playlist, which IMPORT may name. */
  readonly imported?: ReadonlyMap<string, string>;
  /** Query parameters of the playlist's own address, which QUERYPARAM may name. */
  readonly query?: ReadonlyMap<string, string>;
}

/** A day of two-second segments takes three lines each; more is not a playlist that a player would read. */
export const PLAYLIST_LINES_MAX = 200_000;

const NO_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map();

class LineReader {
  readonly lines: (TagLine | UriLine)[] = [];
  readonly problems: PlaylistProblem[] = [];
  readonly variables = new Map<string, string>();
  readonly #context: LinesContext;

  constructor(context: LinesContext) {
    this.#context = context;
  }

  note(code: PlaylistProblemCode, line: number, tag: string, detail: string): void {
    this.problems.push({ code, line, tag, detail });
  }

  /** Takes a line without white space around it. */
  take(content: string, line: number): void {
    if (content.startsWith('#EXT')) this.#tag(content, line);
    else if (content !== '' && !content.startsWith('#'))
      this.lines.push({ kind: 'uri', line, uri: this.#substitute(content, line, '') });
  }

  /** Puts variables in their places (section 4.3). */
  #substitute(text: string, line: number, tag: string): string {
    if (!text.includes('{$')) return text;
    return text.replace(/\{\$([A-Za-z0-9_-]+)\}/g, (whole, name: string) => {
      const value = this.variables.get(name);
      if (value === undefined) this.note('variable', line, tag, `variable ${name} is not defined`);
      return value ?? whole;
    });
  }

  #tag(text: string, line: number): void {
    const colon = text.indexOf(':');
    const name = text.slice(1, colon === -1 ? undefined : colon);
    const value = colon === -1 ? '' : text.slice(colon + 1);
    const spec = PLAYLIST_TAGS.get(name);
    const attributes = spec?.attributes === undefined ? NO_ATTRIBUTES : this.#attributes(name, value, line);
    if (name === 'EXT-X-DEFINE') this.#define(attributes, line);
    this.lines.push({ kind: 'tag', line, name, value, attributes, spec });
  }

  #attributes(tag: string, value: string, line: number): ReadonlyMap<string, Attribute> {
    const { attributes } = parseAttributeList(value);
    if (!value.includes('{$')) return attributes;
    const found = new Map<string, Attribute>();
    for (const [name, attribute] of attributes)
      found.set(name, { ...attribute, value: this.#substitute(attribute.value, line, tag) });
    return found;
  }

  #define(attributes: ReadonlyMap<string, Attribute>, line: number): void {
    const name = attributes.get('NAME')?.value;
    const imported = attributes.get('IMPORT')?.value;
    const parameter = attributes.get('QUERYPARAM')?.value;
    const wanted = name ?? imported ?? parameter;
    const value =
      name !== undefined
        ? attributes.get('VALUE')?.value
        : imported !== undefined
          ? this.#context.imported?.get(imported)
          : this.#context.query?.get(parameter ?? '');
    if (wanted === undefined || value === undefined)
      this.note('variable', line, 'EXT-X-DEFINE', `#EXT-X-DEFINE gives no value for ${wanted ?? 'any name'}`);
    else this.variables.set(wanted, value);
  }
}

/** Reads the lines of a playlist. Whatever the text, reading ends and never throws. */
export function parsePlaylistLines(text: string, context: LinesContext = {}): PlaylistLines {
  const reader = new LineReader(context);
  let isPlaylist = false;
  let start = 0;
  // Walking from line break to line break takes a fifth of the time of splitting by a pattern.
  for (let line = 1; start <= text.length && line <= PLAYLIST_LINES_MAX; line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const content = text.slice(start, end).trim();
    if (line === 1) isPlaylist = content === '#EXTM3U';
    reader.take(content, line);
    start = end + 1;
  }
  if (start <= text.length)
    reader.note('too-large', PLAYLIST_LINES_MAX, '', 'the lines after it are not read');
  const { lines, problems, variables } = reader;
  return { isPlaylist, lines, problems, variables };
}
