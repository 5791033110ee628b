// Throttles: what an operator turns away by hand, by region and project. While none concerns this edge, one comparison
// is all that a hit pays. Playlists and headers of files are always served, so that players learn of it from segments
// and wait; live broadcasts are never throttled.

import { MeridianError } from '#contract/errors.ts';
import type { Throttle } from '#contract/orders.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { Priority } from '#core/overload/limit.ts';

export interface Throttles {
  /** Takes over what a snapshot lists for this edge. */
  take(snapshot: WorldSnapshot | undefined): void;
  /** Whether an address of media must be looked at closer than a plain hit is. */
  concerns(path: string): boolean;
  /** Throws `overloaded` when the request is below a floor. */
  require(projectId: string, priority: Priority): void;
}

/** Which priorities a floor turns away. */
const BELOW: Readonly<Record<Throttle['floor'], ReadonlySet<Priority>>> = {
  video: new Set<Priority>(['prefetch', 'replication']),
  live: new Set<Priority>(['video', 'prefetch', 'replication']),
};

/** Creates the throttles of an edge; without a snapshot there are none. */
export function createThrottles(ownRegionId: string, onTurnedAway: (priority: Priority) => void): Throttles {
  let own: readonly Throttle[] = [];
  return {
    take(snapshot) {
      own = (snapshot?.orders?.throttles ?? []).filter(
        ({ regionId }) => regionId === null || regionId === ownRegionId,
      );
    },
    concerns: (path) =>
      own.length > 0 &&
      own.some(({ projectId }) => projectId === null || path.startsWith(`/m/${projectId}/`)),
    require(projectId, priority) {
      for (const throttle of own) {
        if (throttle.projectId !== null && throttle.projectId !== projectId) continue;
        if (!BELOW[throttle.floor].has(priority)) continue;
        onTurnedAway(priority);
        throw new MeridianError('overloaded', { reason: 'an operator throttles such requests here' });
      }
    },
  };
}
