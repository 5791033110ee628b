// Takes requests apart and hands them on. The path of a hit runs straight through: no URL object, no promise, no
// closure; a token is cut out of the path, the rest is the key of the cache.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import { PATH_LENGTH_MAX, TOKEN_LENGTH_MAX } from '#contract/limits.ts';
import type { Log } from '#platform/log.ts';
import { isPlainPath } from './addresses.ts';
import type { RequestHandler } from './edge-server.ts';
import type { MediaCall, Playback } from './playback.ts';
import { sendEdgeProblem } from './send.ts';

export interface RouterDependencies {
  readonly log: Log;
  readonly playback: Playback;
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

/** Creates the request handler of an edge. */
export function createRouter(dependencies: RouterDependencies): RequestHandler {
  const { log, playback } = dependencies;

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

  return (request, response) => {
    try {
      const url = request.url ?? '/';
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
      const path = url.slice(start, end);
      if (playback.tryHit(request, response, path, token)) return;
      serveSlow({ request, response, path, token, query: mark === -1 ? '' : url.slice(mark + 1) });
    } catch (error) {
      refuse(request, response, error);
    }
  };
}
