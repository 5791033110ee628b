// Listens for RTMP publishers; with a certificate it is RTMPS and nothing else, as edges and uploads are then HTTPS and
// nothing else: a stream key should not travel in the clear where it need not.

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { listen } from '#platform/http/server.ts';
import { watchCertificate } from '#platform/http/tls.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import { CONNECTIONS_MAX, CONNECTIONS_PER_ADDRESS_MAX, HANDSHAKE_MS_MAX } from './limits.ts';
import { type RtmpConnectionDependencies, serveRtmpConnection } from './rtmp-connection.ts';

export interface RtmpServer {
  /** Returns the port. */
  start(host: string, port: number): Promise<number>;
  stop(): Promise<void>;
}

/** Creates the server of one ingest. */
export function createRtmpServer(context: NodeContext, dependencies: RtmpConnectionDependencies): RtmpServer {
  const { config, log } = context;
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let certificate: ReturnType<typeof watchCertificate> | undefined;

  function serve(socket: Socket): void {
    const address = socket.remoteAddress;
    const fromThere = [...sockets].filter(({ remoteAddress }) => remoteAddress === address).length;
    if (fromThere >= CONNECTIONS_PER_ADDRESS_MAX) {
      log.info({ remoteAddress: address, fromThere }, 'too many publisher connections from one address');
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveRtmpConnection(socket, dependencies);
  }

  function create(): Server {
    if (config.tls === undefined) return createServer(serve);
    const secure = createTlsServer({ handshakeTimeout: HANDSHAKE_MS_MAX }, serve);
    secure.on('tlsClientError', (error) => log.debug({ error: String(error) }, 'a TLS handshake failed'));
    certificate = watchCertificate(config.tls, log, (options) => secure.setSecureContext(options));
    return secure;
  }

  return {
    async start(host, port) {
      server = create();
      server.maxConnections = CONNECTIONS_MAX;
      return await listen(server, host, port, `live publishers of ${context.site.id}`);
    },
    async stop() {
      await certificate?.stop();
      const closing = server;
      if (closing === undefined) return;
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
