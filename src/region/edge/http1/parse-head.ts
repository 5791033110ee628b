// Reads the header block of a request, strictly, as a server nearly without bodies may (players post events to one
// address, with a length; nothing else has a body): only the few headers that change an answer are looked at. Whatever
// two parsers could read differently is refused, so that nothing can be smuggled past a proxy in front.
// Source: RFC 9112 sections 2.2 (bare CR), 3 (request line), 3.2 (Host), 5.1 and 5.2 (white space, folding), 6 (length
// of a body), 11.2 (smuggling).

import { isEventsAddress } from '../addresses.ts';
import { CMCD_HEADERS } from '../cmcd/header-line.ts';

/** What a server needs to know before it looks at the rest. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  /** 0 or 1. */
  readonly minorVersion: 0 | 1;
  /** Has a header that a plain answer does not heed: Range or If-None-Match. */
  readonly isConditional: boolean;
  /** The client wants the connection closed. */
  readonly wantsClose: boolean;
  /** Has a header by which players tell of themselves. */
  readonly hasCmcd: boolean;
  /** Where the header lines begin in the text. */
  readonly headersAt: number;
  /** Length of the body that follows; 0 for all but posted events. */
  readonly bodyBytes: number;
}

/** Why a block is refused: a sentence for whoever sent it. */
export type HeadError = string;

/** Everything but tab, printable ASCII, obs-text, CR and LF. Two passes take half the time of one that does both. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff\r\n]/;
/** The same for one line. */
const FORBIDDEN_IN_LINE = /[^\t\x20-\x7e\x80-\xff]/;
/** CR and LF that are no pair; lines that begin with LF are refused for the name of their first header. */
const LONE_BREAK = /\r(?!\n)|[^\r]\n/;
const CONTROL_CHARACTER = 'The request holds a control character.';
/** Header lines that a connection remembers: what browsers send, and little beside what an open socket takes anyhow. */
const LINES_KEPT_BYTES = 1_024;
const METHOD = /^[A-Z]{1,16}$/;
/** By character code: may stand in a header name (RFC 9110 section 5.6.2). */
const IS_TOKEN = new Uint8Array(256);
for (const letter of "!#$%&'*+-.^_`|~0123456789") IS_TOKEN[letter.charCodeAt(0)] = 1;
for (let letter = 0; letter < 26; letter += 1) IS_TOKEN[65 + letter] = IS_TOKEN[97 + letter] = 1;
const SPACE = 32;
const TAB = 9;

/** Header names that matter here, by their first letter in lower case. */
const LETTER = { c: 99, h: 104, i: 105, r: 114, t: 116 } as const;

/** Of the headers of CMCD, which have eleven or twelve letters. */
const CMCD_SHORT = 'cmcd-object'.length;
const CMCD_LONG = 'cmcd-session'.length;

interface Findings {
  hosts: number;
  isConditional: boolean;
  wantsClose: boolean;
  hasCmcd: boolean;
  /** The address is one that bodies are posted to. */
  readonly takesBody: boolean;
  /** -1: no length was named. */
  bodyBytes: number;
}

/** Reads a block, without the empty line at its end. */
export type HeadReader = (text: string) => RequestHead | HeadError;

/**
 * Creates the reader of a connection. A player says the same of itself in every request, and only the first line
 * changes: header lines that are those of the request before are not read again.
 */
