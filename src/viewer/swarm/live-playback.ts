// What a low-latency player does with a live presentation, as a sans-I/O machine: it reloads the playlists of its two
// tracks, each reload held by the server until the next part is there; loads every part as it is listed; stays the
// hold-back behind the edge; plays a little faster when it has fallen behind, by the player's rule. Nothing is decoded.
//
// As hls.js does it: no preload hints, renditions change between segments, the playhead starts at the hold-back.
// Source: hls.js src/controller/latency-controller.ts and stream-controller.ts; rfc8216bis, 6.3.

import { estimatedFirstByteMs, initialEstimate, withDownload, withWait } from './bandwidth-estimate.ts';
import { nextLevel } from './choose-level.ts';
import type { Loaded } from './delivery.ts';
import type { LiveAsk, LivePlayback, LiveTrack, LiveWanted } from './live-playback-state.ts';
import {
  edgeMsOf,
  liveBufferedMs,
  liveEndMs,
  livePositionMs,
  moveLivePlayhead,
  syncPositionMs,
} from './live-playhead.ts';
import { type PlaybackEffect, type PlaybackEvent, type Progress, retryPauseMs } from './playback.ts';
import type { TrackName } from './playback-state.ts';
import { type Addresses, addressesUnder, type Presentation } from './presentation.ts';
import type { LivePiece, LivePlaylist } from './read-live-playlist.ts';

/** Tries of a request that failed everywhere, as for video on demand. */
const RETRIES_MAX = 8;
/** Pieces are rounded in playlists, and audio is cut at its own frames. */
const SEAM_MS = 150;
/** While the picture hurries, its rate is looked at as often as a browser tells the position. */
const LOOK_MS = 250;

export type LivePlaybackStep = {
  readonly state: LivePlayback;
  readonly effects: readonly PlaybackEffect[];
  readonly wakeAtMs: number;
};

type Draft = {
  state: LivePlayback;
  readonly effects: PlaybackEffect[];
  readonly nowMs: number;
  readonly pathwayOf: (id: number) => string;
};

const EMPTY_TRACK: LiveTrack = { level: 0, playlist: undefined, updatedAtMs: 0, next: undefined, endMs: 0 };

/** Playback of which nothing has been loaded. */
export function initialLivePlayback(
  presentation: Presentation,
  options: { readonly startedAtMs: number; readonly throughputBps: number; readonly firstId: number },
  nowMs: number,
): LivePlayback {
  const state: LivePlayback = {
    presentation,
    startedAtMs: options.startedAtMs,
    condition: 'starting',
    anchorMs: 0,
    anchorAtMs: nowMs,
    rate: 1,
    main: EMPTY_TRACK,
    audio: presentation.audio === undefined ? undefined : EMPTY_TRACK,
    inits: new Set(),
    asks: [],
    nextId: options.firstId,
    estimate: initialEstimate(options.throughputBps),
    lastLevel: undefined,
    startupMs: undefined,
    stalls: [],
    stalling: undefined,
    setbacks: 0,
    jumps: 0,
    levelSwitches: 0,
    loadedSeconds: 0,
    loadedBits: 0,
  };
  return { ...state, main: { ...EMPTY_TRACK, level: wantedLevel(state, nowMs) } };
}

/** The same broadcast at its edge of now; what was measured and what the line carries stay known. */
export function restartedLivePlayback(
  before: LivePlayback,
  presentation: Presentation,
  nowMs: number,
): LivePlayback {
  const { startedAtMs, nextId, startupMs, estimate, stalls, jumps, levelSwitches } = before;
  const fresh = initialLivePlayback(presentation, { startedAtMs, throughputBps: 0, firstId: nextId }, nowMs);
  const stopped = { atMs: Math.round(nowMs), bufferedMs: liveBufferedMs(before, nowMs), pathwayId: '' };
  return {
    ...fresh,
    condition: startupMs === undefined ? 'starting' : 'stalled',
    estimate,
    startupMs,
    stalls,
    stalling: startupMs === undefined ? undefined : (before.stalling ?? stopped),
    jumps: jumps + 1,
    levelSwitches,
    loadedSeconds: before.loadedSeconds,
    loadedBits: before.loadedBits,
  };
}

