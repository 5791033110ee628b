// HTTP/2 for viewers, over connections that a TLS server has accepted. As in HTTP/1.1 a plain GET for an object in memory
// or on disk is answered here, straight on the stream; everything else is handed to a handler as request and response,
// which are made only then: node's compatibility objects cost about as much as the rest of a short answer.

import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { SecureContextOptions } from 'node:tls';
import type { CachedObject, StoredHit } from '../cached-object.ts';
import { cmcdHeaderLine } from '../cmcd/header-line.ts';
import { pumpStored } from '../disk/stored-object.ts';
import { HEADER_BYTES_MAX, IDLE_MS, STREAMS_MAX } from '../limits.ts';
import type { Router } from '../router.ts';
import type { SentObject } from '../viewers.ts';

export interface Http2Handler extends Router {
  /** The headers of a hit, with the status, names in lower case. */
  http2HeadOf(object: CachedObject): readonly string[];
  storedHttp2HeadOf(hit: StoredHit): readonly string[];
  /** A large object is on its way to this stream. */
  noteStream(stream: ServerHttp2Stream, object: SentObject): void;
}

/** Creates a server that never listens itself: connections are given to it as `secureConnection`. */
export function createHttp2Server(
  handler: Http2Handler,
  credentials: SecureContextOptions,
): Http2SecureServer {
  const settings = { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_BYTES_MAX };
  const server = createSecureServer({ ...credentials, settings });
  server.on(
    'stream',
    (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) =>
      answer(handler, stream, headers, rawHeaders),
  );
  server.setTimeout(IDLE_MS, (session?: ServerHttp2Session) => session?.destroy());
  return server;
}

function answer(
  handler: Http2Handler,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
): void {
  // A viewer who leaves is no error of ours.
  stream.on('error', ignore);
  const handOver = (failure?: unknown): void => {
    // What the handlers use of node:http the compatibility API offers; its types only say so elsewhere.
    const request = new Http2ServerRequest(stream, headers, {}, rawHeaders) as never;
    const response = new Http2ServerResponse(stream) as never;
    if (failure === undefined) handler.handle(request, response);
    else handler.refuse(request, response, failure);
  };
  // The session is named there, and without it the others say nothing.
  if (headers['cmcd-session'] !== undefined && headers[':method'] === 'GET')
    handler.noteCmcd(() => cmcdHeaderLine((name) => headers[name]?.toString()));
  if (headers[':method'] !== 'GET' || isConditional(headers)) {
    handOver();
    return;
  }
  try {
    const url = headers[':path'] ?? '/';
    const object = handler.findHit(url);
    const hit = object === null ? handler.findStored(url) : null;
    if (object !== null) send(handler, stream, object);
    else if (hit !== null) sendStored(handler, stream, hit, handOver);
    else handOver();
  } catch (error) {
    handOver(error);
  }
}

const ignore = (): void => undefined;

const isConditional = (headers: IncomingHttpHeaders): boolean =>
  headers.range !== undefined || headers['if-none-match'] !== undefined;

function send(handler: Http2Handler, stream: ServerHttp2Stream, object: CachedObject): void {
  stream.respond(handler.http2HeadOf(object));
  handler.noteStream(stream, object);
  stream.end(object.body);
}

function sendStored(
  handler: Http2Handler,
  stream: ServerHttp2Stream,
  hit: StoredHit,
  handOver: () => void,
): void {
  const stop = pumpStored(hit.stored, {
    write(piece, onSent) {
      if (!stream.headersSent) stream.respond(handler.storedHttp2HeadOf(hit));
      handler.noteStream(stream, { body: piece, isCached: false });
      stream.write(piece, onSent);
    },
    finish: () => stream.end(),
    fail(sentBytes) {
      // Resetting the stream tells the player that the body is not whole.
      if (sentBytes > 0) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else handOver();
    },
  });
  stream.once('close', stop);
}
