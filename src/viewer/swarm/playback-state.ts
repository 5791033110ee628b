// What one playback consists of: two buffers, the playhead, requests under way, and what was measured so far.

import { type BandwidthEstimate, estimatedBps, initialEstimate } from './bandwidth-estimate.ts';
import type { Presentation } from './presentation.ts';
import type { ReadMediaPlaylist } from './read-playlist.ts';

export type TrackName = 'main' | 'audio';

export type Stall = {
  /** On the clock of the swarm. */
  readonly atMs: number;
  readonly durationMs: number;
  /** Media ahead when the segment that was then missing was asked for. */
  readonly bufferedMs: number;
  /** Where the missing segment was asked for when the picture stopped. */
  readonly pathwayId: string;
};

export type Wanted =
  | { readonly what: 'playlist'; readonly track: TrackName; readonly level: number }
  | { readonly what: 'init'; readonly track: TrackName; readonly level: number }
  | { readonly what: 'segment'; readonly track: TrackName; readonly level: number; readonly index: number };

export type Ask = {
  readonly id: number;
  readonly wanted: Wanted;
  readonly atMs: number;
  readonly bufferedMs: number;
  readonly tries: number;
  /** When the request is made again; infinity while it runs. */
  readonly retryAtMs: number;
};

export type Track = {
  readonly endSeconds: number;
  /** Everything to its end is buffered. */
  readonly isComplete: boolean;
  /** A segment that has arrived before its init segment. */
  readonly held: { readonly level: number; readonly index: number } | undefined;
};

export type PlaybackState = {
  readonly presentation: Presentation;
  readonly startedAtMs: number;
  readonly condition: 'starting' | 'playing' | 'stalled' | 'ended';
  /** The playhead at `anchorAtMs`; it moves with the clock while playing. */
  readonly anchorSeconds: number;
  readonly anchorAtMs: number;
  readonly main: Track;
  /** Undefined when the levels hold the sound, or there is none. */
  readonly audio: Track | undefined;
  /** Media playlists by track and level. */
  readonly playlists: ReadonlyMap<string, ReadMediaPlaylist>;
  readonly inits: ReadonlySet<string>;
  readonly asks: readonly Ask[];
  readonly nextId: number;
  readonly estimate: BandwidthEstimate;
  /** How long the last media playlist took after its first byte. */
  readonly playlistSeconds: number;
  readonly level: number;
  readonly lastLevel: number | undefined;
  /** Level for which a too slow download was given up. */
  readonly forcedLevel: number | undefined;
  readonly segmentSeconds: number;
  /** When growing playlists are read again. */
  readonly reloadAtMs: number;
  readonly abandonCheckAtMs: number;
  readonly progressAtMs: number;
  readonly startupMs: number | undefined;
  readonly stalls: readonly Stall[];
  /** The stall that goes on, without its end. */
  readonly stalling: Omit<Stall, 'durationMs'> | undefined;
  readonly levelSwitches: number;
  readonly loadedSeconds: number;
  readonly loadedBits: number;
};

const EMPTY_TRACK: Track = { endSeconds: 0, isComplete: false, held: undefined };

/** Playback of which nothing has been loaded. */
export function initialPlayback(
  presentation: Presentation,
  options: { readonly startedAtMs: number; readonly throughputBps: number; readonly firstId: number },
  nowMs: number,
): PlaybackState {
  return {
    presentation,
    startedAtMs: options.startedAtMs,
    condition: 'starting',
    anchorSeconds: 0,
    anchorAtMs: nowMs,
    main: EMPTY_TRACK,
    audio: presentation.audio === undefined ? undefined : EMPTY_TRACK,
    playlists: new Map(),
    inits: new Set(),
    asks: [],
    nextId: options.firstId,
    estimate: initialEstimate(options.throughputBps),
    playlistSeconds: 0,
    level: 0,
    lastLevel: undefined,
    forcedLevel: undefined,
    segmentSeconds: 0,
    reloadAtMs: Number.POSITIVE_INFINITY,
    abandonCheckAtMs: Number.POSITIVE_INFINITY,
    progressAtMs: nowMs,
    startupMs: undefined,
    stalls: [],
    stalling: undefined,
    levelSwitches: 0,
    loadedSeconds: 0,
    loadedBits: 0,
  };
}

/** The same video from where it stands, with nothing loaded: what was measured and what the line carries stay known. */
export function restartedPlayback(
  before: PlaybackState,
  presentation: Presentation,
  nowMs: number,
): PlaybackState {
  const throughputBps = estimatedBps(before.estimate);
  const position = Math.min(positionSeconds(before, nowMs), playableEndSeconds(before));
  const { startedAtMs, nextId, startupMs, stalls, levelSwitches, loadedSeconds, loadedBits } = before;
  const fresh = initialPlayback(presentation, { startedAtMs, throughputBps, firstId: nextId }, nowMs);
  const track = { ...EMPTY_TRACK, endSeconds: position };
  const stopped = { atMs: Math.round(nowMs), bufferedMs: bufferedMsOf(before, nowMs), pathwayId: '' };
  return {
    ...fresh,
    condition: startupMs === undefined ? 'starting' : 'stalled',
    anchorSeconds: position,
    main: track,
    audio: fresh.audio === undefined ? undefined : track,
    startupMs,
    stalls,
    stalling: startupMs === undefined ? undefined : (before.stalling ?? stopped),
    levelSwitches,
    loadedSeconds,
    loadedBits,
  };
}

/** Name of a rendition within one playback. */
export function renditionKey(track: TrackName, level: number): string {
  return track === 'audio' ? 'audio' : `main ${level}`;
}

/** Where the playhead stands. */
export function positionSeconds(state: PlaybackState, nowMs: number): number {
  if (state.condition !== 'playing') return state.anchorSeconds;
  return state.anchorSeconds + Math.max(0, nowMs - state.anchorAtMs) / 1_000;
}

/** How far the picture can move with what is buffered; a track that is over does not stop the other one. */
export function playableEndSeconds({ main, audio }: PlaybackState): number {
  if (audio === undefined) return main.endSeconds;
  if (main.isComplete && audio.isComplete) return Math.max(main.endSeconds, audio.endSeconds);
  if (main.isComplete) return audio.endSeconds;
  return audio.isComplete ? main.endSeconds : Math.min(main.endSeconds, audio.endSeconds);
}

/** Media ahead of the playhead, in the emptier of the buffers. */
export function bufferedMsOf(state: PlaybackState, nowMs: number): number {
  return Math.max(0, Math.round((playableEndSeconds(state) - positionSeconds(state, nowMs)) * 1_000));
}

/** Whether everything to the end is buffered. */
export function isWhole({ main, audio }: PlaybackState): boolean {
  return main.isComplete && (audio === undefined || audio.isComplete);
}
