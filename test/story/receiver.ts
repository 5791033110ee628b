// A phone: an HTTP server that keeps what it is told.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Told {
  readonly atMs: number;
  readonly path: string;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly told: readonly Told[];
  close(): Promise<void>;
}

/** Starts a receiver that takes everything. */
export async function startReceiver(): Promise<Receiver> {
  const told: Told[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    told.push({ atMs: Date.now(), path: request.url ?? '', body: Buffer.concat(chunks).toString() });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
