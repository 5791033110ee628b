// One object as an edge keeps it: bytes, validators, and the headers of a hit ready to be written.
// Headers are flat arrays, which node:http writes without building an object; the head of a hit is made once a second.

import type { CacheClass } from '#contract/peer-api.ts';
import type { ObjectGate } from './asset-gates.ts';
import type { StoredObject } from './disk/stored-object.ts';
import { GROWING_MS, OBJECT_OVERHEAD_BYTES, RECORD_MS, SMALL_BYTES_MAX } from './limits.ts';

export interface CachedObject {
  readonly key: string;
  readonly body: Buffer;
  /** Few bytes: head and body are kept as one piece, and leave in one write. */
  readonly isSmall: boolean;
  readonly etag: string;
  readonly contentType: string;
  readonly cacheClass: CacheClass;
  /** Of a broadcast: out of its window within minutes, so that it is never worth a place on disk. */
  readonly isLive: boolean;
  /** Bytes of memory that this entry stands for. */
  readonly bytes: number;
  readonly storedAtMs: number;
  /** The head of a hit as it was last written; see hitHead. */
  readonly head: ObjectHead;
  freshUntilMs: number;
  gate: ObjectGate;
  /** Owned by the cache: SIEVE's mark and its queue. */
  isVisited: boolean;
  isCached: boolean;
  newer: CachedObject | null;
  older: CachedObject | null;
}

/** What stands before the body of a hit, as it was last made. */
export interface ObjectHead {
  /** Status line and headers in HTTP/1.1, with the empty line; of a small object the body too. */
  http1: Buffer;
  /** Status and headers in HTTP/2. */
  http2: readonly string[];
  /** When it was made: Age and Date change once a second. */
  second: number;
  isPrivate: boolean;
}

/** Headers that browsers hide from scripts of other origins unless they are named. */
const EXPOSED = 'Content-Length, Content-Range, Age, Date, ETag, X-Cache';

/** Headers of every answer, so that players of any origin may read bodies and timings. */
export const CORS_HEADERS: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  EXPOSED,
  'Timing-Allow-Origin',
  '*',
];

const LIFETIMES: Readonly<Record<CacheClass, string>> = {
  immutable: 'max-age=31536000, immutable',
  // Whole seconds are too coarse for half of one; a player's repeat is answered with 304.
  growing: 'no-cache',
  record: 'max-age=5, stale-if-error=86400',
};

/** `Cache-Control` of a class; private assets stay out of shared caches. */
export function cacheControl(cacheClass: CacheClass, isPrivate: boolean): string {
  return `${isPrivate ? 'private' : 'public'}, ${LIFETIMES[cacheClass]}`;
}

/** How long an object of a class is fresh. */
export function lifetimeMs(cacheClass: CacheClass): number {
  if (cacheClass === 'immutable') return Number.POSITIVE_INFINITY;
  return cacheClass === 'growing' ? GROWING_MS : RECORD_MS;
}

/** Headers of an answer with a body, `Age` first. */
export function objectHeaders(
  object: { contentType: string; etag: string; cacheClass: CacheClass },
  length: number,
  isPrivate: boolean,
  cacheState: 'HIT' | 'MISS',
): string[] {
  return [
    'Age',
    '0',
    'Content-Type',
    object.contentType,
    'Content-Length',
    String(length),
    'ETag',
    object.etag,
    'Cache-Control',
    cacheControl(object.cacheClass, isPrivate),
    'Accept-Ranges',
    'bytes',
    ...CORS_HEADERS,
    'X-Cache',
    cacheState,
  ];
}

/** An object on disk that a viewer is to be sent. */
export interface StoredHit {
  readonly stored: StoredObject;
  readonly contentType: string;
  readonly isPrivate: boolean;
}

/** Seconds since an object was stored. */
export function ageSeconds(object: CachedObject, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - object.storedAtMs) / 1_000));
}

/** What stands before the body of a hit; made anew once a second. */
export function headOf(object: CachedObject, nowMs: number): ObjectHead {
  const { head, body, isSmall } = object;
  const second = Math.floor(nowMs / 1_000);
  const isPrivate = !object.gate.isPublic;
  if (head.second === second && head.isPrivate === isPrivate) return head;
  const headers = objectHeaders(object, body.length, isPrivate, 'HIT');
  headers[1] = String(ageSeconds(object, nowMs));
  const http1 = Buffer.from(headText(headers, nowMs), 'latin1');
  head.http1 = isSmall ? Buffer.concat([http1, body]) : http1;
  head.http2 = http2Head(headers, nowMs);
  head.second = second;
  head.isPrivate = isPrivate;
  return head;
}

/** The headers of an object that comes from disk. */
export function storedHeaders({ stored, contentType, isPrivate }: StoredHit): string[] {
  const content = { contentType, etag: stored.etag, cacheClass: 'immutable' } as const;
  return objectHeaders(content, stored.bodyBytes, isPrivate, 'HIT');
}

/** Status line and headers in HTTP/1.1, with the empty line. */
export function headText(headers: readonly string[], nowMs: number): string {
  let text = `HTTP/1.1 200 OK\r\nDate: ${dateText(nowMs)}\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${text}\r\n`;
}

/** Status and headers in HTTP/2, which knows names in lower case only (RFC 9113 section 8.2). */
export function http2Head(headers: readonly string[], nowMs: number): string[] {
  const lower = headers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text));
  return [':status', '200', 'date', dateText(nowMs), ...lower];
}

let date = { second: 0, text: '' };

/** The date as a header, made once a second. */
function dateText(nowMs: number): string {
  const second = Math.floor(nowMs / 1_000);
  if (date.second !== second) date = { second, text: new Date(nowMs).toUTCString() };
  return date.text;
}

const NO_BYTES = Buffer.alloc(0);

/** Makes an entry for the cache. */
export function createCachedObject(
  key: string,
  content: Pick<CachedObject, 'body' | 'etag' | 'contentType' | 'cacheClass' | 'isLive'>,
  gate: ObjectGate,
  nowMs: number,
): CachedObject {
  const { body } = content;
  const isSmall = body.length <= SMALL_BYTES_MAX;
  return {
    key,
    body,
    isSmall,
    etag: content.etag,
    contentType: content.contentType,
    cacheClass: content.cacheClass,
    isLive: content.isLive,
    bytes: body.length * (isSmall ? 2 : 1) + OBJECT_OVERHEAD_BYTES,
    storedAtMs: nowMs,
    head: { http1: NO_BYTES, http2: [], second: 0, isPrivate: false },
    freshUntilMs: nowMs + lifetimeMs(content.cacheClass),
    gate,
    isVisited: false,
    isCached: false,
    newer: null,
    older: null,
  };
}