export function createHeadReader(): HeadReader {
  let known: { readonly lines: string; readonly findings: Findings } | undefined;

  function findingsOf(lines: string, takesBody: boolean): Findings | HeadError {
    if (!takesBody && known?.lines === lines) return known.findings;
    if (FORBIDDEN.test(lines) || LONE_BREAK.test(lines)) return CONTROL_CHARACTER;
    const findings: Findings = {
      hosts: 0,
      isConditional: false,
      wantsClose: false,
      hasCmcd: false,
      takesBody,
      bodyBytes: -1,
    };
    const error = readHeaders(lines, findings);
    if (error !== undefined) return error;
    // A copy, since a part of a text keeps all of it in memory.
    if (!takesBody && lines.length <= LINES_KEPT_BYTES)
      known = { lines: Buffer.from(lines, 'latin1').toString('latin1'), findings };
    return findings;
  }

  return (text) => {
    const lineBreak = text.indexOf('\r\n');
    const lineEnd = lineBreak === -1 ? text.length : lineBreak;
    const line = text.slice(0, lineEnd);
    if (FORBIDDEN_IN_LINE.test(line)) return CONTROL_CHARACTER;
    const methodEnd = line.indexOf(' ');
    const urlEnd = line.indexOf(' ', methodEnd + 1);
    if (methodEnd < 1 || urlEnd <= methodEnd + 1)
      return 'The request line is not of the form METHOD address HTTP/1.1.';
    const version = line.slice(urlEnd + 1);
    if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0')
      return 'Only HTTP/1.1 and HTTP/1.0 are spoken here.';
    const method = line.slice(0, methodEnd);
    if (method !== 'GET' && !METHOD.test(method)) return 'The method is not one.';
    const url = line.slice(methodEnd + 1, urlEnd);
    const headersAt = lineBreak === -1 ? text.length : lineEnd + 2;
    const findings = findingsOf(text.slice(headersAt), method === 'POST' && isEventsAddress(url));
    if (typeof findings === 'string') return findings;
    const minorVersion = version === 'HTTP/1.1' ? 1 : 0;
    if (findings.hosts > 1 || (minorVersion === 1 && findings.hosts === 0))
      return 'A request names exactly one host.';
    return {
      method,
      url,
      minorVersion,
      isConditional: findings.isConditional,
      wantsClose: findings.wantsClose || minorVersion === 0,
      hasCmcd: findings.hasCmcd,
      headersAt,
      bodyBytes: Math.max(0, findings.bodyBytes),
    };
  };
}

function readHeaders(text: string, findings: Findings): HeadError | undefined {
  for (let at = 0; at < text.length; ) {
    const lineBreak = text.indexOf('\r\n', at);
    const end = lineBreak === -1 ? text.length : lineBreak;
    const colon = text.indexOf(':', at);
    const first = text.charCodeAt(at);
    if (first === SPACE || first === TAB) return 'A header line is folded.';
    if (colon <= at || colon > end) return 'A header line has no name.';
    for (let index = at; index < colon; index += 1)
      if (IS_TOKEN[text.charCodeAt(index)] !== 1) return 'A header name holds a character that none has.';
    const error = note(text, at, colon, end, first | 32, findings);
    if (error !== undefined) return error;
    at = end + 2;
  }
  return undefined;
}

/** Looks at one header when its first letter and length may be those of a name that matters. */
function note(
  text: string,
  at: number,
  colon: number,
  end: number,
  letter: number,
  findings: Findings,
): HeadError | undefined {
  const length = colon - at;
  const is = (name: string): boolean =>
    length === name.length && text.slice(at, colon).toLowerCase() === name;
  if (letter === LETTER.h) {
    if (is('host')) findings.hosts += 1;
  } else if (letter === LETTER.r) {
    if (is('range')) findings.isConditional = true;
  } else if (letter === LETTER.i) {
    if (is('if-none-match')) findings.isConditional = true;
  } else if (letter === LETTER.t) {
    if (is('transfer-encoding')) return 'Nothing here takes a body.';
  } else if (letter === LETTER.c) {
    if (is('content-length')) return noteLength(text.slice(colon + 1, end).trim(), findings);
    if (is('connection') && /\bclose\b/i.test(text.slice(colon + 1, end))) findings.wantsClose = true;
    else if (length === CMCD_SHORT || length === CMCD_LONG) {
      if (CMCD_HEADERS.has(text.slice(at, colon).toLowerCase())) findings.hasCmcd = true;
    }
  }
  return undefined;
}

/** The length of a body: digits alone, and named once, so that nobody can read another one out of it. */
function noteLength(value: string, findings: Findings): HeadError | undefined {
  if (!findings.takesBody) return value === '0' ? undefined : 'Nothing here takes a body.';
  if (!/^\d{1,9}$/.test(value) || findings.bodyBytes !== -1) return 'The length of the body is not clear.';
  findings.bodyBytes = Number(value);
  return undefined;
}

/** Every header as node:http gives it: names and values in turn, values trimmed. */
export function rawHeadersOf(text: string, headersAt: number): string[] {
  if (headersAt >= text.length) return [];
  return text
    .slice(headersAt)
    .split('\r\n')
    .flatMap((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
}

/** Headers by lower-case name; what comes twice is joined with a comma (RFC 9110 section 5.3). */
export function headersOf(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const known = headers[name];
    headers[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return headers;
}
