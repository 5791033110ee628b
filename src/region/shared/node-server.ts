// The node port: health, metrics, and the routes of the roles for other nodes, each request's signature checked.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import { PATH_LENGTH_MAX } from '#contract/limits.ts';
import { NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { Clock } from '#platform/clock.ts';
import { closeServer, createStatusHandler, listen, sendProblem } from '#platform/http/server.ts';
import { createNodeVerifier } from '#platform/identity.ts';
import type { Log } from '#platform/log.ts';
import type { Metrics } from '#platform/metrics.ts';
import type { NodeHandler, Role, World } from './node-context.ts';

export interface NodeServerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly world: World;
  readonly roles: readonly Role[];
}

/** Replicating a large source over a slow link takes long; silence, not length, ends a request. */
const REQUEST_TIMEOUT_MS = 0;
const IDLE_TIMEOUT_MS = 60_000;
/** One node of each site keeps a handful of connections; this leaves room for a large fleet. */
const CONNECTIONS_MAX = 2_000;

/** Serves the node port; `listen` returns the port. */
export function createNodeServer(dependencies: NodeServerDependencies): {
  listen(host: string, port: number): Promise<number>;
  stop(): Promise<void>;
} {
  const { clock, log, metrics, world, roles } = dependencies;
  const verifier = createNodeVerifier();
  const handlers = roles.flatMap((role) => Object.entries(role.routes ?? {}));
  const notReadyReason = (): string | null => {
    for (const role of roles) {
      const reason = role.notReadyReason();
      if (reason !== null) return `${role.name}: ${reason}`;
    }
    return null;
  };
  const status = createStatusHandler(metrics, notReadyReason);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    if (path.length > PATH_LENGTH_MAX)
      throw new MeridianError('invalid_request', { reason: 'the address is too long' });
    const url = new URL(path, 'http://node');
    if (await status(url.pathname, response)) return;
    const found = handlers.find(([prefix]) => url.pathname.startsWith(prefix));
    if (found === undefined) throw new MeridianError('not_found', { what: 'such address' });
    const [prefix, handler] = found;
    const header = request.headers[NODE_SIGNATURE_HEADER];
    const { nodeId } = verifier.verify(
      Array.isArray(header) ? header[0] : header,
      { method: request.method ?? 'GET', host: request.headers.host ?? '', path },
      clock.nowMs(),
      (id) => publicKeyOf(world.current(), id),
    );
    await call(handler, request, response, url, url.pathname.slice(prefix.length), nodeId);
  }

  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!(error instanceof MeridianError))
        log.warn({ path: request.url, error: String(error) }, 'a request on the node port failed');
      // What is left of an upload must not be read as the next request.
      if (!request.complete && !response.headersSent) {
        response.setHeader('connection', 'close');
        response.once('finish', () => request.destroy());
      }
      sendProblem(response, error);
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(IDLE_TIMEOUT_MS);

  return {
    listen: (host, port) => listen(server, host, port, 'the node port'),
    stop: () => closeServer(server),
  };
}

function publicKeyOf(snapshot: WorldSnapshot | undefined, nodeId: string): string | undefined {
  return snapshot?.nodes.find((node) => node.id === nodeId)?.publicKey;
}

async function call(
  handler: NodeHandler,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  encodedRest: string,
  peerId: string,
): Promise<void> {
  let rest: string;
  try {
    rest = decodeURIComponent(encodedRest);
  } catch (error) {
    throw new MeridianError('invalid_request', { reason: 'the address is not valid' }, { cause: error });
  }
  const isPlain =
    rest === '' || rest.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isPlain || rest.includes('\0'))
    throw new MeridianError('invalid_request', { reason: 'the path is not plain' });
  await handler({ request, response, url, rest, peerId });
}
