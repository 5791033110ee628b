// Which channel an edge follows. Every channel makes the same parts, so the nearest good one is the best: the one in the
// own region, which costs no link between regions, then the primary of the schedule. Good is a channel that has not
// failed lately, makes parts, and has what is needed next. When none is good, the one that failed longest ago is tried:
// a bad choice costs a moment, none costs the broadcast. A change in mid-stream is seamless, so it needs no hysteresis
// beyond the rest that a failed channel gets.

export interface ChannelView {
  readonly channel: number;
  readonly regionId: string;
  /** It failed, and rests until then; 0: it did not. */
  readonly restUntilMs: number;
  /** Its publisher is away, as it says. */
  readonly isInterrupted: boolean;
  /** Lacks the segment that is needed next. */
  readonly hasGap: boolean;
  /** Its picture is black or stands still, or its sound is silent, as it says itself. */
  readonly isFaulty: boolean;
}

export interface ChannelChoice {
  readonly channel: number;
  readonly reason: 'own_region' | 'primary' | 'backup' | 'least_bad';
  /** What was compared, per channel: 0 is good. */
  readonly values: Readonly<Record<string, number>>;
}

/** Worse than everything else together. */
const FAILED = 8;

/** Chooses; null when there is no channel at all. `channels` in the order of the schedule, the primary first. */
export function chooseChannel(
  channels: readonly ChannelView[],
  ownRegionId: string,
  nowMs: number,
): ChannelChoice | null {
  const badness = ({ restUntilMs, isInterrupted, hasGap, isFaulty }: ChannelView): number =>
    (restUntilMs > nowMs ? FAILED : 0) + (hasGap ? 4 : 0) + (isInterrupted ? 2 : 0) + (isFaulty ? 1 : 0);
  const rank = (view: ChannelView, index: number): number => (view.regionId === ownRegionId ? -1 : index);
  const ordered = channels
    .map((view, index) => ({ view, bad: badness(view), rank: rank(view, index), index }))
    .sort(
      (left, right) =>
        left.bad - right.bad ||
        (left.bad >= FAILED ? left.view.restUntilMs - right.view.restUntilMs : 0) ||
        left.rank - right.rank,
    );
  const best = ordered[0];
  if (best === undefined) return null;
  const values = Object.fromEntries(ordered.map(({ view, bad }) => [`channel${view.channel}`, bad]));
  const reason =
    best.bad > 0 ? 'least_bad' : best.rank === -1 ? 'own_region' : best.index === 0 ? 'primary' : 'backup';
  return { channel: best.view.channel, reason, values };
}
