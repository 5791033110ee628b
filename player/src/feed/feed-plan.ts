// Which videos of a feed are prepared besides the one on screen. Pure. What is being watched comes first: nothing is
// prepared until it has a cushion, and the second next waits for the next. A viewer who saves data gets the next one
// alone, later.

export type FeedView = {
  /** The video on screen. */
  readonly index: number;
  readonly count: number;
  /** Media ahead of the playhead; infinite when the rest of the video is there. */
  readonly bufferedMs: number;
  readonly isSavingData: boolean;
  /** Those prepared or being prepared. */
  readonly known: readonly number[];
  /** Those whose first segments are there. */
  readonly ready: readonly number[];
};

export type FeedPlan = {
  /** Prepare these now. */
  readonly load: readonly number[];
  /** Let go of these. */
  readonly drop: readonly number[];
};

/** Enough that a prepared neighbour does not take the next segment's time. */
const CUSHION_MS = 2_000;
/** A viewer who saves data may not swipe on at all: twice as long tells more. */
const SAVING_CUSHION_MS = 4_000;
/** Two ahead outlast a quick double swipe; each costs a second of media. */
const AHEAD = 2;
/** People swipe back to what they have just seen. */
const BEHIND = 1;

/** Decides what to prepare and what to let go. */
export function planFeed(view: FeedView): FeedPlan {
  const { index, count, isSavingData, known, ready } = view;
  const within = (wanted: number): boolean => wanted >= 0 && wanted < count;
  const ahead = Array.from({ length: isSavingData ? 1 : AHEAD }, (_, at) => index + 1 + at).filter(within);
  const behind = isSavingData ? [] : Array.from({ length: BEHIND }, (_, at) => index - 1 - at).filter(within);
  const wanted = [...ahead, ...behind];
  const drop = known.filter((at) => !wanted.includes(at));
  if (view.bufferedMs < (isSavingData ? SAVING_CUSHION_MS : CUSHION_MS)) return { load: [], drop };
  // One at a time, in the order in which they are likely to be wanted.
  const next = wanted.find((at) => !ready.includes(at));
  return { load: next === undefined || known.includes(next) ? [] : [next], drop };
}
