// The listening side of an edge: HTTP/1.1 by our own reader, and HTTP/2 when a certificate is configured and the client
// asks for it (ALPN), with limits that keep slow and hostile clients from taking memory or connections
// from viewers.

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { listen } from '#platform/http/server.ts';
import type { Http1Server } from './http1/http1-server.ts';
import { readShared } from './http1/read-shared.ts';
import { createHttp2Server, type Http2Handler } from './http2/http2-server.ts';
import { CONNECTIONS_MAX, HEADERS_TIMEOUT_MS } from './limits.ts';
import type { Viewers } from './viewers.ts';

export interface EdgeServer {
  /** With `isPortShared`, other processes of this machine may listen there too. */
  listen(host: string, port: number, isPortShared: boolean): Promise<number>;
  /** Uses another certificate for new connections. */
  setCredentials(credentials: SecureContextOptions): void;
  stop(graceMs: number): Promise<void>;
}

/** Creates the server; `credentials` turn on TLS. */
export function createEdgeServer(
  http1: Http1Server,
  http2Handler: Http2Handler,
  viewers: Viewers,
  credentials: SecureContextOptions | undefined,
): EdgeServer {
  const sockets = new Set<Socket>();
  const acceptHttp1 = (socket: Socket): void => {
    viewers.add(socket);
    http1.accept(socket);
  };

  function createSecure(initial: SecureContextOptions) {
    const http2 = createHttp2Server(http2Handler, initial);
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
  const server: Server =
    secure ??
    createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (accepted) =>
      acceptHttp1(readShared(accepted)),
    );
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
