// Edges as the console shows them: rates of the last seconds, the ring of each site, hot objects.

import type { EdgeView, edgeRoutes } from '#contract/api/edges.ts';
import { createRing, ringShares } from '#core/placement/ring.ts';
import { requireAllProjects } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import type { Fleet, FleetNode } from './fleet.ts';

/** The route. Paths of hot objects name assets of every project, so it is for those who may see all. */
export function createEdgeHandlers({ clock }: ControlContext, fleet: Fleet): Handlers<typeof edgeRoutes> {
  return {
    async 'GET /v1/edges'({ principal }) {
      requireAllProjects(principal);
      const edges = fleet.nodes().filter(({ roles }) => roles.includes('edge'));
      const alive = edges.filter(({ isAlive }) => isAlive);
      const shares = new Map<string, number>();
      for (const own of Map.groupBy(alive, ({ siteId }) => siteId).values())
        for (const [nodeId, share] of ringShares(createRing(own.map(({ id }) => id))))
          shares.set(nodeId, share);
      return {
        nowMs: clock.nowMs(),
        edges: edges.map((node) => edgeView(node, shares.get(node.id) ?? null)),
      };
    },
  };
}

/** Rates as people read them; more digits are noise of the window. */
function rounded(perSecond: number): number {
  return Math.round(Math.max(0, perSecond) * 100) / 100;
}

function edgeView(node: FleetNode, ownedShare: number | null): EdgeView {
  const { gauges, lastBeat, rates } = node;
  const gauge = (name: string): number | null => gauges[name] ?? null;
  return {
    nodeId: node.id,
    siteId: node.siteId,
    regionId: node.regionId,
    isAlive: node.isAlive,
    isReady: node.isAlive && lastBeat?.isReady === true,
    version: lastBeat?.version ?? null,
    lastBeatAtMs: node.lastBeatAtMs,
    egressBps: rates.egressBps,
    requestsPerSecond: rounded(rates.requestsPerSecond),
    objects: {
      memoryPerSecond: rounded(rates.hitsPerSecond - rates.diskHitsPerSecond),
      diskPerSecond: rounded(rates.diskHitsPerSecond),
      fetchedPerSecond: rounded(rates.missesPerSecond),
    },
    fetches: {
      matePerSecond: rounded(rates.mateFetchesPerSecond),
      originPerSecond: rounded(rates.originFetchesPerSecond),
      hedgePerSecond: rounded(rates.hedgesPerSecond),
    },
    shedPerSecond: rounded(rates.shedPerSecond),
    cutPerSecond: rounded(rates.cutPerSecond),
    connections: gauge('edge_connections'),
    cacheBytes: gauge('edge_cache_bytes'),
    diskBytes: gauge('edge_disk_bytes'),
    isDiskFailing: gauge('edge_disk_failing') === 1,
    fills: gauge('edge_fills'),
    fillLimit: gauge('edge_fill_limit'),
    ownedShare,
    hotObjects: node.isAlive ? (lastBeat?.edge?.hotObjects ?? []) : [],
  };
}
