// How good a site is for a viewer group, in milliseconds: the round trip over the distance, plus what cost and
// load are worth. One unit for all three keeps reasons readable and margins meaningful.

import { distanceKm } from '#base/geo.ts';
import type { SteeringGroup, SteeringPolicy, SteeringSite } from './types.ts';

/**
 * Round trip per kilometre of great circle: light in fibre does 200 km/ms, cables are about 1.5 times longer than
 * the great circle, and a round trip goes both ways.
 */
const ROUND_TRIP_MS_PER_KM = (2 * 1.5) / 200;

export interface SiteScore {
  readonly site: SteeringSite;
  readonly distanceMs: number;
  readonly costMs: number;
  readonly loadMs: number;
  readonly scoreMs: number;
}

/** Scores one site for one group; lower is better. */
export function scoreSite(group: SteeringGroup, site: SteeringSite, policy: SteeringPolicy): SiteScore {
  const distanceMs = distanceKm(group, site) * ROUND_TRIP_MS_PER_KM;
  const costMs = site.costPerGb * policy.costMsPerUnit;
  const load = site.capacityBps > 0 ? Math.min(1, Math.max(0, site.egressBps / site.capacityBps)) : 1;
  // Squared: a half-full site is nearly as good as an idle one, a full one is not.
  const loadMs = policy.loadMsMax * load * load;
  return { site, distanceMs, costMs, loadMs, scoreMs: distanceMs + costMs + loadMs };
}
