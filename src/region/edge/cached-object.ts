// One object as an edge keeps it: bytes, validators, and the headers of a hit ready to be written.
// Headers are flat arrays, which node:http writes without building an object; the head of a hit is text that changes
// once a second.

import type { CacheClass } from '#contract/peer-api.ts';
import type { AssetGate } from './asset-gates.ts';
import { GROWING_MS, OBJECT_OVERHEAD_BYTES, RECORD_MS, TEXT_BYTES_MAX } from './limits.ts';

export interface CachedObject {
  readonly key: string;
  readonly body: Buffer;
  /** The bytes as latin1 text when they are few: node then writes header and body at once. */
  readonly text: string | null;
  readonly etag: string;
  readonly contentType: string;
  readonly cacheClass: CacheClass;
  /** Bytes of memory that this entry stands for. */
  readonly bytes: number;
  readonly storedAtMs: number;
  /** The head of a hit as it was last written; see hitHead. */
  readonly head: { text: string; second: number; isPrivate: boolean };
  freshUntilMs: number;
  gate: AssetGate;
  /** Owned by the cache: SIEVE's mark and its queue. */
  isVisited: boolean;
  isCached: boolean;
  newer: CachedObject | null;
  older: CachedObject | null;
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

/** Seconds since an object was stored. */
export function ageSeconds(object: CachedObject, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - object.storedAtMs) / 1_000));
}

/** Status line and headers of a hit in HTTP/1.1, with the empty line; made anew once a second, for Age and Date. */
export function hitHead(object: CachedObject, nowMs: number): string {
  const { head } = object;
  const second = Math.floor(nowMs / 1_000);
  const isPrivate = !object.gate.isPublic;
  if (head.second === second && head.isPrivate === isPrivate) return head.text;
  const headers = objectHeaders(object, object.body.length, isPrivate, 'HIT');
  headers[1] = String(ageSeconds(object, nowMs));
  let text = `HTTP/1.1 200 OK\r\nDate: ${new Date(nowMs).toUTCString()}\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  Object.assign(head, { text: `${text}\r\n`, second, isPrivate });
  return head.text;
}

/** Makes an entry for the cache. */
export function createCachedObject(
  key: string,
  content: { body: Buffer; etag: string; contentType: string; cacheClass: CacheClass },
  gate: AssetGate,
  nowMs: number,
): CachedObject {
  const { body } = content;
  const text = body.length <= TEXT_BYTES_MAX ? body.toString('latin1') : null;
  return {
    key,
    body,
    text,
    etag: content.etag,
    contentType: content.contentType,
    cacheClass: content.cacheClass,
    bytes: body.length + (text?.length ?? 0) + OBJECT_OVERHEAD_BYTES,
    storedAtMs: nowMs,
    head: { text: '', second: 0, isPrivate: false },
    freshUntilMs: nowMs + lifetimeMs(content.cacheClass),
    gate,
    isVisited: false,
    isCached: false,
    newer: null,
    older: null,
  };
}
