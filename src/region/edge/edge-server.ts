// The listening side of an edge: plain HTTP/1.1, or TLS with HTTP/2 and HTTP/1.1 when a certificate is configured,
// with limits that keep slow and hostile clients from taking memory or connections from viewers.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { listen } from '#platform/http/server.ts';
import { CONNECTIONS_MAX, HEADER_BYTES_MAX, HEADERS_TIMEOUT_MS, IDLE_MS, STREAMS_MAX } from './limits.ts';
import type { Viewers } from './viewers.ts';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface EdgeServer {
  listen(host: string, port: number): Promise<number>;
  /** Uses another certificate for new connections. */
  setCredentials(credentials: SecureContextOptions): void;
  stop(graceMs: number): Promise<void>;
}

const OPTIONS = {
  maxHeaderSize: HEADER_BYTES_MAX,
  headersTimeout: HEADERS_TIMEOUT_MS,
  // Bodies are not read at an edge, so a request has arrived when its headers have.
  requestTimeout: 2 * HEADERS_TIMEOUT_MS,
  // One timer per connection, set once (server.timeout), instead of two changes of it per request.
  keepAliveTimeout: 0,
  connectionsCheckingInterval: 2_000,
  noDelay: true,
  // Nearly every request is a GET without a body; node then makes no stream machinery for one (a tenth of the CPU of a hit).
  optimizeEmptyRequests: true,
};

function createPlain(onRequest: RequestHandler): Server {
  const server = createServer(OPTIONS, onRequest);
  server.timeout = IDLE_MS;
  return server;
}

function createSecure(onRequest: RequestHandler, credentials: SecureContextOptions): Http2SecureServer {
  // The compatibility API of node:http2 offers what the handlers use of node:http; its types only say so elsewhere.
  const handler = onRequest as unknown as Parameters<typeof createSecureServer>[1];
  const settings = { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_BYTES_MAX };
  const secureOptions = { ...OPTIONS, ...credentials, allowHTTP1: true, settings };
  const server = createSecureServer(secureOptions, handler);
  server.setTimeout(IDLE_MS, (session?: ServerHttp2Session) => session?.destroy());
  return server;
}

/** Creates the server; `credentials` turn on TLS. */
export function createEdgeServer(
  onRequest: RequestHandler,
  viewers: Viewers,
  credentials: SecureContextOptions | undefined,
): EdgeServer {
  const secure = credentials === undefined ? undefined : createSecure(onRequest, credentials);
  const server: Server | Http2SecureServer = secure ?? createPlain(onRequest);
  server.maxConnections = CONNECTIONS_MAX;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // Under TLS the inner socket carries the responses.
    if (secure === undefined) viewers.add(socket);
  });
  server.on('secureConnection', (socket: Socket) => viewers.add(socket));

  return {
    listen: (host, port) => listen(server, host, port, 'the edge'),
    setCredentials: (next) => secure?.setSecureContext(next),
    stop(graceMs) {
      if (!server.listening) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, graceMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      });
    },
  };
}
