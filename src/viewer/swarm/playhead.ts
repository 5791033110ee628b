// When the picture starts, stops and goes on: the part of a video element that a viewer notices.

import {
  isWhole,
  type PlaybackState,
  playableEndSeconds,
  positionSeconds,
  type Stall,
  type TrackName,
} from './playback-state.ts';

/** From arrival to the screen: parsing, appending and decoding, as Chromium takes on a quiet machine. */
export const RENDER_MS = 30;
/** Below this no eye notices; the player's own meter does not count it either. */
export const STALL_MS_MIN = 100;
/** Seconds and milliseconds do not convert exactly; without this a wake at the very end would come too early for ever. */
const ROUNDING_SECONDS = 1e-6;
/** Stalls kept of one viewing; a viewer with more has left. */
const STALLS_MAX = 200;

/** Moves the playhead to `nowMs`: it starts, stops or ends as the buffers allow. */
export function movePlayhead(
  state: PlaybackState,
  nowMs: number,
  pathwayOf: (id: number) => string,
): PlaybackState {
  if (state.condition === 'ended') return state;
  const end = playableEndSeconds(state);
  if (state.condition === 'playing') {
    if (positionSeconds(state, nowMs) < end - ROUNDING_SECONDS) return state;
    return stop(state, end, pathwayOf);
  }
  const { main, audio, anchorSeconds } = state;
  const isReady = main.endSeconds > anchorSeconds && (audio === undefined || end > anchorSeconds);
  if (isReady) return go(state, nowMs + RENDER_MS);
  return isWhole(state) && state.condition === 'stalled' ? { ...state, condition: 'ended' } : state;
}

function stop(state: PlaybackState, end: number, pathwayOf: (id: number) => string): PlaybackState {
  const atMs = state.anchorAtMs + (end - state.anchorSeconds) * 1_000;
  const stopped = { ...state, anchorSeconds: end, anchorAtMs: atMs };
  if (isWhole(state)) return { ...stopped, condition: 'ended' };
  const { main, audio } = state;
  const isAudioMissing = audio !== undefined && !audio.isComplete && audio.endSeconds <= main.endSeconds;
  const track: TrackName = isAudioMissing ? 'audio' : 'main';
  const missing = state.asks.find(({ wanted }) => wanted.what === 'segment' && wanted.track === track);
  return {
    ...stopped,
    condition: 'stalled',
    stalling: {
      atMs: Math.round(atMs),
      bufferedMs: missing?.bufferedMs ?? 0,
      pathwayId: missing === undefined ? '' : pathwayOf(missing.id),
    },
  };
}

function go(state: PlaybackState, atMs: number): PlaybackState {
  const playing = { ...state, condition: 'playing' as const, anchorAtMs: atMs };
  if (state.startupMs === undefined) return { ...playing, startupMs: Math.round(atMs - state.startedAtMs) };
  return { ...playing, stalls: stallsOf(state, atMs), stalling: undefined };
}

/** All stalls, with the one that is still going on. */
export function stallsOf(
  { stalls, stalling }: Pick<PlaybackState, 'stalls' | 'stalling'>,
  nowMs: number,
): readonly Stall[] {
  if (stalling === undefined) return stalls;
  const durationMs = Math.round(nowMs - stalling.atMs);
  return durationMs <= STALL_MS_MIN ? stalls : [...stalls, { ...stalling, durationMs }].slice(-STALLS_MAX);
}
