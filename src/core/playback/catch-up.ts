// How fast to play a broadcast, decided purely: a little faster while the viewer is further behind than the presentation
// asks for, at its own speed otherwise. hls.js has such a rule too, but wants more than a second in the buffer before it
// hurries; with a hold-back of one second there never is, and the viewer stays a third of a second behind for good.

/** A tenth faster is not heard in speech, and a second that was lost is made up for in ten. */
export const CATCH_UP_RATE = 1.1;
/** Nearer than this nobody sees a difference, and a smaller step is not heard at all. */
const NEAR_MS = 200;
const NEAR_RATE = 1.05;
/** Hurrying begins this far behind and ends at the aim, so that the rate does not flutter around it. */
const BEGIN_BEHIND_MS = 60;
/** Further behind it is no delay to make up for: the viewer went back. */
const WENT_BACK_MS = 6_000;
/** Two thirds of a second outlast a part that comes late; with less, hurrying would bring the stall that it is to undo. */
export const CATCH_UP_BUFFER_MS = 650;

/** A viewer who stalls stays so much farther behind: with hls.js's own second one hiccup would double the latency for good. */
export const STALL_SETS_BACK_MS = 200;

export interface CatchUpView {
  /** How far the viewer is behind the aim (the hold-back); negative ahead of it. */
  readonly behindMs: number;
  /** Media ahead of the position. */
  readonly bufferedMs: number;
  /** The rate of now. */
  readonly rate: number;
}

/** The rate to play with: 1, 1.05 or 1.1. */
export function catchUpRate({ behindMs, bufferedMs, rate }: CatchUpView): number {
  const isHurrying = rate > 1;
  if (behindMs > WENT_BACK_MS || bufferedMs < CATCH_UP_BUFFER_MS) return 1;
  if (behindMs <= (isHurrying ? 0 : BEGIN_BEHIND_MS)) return 1;
  return behindMs <= NEAR_MS ? NEAR_RATE : CATCH_UP_RATE;
}
