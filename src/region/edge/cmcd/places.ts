// Which site a player asked: by the host in the address that it tells of, or by the name of the pathway.

import type { SnapshotPathway, WorldSnapshot } from '#contract/snapshot.ts';
import { OTHER_LABEL } from '#core/telemetry/series.ts';

/** Where a request went. */
export interface Place {
  readonly regionId: string;
  readonly siteId: string;
}

/** An address that is none of ours. */
export const OTHER_PLACE: Place = { regionId: OTHER_LABEL, siteId: OTHER_LABEL };

export interface Places {
  /** Of the site that the address belongs to; OTHER_PLACE when it is of none. */
  ofUrl(url: string): Place;
  ofPathway(pathwayId: string): Place | undefined;
}

/** Length of `https://host:port` in an address; 0 when it does not begin so. */
export function originLength(url: string): number {
  const host = url.indexOf('://');
  if (host === -1 || host > 5) return 0;
  const end = url.indexOf('/', host + 3);
  return end === -1 ? url.length : end;
}

/** Reads the pathways of a snapshot. */
export function createPlaces(snapshot: WorldSnapshot | undefined): Places {
  const byOrigin = new Map<string, { readonly baseUrl: string; readonly place: Place }[]>();
  const byId = new Map<string, Place>();
  for (const pathway of snapshot?.pathways ?? []) {
    const place = placeOf(pathway);
    byId.set(pathway.id, place);
    const origin = pathway.baseUrl.slice(0, originLength(pathway.baseUrl));
    const known = byOrigin.get(origin) ?? [];
    // The longest base address first: one host may carry several pathways in folders.
    const sorted = [...known, { baseUrl: pathway.baseUrl, place }].sort(
      (one, other) => other.baseUrl.length - one.baseUrl.length,
    );
    byOrigin.set(origin, sorted);
  }
  return {
    ofUrl(url) {
      const candidates = byOrigin.get(url.slice(0, originLength(url)));
      return candidates?.find(({ baseUrl }) => url.startsWith(baseUrl))?.place ?? OTHER_PLACE;
    },
    ofPathway: (pathwayId) => byId.get(pathwayId),
  };
}

/** A CDN has no site; its pathway stands for one. */
function placeOf({ id, regionId, siteId }: SnapshotPathway): Place {
  return { regionId, siteId: siteId ?? id };
}
