// Egress of the last minutes per region, in fixed steps, for the world view. Bounded by time and by the regions of
// the config; lost at a restart, since the metrics endpoints keep the truth.

import { TRAFFIC_HISTORY_MS, TRAFFIC_STEP_MS } from '../limits.ts';

export interface TrafficPoint {
  readonly atMs: number;
  readonly egressBpsByRegion: Record<string, number>;
}

export interface TrafficHistory {
  add(regionId: string, bytes: number, nowMs: number): void;
  /** Whole steps up to now, oldest first; steps without any report are zero. */
  points(nowMs: number): TrafficPoint[];
}

/** Creates an empty history for these regions. */
export function createTrafficHistory(regionIds: readonly string[]): TrafficHistory {
  const steps = new Map<number, Map<string, number>>();
  const stepOf = (nowMs: number): number => Math.floor(nowMs / TRAFFIC_STEP_MS) * TRAFFIC_STEP_MS;

  return {
    add(regionId, bytes, nowMs) {
      const step = stepOf(nowMs);
      let byRegion = steps.get(step);
      if (byRegion === undefined) {
        byRegion = new Map();
        steps.set(step, byRegion);
        for (const atMs of steps.keys()) if (atMs < step - TRAFFIC_HISTORY_MS) steps.delete(atMs);
      }
      byRegion.set(regionId, (byRegion.get(regionId) ?? 0) + bytes);
    },
    points(nowMs) {
      const points: TrafficPoint[] = [];
      const current = stepOf(nowMs);
      const oldest = Math.min(...steps.keys(), current);
      for (
        let atMs = Math.max(oldest, current - TRAFFIC_HISTORY_MS);
        atMs < current;
        atMs += TRAFFIC_STEP_MS
      ) {
        const bytes = steps.get(atMs);
        const egressBpsByRegion = Object.fromEntries(
          regionIds.map((id) => [id, Math.round(((bytes?.get(id) ?? 0) * 8_000) / TRAFFIC_STEP_MS)]),
        );
        points.push({ atMs, egressBpsByRegion });
      }
      return points;
    },
  };
}
