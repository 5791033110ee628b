// A value at a moment, as lines are drawn of.

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}
