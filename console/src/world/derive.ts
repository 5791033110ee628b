// What the world page concludes from what control says: the state of a region in one word, totals, who is
// steered where, and what a drain would do. Pure, so that tests need no browser.

import type { WorldView } from '../../../src/contract/api/world.ts';

export type RegionView = WorldView['regions'][number];
export type SiteView = RegionView['sites'][number];
export type NodeView = SiteView['nodes'][number];
export type PlanGroup = WorldView['steering']['groups'][number];

export type RegionState = 'healthy' | 'degraded' | 'draining' | 'down';
export type Tone = 'good' | 'warn' | 'bad';

/** How many hues the style sheet knows; further regions share the neutral one. */
const HUE_COUNT = 6;

/** The state of a region, worst first: a drain that somebody meant is not a fault. */
export function regionState(region: RegionView): RegionState {
  const sites = region.sites;
  if (sites.length > 0 && sites.every((site) => site.state === 'draining')) return 'draining';
  if (!region.isHealthy || sites.every((site) => site.state === 'down')) return 'down';
  const isWhole = sites.every(
    (site) => site.state === 'up' && site.isHealthy && site.nodes.every((node) => node.isReady),
  );
  return isWhole ? 'healthy' : 'degraded';
}

/** The state of a site, for its pill. */
export function siteState(site: SiteView): RegionState {
  if (site.state === 'draining') return 'draining';
  if (site.state === 'down' || !site.isHealthy) return 'down';
  return site.nodes.every((node) => node.isReady) ? 'healthy' : 'degraded';
}

export const STATE_TONES: Readonly<Record<RegionState, Tone>> = {
  healthy: 'good',
  degraded: 'warn',
  draining: 'warn',
  down: 'bad',
};

export const STATE_LABELS: Readonly<Record<RegionState, string>> = {
  healthy: 'Healthy',
  degraded: 'Degraded',
  draining: 'Draining',
  down: 'Down',
};

/** The colour class of a region, the same on the map, in cards and in steering. */
export function hueOf(world: WorldView, regionId: string | undefined): string {
  const index = world.regions.findIndex(({ id }) => id === regionId);
  return index < 0 || index >= HUE_COUNT ? 'hue-none' : `hue-${index}`;
}

/** The region that a pathway lies in; undefined for a CDN. A pathway has the name of its site. */
export function regionOfPathway(world: WorldView, pathwayId: string): RegionView | undefined {
  return world.regions.find((region) => region.sites.some(({ id }) => id === pathwayId));
}

export interface RegionTotals {
  readonly egressBps: number;
  readonly capacityBps: number;
  readonly requestsPerSecond: number;
  /** Weighted by requests; null without traffic. */
  readonly hitRatio: number | null;
  /** What this egress would cost in an hour, in the currency of the configuration. */
  readonly costPerHour: number;
}

/** Sums over sites. */
export function totalsOf(regions: readonly RegionView[]): RegionTotals {
  let [egressBps, capacityBps, requestsPerSecond, hits, judged, costPerHour] = [0, 0, 0, 0, 0, 0];
  for (const region of regions) {
    for (const site of region.sites) {
      egressBps += site.egressBps;
      capacityBps += site.capacityBps;
      requestsPerSecond += site.requestsPerSecond;
      costPerHour += ((site.egressBps / 8) * 3_600 * region.costPerGb) / 1e9;
      if (site.hitRatio === null) continue;
      // A site that was just idle still has a ratio; it weighs as one request.
      const weight = Math.max(1, site.requestsPerSecond);
      hits += site.hitRatio * weight;
      judged += weight;
    }
  }
  const hitRatio = judged === 0 ? null : hits / judged;
  return { egressBps, capacityBps, requestsPerSecond, hitRatio, costPerHour };
}

export interface Flow {
  readonly fromRegionId: string;
  readonly toRegionId: string;
  readonly share: number;
  /** A way that is not taken now: where this group would go if its first pathway went away. */
  readonly isFallback: boolean;
}

/** Lines of the map: where each viewer group is served from, and where it would go next. */
export function flowsOf(world: WorldView): Flow[] {
  const flows: Flow[] = [];
  for (const group of world.steering.groups) {
    const shares = new Map<string, number>();
    for (const { pathwayId, share } of group.shares) {
      const region = regionOfPathway(world, pathwayId);
      if (region !== undefined && share > 0) shares.set(region.id, (shares.get(region.id) ?? 0) + share);
    }
    for (const [toRegionId, share] of shares) {
      flows.push({ fromRegionId: group.id, toRegionId, share, isFallback: false });
    }
    const next = group.order
      .map((pathwayId) => regionOfPathway(world, pathwayId)?.id)
      .find((id) => id !== undefined && !shares.has(id));
    if (next !== undefined)
      flows.push({ fromRegionId: group.id, toRegionId: next, share: 0, isFallback: true });
  }
  return flows;
}

export interface Refusal {
  readonly nodeId: string;
  readonly reason: string;
}

/** Nodes that refuse the snapshot. */
export function refusalsOf(world: WorldView): Refusal[] {
  return nodesOf(world).flatMap((node) =>
    node.refusal === null ? [] : [{ nodeId: node.id, reason: node.refusal }],
  );
}

/** Every node of the world. */
export function nodesOf(world: WorldView): NodeView[] {
  return world.regions.flatMap(({ sites }) => sites.flatMap(({ nodes }) => nodes));
}

/** How far a node is behind the newest snapshot; null when it has none. */
export function snapshotsBehind(world: WorldView, node: NodeView): number | null {
  if (node.adopted === null) return null;
  // Sequences of different terms cannot be subtracted; one whole term behind counts as many.
  if (node.adopted.term !== world.term) return Number.POSITIVE_INFINITY;
  return Math.max(0, world.sequence - node.adopted.sequence);
}

export interface DrainPreview {
  /** Groups that lose something, and who takes it over. */
  readonly moves: readonly { groupId: string; share: number; toPathwayIds: readonly string[] }[];
  readonly egressBps: number;
  /** What the remaining healthy sites can carry on top of what they carry now. */
  readonly spareBps: number;
  readonly isLastHealthy: boolean;
}

/** What draining these sites would do, as far as the plan in force tells. Control decides the shares anew. */
export function previewDrain(world: WorldView, siteIds: ReadonlySet<string>): DrainPreview {
  const sites = world.regions.flatMap((region) => region.sites);
  const remaining = sites.filter((site) => !siteIds.has(site.id) && site.state === 'up' && site.isHealthy);
  const usable = new Set(remaining.map(({ id }) => id));
  const moves = world.steering.groups.flatMap((group) => {
    const leaving = group.shares.filter(({ pathwayId, share }) => siteIds.has(pathwayId) && share > 0);
    if (leaving.length === 0) return [];
    const share = leaving.reduce((sum, entry) => sum + entry.share, 0);
    const toPathwayIds = group.order.filter((pathwayId) => usable.has(pathwayId)).slice(0, 1);
    return [{ groupId: group.id, share, toPathwayIds }];
  });
  const sum = (list: readonly SiteView[], pick: (site: SiteView) => number): number =>
    list.reduce((total, site) => total + pick(site), 0);
  return {
    moves,
    egressBps: sum(
      sites.filter(({ id }) => siteIds.has(id)),
      (site) => site.egressBps,
    ),
    spareBps: sum(remaining, (site) => Math.max(0, site.capacityBps - site.egressBps)),
    isLastHealthy: remaining.length === 0,
  };
}
