// When the picture of a live viewer starts, stops, goes on, and how fast it moves: what a viewer notices of the edge. How
// fast is the player's own rule, core/playback/catch-up.ts; how far behind the edge is hls.js's.
// Source: hls.js src/controller/latency-controller.ts, player/src/keep-latency.ts.

import { catchUpRate, STALL_SETS_BACK_MS } from '#core/playback/catch-up.ts';
import type { LivePlayback, LiveTrack } from './live-playback-state.ts';
import { RENDER_MS, STALL_MS_MIN, stallsOf } from './playhead.ts';

/** A playlist older than so many pieces has stopped growing: its edge is not guessed on (hls.js). */
const FRESH_PIECES = 3;
/** Seconds and milliseconds do not convert exactly. */
const ROUNDING_MS = 0.001;

/** Where the playhead stands. */
export function livePositionMs(
  { condition, anchorMs, anchorAtMs, rate }: LivePlayback,
  nowMs: number,
): number {
  return condition === 'playing' ? anchorMs + Math.max(0, nowMs - anchorAtMs) * rate : anchorMs;
}

/** How far the picture can move with what is loaded. */
export function liveEndMs({ main, audio }: LivePlayback): number {
  return audio === undefined ? main.endMs : Math.min(main.endMs, audio.endMs);
}

/** Media ahead of the playhead, in the emptier of the buffers. */
export function liveBufferedMs(state: LivePlayback, nowMs: number): number {
  return Math.max(0, Math.round(liveEndMs(state) - livePositionMs(state, nowMs)));
}

/** The edge by the playlist and its age; undefined before every track has one. */
export function edgeMsOf({ main, audio }: LivePlayback, nowMs: number): number | undefined {
  const edgeOf = (track: LiveTrack | undefined): number | undefined => {
    const last = track?.playlist?.pieces.at(-1);
    return track === undefined || last === undefined
      ? undefined
      : last.startMs + last.durationMs + nowMs - track.updatedAtMs;
  };
  const own = edgeOf(main);
  if (audio === undefined || own === undefined) return own;
  const other = edgeOf(audio);
  return other === undefined ? undefined : Math.min(own, other);
}

/** Stalls that have set the viewer back, with the one that goes on: hls.js counts none that its poll does not see. */
function setbacksOf({ setbacks, stalling }: LivePlayback, nowMs: number): number {
  return setbacks + Number(stalling !== undefined && nowMs - stalling.atMs > STALL_MS_MIN);
}

/** How far behind the edge the viewer wants to be: the hold-back, and more after stalls, up to a segment. */
function aimMs(state: LivePlayback, nowMs: number): number {
  const playlists = [state.main.playlist, state.audio?.playlist];
  const holdBackMs = Math.max(...playlists.map((playlist) => playlist?.holdBackMs ?? 0));
  const targetMs = state.main.playlist?.targetMs ?? 0;
  return holdBackMs + Math.min(setbacksOf(state, nowMs) * STALL_SETS_BACK_MS, targetMs);
}

/** Where a playhead is put: the aim behind the edge, but no farther ahead than an edge that still grows. */
export function syncPositionMs(state: LivePlayback, nowMs: number): number {
  const { playlist, updatedAtMs } = state.main;
  const silentMs = nowMs - updatedAtMs - FRESH_PIECES * (playlist?.pieceMs ?? 0);
  return (edgeMsOf(state, nowMs) ?? 0) - aimMs(state, nowMs) - Math.max(0, silentMs);
}

function rateOf(state: LivePlayback, nowMs: number): number {
  const edgeMs = edgeMsOf(state, nowMs);
  if (edgeMs === undefined) return 1;
  return catchUpRate({
    behindMs: edgeMs - livePositionMs(state, nowMs) - aimMs(state, nowMs),
    bufferedMs: liveBufferedMs(state, nowMs),
    rate: state.rate,
  });
}

/** Whether everything to the end of the broadcast is loaded. */
function isWhole({ main, audio }: LivePlayback): boolean {
  const isDone = ({ playlist, endMs }: LiveTrack): boolean => {
    const last = playlist?.pieces.at(-1);
    return playlist?.isEnded === true && last !== undefined && endMs >= last.startMs + last.durationMs - 1;
  };
  return isDone(main) && (audio === undefined || isDone(audio));
}

/** Moves the playhead to `nowMs`. */
export function moveLivePlayhead(
  state: LivePlayback,
  nowMs: number,
  pathwayOf: (id: number) => string,
): LivePlayback {
  if (state.condition === 'ended') return state;
  const end = liveEndMs(state);
  const position = livePositionMs(state, nowMs);
  if (state.condition === 'playing') {
    if (position >= end - ROUNDING_MS) return stop(state, end, pathwayOf);
    const rate = rateOf(state, nowMs);
    // Before the first frame is on the screen the anchor lies ahead.
    if (rate === state.rate || nowMs < state.anchorAtMs) return state;
    return { ...state, rate, anchorMs: position, anchorAtMs: nowMs };
  }
  if (end > state.anchorMs && state.main.next !== undefined) return go(state, nowMs + RENDER_MS);
  return isWhole(state) && state.condition === 'stalled' ? { ...state, condition: 'ended' } : state;
}

function stop(state: LivePlayback, end: number, pathwayOf: (id: number) => string): LivePlayback {
  const atMs = state.anchorAtMs + (end - state.anchorMs) / state.rate;
  const stopped = { ...state, anchorMs: end, anchorAtMs: atMs, rate: 1 };
  if (isWhole(state)) return { ...stopped, condition: 'ended' };
  const track = state.audio !== undefined && state.audio.endMs <= state.main.endMs ? 'audio' : 'main';
  const asks = state.asks.filter(({ wanted }) => wanted.track === track);
  const missing = asks.find(({ wanted }) => wanted.what === 'piece') ?? asks[0];
  const pathwayId = missing === undefined ? '' : pathwayOf(missing.id);
  const stalling = { atMs: Math.round(atMs), bufferedMs: missing?.bufferedMs ?? 0, pathwayId };
  return { ...stopped, condition: 'stalled', stalling };
}

function go(state: LivePlayback, atMs: number): LivePlayback {
  const playing = { ...state, condition: 'playing' as const, anchorAtMs: atMs, rate: 1 };
  if (state.startupMs === undefined) return { ...playing, startupMs: Math.round(atMs - state.startedAtMs) };
  return {
    ...playing,
    stalls: stallsOf(state, atMs),
    setbacks: setbacksOf(state, atMs),
    stalling: undefined,
  };
}
