// Takes requests apart and hands them on. The path of a hit runs straight through: no URL object, no promise, no
// closure; a token is cut out of the path, the rest is the key of the cache. HTTP/1.1 asks for a hit by its address
// alone and writes it itself; whatever else comes, and all of HTTP/2, comes as request and response.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import { PATH_LENGTH_MAX, TOKEN_LENGTH_MAX } from '#contract/limits.ts';
import type { Clock } from '#platform/clock.ts';
import type { Log } from '#platform/log.ts';
import { isPlainPath } from './addresses.ts';
import type { CachedObject } from './cached-object.ts';
import type { MediaCall, Playback } from './playback.ts';
import { isConditional, sendEdgeProblem, sendWhole } from './send.ts';
import type { Viewers } from './viewers.ts';

export interface Router {
  /** An object in memory that answers a plain GET of this address, or null. Throws what refuses the request. */
  findHit(url: string): CachedObject | null;
  /** Answers a request. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Answers a request with what refuses it. */
  refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void;
}

export interface RouterDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly playback: Playback;
  readonly viewers: Viewers;
  /** Steering, pages, probe: whatever is not media. Resolves to false when there is no such address. */
  serveOther(call: MediaCall): Promise<boolean>;
  onRefused(status: number): void;
}

/** A day: what OPTIONS allows never changes. */
const PREFLIGHT_HEADERS: string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Allow-Methods',
  'GET, HEAD, OPTIONS',
  'Access-Control-Allow-Headers',
  '*',
  'Access-Control-Max-Age',
  '86400',
  'Content-Length',
  '0',
];

/** Cuts the token out of an address; the query stays behind. */
function takeApart(url: string): { path: string; token: string | null; query: string } {
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
  const { clock, log, playback, viewers } = dependencies;

  function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (!(error instanceof MeridianError))
      log.error({ error: String(error) }, 'a request failed at the edge');
    const known =
      error instanceof MeridianError ? error : new MeridianError('internal', { requestId: 'none' });
    dependencies.onRefused(known.status);
    sendEdgeProblem(request, response, known);
  }

  async function serve(call: MediaCall): Promise<void> {
    if (call.path.startsWith('/m/')) return playback.serve(call);
    if (!(await dependencies.serveOther(call)))
      throw new MeridianError('not_found', { what: 'such address' });
  }

  function serveSlow(call: MediaCall): void {
    const { request, response, path } = call;
    if (request.method === 'OPTIONS') {
      response.writeHead(204, PREFLIGHT_HEADERS);
      response.end();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new MeridianError('invalid_request', { reason: 'an edge answers GET, HEAD and OPTIONS' });
    if (!isPlainPath(path))
      throw new MeridianError('invalid_request', {
        reason: 'the path holds characters that none of ours has',
      });
    serve(call).catch((error: unknown) => refuse(request, response, error));
  }

  return {
    findHit(url) {
      const { path, token } = takeApart(url);
      return playback.findHit(path, token);
    },
    handle(request, response) {
      try {
        const { path, token, query } = takeApart(request.url ?? '/');
        const isPlain = request.method === 'GET' && !isConditional(request.rawHeaders);
        const object = isPlain ? playback.findHit(path, token) : null;
        if (object === null) serveSlow({ request, response, path, token, query });
        else sendWhole(response, object, !object.gate.isPublic, clock.nowMs(), viewers);
      } catch (error) {
        refuse(request, response, error);
      }
    },
    refuse,
  };
}
