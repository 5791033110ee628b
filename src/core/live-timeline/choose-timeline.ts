// Which of two timelines of one broadcast holds, should two ingests have minted at once: everybody compares the same
// three values, so that everybody keeps the same one whatever the order in which they hear of them.

export interface TimelineIdentity {
  readonly term: number;
  readonly mintedAtMs: number;
  readonly mintedBy: string;
}

/** Negative when the left one holds: the lowest (term, mintedAtMs, mintedBy). */
export function compareTimelines(left: TimelineIdentity, right: TimelineIdentity): number {
  if (left.term !== right.term) return left.term - right.term;
  if (left.mintedAtMs !== right.mintedAtMs) return left.mintedAtMs - right.mintedAtMs;
  if (left.mintedBy === right.mintedBy) return 0;
  return left.mintedBy < right.mintedBy ? -1 : 1;
}

/** The one that holds; undefined when there is none. */
export function chooseTimeline<T extends TimelineIdentity>(timelines: readonly T[]): T | undefined {
  return [...timelines].sort(compareTimelines)[0];
}
