// Which origins an edge asks for an object, in which order: the own region, then regions that the media document
// names as holders, then the rest by distance. When the holders are known and the own region is not among them, it
// comes after them. Draining sites of other regions come later, and origins that seem dead come last: they are
// asked only when they are named as holders, or when nobody else has answered.

import { distanceKm } from '#base/geo.ts';
import type { SnapshotNode, WorldSnapshot } from '#contract/snapshot.ts';
import type { SiteProbe } from '../shared/node-context.ts';

export interface OriginCandidate {
  readonly nodeId: string;
  readonly regionId: string;
  readonly nodeUrl: string;
  readonly isOwnRegion: boolean;
  readonly isHolder: boolean;
  /** Dead by the snapshot or by own probes. */
  readonly isDead: boolean;
  /** Dead, or failing a moment ago. */
  readonly isSuspect: boolean;
}

export interface OriginView {
  readonly snapshot: WorldSnapshot;
  readonly ownRegionId: string;
  /** Regions that keep the object, the writer first; undefined when unknown. */
  readonly holders: readonly string[] | undefined;
  readonly probes: ReadonlyMap<string, SiteProbe>;
  /** Whether requests to this node failed a moment ago. */
  isFailing(nodeId: string): boolean;
}

/** Failed probes in a row that make a site suspect: one may be an accident. */
const PROBE_FAILURES = 2;

/** Orders the origins of the world for one object. */
export function orderOrigins(view: OriginView): OriginCandidate[] {
  const { snapshot, ownRegionId, holders } = view;
  const regions = new Map(snapshot.regions.map((region) => [region.id, region]));
  const sites = new Map(snapshot.sites.map((site) => [site.id, site]));
  const own = regions.get(ownRegionId);
  const ranked = snapshot.nodes
    .filter((node) => node.roles.includes('origin'))
    .map((node) => {
      const region = regions.get(node.regionId);
      const site = sites.get(node.siteId);
      const isOwnRegion = node.regionId === ownRegionId;
      const isHolder = holders?.includes(node.regionId) ?? false;
      const isDead = !node.isAlive || seemsDead(view, node, isOwnRegion, site?.state);
      const isSuspect = isDead || view.isFailing(node.id);
      const isDraining = !isOwnRegion && site?.state === 'draining';
      const candidate: OriginCandidate = {
        nodeId: node.id,
        regionId: node.regionId,
        nodeUrl: node.nodeUrl,
        isOwnRegion,
        isHolder,
        isDead,
        isSuspect,
      };
      const rank = (isSuspect ? 8 : 0) + (isDraining ? 4 : 0) + placeRank(candidate, holders);
      return { candidate, rank, km: own && region ? distanceKm(own, region) : 0 };
    });
  ranked.sort((left, right) => left.rank - right.rank || left.km - right.km);
  return ranked.map(({ candidate }) => candidate);
}

function placeRank(candidate: OriginCandidate, holders: readonly string[] | undefined): number {
  if (candidate.isOwnRegion && (holders === undefined || candidate.isHolder)) return 0;
  return candidate.isHolder ? 1 : 2;
}

function seemsDead(
  view: OriginView,
  node: SnapshotNode,
  isOwnRegion: boolean,
  state: 'up' | 'draining' | 'down' | undefined,
): boolean {
  // The own site is not probed, and what control thinks of it matters little to a process that is running there.
  if (isOwnRegion) return false;
  return state === 'down' || (view.probes.get(node.siteId)?.failures ?? 0) >= PROBE_FAILURES;
}
