// Writes a CMCD version 2 event as the line that an edge takes: keys in the order of the alphabet, strings quoted, tokens and
// numbers bare, true as the key alone, numbers in a list where the standard asks for one.
// Source: CTA-5004-B, event mode; values as in RFC 8941.

/** A token is a bare word; a string is quoted. */
export type CmcdItem =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'token'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'list'; readonly values: readonly (number | string)[] };

export type CmcdKeys = Readonly<Record<string, CmcdItem | undefined>>;

export const text = (value: string): CmcdItem => ({ kind: 'string', text: value });
export const token = (value: string): CmcdItem => ({ kind: 'token', text: value });
export const number = (value: number): CmcdItem => ({ kind: 'number', value });
export const list = (...values: readonly (number | string)[]): CmcdItem => ({ kind: 'list', values });

const quote = (value: string): string =>
  `"${value
    .replaceAll(/[^\x20-\x7e]/g, '')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')}"`;

function write(item: CmcdItem): string {
  if (item.kind === 'token') return item.text;
  if (item.kind === 'string') return quote(item.text);
  if (item.kind === 'number') return String(Math.round(item.value));
  return `(${item.values.map((value) => (typeof value === 'number' ? Math.round(value) : quote(value))).join(' ')})`;
}

/** One event as a line, without its line feed. */
export function writeCmcdLine(keys: CmcdKeys): string {
  return Object.entries(keys)
    .flatMap(([key, item]) => (item === undefined ? [] : [`${key}=${write(item)}`]))
    .sort()
    .join(',');
}

/** An address as it may be told: without the token that opens a private video. */
export function tellableUrl(url: string): string {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  // Of a steering answer the kind of stream is told by its query; of media nothing is.
  const query = mark !== -1 && url.includes('t=live', mark) ? '?t=live' : '';
  return path.replace(/\/t\/[^/]+\//, '/t/-/') + query;
}
