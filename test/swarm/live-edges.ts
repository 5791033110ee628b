// Two edges of one broadcast over HTTP, in real time: the live site of the checker's tests behind sockets.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '#platform/clock.ts';
import type { SwarmEdge } from '#viewer/swarm/swarm.ts';
import { LIVE_A, LIVE_B, type LiveServer, LiveSite } from '../check/live-site.ts';

export const LIVE_PATH = '/live/main.m3u8';

export type LiveEdges = {
  readonly edges: readonly SwarmEdge[];
  /** Takes an edge away, with every connection to it. */
  readonly kill: (index: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** Starts a broadcast that has been on air for a while. */
export async function startLiveEdges(change: Partial<LiveServer> = {}): Promise<LiveEdges> {
  const bases: string[] = [];
  const main = (text: string): string =>
    text.replaceAll(LIVE_A, bases[0] ?? '').replaceAll(LIVE_B, bases[1] ?? '');
  const startMs = Math.floor(Date.now() / 2_000) * 2_000;
  const site = new LiveSite(systemClock, { startMs, main, ...change }).transport();
  const edges: SwarmEdge[] = [];
  const servers = ['a', 'b'].map(() =>
    createServer((request, response) => {
      if (request.url === '/player/edges.json') {
        response.end(JSON.stringify({ edges }));
        return;
      }
      const gone = new AbortController();
      response.on('close', () => gone.abort());
      const asked = {
        method: 'GET',
        url: `http://a${request.url}`,
        signal: gone.signal,
        headersTimeoutMs: 10_000,
      };
      site.request(asked).then(
        ({ status, headers, body }) => {
          response.writeHead(status, headers);
          body.pipe(response);
        },
        () => response.destroy(),
      );
    }),
  );
  for (const [index, server] of servers.entries()) {
    const baseUrl = await listen(server);
    bases.push(baseUrl);
    const pathwayId = index === 0 ? 'a' : 'b';
    edges.push({ pathwayId, baseUrl, regionId: pathwayId });
  }
  return {
    edges,
    kill: async (index) => {
      const server = servers[index];
      if (server !== undefined) await close(server);
    },
    stop: async () => {
      for (const server of servers) await close(server);
    },
  };
}
