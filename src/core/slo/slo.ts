// What a service level objective is, once it has been read: what counts as good, how much of it is promised over which
// time, and along which labels the promise is divided into budgets.
//
// Source of the words: OpenSLO v1 (github.com/OpenSLO/OpenSLO), "SLO", "SLI" and "budgetingMethod".

/** Which points of which series count; several values of a label mean any of them. */
export interface Selector {
  readonly series: readonly string[];
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Of histograms: only samples up to this value count. */
  readonly atMost?: number;
}

export type Indicator =
  /** Events of which some are good: counted ones, or milliseconds of play of which some stalled. */
  | { readonly kind: 'ratio'; readonly good: Selector; readonly total: Selector }
  | { readonly kind: 'ratio'; readonly bad: Selector; readonly total: Selector }
  /** The mean of a histogram's samples in a slice against a limit. */
  | {
      readonly kind: 'threshold';
      readonly metric: Selector;
      readonly op: ThresholdOperator;
      readonly limit: number;
    };

export type ThresholdOperator = 'lte' | 'lt' | 'gte' | 'gt';

/**
 * Occurrences: bad events of all events. Timeslices: slices below `sliceTarget` of the slices that the window holds.
 * RatioTimeslices: the mean over those slices of each one's share of bad events. The last two do not depend on traffic.
 */
export type BudgetingMethod = 'Occurrences' | 'Timeslices' | 'RatioTimeslices';

export type BurnSeverity = 'page' | 'ticket';

/** Fires while both windows burn faster than `burn` times what the period's budget allows. */
export interface BurnTier {
  /** For people and labels: the long window, e.g. 1h. */
  readonly name: string;
  readonly severity: BurnSeverity;
  readonly longMs: number;
  readonly shortMs: number;
  readonly burn: number;
  /** How long it must burn before anybody is told. */
  readonly afterMs: number;
}

export interface SloDefinition {
  /** Of the document; several objectives of one document have names such as playback/2. */
  readonly name: string;
  readonly displayName: string;
  readonly description: string;
  readonly service: string;
  readonly indicator: Indicator;
  readonly method: BudgetingMethod;
  /** Share promised, above 0 and below 1. */
  readonly target: number;
  readonly periodMs: number;
  /** Length of a slice; a multiple of the five seconds of a rollup. */
  readonly sliceMs: number;
  /** Timeslices: a slice is good when at least this share of its events is. */
  readonly sliceTarget: number;
  /** Sets of labels: one budget for every set of their values. The first set raises alerts, the others are for people. */
  readonly groups: readonly (readonly string[])[];
  /** Fastest first. */
  readonly tiers: readonly BurnTier[];
  /** A window with fewer events says nothing. */
  readonly eventsMin: number;
  /** Page that tells what to do. */
  readonly runbook: string | null;
}

/** Slices of rollups: everything else is a multiple of them. */
export const ROLLUP_MS = 5_000;
