// What steering decides about and what it decides: shared by the planner, its checker and the edge's correction.
// The plan's shape is the one that travels in the world snapshot (contract/snapshot.ts); a test holds them equal.

export type SiteState = 'up' | 'draining' | 'down';

/** A site as the planner sees it: where it is, whether it serves, what it can carry and what it carries now. */
export interface SteeringSite {
  readonly siteId: string;
  readonly regionId: string;
  readonly pathwayId: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly state: SiteState;
  readonly isHealthy: boolean;
  readonly capacityBps: number;
  readonly egressBps: number;
  readonly costPerGb: number;
  /** Part of what it would get by itself that it is to keep; default all. */
  readonly keep?: number;
}

/** Viewers that are near to one place, and what they draw together. */
export interface SteeringGroup {
  readonly id: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly demandBps: number;
}

export interface SteeringView {
  readonly sites: readonly SteeringSite[];
  readonly groups: readonly SteeringGroup[];
  /** The plan in force, for hysteresis and for the bound on shifts. */
  readonly previous: SteeringPlan | null;
}

/** A reason of a decision: a code, what it is about, and the numbers compared. */
export interface SteeringReason {
  readonly code: string;
  readonly subject: string;
  readonly values: Record<string, number>;
}

export interface PathwayShare {
  readonly pathwayId: string;
  readonly share: number;
}

export interface PlannedGroup {
  readonly id: string;
  /** All usable pathways, best first; draining ones last. */
  readonly order: string[];
  /** Where sessions start; sums to 1; pathways that are not named have no share. */
  readonly shares: PathwayShare[];
  readonly reasons: SteeringReason[];
}

export interface SteeringPlan {
  readonly generation: number;
  readonly createdAtMs: number;
  readonly ttlMs: number;
  readonly groups: PlannedGroup[];
}

export interface SteeringPolicy {
  /** How long players keep an answer. */
  readonly ttlMs: number;
  /** Share of a site's capacity that is filled before demand spills to the next site. */
  readonly headroom: number;
  /** Milliseconds that one unit of cost per GB weighs against distance. */
  readonly costMsPerUnit: number;
  /** Milliseconds that a full site is worse than an idle one. */
  readonly loadMsMax: number;
  /** An order changes only for a gain above this. */
  readonly marginMs: number;
  /** Shares change only when at least this much would move, or a pathway gains or loses its last share. */
  readonly marginShare: number;
  /** Longest step of a group's shares for soft reasons, per minute. */
  readonly shiftPerMinuteMax: number;
}

/**
 * Defaults. The load penalty stays below the margin, so that load alone never swaps two sites back and forth:
 * what moves load is capacity, through the shares.
 */
export const DEFAULT_STEERING_POLICY: SteeringPolicy = {
  ttlMs: 5_000,
  headroom: 0.8,
  costMsPerUnit: 100,
  loadMsMax: 8,
  marginMs: 10,
  marginShare: 0.05,
  shiftPerMinuteMax: 0.2,
};
