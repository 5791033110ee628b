// Attribute lists of playlist tags, and the types of their values.
// Source: draft-pantos-hls-rfc8216bis, section 4.2.

export type AttributeType =
  | 'integer'
  | 'hex'
  | 'decimal'
  | 'signed'
  | 'quoted'
  | 'enumerated'
  | 'resolution'
  | 'yes-no'
  | 'quoted-or-none'
  | 'any';

export interface Attribute {
  readonly name: string;
  /** Without the quotes of a quoted string. */
  readonly value: string;
  readonly isQuoted: boolean;
}

export interface AttributeList {
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Names that occur more than once; the first value counts. */
  readonly repeated: readonly string[];
  /** What breaks the syntax, or null. */
  readonly malformed: string | null;
}

/** A name takes capitals, digits and the hyphen; a value is a quoted string or has none of quote, comma and space. */
const PAIR = /([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]*)/y;

/** Reads NAME=value,NAME="value"; what comes after the first mistake is not read. */
export function parseAttributeList(text: string): AttributeList {
  const attributes = new Map<string, Attribute>();
  const repeated: string[] = [];
  let at = 0;
  let malformed: string | null = null;
  while (at < text.length) {
    PAIR.lastIndex = at;
    const match = PAIR.exec(text);
    const [whole = '', name = '', raw = ''] = match ?? [];
    if (match === null || raw === '') {
      malformed = `no attribute can be read at ${JSON.stringify(text.slice(at, at + 30))}`;
      break;
    }
    const isQuoted = raw.startsWith('"');
    if (attributes.has(name)) repeated.push(name);
    else attributes.set(name, { name, value: isQuoted ? raw.slice(1, -1) : raw, isQuoted });
    at += whole.length;
    if (at === text.length) break;
    if (text[at] !== ',' || at + 1 === text.length) {
      malformed = `after ${name} stands ${JSON.stringify(text.slice(at, at + 30))}`;
      break;
    }
    at += 1;
  }
  return { attributes, repeated, malformed };
}

const PATTERNS: Readonly<Partial<Record<AttributeType, RegExp>>> = {
  integer: /^\d{1,20}$/,
  hex: /^0[xX][0-9A-F]+$/,
  decimal: /^\d+(\.\d*)?$|^\.\d+$/,
  signed: /^-?(\d+(\.\d*)?|\.\d+)$/,
  resolution: /^\d+x\d+$/,
  'yes-no': /^(YES|NO)$/,
  enumerated: /^[^",\s]+$/,
};

/** Why an attribute is not of its type, or null. */
export function typeProblem(attribute: Attribute, type: AttributeType): string | null {
  if (type === 'any') return null;
  if (type === 'quoted') return attribute.isQuoted ? null : 'must be a quoted string';
  if (type === 'quoted-or-none')
    return attribute.isQuoted || attribute.value === 'NONE' ? null : 'must be a quoted string or NONE';
  if (attribute.isQuoted) return `must not be quoted (${type})`;
  return PATTERNS[type]?.test(attribute.value) === false ? `is not of type ${type}` : null;
}
