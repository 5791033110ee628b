// Where the slices of a report belong: its node's clock may be off (by a known offset), and a report may come late. A slice
// moves by the offset to the nearest slice of control's time; what is absurd afterwards is refused, so that a broken clock
// writes neither into the future nor into what has been forgotten.

import { SLICE_MS } from './series.ts';

export interface PlacePolicy {
  /** Later than now by this: refused. */
  readonly futureMsMax: number;
  /** Older than this: refused. */
  readonly pastMsMax: number;
}

export type Placement =
  | { readonly kind: 'placed'; readonly atMs: number }
  | { readonly kind: 'refused'; readonly reason: 'in the future' | 'too old' };

/** The slice of control's time for a slice that a node with this offset (its clock minus control's) told of. */
export function placeSlice(atMs: number, offsetMs: number, nowMs: number, policy: PlacePolicy): Placement {
  const placedMs = Math.floor((atMs - offsetMs + SLICE_MS / 2) / SLICE_MS) * SLICE_MS;
  if (placedMs > nowMs + policy.futureMsMax) return { kind: 'refused', reason: 'in the future' };
  if (placedMs < nowMs - policy.pastMsMax) return { kind: 'refused', reason: 'too old' };
  return { kind: 'placed', atMs: placedMs };
}
