// Sends whole objects, ranges (RFC 9110 section 14), 304 and problems. The plain hit is a few lines: everything is
// ready in the object, and node writes it without copying.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type MeridianError, toProblem } from '#contract/errors.ts';
import { ageSeconds, type CachedObject, CORS_HEADERS, objectHeaders } from './cached-object.ts';
import type { Viewers } from './viewers.ts';

/** Whether a request carries a header that a plain hit does not heed: Range, If-Range or If-None-Match. */
export function isConditional(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // Lengths first: nearly every other header is told apart by it without comparing text.
    if (name.length === 5 && name.toLowerCase() === 'range') return true;
    if (name.length === 13 && name.toLowerCase() === 'if-none-match') return true;
  }
  return false;
}

/** Sends an object as a whole; returns the bytes of the body. */
export function sendWhole(
  response: ServerResponse,
  object: CachedObject,
  isPrivate: boolean,
  nowMs: number,
  viewers: Viewers,
): number {
  const headers = objectHeaders(object, object.body.length, isPrivate, 'HIT');
  headers[1] = String(ageSeconds(object, nowMs));
  response.writeHead(200, headers);
  viewers.note(response, object);
  response.end(object.body);
  return object.body.length;
}

/** Sends an object as the request's headers ask for it; returns the bytes of the body. */
export function sendObject(
  request: IncomingMessage,
  response: ServerResponse,
  object: CachedObject,
  isPrivate: boolean,
  nowMs: number,
  viewers: Viewers,
): number {
  const isHead = request.method === 'HEAD';
  const conditional = isConditional(request.rawHeaders);
  if (!isHead && !conditional) return sendWhole(response, object, isPrivate, nowMs, viewers);
  const headers = objectHeaders(object, object.body.length, isPrivate, 'HIT');
  headers[1] = String(ageSeconds(object, nowMs));
  if (matchesEtag(request.headers['if-none-match'], object.etag)) {
    response.writeHead(304, withoutContent(headers));
    response.end();
    return 0;
  }
  const range = isHead ? undefined : requestedRange(request, object);
  if (range === 'unsatisfiable') {
    response.writeHead(416, [
      'Content-Range',
      `bytes */${object.body.length}`,
      'Content-Length',
      '0',
      ...CORS_HEADERS,
    ]);
    response.end();
    return 0;
  }
  if (range === undefined) {
    response.writeHead(200, headers);
    if (isHead) response.end();
    else response.end(object.body);
    return isHead ? 0 : object.body.length;
  }
  const length = range.end - range.start + 1;
  headers[headers.indexOf('Content-Length') + 1] = String(length);
  headers.push('Content-Range', `bytes ${range.start}-${range.end}/${object.body.length}`);
  response.writeHead(206, headers);
  viewers.note(response, object);
  response.end(object.body.subarray(range.start, range.end + 1));
  return length;
}

function withoutContent(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name !== 'Content-Length' && name !== 'Content-Type') kept.push(name, headers[index + 1] ?? '');
  }
  return kept;
}

/** Weak comparison, as If-None-Match asks for (RFC 9110 section 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}

export interface ByteRange {
  readonly start: number;
  /** Inclusive. */
  readonly end: number;
}

function requestedRange(
  request: IncomingMessage,
  object: CachedObject,
): ByteRange | 'unsatisfiable' | undefined {
  const ifRange = request.headers['if-range'];
  if (ifRange !== undefined && ifRange !== object.etag) return undefined;
  return parseRange(request.headers.range, object.body.length);
}

/** A single byte range; undefined when there is none, it is malformed, or there are several (the whole is sent then). */
export function parseRange(
  header: string | undefined,
  length: number,
): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? '');
  if (match === null) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const count = Math.min(Number(last), length);
    return count === 0 ? 'unsatisfiable' : { start: length - count, end: length - 1 };
  }
  const start = Number(first);
  if (start >= length) return 'unsatisfiable';
  if (last !== '' && Number(last) < start) return undefined;
  return { start, end: last === '' ? length - 1 : Math.min(Number(last), length - 1) };
}

/** Answers with a problem that scripts of any origin may read. Nothing of it is kept but an absence, for a second. */
export function sendEdgeProblem(
  request: IncomingMessage,
  response: ServerResponse,
  error: MeridianError,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const problem = toProblem(error);
  const body = Buffer.from(JSON.stringify(problem));
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    problem.code === 'not_found' ? 'max-age=1' : 'no-store',
    ...CORS_HEADERS,
  ];
  if (problem.status === 503) headers.push('Retry-After', '1');
  response.writeHead(problem.status, headers);
  if (request.method === 'HEAD') response.end();
  else response.end(body);
}

/** Headers of a text. */
export function textHeaders(bytes: number, contentType: string, caching: string): string[] {
  return [
    'Content-Type',
    contentType,
    'Content-Length',
    String(bytes),
    'Cache-Control',
    caching,
    ...CORS_HEADERS,
  ];
}

/** Answers with text that is made for this one request. */
export function sendText(
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
  contentType: string,
  caching: string,
): number {
  const body = Buffer.from(text);
  response.writeHead(200, textHeaders(body.length, contentType, caching));
  if (request.method === 'HEAD') response.end();
  else response.end(body);
  return request.method === 'HEAD' ? 0 : body.length;
}
