// Where the roles of a node put what shall become series beside the metrics that they count anyway. Counting is cheap and
// never waits; every five seconds the agent takes what has come together.

import type { ViewingUpdate } from '#contract/telemetry.ts';
import type { Labels, SeriesName } from '#core/telemetry/series.ts';

/** What a role has learnt of viewings since it was last asked. */
export interface ViewingNews {
  readonly viewings: readonly ViewingUpdate[];
  /** Viewings that there was no room for. */
  readonly droppedViewings: number;
  /** Events that could not be used. */
  readonly droppedEvents: number;
}

export interface Telemetry {
  /** Counts `by` more at a time (of this node's clock). */
  count(name: SeriesName, labels: Labels, by: number, atMs: number): void;
  /** Adds a sample to a histogram. */
  observe(name: SeriesName, labels: Labels, value: number, atMs: number): void;
  /** Asked once per report. */
  viewingsFrom(take: (max: number) => ViewingNews): void;
}

/** For nodes without an agent: nothing is kept. */
export const NO_TELEMETRY: Telemetry = {
  count: () => undefined,
  observe: () => undefined,
  viewingsFrom: () => undefined,
};
