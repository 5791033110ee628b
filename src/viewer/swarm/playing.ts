// A playback of either kind, as the viewer around it sees it: on demand, or live.

import {
  initialLivePlayback,
  type LivePlaybackStep,
  restartedLivePlayback,
  stepLivePlayback,
} from './live-playback.ts';
import type { LivePlayback } from './live-playback-state.ts';
import { liveBufferedMs, livePositionMs } from './live-playhead.ts';
import { type PlaybackEvent, type PlaybackStep, type Progress, stepPlayback } from './playback.ts';
import {
  bufferedMsOf,
  initialPlayback,
  type PlaybackState,
  positionSeconds,
  restartedPlayback,
} from './playback-state.ts';
import type { Presentation } from './presentation.ts';

export type Playing = PlaybackState | LivePlayback;

const isLive = (playing: Playing): playing is LivePlayback => 'jumps' in playing;

/** A playback of which nothing has been loaded. */
export function initialPlaying(
  presentation: Presentation,
  options: Parameters<typeof initialPlayback>[1] & { readonly isLive: boolean },
  nowMs: number,
): Playing {
  return options.isLive
    ? initialLivePlayback(presentation, options, nowMs)
    : initialPlayback(presentation, options, nowMs);
}

/** The same presentation again, with nothing loaded. */
export function restartedPlaying(before: Playing, presentation: Presentation, nowMs: number): Playing {
  return isLive(before)
    ? restartedLivePlayback(before, presentation, nowMs)
    : restartedPlayback(before, presentation, nowMs);
}

/** One step. */
export function stepPlaying(
  state: Playing,
  event: PlaybackEvent,
  nowMs: number,
  progressOf: (id: number) => Progress | undefined,
): PlaybackStep | LivePlaybackStep {
  return isLive(state)
    ? stepLivePlayback(state, event, nowMs, progressOf)
    : stepPlayback(state, event, nowMs, progressOf);
}

/** Media ahead of the playhead. */
export function bufferedMsOfPlaying(state: Playing, nowMs: number): number {
  return isLive(state) ? liveBufferedMs(state, nowMs) : bufferedMsOf(state, nowMs);
}

/** Where the playhead stands, in seconds of whatever timeline it has. */
export function positionOfPlaying(state: Playing, nowMs: number): number {
  return isLive(state) ? livePositionMs(state, nowMs) / 1_000 : positionSeconds(state, nowMs);
}

/** How far behind the clock a live picture is, and how often it was put back to the edge. */
export type LiveFigures = {
  /** Undefined while the picture does not move. */
  readonly latencyMs: number | undefined;
  readonly jumps: number;
};

/** Figures of a live playback; `epochMs` is the clock's time when `nowMs` was 0. */
export function liveFiguresOf(
  state: Playing | undefined,
  epochMs: number,
  nowMs: number,
): LiveFigures | undefined {
  if (state === undefined || !isLive(state)) return undefined;
  const { condition, jumps, anchorAtMs } = state;
  const isMoving = condition === 'playing' && nowMs >= anchorAtMs;
  return { latencyMs: isMoving ? epochMs + nowMs - livePositionMs(state, nowMs) : undefined, jumps };
}