/** One step of playback. */
export function stepLivePlayback(
  state: LivePlayback,
  event: PlaybackEvent,
  nowMs: number,
  progressOf: (id: number) => Progress | undefined,
): LivePlaybackStep {
  const pathwayOf = (id: number): string => progressOf(id)?.pathwayId ?? '';
  const draft: Draft = { state, effects: [], nowMs, pathwayOf };
  move(draft);
  if (event.type === 'loaded') take(draft, event.id, event.result);
  else if (event.type === 'gave-up') retryLater(draft, event.id);
  settle(draft);
  move(draft);
  if (draft.state.condition !== 'ended') {
    retryDue(draft);
    for (const track of tracksOf(draft.state)) {
      reload(draft, track);
      load(draft, track);
    }
    move(draft);
  }
  return { state: draft.state, effects: draft.effects, wakeAtMs: wakeAtMs(draft) };
}

function tracksOf({ audio }: LivePlayback): readonly TrackName[] {
  return audio === undefined ? ['main'] : ['main', 'audio'];
}

function move(draft: Draft): void {
  draft.state = moveLivePlayhead(draft.state, draft.nowMs, draft.pathwayOf);
}

function wakeAtMs({ state, nowMs }: Draft): number {
  let soonest = Number.POSITIVE_INFINITY;
  if (state.condition === 'ended') return soonest;
  for (const { retryAtMs } of state.asks) soonest = Math.min(soonest, retryAtMs);
  // While one is under way nothing is due: a moment that has passed would wake the viewer for ever.
  for (const track of tracksOf(state))
    if (!isAsked(state, track, true)) soonest = Math.min(soonest, pollAtMs(state[track]));
  if (state.condition !== 'playing') return soonest;
  if (state.rate > 1) soonest = Math.min(soonest, nowMs + LOOK_MS);
  return Math.min(soonest, nowMs + (liveEndMs(state) - livePositionMs(state, nowMs)) / state.rate);
}

/** When a playlist that the server does not hold is asked for again. */
function pollAtMs(track: LiveTrack | undefined): number {
  const playlist = track?.playlist;
  if (track === undefined || playlist === undefined || playlist.isEnded || playlist.nextQuery !== undefined)
    return Number.POSITIVE_INFINITY;
  return track.updatedAtMs + playlist.targetMs / 2;
}

function change(draft: Draft, track: TrackName, update: Partial<LiveTrack>): void {
  const before = draft.state[track];
  if (before !== undefined) draft.state = { ...draft.state, [track]: { ...before, ...update } };
}

function playlistsOf({ presentation }: LivePlayback, track: TrackName, level: number): Addresses {
  const own = track === 'audio' ? presentation.audio : presentation.levels[level]?.playlists;
  return own ?? new Map();
}

/** Each address with a query; what it has already stays. */
function withQuery(addresses: Addresses, query: string | undefined): Addresses {
  if (query === undefined) return addresses;
  return new Map([...addresses].map(([id, url]) => [id, `${url}${url.includes('?') ? '&' : '?'}${query}`]));
}

function ask(draft: Draft, wanted: LiveWanted, tries = 0): void {
  const { state, nowMs } = draft;
  const playlists = playlistsOf(state, wanted.track, wanted.level);
  const id = state.nextId;
  const bufferedMs = liveBufferedMs(state, nowMs);
  const entry: LiveAsk = { id, wanted, bufferedMs, tries, retryAtMs: Number.POSITIVE_INFINITY };
  draft.state = { ...state, nextId: id + 1, asks: [...state.asks, entry] };
  if (wanted.what === 'playlist') {
    const addresses = withQuery(playlists, wanted.query);
    const held = wanted.query === undefined ? {} : { heldMs: state[wanted.track]?.playlist?.pieceMs ?? 0 };
    draft.effects.push({ type: 'request', id, kind: 'playlist', addresses, bufferedMs, ...held });
    return;
  }
  const uri = wanted.what === 'init' ? wanted.uri : wanted.piece.uri;
  const addresses = addressesUnder(playlists, uri);
  draft.effects.push({ type: 'request', id, kind: 'media', addresses, bufferedMs });
}

function isAsked({ asks }: LivePlayback, track: TrackName, isPlaylist: boolean): boolean {
  return asks.some(({ wanted }) => wanted.track === track && (wanted.what === 'playlist') === isPlaylist);
}

