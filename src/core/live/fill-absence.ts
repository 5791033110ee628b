// How far a channel shows a still picture and silence while nothing comes from its publisher. Players that run dry stop,
// and would afterwards watch the hole from its beginning, as far behind as it was long; with parts that go on they keep
// their distance, and see the publisher the moment it is back.
//
// An ingest that says that the publisher is gone has nothing more to send: filling begins at once. A link that broke may
// be taken up again without a loss, so it gets a while first; what is filled by then is not sent again.
// Limits: holes of a publisher that is connected are filled when its next frame comes, as they were before.

export interface Absence {
  /** `gone`: its ingest says so. `unheard`: the link to the ingest broke. */
  readonly kind: 'gone' | 'unheard';
  /** Where the media of the publisher ends on the timeline. */
  readonly lastUs: number;
  /** Since that came. */
  readonly quietMs: number;
}

export interface FillPolicy {
  /** A link that broke is waited for so long. */
  readonly linkWaitMs: number;
  /** How far the filling keeps behind: media of another ingest may be so much longer on its way. */
  readonly lagMs: number;
  /** Longer holes are not filled to their end. */
  readonly fillMsMax: number;
}

/** Where the still picture is to end on the timeline now, in microseconds; null: nothing is filled. */
export function fillUntilUs({ kind, lastUs, quietMs }: Absence, policy: FillPolicy): number | null {
  const { linkWaitMs, lagMs, fillMsMax } = policy;
  if (kind === 'unheard' && quietMs < linkWaitMs) return null;
  const filledMs = Math.min(quietMs - lagMs, fillMsMax);
  return filledMs <= 0 ? null : lastUs + Math.floor(filledMs * 1_000);
}
