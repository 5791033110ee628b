// What viewers get now, from the series that their players report: how many watch by each pathway, what share of their
// requests goes wrong, how much of their time they wait. Pure, so that tests need no browser.

import type { ApiRoutes } from '../../../src/contract/api/routes.ts';
import type { WorldView } from '../../../src/contract/api/world.ts';
import type { RouteResult } from '../../../src/contract/route.ts';

export type SeriesPoint = RouteResult<ApiRoutes['GET /v1/telemetry/series']>['points'][number];

export interface Watched {
  /** Average number of viewings at once: time of play and of waiting, by the time it was counted in. */
  readonly viewers: number;
  readonly requests: number;
  /** Failed or late; null without requests. */
  readonly badShare: number | null;
  /** Waiting, of the time that viewers spent; null without viewers. */
  readonly stallShare: number | null;
}

export interface SiteWatched extends Watched {
  readonly regionId: string;
  readonly siteId: string;
}

interface Sums {
  playMs: number;
  stallMs: number;
  requests: number;
  bad: number;
}

function watchedOf({ playMs, stallMs, requests, bad }: Sums, windowMs: number): Watched {
  const spentMs = playMs + stallMs;
  return {
    viewers: spentMs / windowMs,
    requests,
    badShare: requests === 0 ? null : bad / requests,
    stallShare: spentMs === 0 ? null : stallMs / spentMs,
  };
}

/** Sums of points by their site. */
export function sumBySite(
  {
    play,
    stall,
    requests,
  }: {
    readonly play: readonly SeriesPoint[];
    readonly stall: readonly SeriesPoint[];
    readonly requests: readonly SeriesPoint[];
  },
  windowMs: number,
): SiteWatched[] {
  const sums = new Map<string, Sums & { regionId: string; siteId: string }>();
  const at = ({ labels: { region = '', site = '' } }: SeriesPoint): Sums => {
    const known = sums.get(site) ?? {
      regionId: region,
      siteId: site,
      playMs: 0,
      stallMs: 0,
      requests: 0,
      bad: 0,
    };
    sums.set(site, known);
    return known;
  };
  for (const point of play) at(point).playMs += point.count;
  for (const point of stall) at(point).stallMs += point.count;
  for (const point of requests) {
    const own = at(point);
    own.requests += point.count;
    if (point.labels.outcome === 'failed' || point.labels.outcome === 'late') own.bad += point.count;
  }
  return [...sums.values()].map((own) => ({
    regionId: own.regionId,
    siteId: own.siteId,
    ...watchedOf(own, windowMs),
  }));
}

/** Several sites as one. */
export function together(sites: readonly Watched[]): Watched {
  const sum = (pick: (site: Watched) => number): number =>
    sites.reduce((total, site) => total + pick(site), 0);
  const viewers = sum((site) => site.viewers);
  const requests = sum((site) => site.requests);
  return {
    viewers,
    requests,
    badShare: requests === 0 ? null : sum((site) => (site.badShare ?? 0) * site.requests) / requests,
    stallShare: viewers === 0 ? null : sum((site) => (site.stallShare ?? 0) * site.viewers) / viewers,
  };
}

export interface ViewerHistory {
  readonly fromMs: number;
  readonly toMs: number;
  readonly timesMs: readonly number[];
  /** Viewers by region, for each time; null where that region reported nothing. */
  readonly byRegion: ReadonlyMap<string, readonly (number | null)[]>;
}

/** One line of the list beside the map: a region, or a pathway within it. */
export interface TrafficRow extends Watched {
  readonly id: string;
  readonly name: string;
  readonly regionId: string;
  readonly egressBps: number;
}

/** What is listed: regions, or single pathways. */
export type TrafficScope = 'regions' | 'pathways';
export type TrafficSort = 'name' | 'viewers' | 'egress' | 'bad' | 'stall';

/** Lines of the list, in the order that is asked for. */
export function trafficRows(
  world: WorldView,
  watched: readonly SiteWatched[],
  scope: TrafficScope,
  sort: TrafficSort,
): TrafficRow[] {
  const rows = world.regions.flatMap((region): TrafficRow[] => {
    const egressOf = (ids: ReadonlySet<string>): number =>
      region.sites.filter(({ id }) => ids.has(id)).reduce((sum, { egressBps }) => sum + egressBps, 0);
    if (scope === 'regions') {
      const own = watched.filter(({ regionId }) => regionId === region.id);
      const egressBps = egressOf(new Set(region.sites.map(({ id }) => id)));
      return [{ id: region.id, name: region.name, regionId: region.id, egressBps, ...together(own) }];
    }
    return region.sites.map(({ id }) => {
      const own = watched.filter(({ siteId }) => siteId === id);
      return { id, name: id, regionId: region.id, egressBps: egressOf(new Set([id])), ...together(own) };
    });
  });
  const by: Readonly<Record<Exclude<TrafficSort, 'name'>, (row: TrafficRow) => number>> = {
    viewers: ({ viewers }) => viewers,
    egress: ({ egressBps }) => egressBps,
    bad: ({ badShare }) => badShare ?? -1,
    stall: ({ stallShare }) => stallShare ?? -1,
  };
  return rows.sort((left, right) => {
    const byName = left.name.localeCompare(right.name);
    return sort === 'name' ? byName : by[sort](right) - by[sort](left) || byName;
  });
}
