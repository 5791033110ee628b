// What the rest of control hears and reads of telemetry.

/** One increment of one series in one slice of 5 s (reading: the sum over a step). */
export interface RollupPoint {
  /** Start of the slice, a multiple of 5000, by control's time; reading: start of the step. */
  readonly atMs: number;
  /** e.g. viewer_requests; see core/telemetry/series.ts. */
  readonly name: string;
  /** Bounded: region, site, kind, outcome, … */
  readonly labels: Readonly<Record<string, string>>;
  /** Increment in the slice; of a histogram, its number of samples. */
  readonly count: number;
  /** Of a histogram: sum of its values. */
  readonly sum?: number;
  /** Of a histogram: counts by bucket of base/log-buckets.ts. */
  readonly buckets?: Readonly<Record<number, number>>;
}

export interface RollupQuery {
  readonly name: string;
  /** Only series that have these. */
  readonly labels: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly toMs: number;
  /** A multiple of 5000; steps begin at multiples of it. */
  readonly stepMs: number;
}

export interface RollupFeed {
  /** Points as they are stored, late ones included, each exactly once; a slice's sum comes in several of them. */
  subscribe(listener: (points: readonly RollupPoint[]) => void): () => void;
  /** Sums of each series over [fromMs, toMs), by step, for those whose labels match; oldest first. */
  read(query: RollupQuery): Promise<readonly RollupPoint[]>;
}
