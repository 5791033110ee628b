// Takes requests apart and hands them on. The path of a hit runs straight through: no URL object, no promise, no
// closure; a token is cut out of the path, the rest is the key of the cache. The servers ask for a hit by its address
// alone and write it themselves; whatever else comes, comes as request and response.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import { PATH_LENGTH_MAX, TOKEN_LENGTH_MAX } from '#contract/limits.ts';
import type { Log } from '#platform/log.ts';
import { EVENTS_PATH, isEventsAddress, isPlainPath } from './addresses.ts';
import type { CachedObject, StoredHit } from './cached-object.ts';
import type { CmcdCollector } from './cmcd/collector.ts';
import { CMCD_BODY_BYTES_MAX } from './cmcd/limits.ts';
import type { HeldAnswer } from './held-answer.ts';
import type { MediaCall } from './playback.ts';
import { sendEdgeProblem } from './send.ts';

export interface Router {
  /** An object in memory that answers a plain GET of this address, or null. Throws what refuses the request. */
  findHit(url: string): CachedObject | null;
  /** The same from disk, when memory has nothing. Whoever takes it ends it. */
  findStored(url: string): StoredHit | null;
  /** An answer that is the same for many who ask, there or still to come, or null. Throws what refuses the request. */
  findHeld(url: string): Buffer | HeldAnswer | null;
  /** A request whose headers carry CMCD; `lineOf` joins them, when there is room for it. */
  noteCmcd(lineOf: () => string): void;
  /** Answers a request. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Takes events that a player posts, the body as latin1. Throws what refuses them. */
  takeEvents(url: string, body: string): void;
  /** Answers a request with what refuses it. */
  refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void;
}

/** Addresses that begin alike, and who answers them. */
export interface AddressFamily {
  readonly prefix: string;
  /** See Router; without it the family has no hits that need no request. */
  findHit?(path: string, token: string | null): CachedObject | null;
  findStored?(path: string, token: string | null): StoredHit | null;
  findHeld?(path: string, token: string | null, query: string): Buffer | HeldAnswer | null;
  /** Answers a request of the family; what it throws refuses the request. */
  serve(call: MediaCall): Promise<void>;
}

export interface RouterDependencies {
  readonly log: Log;
  /** What is asked for most comes first. */
  readonly families: readonly AddressFamily[];
  /** Steering, pages, probe: whatever is of no family. Resolves to false when there is no such address. */
  serveOther(call: MediaCall): Promise<boolean>;
  onRefused(status: number, path: string): void;
  /** Players tell of themselves: events that they post, and what addresses carry. */
  readonly cmcd: Pick<CmcdCollector, 'take' | 'noteRequest' | 'noteHeaders'>;
}

/** A day: what OPTIONS allows never changes. */
const PREFLIGHT_HEADERS: string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'GET, HEAD, POST, OPTIONS',
  'Access-Control-Allow-Headers',
  '*',
  'Access-Control-Max-Age',
  '86400',
  'Content-Length',
  '0',
];

interface TakenApart {
  readonly path: string;
  readonly token: string | null;
  readonly query: string;
}

/** Cuts the token out of an address; the query stays behind. */
function takeApart(url: string): TakenApart {
  if (url.length > PATH_LENGTH_MAX)
    throw new MeridianError('invalid_request', { reason: 'the address is too long' });
  const mark = url.indexOf('?');
  const end = mark === -1 ? url.length : mark;
  let start = 0;
  let token: string | null = null;
  if (url.startsWith('/t/')) {
    start = url.indexOf('/', 3);
    if (start === -1 || start >= end || start - 3 > TOKEN_LENGTH_MAX)
      throw new MeridianError('not_found', { what: 'such address' });
    token = url.slice(3, start);
  }
  return { path: url.slice(start, end), token, query: mark === -1 ? '' : url.slice(mark + 1) };
}

/** Creates the router of an edge. */
export function createRouter(dependencies: RouterDependencies): Router {
  const { log, families } = dependencies;

  const familyOf = (path: string): AddressFamily | undefined =>
    families.find(({ prefix }) => path.startsWith(prefix));

  /** A server asks for one address in several ways, one after the other. */
  let last: { readonly url: string; readonly taken: TakenApart } | undefined;
  function takenApart(url: string): TakenApart {
    if (last?.url !== url) last = { url, taken: takeApart(url) };
    return last.taken;
  }

  function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (!(error instanceof MeridianError))
      log.error({ error: String(error) }, 'a request failed at the edge');
    const known =
      error instanceof MeridianError ? error : new MeridianError('internal', { requestId: 'none' });
    dependencies.onRefused(known.status, request.url ?? '/');
    sendEdgeProblem(request, response, known);
  }

  async function serve(call: MediaCall): Promise<void> {
    const family = familyOf(call.path);
    if (family !== undefined) return family.serve(call);
    if (!(await dependencies.serveOther(call)))
      throw new MeridianError('not_found', { what: 'such address' });
  }

  function takeEvents(url: string, body: string): void {
    const sentAt = /[?&]t=(\d{10,16})(?:&|$)/.exec(url)?.[1];
    dependencies.cmcd.take(body, sentAt === undefined ? undefined : Number(sentAt));
  }

  /** Events over HTTP/2; those over HTTP/1.1 come whole. */
  async function serveEvents(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > CMCD_BODY_BYTES_MAX)
        throw new MeridianError('request_too_large', { limitBytes: CMCD_BODY_BYTES_MAX });
      chunks.push(chunk);
    }
    takeEvents(request.url ?? '', Buffer.concat(chunks).toString('latin1'));
    response.writeHead(204, ['Access-Control-Allow-Origin', '*']);
    response.end();
  }

  function serveSlow(call: MediaCall): void {
    const { request, response, path } = call;
    if (request.method === 'OPTIONS') {
      response.writeHead(204, PREFLIGHT_HEADERS);
      response.end();
      return;
    }
    if (request.method === 'POST' && isEventsAddress(request.url ?? '')) {
      serveEvents(request, response).catch((error: unknown) => refuse(request, response, error));
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new MeridianError('invalid_request', {
        reason: `an edge answers GET, HEAD and OPTIONS, and POST at ${EVENTS_PATH}`,
      });
    if (!isPlainPath(path))
      throw new MeridianError('invalid_request', {
        reason: 'the path holds characters that none of ours has',
      });
    serve(call).catch((error: unknown) => refuse(request, response, error));
  }

  return {
    findHit(url) {
      const { path, token, query } = takenApart(url);
      if (query !== '' && (query.startsWith('CMCD=') || query.includes('&CMCD=')))
        dependencies.cmcd.noteRequest(query);
      return familyOf(path)?.findHit?.(path, token) ?? null;
    },
    findStored(url) {
      const { path, token } = takenApart(url);
      return familyOf(path)?.findStored?.(path, token) ?? null;
    },
    findHeld(url) {
      const { path, token, query } = takenApart(url);
      return familyOf(path)?.findHeld?.(path, token, query) ?? null;
    },
    noteCmcd: (lineOf) => dependencies.cmcd.noteHeaders(lineOf),
    handle(request, response) {
      try {
        serveSlow({ request, response, ...takeApart(request.url ?? '/') });
      } catch (error) {
        refuse(request, response, error);
      }
    },
    takeEvents,
    refuse,
  };
}
