// What is wrong with the lines of a playlist, each by itself: encoding, white space, attribute lists, and what the table
// of tags says. How lines stand together is judged where they are put together.
// Source: draft-pantos-hls-rfc8216bis, sections 4.1 to 4.4.

import { nearestWord } from '#base/nearest.ts';
import { type Attribute, parseAttributeList, typeProblem } from './parse-attributes.ts';
import { PLAYLIST_LINES_MAX, type PlaylistLines, type TagLine, type UriLine } from './parse-lines.ts';
import type { PlaylistProblem, PlaylistProblemCode } from './parse-problem.ts';
import { PLAYLIST_TAGS } from './parse-tag-table.ts';

const CONTROL = /[^\P{Cc}\t]/u;
/** Characters that no address may hold unescaped (RFC 3986, section 2). */
const NOT_IN_URI = /[\s<>"{}|\\^`]/;
const BYTE_ORDER_MARK = '\ufeff';

class LineJudge {
  readonly problems: PlaylistProblem[] = [];
  readonly #once = new Set<string>();

  #note(code: PlaylistProblemCode, line: number, tag: string, detail: string): void {
    this.problems.push({ code, line, tag, detail });
  }

  text(text: string): void {
    const hasMark = text.startsWith(BYTE_ORDER_MARK);
    if (hasMark) this.#note('encoding', 1, '', 'the playlist begins with a byte order mark');
    const rows = (hasMark ? text.slice(1) : text).split(/\r?\n/, PLAYLIST_LINES_MAX);
    if (rows[0] !== '#EXTM3U') this.#note('first-line', 1, '', 'the first line is not #EXTM3U');
    for (const [index, row] of rows.entries()) {
      if (CONTROL.test(row) || row.includes('\ufffd'))
        this.#note('encoding', index + 1, '', 'the line is not UTF-8 without control characters');
      if (row !== row.trim()) this.#note('line', index + 1, '', 'the line begins or ends with white space');
    }
  }

  tag({ name, line, value, spec }: TagLine): void {
    if (spec === undefined) {
      const near = nearestWord(name, [...PLAYLIST_TAGS.keys()]);
      const hint = near === undefined ? '' : `; did you mean #${near}?`;
      this.#note('tag-unknown', line, name, `#${name} is not a tag of the specification${hint}`);
      return;
    }
    if (spec.value !== undefined && !spec.value.test(value))
      this.#note('tag-value', line, name, `#${name} has the value ${JSON.stringify(value.slice(0, 60))}`);
    if (spec.attributes !== undefined) this.#attributes(name, value, line);
    if (spec.isOnce === true && this.#once.has(name))
      this.#note('tag-repeated', line, name, `#${name} stands a second time`);
    this.#once.add(name);
  }

  /** Of the list as it is written, since types are those of what stands there, not of what variables make of it. */
  #attributes(tag: string, value: string, line: number): void {
    const { attributes, repeated, malformed } = parseAttributeList(value);
    if (malformed !== null) this.#note('attribute-list', line, tag, `#${tag}: ${malformed}`);
    for (const name of repeated) this.#note('attribute-repeated', line, tag, `#${tag} has ${name} twice`);
    for (const attribute of attributes.values()) this.#attribute(tag, attribute, line);
    const specs = Object.entries(PLAYLIST_TAGS.get(tag)?.attributes ?? {});
    if (malformed === null)
      for (const [name, { isRequired }] of specs)
        if (isRequired === true && !attributes.has(name))
          this.#note('attribute-missing', line, tag, `#${tag} has no ${name}`);
  }

  #attribute(tag: string, attribute: Attribute, line: number): void {
    const spec = PLAYLIST_TAGS.get(tag)?.attributes?.[attribute.name];
    if (spec === undefined) return;
    const problem = typeProblem(attribute, spec.type);
    if (problem !== null) this.#note('attribute-type', line, tag, `#${tag}: ${attribute.name} ${problem}`);
    else if (spec.values !== undefined && !spec.values.includes(attribute.value))
      this.#note(
        'attribute-value',
        line,
        tag,
        `#${tag}: ${attribute.name} is ${attribute.value}, not one of ${spec.values.join(', ')}`,
      );
  }

  uri({ uri, line }: UriLine): void {
    // A variable without a value has been noted while reading.
    if (NOT_IN_URI.test(uri.replace(/\{\$[\w-]+\}/g, '')))
      this.#note('uri', line, '', `${JSON.stringify(uri.slice(0, 80))} is not a URI`);
  }
}

/** What is wrong with each line of a text that has been read. */
export function judgeLines(text: string, { lines }: PlaylistLines): readonly PlaylistProblem[] {
  const judge = new LineJudge();
  judge.text(text);
  for (const line of lines) {
    if (line.kind === 'tag') judge.tag(line);
    else judge.uri(line);
  }
  return judge.problems;
}
