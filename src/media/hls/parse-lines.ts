// A playlist as lines: tags with their attributes, and addresses, each with its line number. Checks what can be said
// of a line alone against the table of tags. Comments and blank lines are passed over.
// Source: draft-pantos-hls-rfc8216bis, sections 4.1 to 4.3.

import { nearestWord } from '#base/nearest.ts';
import { type Attribute, parseAttributeList, typeProblem } from './parse-attributes.ts';
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

const CONTROL = /[^\P{Cc}\t]/u;
/** Characters that no address may hold unescaped (RFC 3986, section 2). */
const NOT_IN_URI = /[\s<>"{}|\\^`]/;
const NO_ATTRIBUTES: ReadonlyMap<string, Attribute> = new Map();

class LineReader {
  readonly problems: PlaylistProblem[] = [];
  readonly variables = new Map<string, string>();
  readonly #context: LinesContext;

  constructor(context: LinesContext) {
    this.#context = context;
  }

  note(code: PlaylistProblemCode, line: number, tag: string, detail: string): void {
    this.problems.push({ code, line, tag, detail });
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

  tag(text: string, line: number): TagLine {
    const colon = text.indexOf(':');
    const name = text.slice(1, colon === -1 ? undefined : colon);
    const value = colon === -1 ? '' : text.slice(colon + 1);
    const spec = PLAYLIST_TAGS[name];
    if (spec === undefined) {
      const near = nearestWord(name, Object.keys(PLAYLIST_TAGS));
      const hint = near === undefined ? '' : `; did you mean #${near}?`;
      this.note('tag-unknown', line, name, `#${name} is not a tag of the specification${hint}`);
    } else if (spec.value !== undefined && !spec.value.test(value))
      this.note('tag-value', line, name, `#${name} has the value ${JSON.stringify(value.slice(0, 60))}`);
    const attributes = spec?.attributes === undefined ? NO_ATTRIBUTES : this.#attributes(name, value, line);
    if (name === 'EXT-X-DEFINE') this.#define(attributes, line);
    return { kind: 'tag', line, name, value, attributes, spec };
  }

  #attributes(tag: string, value: string, line: number): ReadonlyMap<string, Attribute> {
    const { attributes, repeated, malformed } = parseAttributeList(value);
    if (malformed !== null) this.note('attribute-list', line, tag, `#${tag}: ${malformed}`);
    for (const name of repeated) this.note('attribute-repeated', line, tag, `#${tag} has ${name} twice`);
    const found = new Map<string, Attribute>();
    for (const attribute of attributes.values()) {
      found.set(attribute.name, { ...attribute, value: this.#substitute(attribute.value, line, tag) });
      this.#check(tag, attribute, line);
    }
    const specs = Object.entries(PLAYLIST_TAGS[tag]?.attributes ?? {});
    if (malformed === null)
      for (const [name, { isRequired }] of specs)
        if (isRequired === true && !found.has(name))
          this.note('attribute-missing', line, tag, `#${tag} has no ${name}`);
    return found;
  }

  #check(tag: string, attribute: Attribute, line: number): void {
    const spec = PLAYLIST_TAGS[tag]?.attributes?.[attribute.name];
    if (spec === undefined) return;
    const problem = typeProblem(attribute, spec.type);
    if (problem !== null) this.note('attribute-type', line, tag, `#${tag}: ${attribute.name} ${problem}`);
    else if (spec.values !== undefined && !spec.values.includes(attribute.value))
      this.note(
        'attribute-value',
        line,
        tag,
        `#${tag}: ${attribute.name} is ${attribute.value}, not one of ${spec.values.join(', ')}`,
      );
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

  uri(text: string, line: number): UriLine {
    const uri = this.#substitute(text, line, '');
    // A variable without a value has been noted already.
    if (NOT_IN_URI.test(uri.replace(/\{\$[\w-]+\}/g, '')))
      this.note('uri', line, '', `${JSON.stringify(uri.slice(0, 80))} is not a URI`);
    return { kind: 'uri', line, uri };
  }
}

/** Reads the lines of a playlist and what is wrong with each of them. */
export function parsePlaylistLines(text: string, context: LinesContext = {}): PlaylistLines {
  const reader = new LineReader(context);
  const lines: (TagLine | UriLine)[] = [];
  if (text.startsWith('\ufeff')) reader.note('encoding', 1, '', 'the playlist begins with a byte order mark');
  const rows = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (rows[0] !== '#EXTM3U') reader.note('first-line', 1, '', 'the first line is not #EXTM3U');
  if (rows.length > PLAYLIST_LINES_MAX)
    reader.note('too-large', PLAYLIST_LINES_MAX, '', `${rows.length} lines; the rest is not read`);
  const once = new Set<string>();
  for (const [index, row] of rows.slice(0, PLAYLIST_LINES_MAX).entries()) {
    const number = index + 1;
    if (CONTROL.test(row) || row.includes('\ufffd'))
      reader.note('encoding', number, '', 'the line is not UTF-8 without control characters');
    if (row === '') continue;
    if (row !== row.trim()) reader.note('line', number, '', 'the line begins or ends with white space');
    const content = row.trim();
    if (content === '') continue;
    if (content.startsWith('#EXT')) {
      const tag = reader.tag(content, number);
      if (tag.spec?.isOnce === true && once.has(tag.name))
        reader.note('tag-repeated', number, tag.name, `#${tag.name} stands a second time`);
      once.add(tag.name);
      lines.push(tag);
    } else if (!content.startsWith('#')) lines.push(reader.uri(content, number));
  }
  return { lines, problems: reader.problems, variables: reader.variables };
}