/** Keeps a reload under way as long as the broadcast goes on. */
function reload(draft: Draft, track: TrackName): void {
  const own = draft.state[track];
  if (own === undefined || own.playlist?.isEnded === true || isAsked(draft.state, track, true)) return;
  if (own.playlist !== undefined && own.playlist.nextQuery === undefined && draft.nowMs < pollAtMs(own))
    return;
  ask(draft, { what: 'playlist', track, level: own.level, query: own.playlist?.nextQuery });
}

/** The first piece at or behind a place. */
function pieceFrom(playlist: LivePlaylist, next: NonNullable<LiveTrack['next']>): LivePiece | undefined {
  return playlist.pieces.find(
    ({ segment, part }) => segment > next.segment || (segment === next.segment && part >= next.part),
  );
}

function load(draft: Draft, track: TrackName): void {
  const own = draft.state[track];
  if (own?.playlist === undefined || own.next === undefined || isAsked(draft.state, track, false)) return;
  const piece = pieceFrom(own.playlist, own.next);
  if (piece === undefined) return;
  if (own.endMs > 0 && piece.startMs > own.endMs + SEAM_MS) {
    // What comes next has left the playlist.
    jump(draft);
    for (const name of tracksOf(draft.state)) load(draft, name);
    return;
  }
  if (track === 'main' && piece.part === 0 && changeLevel(draft, own)) return;
  const { level } = own;
  const init = `${track} ${level} ${own.playlist.initUri}`;
  if (own.playlist.initUri !== undefined && !draft.state.inits.has(init))
    ask(draft, { what: 'init', track, level, uri: own.playlist.initUri, key: init });
  else if (piece.isGap) {
    advance(draft, track, piece);
    load(draft, track);
  } else ask(draft, { what: 'piece', track, level, piece });
}

function wantedLevel(state: LivePlayback, nowMs: number): number {
  const pieceSeconds = (state.main.playlist?.pieceMs ?? 0) / 1_000;
  return nextLevel({
    levels: state.presentation.levels.map(({ bandwidthBps, averageBandwidthBps }) => ({
      bandwidthBps,
      averageBandwidthBps,
      segmentSeconds: pieceSeconds === 0 ? undefined : pieceSeconds,
    })),
    estimate: state.estimate,
    lastLevel: state.lastLevel,
    loadLevel: state.main.level,
    segmentSeconds: pieceSeconds,
    bufferedSeconds: liveBufferedMs(state, nowMs) / 1_000,
    playlistSeconds: 0,
  });
}

/** Takes another rendition from the next segment on; its playlist is asked for at once, the old one let go. */
function changeLevel(draft: Draft, own: LiveTrack): boolean {
  const level = wantedLevel(draft.state, draft.nowMs);
  if (level === own.level) return false;
  const reloads = draft.state.asks.filter(
    ({ wanted }) => wanted.what === 'playlist' && wanted.track === 'main',
  );
  for (const { id } of reloads) draft.effects.push({ type: 'abort', id });
  draft.state = { ...draft.state, asks: draft.state.asks.filter((entry) => !reloads.includes(entry)) };
  change(draft, 'main', { level, playlist: undefined });
  reload(draft, 'main');
  return true;
}

function take(draft: Draft, id: number, result: Loaded): void {
  const entry = draft.state.asks.find((candidate) => candidate.id === id);
  if (entry === undefined) return;
  const { wanted } = entry;
  if (wanted.what === 'playlist' && result.content?.type !== 'live') {
    retryLater(draft, id);
    return;
  }
  draft.state = { ...draft.state, asks: draft.state.asks.filter((candidate) => candidate !== entry) };
  if (wanted.what === 'playlist') {
    const playlist = result.content?.type === 'live' ? result.content.playlist : undefined;
    // As hls.js: a playlist is as old as its first byte.
    change(draft, wanted.track, { playlist, updatedAtMs: result.firstByteAtMs });
  } else if (wanted.what === 'init')
    draft.state = { ...draft.state, inits: new Set([...draft.state.inits, wanted.key]) };
  else takePiece(draft, wanted, result);
}

