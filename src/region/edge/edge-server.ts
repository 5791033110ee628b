// The listening side of an edge: HTTP/1.1 by our own reader, and HTTP/2 by node:http2 when a certificate is configured
// and the client asks for it (ALPN), with limits that keep slow and hostile clients from taking memory or connections
// from viewers.

import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { listen } from '#platform/http/server.ts';
import type { Http1Server } from './http1/http1-server.ts';
import { CONNECTIONS_MAX, HEADER_BYTES_MAX, HEADERS_TIMEOUT_MS, IDLE_MS, STREAMS_MAX } from './limits.ts';
import type { Router } from './router.ts';
import type { Viewers } from './viewers.ts';

export interface EdgeServer {
  /** With `isPortShared`, other processes of this machine may listen there too. */
  listen(host: string, port: number, isPortShared: boolean): Promise<number>;
  /** Uses another certificate for new connections. */
  setCredentials(credentials: SecureContextOptions): void;
  stop(graceMs: number): Promise<void>;
}

/** HTTP/2 over connections that a TLS server has accepted; it never listens itself. */
function createHttp2(router: Router, credentials: SecureContextOptions): Http2SecureServer {
  // The compatibility API of node:http2 offers what the handlers use of node:http; its types only say so elsewhere.
  const handler = router.handle as unknown as Parameters<typeof createSecureServer>[1];
  const settings = { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: HEADER_BYTES_MAX };
  const server = createSecureServer({ ...credentials, settings }, handler);
  server.setTimeout(IDLE_MS, (session?: ServerHttp2Session) => session?.destroy());
  return server;
}

/** Creates the server; `credentials` turn on TLS. */
export function createEdgeServer(
  router: Router,
  http1: Http1Server,
  viewers: Viewers,
  credentials: SecureContextOptions | undefined,
): EdgeServer {
  const sockets = new Set<Socket>();
  const acceptHttp1 = (socket: Socket): void => {
    viewers.add(socket);
    http1.accept(socket);
  };

  function createSecure(initial: SecureContextOptions) {
    const http2 = createHttp2(router, initial);
    const secure = createTlsServer(
      {
        ...initial,
        ALPNProtocols: ['h2', 'http/1.1'],
        handshakeTimeout: HEADERS_TIMEOUT_MS,
        noDelay: true,
        allowHalfOpen: true,
      },
      (socket: TLSSocket) => {
        if (socket.alpnProtocol !== 'h2') {
          acceptHttp1(socket);
          return;
        }
        viewers.add(socket);
        http2.emit('secureConnection', socket);
      },
    );
    secure.on('tlsClientError', (_, socket) => socket.destroy());
    return secure;
  }

  const secure = credentials === undefined ? undefined : createSecure(credentials);
  const server: Server = secure ?? createServer({ noDelay: true, allowHalfOpen: true }, acceptHttp1);
  server.maxConnections = CONNECTIONS_MAX;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  return {
    listen: (host, port, isPortShared) => listen(server, host, port, 'the edge', isPortShared),
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
        http1.endIdle();
      });
    },
  };
}
