// Which segments of the past nobody has, from what channels say of themselves: those that one channel marks as a gap and
// that no other channel has either. An edge that joins late never heard of them on a feed, and would list them as if
// they could be fetched. A channel that says nothing may well have what the others lack, so that while one is silent
// nothing is taken for lost: a segment that is listed and not found costs a player one request, a segment that is marked
// as a gap is never asked for again.
//
// Limit: channels keep 256 marks; of a broadcast that lost more within its window the oldest are listed as before.

/** What a channel says of its past. */
export interface ChannelPast {
  /** Oldest segment that it can serve. */
  readonly firstSegment: number;
  readonly marks?:
    | readonly {
        readonly segment: number;
        readonly renditionId: string;
        readonly faults: readonly string[];
      }[]
    | undefined;
}

/** Segments that no channel has, by rendition. `channelCount`: of channels that were asked. */
export function findKnownGaps(
  pasts: readonly ChannelPast[],
  channelCount: number,
): ReadonlyMap<string, ReadonlySet<number>> {
  if (pasts.length < channelCount) return new Map();
  const gaps = pasts.map(({ marks = [] }) => {
    const missing = marks.filter(({ faults }) => faults.includes('gap'));
    return Map.groupBy(missing, ({ renditionId }) => renditionId);
  });
  const lacks = (index: number, renditionId: string, segment: number): boolean =>
    segment < (pasts[index]?.firstSegment ?? 0) ||
    (gaps[index]?.get(renditionId) ?? []).some((mark) => mark.segment === segment);
  const known = new Map<string, Set<number>>();
  for (const byRendition of gaps)
    for (const [renditionId, marks] of byRendition)
      for (const { segment } of marks) {
        if (!pasts.every((_, index) => lacks(index, renditionId, segment))) continue;
        const segments = known.get(renditionId) ?? new Set();
        known.set(renditionId, segments.add(segment));
      }
  return known;
}