function takePiece(
  draft: Draft,
  { track, level, piece }: Extract<LiveWanted, { what: 'piece' }>,
  result: Loaded,
): void {
  advance(draft, track, piece);
  const { state, nowMs } = draft;
  const usualMs = estimatedFirstByteMs(state.estimate);
  const firstByteMs = result.firstByteAtMs - result.startedAtMs;
  // As hls.js: the usual wait is no part of the download.
  const durationMs = nowMs - result.startedAtMs - Math.min(firstByteMs, usualMs);
  const measured = withDownload(withWait(state.estimate, firstByteMs), durationMs, result.bytes);
  const loadedBits = state.loadedBits + result.bytes * 8;
  draft.state = { ...state, loadedBits, estimate: track === 'main' ? measured : state.estimate };
  if (track !== 'main') return;
  const isSwitch = state.lastLevel !== undefined && state.lastLevel !== level;
  draft.state = {
    ...draft.state,
    lastLevel: level,
    levelSwitches: state.levelSwitches + Number(isSwitch),
    loadedSeconds: state.loadedSeconds + piece.durationMs / 1_000,
  };
}

function advance(
  draft: Draft,
  track: TrackName,
  { segment, part, isLast, startMs, durationMs }: LivePiece,
): void {
  const next = isLast ? { segment: segment + 1, part: 0 } : { segment, part: part + 1 };
  change(draft, track, { next, endMs: startMs + durationMs });
}

/** Finds the place to begin at, once every track has its playlist. */
function settle(draft: Draft): void {
  const { state } = draft;
  if (state.main.next !== undefined || edgeMsOf(state, draft.nowMs) === undefined) return;
  const startMs = syncPositionMs(state, draft.nowMs);
  for (const track of tracksOf(state)) {
    const pieces = state[track]?.playlist?.pieces ?? [];
    const able = pieces.filter(({ isIndependent }) => isIndependent || track === 'audio');
    const first = able.findLast((piece) => piece.startMs <= startMs) ?? able[0] ?? pieces[0];
    if (first !== undefined) change(draft, track, { next: first, endMs: 0 });
  }
  const earliest = Math.max(...tracksOf(state).map((track) => draft.state[track]?.next?.startMs ?? 0));
  draft.state = { ...draft.state, anchorMs: Math.max(startMs, earliest), anchorAtMs: draft.nowMs };
}

/** Begins anew at the hold-back: what was to come is not to be had any more. */
function jump(draft: Draft): void {
  const { state, nowMs } = draft;
  for (const { id } of state.asks.filter(({ wanted }) => wanted.what !== 'playlist'))
    draft.effects.push({ type: 'abort', id });
  const asks = state.asks.filter(({ wanted }) => wanted.what === 'playlist');
  const position = livePositionMs(state, nowMs);
  const stopped = { atMs: Math.round(nowMs), bufferedMs: liveBufferedMs(state, nowMs), pathwayId: '' };
  draft.state = {
    ...state,
    asks,
    condition: state.startupMs === undefined ? 'starting' : 'stalled',
    stalling: state.startupMs === undefined ? undefined : (state.stalling ?? stopped),
    anchorMs: position,
    anchorAtMs: nowMs,
    jumps: state.jumps + 1,
    main: { ...state.main, next: undefined, endMs: 0 },
    audio: state.audio === undefined ? undefined : { ...state.audio, next: undefined, endMs: 0 },
  };
  settle(draft);
}

function retryLater(draft: Draft, id: number): void {
  const entry = draft.state.asks.find((candidate) => candidate.id === id);
  if (entry === undefined) return;
  if (entry.tries >= RETRIES_MAX) draft.effects.push({ type: 'fatal', details: entry.wanted.what });
  const retryAtMs = draft.nowMs + retryPauseMs(entry.tries);
  const asks = draft.state.asks.map((candidate) =>
    candidate === entry ? { ...candidate, retryAtMs } : candidate,
  );
  draft.state = { ...draft.state, asks };
}

/** A reload that went wrong is repeated for whatever there is now. */
function retryDue(draft: Draft): void {
  for (const entry of draft.state.asks) {
    if (draft.nowMs < entry.retryAtMs) continue;
    draft.state = { ...draft.state, asks: draft.state.asks.filter(({ id }) => id !== entry.id) };
    const { wanted } = entry;
    ask(draft, wanted.what === 'playlist' ? { ...wanted, query: undefined } : wanted, entry.tries + 1);
  }
}
