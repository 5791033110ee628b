// Reads CMCD: key=value pairs separated by commas, as queries, headers and event lines carry them. Only what is asked for is
// made into objects; the rest is skipped. Strict about form, so that rubbish is told from data, and lenient about what it does
// not know, since new keys come with each version.
// Source: CTA-5004 (version 1) and CTA-5004-A/B (version 2): values are structured field dictionaries (RFC 8941): integers,
// decimals, quoted strings, tokens, true flags without a value, and in version 2 inner lists with parameters.

/** A value: numbers, strings (also tokens), flags; of an inner list its first item. */
export type CmcdValue = number | string | boolean;
export type CmcdPairs = ReadonlyMap<string, CmcdValue>;

/** Why a text is no CMCD: a sentence. */
export type CmcdProblem = string;

/** Longest line: a request's address of 2 kB in it and all keys of the standard. */
export const CMCD_LINE_LENGTH_MAX = 4_096;
/** Pairs of one line: the standard has some fifty keys. */
const PAIRS_MAX = 100;

const QUOTE = 34;
const COMMA = 44;
const EQUALS = 61;
const OPEN = 40;
const CLOSE = 41;
const SEMICOLON = 59;
const SPACE = 32;
const BACKSLASH = 92;

const KEY = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;

/** Reads one line; a text says what is wrong with it. */
export function parseCmcd(text: string): CmcdPairs | CmcdProblem {
  if (text.length > CMCD_LINE_LENGTH_MAX) return `a line is longer than ${CMCD_LINE_LENGTH_MAX} characters`;
  const pairs = new Map<string, CmcdValue>();
  let at = 0;
  while (at < text.length) {
    while (text.charCodeAt(at) === SPACE) at += 1;
    const from = at;
    while (at < text.length && text.charCodeAt(at) !== EQUALS && text.charCodeAt(at) !== COMMA) at += 1;
    const key = text.slice(from, at);
    if (!KEY.test(key)) return `"${key.slice(0, 40)}" is no key`;
    if (pairs.size >= PAIRS_MAX) return `a line has more than ${PAIRS_MAX} keys`;
    if (text.charCodeAt(at) === EQUALS) {
      const found = readValue(text, at + 1);
      if (found === undefined) return `the value of ${key} cannot be read`;
      pairs.set(key, found.value);
      at = found.end;
    } else pairs.set(key, true);
    if (at < text.length && text.charCodeAt(at) !== COMMA)
      return `there is no comma after the value of ${key}`;
    at += 1;
  }
  return pairs;
}

interface Found {
  readonly value: CmcdValue;
  readonly end: number;
}

function readValue(text: string, at: number): Found | undefined {
  const first = text.charCodeAt(at);
  let found: Found | undefined;
  if (first === QUOTE) found = readString(text, at);
  else if (first === OPEN) found = readList(text, at);
  else found = readBare(text, at);
  if (found === undefined) return undefined;
  // Parameters of an item say nothing that is used here.
  let { end } = found;
  while (end < text.length && text.charCodeAt(end) === SEMICOLON) {
    const parameter = readBare(text, end + 1);
    if (parameter === undefined) return undefined;
    end = parameter.end;
    if (text.charCodeAt(end) !== EQUALS) continue;
    const value = text.charCodeAt(end + 1) === QUOTE ? readString(text, end + 1) : readBare(text, end + 1);
    if (value === undefined) return undefined;
    end = value.end;
  }
  return { value: found.value, end };
}

function readString(text: string, at: number): Found | undefined {
  const close = text.indexOf('"', at + 1);
  if (close === -1) return undefined;
  const plain = text.slice(at + 1, close);
  if (!plain.includes('\\')) return { value: plain, end: close + 1 };
  let value = '';
  for (let index = at + 1; index < text.length; index += 1) {
    const letter = text.charCodeAt(index);
    if (letter === QUOTE) return { value, end: index + 1 };
    if (letter === BACKSLASH) index += 1;
    value += text[index] ?? '';
  }
  return undefined;
}

/** An inner list: its first item stands for it. */
function readList(text: string, at: number): Found | undefined {
  let first: CmcdValue | undefined;
  let index = at + 1;
  for (;;) {
    while (text.charCodeAt(index) === SPACE) index += 1;
    if (index >= text.length) return undefined;
    if (text.charCodeAt(index) === CLOSE) return { value: first ?? true, end: index + 1 };
    if (text.charCodeAt(index) === OPEN) return undefined;
    const item = readValue(text, index);
    if (item === undefined || item.end === index) return undefined;
    first ??= item.value;
    index = item.end;
  }
}

/** A number, a token or a boolean, up to what cannot be in one. */
function readBare(text: string, at: number): Found | undefined {
  let end = at;
  for (; end < text.length; end += 1) {
    const letter = text.charCodeAt(end);
    if (
      letter === COMMA ||
      letter === SPACE ||
      letter === SEMICOLON ||
      letter === CLOSE ||
      letter === EQUALS ||
      letter === QUOTE ||
      letter === OPEN
    )
      break;
  }
  if (end === at) return undefined;
  const word = text.slice(at, end);
  const letter = word.charCodeAt(0);
  // A digit or a minus begins a number.
  if (letter === 45 || (letter >= 48 && letter <= 57)) {
    const value = Number(word);
    return Number.isFinite(value) ? { value, end } : undefined;
  }
  if (word === '?0' || word === 'false') return { value: false, end };
  if (word === '?1' || word === 'true') return { value: true, end };
  return { value: word, end };
}

/** A number of a key, or undefined. */
export function numberOf(pairs: CmcdPairs, key: string): number | undefined {
  const value = pairs.get(key);
  return typeof value === 'number' ? value : undefined;
}

/** A text of a key, or undefined. */
export function textOf(pairs: CmcdPairs, key: string): string | undefined {
  const value = pairs.get(key);
  return typeof value === 'string' ? value : undefined;
}

/** Pairs out of a JSON object, as some players send them. */
export function pairsOfJson(value: unknown): CmcdPairs | CmcdProblem {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'an event is no JSON object';
  const pairs = new Map<string, CmcdValue>();
  const entries = Object.entries(value);
  if (entries.length > PAIRS_MAX) return `an event has more than ${PAIRS_MAX} keys`;
  for (const [key, given] of entries) {
    if (!KEY.test(key)) return `"${key.slice(0, 40)}" is no key`;
    const item: unknown = Array.isArray(given) ? given[0] : given;
    if (typeof item === 'string' && item.length <= CMCD_LINE_LENGTH_MAX) pairs.set(key, item);
    else if (typeof item === 'number' || typeof item === 'boolean') pairs.set(key, item);
    else if (item !== null && item !== undefined) return `the value of ${key} cannot be read`;
  }
  return pairs;
}
