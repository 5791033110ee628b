// The world as the console shows it.

import type { WorldView, worldRoutes } from '#contract/api/world.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet, FleetNode, FleetSite } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import type { Publisher } from '../snapshot/publisher.ts';
import type { Steering } from '../steering/steering.ts';

type SiteView = WorldView['regions'][number]['sites'][number];

/** The route of the world view. */
export function createWorldHandlers(
  { clock, config, database }: ControlContext,
  fleet: Fleet,
  publisher: Publisher,
  steering: Steering,
): Handlers<typeof worldRoutes, 'GET /v1/world'> {
  return {
    async 'GET /v1/world'({ principal }) {
      let select = database
        .selectFrom('assets')
        .select(({ fn }) => [
          fn.countAll<number>().as('total'),
          fn.countAll<number>().filterWhere('stage', 'not in', ['ready', 'failed']).as('processing'),
          fn.countAll<number>().filterWhere('stage', '=', 'failed').as('failed'),
        ])
        .where('is_deleted', '=', false);
      if (principal.projectId !== null) select = select.where('project_id', '=', principal.projectId);
      const assets = await select.executeTakeFirstOrThrow();
      const newest = publisher.newest();
      const sites = fleet.sites();
      return {
        term: newest?.term ?? 0,
        sequence: newest?.sequence ?? 0,
        publishedAtMs: newest?.publishedAtMs ?? null,
        nowMs: clock.nowMs(),
        regions: config.regions.map(({ id, name, latitude, longitude, costPerGb }) => {
          const own = sites.filter(({ regionId }) => regionId === id);
          return {
            id,
            name,
            latitude,
            longitude,
            costPerGb,
            isHealthy: own.some(({ isHealthy }) => isHealthy),
            sites: own.map(siteView),
          };
        }),
        traffic: fleet.traffic(),
        steering: steering.current(),
        assets,
      };
    },
  };
}

function siteView(site: FleetSite): SiteView {
  const rates = site.nodes.filter(({ isAlive }) => isAlive).map((node) => node.rates);
  const sum = (pick: (rate: (typeof rates)[number]) => number): number =>
    rates.reduce((total, rate) => total + pick(rate), 0);
  const hits = sum((rate) => rate.hitsPerSecond);
  const looked = hits + sum((rate) => rate.missesPerSecond);
  return {
    id: site.id,
    regionId: site.regionId,
    state: site.state,
    isHealthy: site.isHealthy,
    capacityBps: site.capacityBps,
    egressBps: sum((rate) => rate.egressBps),
    requestsPerSecond: Math.round(sum((rate) => rate.requestsPerSecond) * 10) / 10,
    hitRatio: looked === 0 ? null : Math.round((hits / looked) * 10_000) / 10_000,
    edgeUrl: site.edgeUrl ?? '',
    nodes: site.nodes.map(nodeView),
  };
}

function nodeView(node: FleetNode): SiteView['nodes'][number] {
  const { lastBeat } = node;
  return {
    id: node.id,
    siteId: node.siteId,
    roles: [...node.roles],
    isAlive: node.isAlive,
    isReady: node.isAlive && lastBeat?.isReady === true,
    notReadyReason: lastBeat?.notReadyReason ?? null,
    lastBeatAtMs: node.lastBeatAtMs,
    clockOffsetMs: lastBeat?.clockOffsetMs ?? null,
    adopted: lastBeat?.adopted ?? null,
    refusal: lastBeat?.refusal ?? null,
    version: lastBeat?.version ?? null,
  };
}
