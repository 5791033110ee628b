// What the seek bar spans: a video from its beginning to its end; a broadcast from the oldest moment that may be gone back
// to, up to the newest that players stay at. Of a broadcast the time under the pointer is the time of day when it was
// filmed. Pure: read from the engine, drawn elsewhere.

import { clock } from './clock.ts';

/** A viewer this much farther behind than intended is watching the past. */
const BEHIND_SECONDS = 4;

/** What the engine and the picture say of time; all in seconds of the video element but the date. */
export type TimelineView = {
  readonly isLive: boolean;
  /** NaN before it is known; grows in a broadcast. */
  readonly durationSeconds: number;
  readonly currentSeconds: number;
  /** What may be sought: of a broadcast, as far as one may go back; undefined while that is unknown. */
  readonly seekable: { readonly startSeconds: number; readonly endSeconds: number } | undefined;
  /** Where players of the broadcast stay; undefined while unknown. */
  readonly liveSeconds: number | undefined;
  /** When the picture shown now was filmed; undefined when nobody says. */
  readonly dateMs: number | undefined;
  /** How far the picture is behind the moment, and should be. */
  readonly latencySeconds: number;
  readonly targetSeconds: number | undefined;
};

export type Timeline = {
  readonly isLive: boolean;
  readonly startSeconds: number;
  readonly endSeconds: number;
};

/** The span of the seek bar. */
export function timelineOf(view: TimelineView): Timeline {
  const { isLive, durationSeconds, seekable, liveSeconds } = view;
  if (!isLive) {
    const endSeconds = Number.isFinite(durationSeconds) ? durationSeconds : (seekable?.endSeconds ?? 0);
    return { isLive, startSeconds: 0, endSeconds };
  }
  const startSeconds = seekable?.startSeconds ?? 0;
  const newest = seekable?.endSeconds ?? startSeconds;
  const endSeconds = Math.max(startSeconds, Math.min(newest, liveSeconds ?? newest));
  return { isLive, startSeconds, endSeconds };
}

/** The position at a share of the bar, 0 to 1. */
export function positionAt({ startSeconds, endSeconds }: Timeline, share: number): number {
  return startSeconds + share * (endSeconds - startSeconds);
}

/** Where a position lies on the bar, 0 to 1. */
export function shareOf({ startSeconds, endSeconds }: Timeline, seconds: number): number {
  const span = endSeconds - startSeconds;
  return span > 0 ? Math.min(1, Math.max(0, (seconds - startSeconds) / span)) : 0;
}

/** The nearest position on the bar. */
export function within({ startSeconds, endSeconds }: Timeline, seconds: number): number {
  return Math.min(endSeconds, Math.max(startSeconds, seconds));
}

/** "20:14:05", by the viewer's clock and habits. */
export function timeOfDay(dateMs: number): string {
  return new Date(dateMs).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
}

/** When what is at a position was filmed; undefined when nobody says. */
export function dateAt(view: TimelineView, seconds: number): number | undefined {
  return view.dateMs === undefined ? undefined : view.dateMs + (seconds - view.currentSeconds) * 1_000;
}

/** What stands beside the pointer: "1:15" in a video; "20:14:05 · −1:15" in a broadcast, or as much of it as is known. */
export function pointerText(view: TimelineView, seconds: number): string {
  if (!view.isLive) return clock(seconds);
  const behind = Math.round(timelineOf(view).endSeconds - seconds);
  const date = dateAt(view, seconds);
  return [...(date === undefined ? [] : [timeOfDay(date)]), behind < 1 ? 'Live' : `−${clock(behind)}`].join(
    ' · ',
  );
}

/** The position in words, for screen readers. */
export function positionText(view: TimelineView, seconds: number): string {
  const { endSeconds } = timelineOf(view);
  if (!view.isLive) return `${clock(seconds)} of ${clock(endSeconds)}`;
  const date = dateAt(view, seconds);
  const behind = Math.round(endSeconds - seconds);
  return [
    ...(date === undefined ? [] : [timeOfDay(date)]),
    behind < 1 ? 'live' : `${clock(behind)} behind live`,
  ].join(', ');
}

/** What the live button says: how far behind the moment the picture is. */
export function liveState(view: TimelineView): { readonly isBehind: boolean; readonly text: string } {
  const { latencySeconds, targetSeconds } = view;
  const isBehind = targetSeconds !== undefined && latencySeconds > targetSeconds + BEHIND_SECONDS;
  if (latencySeconds <= 0) return { isBehind: false, text: 'Live' };
  return {
    isBehind,
    text: isBehind ? `Live −${clock(latencySeconds)}` : `Live · ${latencySeconds.toFixed(1)} s`,
  };
}
