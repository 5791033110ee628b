// More edges for a site of the test world, each with a node port that can fall silent or die.

import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { PEER_EDGE_PREFIX } from '#contract/peer-api.ts';
import { sendProblem } from '#platform/http/server.ts';
import { createMetrics, type Metrics } from '#platform/metrics.ts';
import { createEdge, type EdgeRole } from '#region/edge/edge.ts';
import { createOriginServer, type TestWorld } from './world.ts';

export interface TestMate {
  readonly nodeId: string;
  readonly edge: EdgeRole;
  readonly metrics: Metrics;
  /** Paths under PEER_EDGE_PREFIX that it was asked for. */
  readonly asked: string[];
  /** The node port answers nothing, as that of a stopped process. */
  isSilent: boolean;
  /** Ends its node port as a kill would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

const roundTripUrl = (port: number): string => `http://127.0.0.1:${port}`;

/** Starts edges beside the one that the region has, and tells the world of them. */
export async function startMates(world: TestWorld, regionId: string, count: number): Promise<TestMate[]> {
  const mates: (TestMate & { nodeUrl: string })[] = [];
  const { context } = world.region(regionId);
  for (let index = 0; index < count; index += 1) {
    const nodeId = `${regionId}-1-${String.fromCharCode(98 + index)}`;
    const metrics = createMetrics();
    const dataDirectory = join(context.dataDirectory, nodeId);
    const edge = createEdge({ ...context, nodeId, metrics, dataDirectory });
    const server = createOriginServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://node');
      if (mate.isSilent) return;
      if (url.pathname === '/healthz') {
        response.end();
        return;
      }
      const rest = url.pathname.slice(PEER_EDGE_PREFIX.length);
      mate.asked.push(rest);
      const handler = defined(edge.routes?.[PEER_EDGE_PREFIX], 'the route');
      handler({ request, response, url, rest, peerId: 'test' }).catch((error: unknown) =>
        sendProblem(response, error),
      );
    });
    await server.listen();
    await edge.start();
    const mate: TestMate & { nodeUrl: string } = {
      nodeId,
      edge,
      metrics,
      asked: [],
      isSilent: false,
      nodeUrl: roundTripUrl(server.port),
      kill: () => server.kill(),
      async stop() {
        await edge.stop();
        if (server.server.listening) await server.kill();
      },
    };
    mates.push(mate);
  }
  world.update((snapshot) => ({
    nodes: [
      ...snapshot.nodes,
      ...mates.map(({ nodeId, nodeUrl, edge }) => ({
        id: nodeId,
        siteId: `${regionId}-1`,
        regionId,
        roles: ['edge' as const],
        publicKey: '',
        nodeUrl,
        ingestUrl: '',
        edgeUrl: roundTripUrl(edge.port()),
        isAlive: true,
      })),
    ],
  }));
  return mates;
}
