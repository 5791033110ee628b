// A small strict reader of XML 1.0 with namespaces, for manifests. Documents with a DTD are refused, so that there are
// no entities to expand; depth and count of elements are limited. It is the only XML that Meridian reads.
// Sources: W3C XML 1.0 (fifth edition), W3C Namespaces in XML 1.0.

export class XmlError extends Error {
  override readonly name = 'XmlError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string;
  /** Empty when there is none. */
  readonly namespace: string;
  /** By name as written, prefix included. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** Character data of the element itself, joined. */
  readonly text: string;
  readonly line: number;
}

/** A manifest of a day in many renditions stays below; each element takes about 300 bytes of memory. */
export const XML_ELEMENTS_MAX = 200_000;
/** MPD is eight levels deep; events may bring a few of their own. */
export const XML_DEPTH_MAX = 64;

const NAME_START = 'A-Za-z_\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF';
const NAME = new RegExp(`[${NAME_START}:][${NAME_START}:.0-9\\u00B7-]*`, 'y');
const SPACE = /[ \t\r\n]*/y;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

interface OpenElement {
  readonly qualifiedName: string;
  readonly name: string;
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly scope: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
  readonly line: number;
}

/** What XML allows besides the plane of ordinary characters: tab, line feed, carriage return. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code !== 0xfffe && code !== 0xffff && !(code >= 0xd800 && code <= 0xdfff);
}

class XmlReader {
  readonly #text: string;
  #at = 0;
  #lineAt = 0;
  #line = 1;
  #count = 0;
  #root: XmlElement | null = null;
  readonly #open: OpenElement[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  #lineNow(): number {
    for (; this.#lineAt < this.#at; this.#lineAt += 1) if (this.#text[this.#lineAt] === '\n') this.#line += 1;
    return this.#line;
  }

  #fail(message: string): never {
    throw new XmlError(message, this.#lineNow());
  }

  #until(mark: string, what: string): string {
    const end = this.#text.indexOf(mark, this.#at);
    if (end === -1) this.#fail(`${what} does not end`);
    const part = this.#text.slice(this.#at, end);
    this.#at = end + mark.length;
    return part;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #starts(mark: string): boolean {
    return this.#text.startsWith(mark, this.#at);
  }

  read(): XmlElement {
    if (this.#starts('\ufeff')) this.#at += 1;
    if (/^<\?xml[ \t\r\n]/.test(this.#text.slice(this.#at, this.#at + 6)))
      this.#until('?>', 'the declaration');
    while (this.#at < this.#text.length) this.#readItem();
    const open = this.#open.at(-1);
    if (open !== undefined) this.#fail(`element ${open.qualifiedName} does not end`);
    if (this.#root === null) this.#fail('there is no element');
    return this.#root;
  }

  #readItem(): void {
    if (this.#starts('<!--')) {
      this.#at += 4;
      if (this.#until('-->', 'a comment').includes('--')) this.#fail('a comment holds --');
    } else if (this.#starts('<![CDATA[')) {
      this.#at += 9;
      this.#addText(this.#until(']]>', 'a CDATA section'));
    } else if (this.#starts('<!')) this.#fail('a document type is not allowed in a manifest');
    else if (this.#starts('<?')) {
      this.#at += 2;
      if (/^xml[ \t\r\n?]/i.test(this.#text.slice(this.#at, this.#at + 4)))
        this.#fail('a second declaration');
      this.#until('?>', 'an instruction');
    } else if (this.#starts('</')) this.#readEnd();
    else if (this.#starts('<')) this.#readStart();
    else {
      const next = this.#text.indexOf('<', this.#at);
      const raw = this.#text.slice(this.#at, next === -1 ? undefined : next);
      if (raw.includes(']]>')) this.#fail(']]> stands in text');
      const text = this.#decode(raw);
      this.#at += raw.length;
      this.#addText(text);
    }
  }

  #addText(text: string): void {
    const open = this.#open.at(-1);
    if (open !== undefined) open.text += text;
    else if (/[^ \t\r\n]/.test(text)) this.#fail('text stands outside of the root element');
  }

  #decode(raw: string): string {
    for (let index = 0; index < raw.length; index += 1) {
      const code = raw.codePointAt(index) ?? 0;
      if (!isCharacter(code)) this.#fail(`character ${code} is not allowed`);
      if (code > 0xffff) index += 1;
    }
    if (!raw.includes('&')) return raw;
    return raw.replace(/&([^;&]{0,20});?/g, (whole, name: string) => {
      if (!whole.endsWith(';')) this.#fail('an ampersand is not escaped');
      const known = ENTITIES[name];
      if (known !== undefined) return known;
      const match = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
      if (match === null) this.#fail(`entity &${name}; is not defined`);
      const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
      if (code > 0x10ffff || !isCharacter(code)) this.#fail(`character ${code} is not allowed`);
      return String.fromCodePoint(code);
    });
  }

  #readStart(): void {
    const line = this.#lineNow();
    this.#at += 1;
    const qualifiedName = this.#match(NAME);
    if (qualifiedName === '') this.#fail('a < is not escaped');
    const attributes = this.#readAttributes(qualifiedName);
    const isEmpty = this.#starts('/>');
    if (!isEmpty && !this.#starts('>')) this.#fail(`the tag ${qualifiedName} does not end`);
    this.#at += isEmpty ? 2 : 1;
    this.#count += 1;
    if (this.#count > XML_ELEMENTS_MAX) this.#fail(`more than ${XML_ELEMENTS_MAX} elements`);
    if (this.#open.length >= XML_DEPTH_MAX) this.#fail(`more than ${XML_DEPTH_MAX} levels`);
    if (this.#root !== null && this.#open.length === 0) this.#fail('there is a second root element');
    const scope = this.#scopeOf(attributes);
    for (const name of attributes.keys())
      if (name.includes(':') && !name.startsWith('xmlns:')) this.#resolve(name, scope);
    const [namespace, name] = this.#resolve(qualifiedName, scope);
    this.#open.push({ qualifiedName, name, namespace, attributes, scope, children: [], text: '', line });
    if (isEmpty) this.#close();
  }

  #readAttributes(element: string): Map<string, string> {
    const attributes = new Map<string, string>();
    for (;;) {
      const space = this.#match(SPACE);
      const name = this.#match(NAME);
      if (name === '') return attributes;
      if (space === '') this.#fail(`no space before ${name} in ${element}`);
      this.#match(SPACE);
      if (!this.#starts('=')) this.#fail(`attribute ${name} of ${element} has no value`);
      this.#at += 1;
      this.#match(SPACE);
      const quote = this.#text[this.#at] ?? '';
      if (quote !== '"' && quote !== "'") this.#fail(`the value of ${name} in ${element} is not quoted`);
      this.#at += 1;
      const raw = this.#until(quote, `the value of ${name}`);
      if (raw.includes('<')) this.#fail(`the value of ${name} holds <`);
      if (attributes.has(name)) this.#fail(`attribute ${name} of ${element} stands twice`);
      attributes.set(name, this.#decode(raw.replace(/\r\n|[\t\r\n]/g, ' ')));
    }
  }

  #scopeOf(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    const outer = this.#open.at(-1)?.scope ?? new Map([['xml', XML_NAMESPACE]]);
    let scope: Map<string, string> | undefined;
    for (const [name, value] of attributes) {
      if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
      scope ??= new Map(outer);
      scope.set(name === 'xmlns' ? '' : name.slice(6), value);
    }
    return scope ?? outer;
  }

  #resolve(qualifiedName: string, scope: ReadonlyMap<string, string>): readonly [string, string] {
    const colon = qualifiedName.indexOf(':');
    const prefix = colon === -1 ? '' : qualifiedName.slice(0, colon);
    const namespace = scope.get(prefix);
    if (namespace === undefined && prefix !== '') this.#fail(`prefix ${prefix} is not declared`);
    return [namespace ?? '', qualifiedName.slice(colon + 1)];
  }

  #readEnd(): void {
    this.#at += 2;
    const name = this.#match(NAME);
    this.#match(SPACE);
    const open = this.#open.at(-1);
    if (open?.qualifiedName !== name) this.#fail(`</${name}> ends no open element`);
    if (!this.#starts('>')) this.#fail(`the tag </${name}> does not end`);
    this.#at += 1;
    this.#close();
  }

  #close(): void {
    const done = this.#open.pop();
    if (done === undefined) return;
    const { name, namespace, attributes, children, text, line } = done;
    const element: XmlElement = { name, namespace, attributes, children, text, line };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }
}

/** Reads a document; throws XmlError, and nothing else, when it is not well-formed or too large. */
export function parseXml(text: string): XmlElement {
  return new XmlReader(text).read();
}

/** The children of a name, in the namespace of their parent. */
export function childrenOf(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name && child.namespace === element.namespace);
}
