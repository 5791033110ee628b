// What every HTTP server of ours shares: listening with a clear error, stopping within its time, errors as
// problem documents, and the three pages that operators and orchestrators ask for.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { MeridianError, toProblem } from '#contract/errors.ts';
import type { Metrics } from '../metrics.ts';

/**
 * Listens and returns the port; a busy port or a forbidden one becomes a sentence. With `isPortShared` every process
 * that says so too may listen there (SO_REUSEPORT: Linux and the BSDs), and the kernel spreads connections over them.
 */
export function listen(
  server: NetServer,
  host: string,
  port: number,
  what: string,
  isPortShared = false,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `port ${port} on ${host} is taken by another program (needed for ${what})`,
        EACCES: `port ${port} on ${host} may not be opened by this user (needed for ${what})`,
        ENOTSUP: `this system cannot share port ${port} between processes (needed for ${what})`,
        EADDRNOTAVAIL: `${host} is not an address of this machine (needed for ${what})`,
      };
      const reason =
        reasons[error.code ?? ''] ?? `${what} cannot listen on ${host}:${port}: ${error.message}`;
      reject(new MeridianError('invalid_config', { reason }, { cause: error }));
    };
    server.once('error', onError);
    server.listen({ port, host, reusePort: isPortShared }, () => {
      server.off('error', onError);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Stops accepting, lets requests in flight end for a while, then cuts them. */
export function closeServer(server: Server, graceMs = 1_000): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Answers with a problem document; a body that has begun can only be cut. */
export function sendProblem(response: ServerResponse, error: unknown, requestId?: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const problem = toProblem(error, requestId);
  const body = JSON.stringify(problem);
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

/** Reads a body in UTF-8 up to a limit. */
export async function readText(request: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new MeridianError('request_too_large', { limitBytes: bytesMax });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads a JSON body up to a limit. */
export async function readJson(request: IncomingMessage, bytesMax: number): Promise<unknown> {
  const text = await readText(request, bytesMax);
  try {
    return JSON.parse(text);
  } catch {
    throw new MeridianError('invalid_request', { reason: 'the body is not JSON' });
  }
}

/**
 * Serves /healthz (the process runs), /readyz (it can serve; else 503 with the reason) and /metrics.
 * Returns false when the path is none of these.
 */
export function createStatusHandler(
  metrics: Metrics,
  notReadyReason: () => string | null,
): (path: string, response: ServerResponse) => Promise<boolean> {
  return async (path, response) => {
    if (path === '/healthz') sendJson(response, { isAlive: true });
    else if (path === '/readyz') {
      const reason = notReadyReason();
      sendJson(response, { isReady: reason === null, reason }, reason === null ? 200 : 503);
    } else if (path === '/metrics') {
      const body = await metrics.text();
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(body);
    } else return false;
    return true;
  };
}
