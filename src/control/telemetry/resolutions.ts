// The three widths in which points are kept, and the partitions of each.

export interface Resolution {
  readonly stepMs: number;
  readonly table: 'telemetry_points_5s' | 'telemetry_points_1m' | 'telemetry_points_1h';
  /** One partition holds so much time: some tens of them are kept of each width. */
  readonly partitionMs: number;
}

const DAY_MS = 86_400_000;

export const SLICES: Resolution = { stepMs: 5_000, table: 'telemetry_points_5s', partitionMs: DAY_MS / 4 };
export const MINUTES: Resolution = { stepMs: 60_000, table: 'telemetry_points_1m', partitionMs: 5 * DAY_MS };
export const HOURS: Resolution = {
  stepMs: 3_600_000,
  table: 'telemetry_points_1h',
  partitionMs: 90 * DAY_MS,
};
export const RESOLUTIONS: readonly Resolution[] = [SLICES, MINUTES, HOURS];

/** The start of the step that a time belongs to. */
export function floorTo(atMs: number, stepMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}
