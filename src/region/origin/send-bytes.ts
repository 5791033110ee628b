// Answers of an origin: bytes with a strong ETag, whole or from an offset on.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CACHE_CLASS_HEADER, type CacheClass } from '#contract/peer-api.ts';

/** A byte range of a request, or undefined when there is none that we heed (then the whole is sent). */
export function rangeOf(
  header: string | undefined,
  length: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return undefined;
  const start = Number(match[1]);
  const end = match[2] === '' ? length - 1 : Math.min(Number(match[2]), length - 1);
  if (start >= length) return 'unsatisfiable';
  return end < start ? undefined : { start, end };
}

/** A strong validator: equal bytes have equal tags in every region. */
export function etagOf(body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
}

/** Sends bytes that are in memory. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  contentType: string,
  cacheClass: CacheClass,
): void {
  const etag = etagOf(body);
  const headers: Record<string, string> = {
    'content-type': contentType,
    etag,
    [CACHE_CLASS_HEADER]: cacheClass,
    'accept-ranges': 'bytes',
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  const range = rangeOf(request.headers.range, body.length);
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${body.length}`, 'content-length': '0' });
    response.end();
    return;
  }
  const part = range === undefined ? body : body.subarray(range.start, range.end + 1);
  if (range !== undefined) headers['content-range'] = `bytes ${range.start}-${range.end}/${body.length}`;
  headers['content-length'] = String(part.length);
  response.writeHead(range === undefined ? 200 : 206, headers);
  response.end(request.method === 'HEAD' ? undefined : part);
}
