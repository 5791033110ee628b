// What hls.js does with one presentation, as a sans-I/O machine: which playlist or segment is asked for next, and what
// its arrival changes. Nothing is decoded; segments are only counted.
//
// Segments count once they have arrived whole, as in hls.js without progressive loading. Video and audio have buffers
// of their own, and audio is loaded at most one segment ahead of video.
// Source: hls.js src/controller/stream-controller.ts and audio-stream-controller.ts (doTickIdle).

import type { RequestKind } from '#core/playback/request-limits.ts';
import { estimatedFirstByteMs, withDownload, withWait } from './bandwidth-estimate.ts';
import { abandonFor, type LevelView, nextLevel, watchedAfterMs } from './choose-level.ts';
import type { Loaded } from './delivery.ts';
import {
  type Ask,
  bufferedMsOf,
  type PlaybackState,
  playableEndSeconds,
  positionSeconds,
  renditionKey,
  type Track,
  type TrackName,
  type Wanted,
} from './playback-state.ts';
import { movePlayhead } from './playhead.ts';
import { type Addresses, addressesUnder } from './presentation.ts';
import type { ReadMediaPlaylist } from './read-playlist.ts';

/** As in the player's settings: 30 s outlast any failover; 60 s or 60 MB bound memory. */
const BUFFER_SECONDS_MIN = 30;
const BUFFER_SECONDS_MAX = 60;
const BUFFER_BITS_MAX = 8 * 60_000_000;
/** How often hls.js looks whether to load, and whether a download is too slow. */
const TICK_MS = 100;
/** A segment that ends this close to the buffer's end is buffered; durations in playlists are rounded. */
const SEAM_SECONDS = 0.1;
/** Tries of a request that failed everywhere, and the pauses between them, as in the player's settings. */
const RETRIES_MAX = 8;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 4_000;

export type PlaybackEffect =
  | {
      readonly type: 'request';
      readonly id: number;
      readonly kind: RequestKind;
      readonly addresses: Addresses;
      readonly bufferedMs: number;
      /** How long the server is expected to hold it. */
      readonly heldMs?: number;
    }
  | { readonly type: 'abort'; readonly id: number }
  /** Every pathway failed so often that hls.js gives up. */
  | { readonly type: 'fatal'; readonly details: string };

export type PlaybackEvent =
  | { readonly type: 'loaded'; readonly id: number; readonly result: Loaded }
  | { readonly type: 'gave-up'; readonly id: number }
  | { readonly type: 'wake' };

/** What only the delivery knows of a request that runs. */
export type Progress = {
  readonly firstByteAtMs: number | undefined;
  readonly loadedBytes: number;
  readonly totalBytes: number;
  readonly pathwayId: string;
};

export type PlaybackStep = {
  readonly state: PlaybackState;
  readonly effects: readonly PlaybackEffect[];
  readonly wakeAtMs: number;
};

type Draft = {
  state: PlaybackState;
  readonly effects: PlaybackEffect[];
  readonly nowMs: number;
  readonly progressOf: (id: number) => Progress | undefined;
};

/** One step of playback. */
export function stepPlayback(
  state: PlaybackState,
  event: PlaybackEvent,
  nowMs: number,
  progressOf: (id: number) => Progress | undefined,
): PlaybackStep {
  const draft: Draft = { state, effects: [], nowMs, progressOf };
  // The picture moved, and may have stopped, before this happened.
  move(draft);
  if (event.type === 'loaded') take(draft, event.id, event.result);
  else if (event.type === 'gave-up') retryLater(draft, event.id);
  move(draft);
  if (draft.state.condition !== 'ended') {
    retryDue(draft);
    reloadDue(draft);
    abandonIfSlow(draft);
    loadMain(draft);
    loadAudio(draft);
    // A track may just have turned out to be complete.
    move(draft);
  }
  return { state: draft.state, effects: draft.effects, wakeAtMs: wakeAtMs(draft) };
}

function move(draft: Draft): void {
  draft.state = movePlayhead(draft.state, draft.nowMs, (id) => draft.progressOf(id)?.pathwayId ?? '');
}

/** What the choice of a level looks at. */
export function levelViewOf(state: PlaybackState, nowMs: number): LevelView {
  return {
    levels: state.presentation.levels.map(({ bandwidthBps, averageBandwidthBps }, index) => {
      const playlist = state.playlists.get(renditionKey('main', index));
      const count = playlist?.segments.length ?? 0;
      const segmentSeconds =
        playlist === undefined || count === 0 ? undefined : playlist.durationSeconds / count;
      return { bandwidthBps, averageBandwidthBps, segmentSeconds };
    }),
    estimate: state.estimate,
    lastLevel: state.lastLevel,
    loadLevel: state.level,
    segmentSeconds: state.segmentSeconds,
    bufferedSeconds: Math.max(0, state.main.endSeconds - positionSeconds(state, nowMs)),
    playlistSeconds: state.playlistSeconds,
  };
}

function bufferSecondsMax({ presentation, level }: PlaybackState): number {
  const bandwidthBps = presentation.levels[level]?.bandwidthBps ?? 1;
  return Math.min(BUFFER_SECONDS_MAX, Math.max(BUFFER_SECONDS_MIN, BUFFER_BITS_MAX / bandwidthBps));
}

function isAsked(state: PlaybackState, what: Wanted['what'], track: TrackName): boolean {
  return state.asks.some(({ wanted }) => wanted.what === what && wanted.track === track);
}

function playlistsOf({ presentation }: PlaybackState, track: TrackName, level: number): Addresses {
  const own = track === 'audio' ? presentation.audio : presentation.levels[level]?.playlists;
  return own ?? new Map();
}

/** Asks for something; the tries of an earlier request for it are counted on. */
function ask(draft: Draft, wanted: Wanted, tries = 0): void {
  const { state, nowMs } = draft;
  const addresses = playlistsOf(state, wanted.track, wanted.level);
  const playlist = state.playlists.get(renditionKey(wanted.track, wanted.level));
  let uri = '';
  if (wanted.what === 'init') uri = playlist?.initUri ?? '';
  else if (wanted.what === 'segment') uri = playlist?.segments[wanted.index]?.uri ?? '';
  const id = state.nextId;
  const bufferedMs = bufferedMsOf(state, nowMs);
  const entry: Ask = { id, wanted, atMs: nowMs, bufferedMs, tries, retryAtMs: Number.POSITIVE_INFINITY };
  const isWatched = wanted.what === 'segment' && wanted.track === 'main' && state.startupMs !== undefined;
  const abandonCheckAtMs = isWatched ? nowMs + TICK_MS : state.abandonCheckAtMs;
  draft.state = { ...state, nextId: id + 1, asks: [...state.asks, entry], abandonCheckAtMs };
  draft.effects.push({
    type: 'request',
    id,
    kind: wanted.what === 'playlist' ? 'playlist' : 'media',
    addresses: wanted.what === 'playlist' ? addresses : addressesUnder(addresses, uri),
    bufferedMs,
  });
}

function forget(draft: Draft, id: number): Ask | undefined {
  const found = draft.state.asks.find((candidate) => candidate.id === id);
  if (found !== undefined)
    draft.state = { ...draft.state, asks: draft.state.asks.filter((candidate) => candidate !== found) };
  return found;
}

/** The pause before a request is made again. */
export function retryPauseMs(tries: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** tries);
}

function retryLater(draft: Draft, id: number): void {
  const failed = draft.state.asks.find((entry) => entry.id === id);
  if (failed !== undefined && failed.tries >= RETRIES_MAX)
    draft.effects.push({ type: 'fatal', details: `${failed.wanted.what} failed` });
  const asks = draft.state.asks.map((entry) =>
    entry.id === id
      ? { ...entry, tries: entry.tries + 1, retryAtMs: draft.nowMs + retryPauseMs(entry.tries) }
      : entry,
  );
  draft.state = { ...draft.state, asks };
}

function retryDue(draft: Draft): void {
  for (const entry of draft.state.asks) {
    if (draft.nowMs < entry.retryAtMs) continue;
    forget(draft, entry.id);
    ask(draft, entry.wanted, entry.tries);
  }
}

function take(draft: Draft, id: number, result: Loaded): void {
  const asked = draft.state.asks.find((candidate) => candidate.id === id);
  if (asked === undefined) return;
  const { wanted } = asked;
  if (wanted.what === 'playlist') {
    // What is no playlist is asked for again.
    if (result.content?.type !== 'playlist') retryLater(draft, id);
    else takePlaylist(draft, asked, result.content.playlist, result);
    return;
  }
  forget(draft, id);
  draft.state = { ...draft.state, progressAtMs: draft.nowMs };
  if (wanted.what === 'segment') takeSegment(draft, wanted, result);
  else {
    draft.state = {
      ...draft.state,
      inits: new Set([...draft.state.inits, renditionKey(wanted.track, wanted.level)]),
    };
    const held = trackOf(draft.state, wanted.track)?.held;
    if (held !== undefined) append(draft, wanted.track, held.level, held.index);
  }
}

function takePlaylist(draft: Draft, { id, wanted }: Ask, playlist: ReadMediaPlaylist, result: Loaded): void {
  const { nowMs } = draft;
  forget(draft, id);
  const key = renditionKey(wanted.track, wanted.level);
  const before = draft.state.playlists.get(key);
  const hasGrown = before === undefined || before.segments.length < playlist.segments.length;
  const waitMs = playlist.targetDurationSeconds * (hasGrown ? 1_000 : 500);
  const reloadAtMs = playlist.isEnded
    ? draft.state.reloadAtMs
    : Math.min(draft.state.reloadAtMs, nowMs + waitMs);
  draft.state = {
    ...draft.state,
    playlists: new Map([...draft.state.playlists, [key, playlist]]),
    playlistSeconds:
      wanted.track === 'main' ? (nowMs - result.firstByteAtMs) / 1_000 : draft.state.playlistSeconds,
    reloadAtMs,
    progressAtMs: nowMs,
  };
}

function trackOf(state: PlaybackState, track: TrackName): Track | undefined {
  return track === 'main' ? state.main : state.audio;
}

function changeTrack(draft: Draft, track: TrackName, change: Partial<Track>): void {
  const own = trackOf(draft.state, track);
  if (own !== undefined) draft.state = { ...draft.state, [track]: { ...own, ...change } };
}

function takeSegment(draft: Draft, wanted: Extract<Wanted, { what: 'segment' }>, result: Loaded): void {
  const { state } = draft;
  const key = renditionKey(wanted.track, wanted.level);
  const playlist = state.playlists.get(key);
  const seconds = playlist?.segments[wanted.index]?.durationSeconds ?? 0;
  draft.state = { ...state, loadedBits: state.loadedBits + result.bytes * 8 };
  if (wanted.track === 'main') {
    const firstByteMs = result.firstByteAtMs - result.startedAtMs;
    const waited = withWait(state.estimate, firstByteMs);
    const durationMs = draft.nowMs - result.startedAtMs - Math.min(firstByteMs, estimatedFirstByteMs(waited));
    const isSwitch = state.lastLevel !== undefined && state.lastLevel !== wanted.level;
    draft.state = {
      ...draft.state,
      estimate: withDownload(waited, durationMs, result.bytes),
      loadedSeconds: state.loadedSeconds + seconds,
      lastLevel: wanted.level,
      forcedLevel: state.forcedLevel === wanted.level ? undefined : state.forcedLevel,
      segmentSeconds: seconds,
      levelSwitches: state.levelSwitches + Number(isSwitch),
      abandonCheckAtMs: Number.POSITIVE_INFINITY,
    };
  }
  if (playlist?.initUri === undefined || draft.state.inits.has(key))
    append(draft, wanted.track, wanted.level, wanted.index);
  else changeTrack(draft, wanted.track, { held: { level: wanted.level, index: wanted.index } });
}

function append(draft: Draft, track: TrackName, level: number, index: number): void {
  const segment = draft.state.playlists.get(renditionKey(track, level))?.segments[index];
  if (segment === undefined) return;
  const endSeconds = segment.startSeconds + segment.durationSeconds;
  changeTrack(draft, track, { endSeconds, held: undefined });
}

/** Growing playlists are read again while something of them is missing. */
function reloadDue(draft: Draft): void {
  if (draft.nowMs < draft.state.reloadAtMs) return;
  draft.state = { ...draft.state, reloadAtMs: Number.POSITIVE_INFINITY };
  for (const track of ['main', 'audio'] as const) {
    const { level } = draft.state;
    const playlist = draft.state.playlists.get(renditionKey(track, level));
    if (playlist !== undefined && !playlist.isEnded && !isAsked(draft.state, 'playlist', track))
      ask(draft, { what: 'playlist', track, level });
  }
}

function abandonIfSlow(draft: Draft): void {
  const { state, nowMs } = draft;
  const running = state.asks.find(({ wanted }) => wanted.what === 'segment' && wanted.track === 'main');
  if (running === undefined || running.wanted.what !== 'segment' || state.startupMs === undefined) return;
  const progress = draft.progressOf(running.id);
  const { level, index } = running.wanted;
  const durationSeconds =
    state.playlists.get(renditionKey('main', level))?.segments[index]?.durationSeconds ?? 0;
  const view = levelViewOf(state, nowMs);
  const found = abandonFor(view, {
    level,
    durationSeconds,
    loadingMs: nowMs - running.atMs,
    firstByteMs: progress?.firstByteAtMs === undefined ? undefined : progress.firstByteAtMs - running.atMs,
    loadedBytes: progress?.loadedBytes ?? 0,
    totalBytes: progress?.totalBytes ?? 0,
  });
  if (found === undefined) {
    const from = running.atMs + watchedAfterMs(view, durationSeconds);
    draft.state = { ...state, abandonCheckAtMs: Math.max(from, nowMs + TICK_MS) };
    return;
  }
  forget(draft, running.id);
  draft.effects.push({ type: 'abort', id: running.id });
  draft.state = {
    ...draft.state,
    estimate: found.estimate,
    forcedLevel: found.level,
    abandonCheckAtMs: Number.POSITIVE_INFINITY,
  };
}

function loadMain(draft: Draft): void {
  const { state, nowMs } = draft;
  if (state.main.isComplete || state.main.held !== undefined) return;
  if (isAsked(state, 'segment', 'main') || isAsked(state, 'playlist', 'main')) return;
  const level = state.forcedLevel ?? nextLevel(levelViewOf(state, nowMs));
  draft.state = { ...state, level };
  loadNext(draft, 'main', level);
}

function loadAudio(draft: Draft): void {
  const { state } = draft;
  if (state.audio === undefined || state.audio.isComplete || state.audio.held !== undefined) return;
  if (isAsked(state, 'segment', 'audio') || isAsked(state, 'playlist', 'audio')) return;
  loadNext(draft, 'audio', 0);
}

function loadNext(draft: Draft, track: TrackName, level: number): void {
  const { state, nowMs } = draft;
  const key = renditionKey(track, level);
  const playlist = state.playlists.get(key);
  if (playlist === undefined) {
    ask(draft, { what: 'playlist', track, level });
    return;
  }
  const endSeconds = trackOf(state, track)?.endSeconds ?? 0;
  if (endSeconds - positionSeconds(state, nowMs) >= bufferSecondsMax(state)) return;
  const index = playlist.segments.findIndex(
    (segment) => segment.startSeconds + segment.durationSeconds > endSeconds + SEAM_SECONDS,
  );
  const segment = playlist.segments[index];
  if (segment === undefined) {
    if (playlist.isEnded) changeTrack(draft, track, { isComplete: true });
    return;
  }
  if (track === 'audio' && segment.startSeconds > mainLoadingEndSeconds(state)) return;
  const hasInit = playlist.initUri === undefined || state.inits.has(key);
  const isInitAsked = state.asks.some(
    ({ wanted }) => wanted.what === 'init' && renditionKey(wanted.track, wanted.level) === key,
  );
  if (!hasInit && !isInitAsked) ask(draft, { what: 'init', track, level });
  ask(draft, { what: 'segment', track, level, index });
}

/** End of the video segment under way; infinity when there is none, since audio then need not wait. */
function mainLoadingEndSeconds(state: PlaybackState): number {
  for (const { wanted } of state.asks) {
    if (wanted.what !== 'segment' || wanted.track !== 'main') continue;
    const segment = state.playlists.get(renditionKey('main', wanted.level))?.segments[wanted.index];
    if (segment !== undefined) return segment.startSeconds + segment.durationSeconds;
  }
  return Number.POSITIVE_INFINITY;
}

function wakeAtMs({ state, nowMs }: Draft): number {
  if (state.condition === 'ended') return Number.POSITIVE_INFINITY;
  let at = Math.min(state.reloadAtMs, state.abandonCheckAtMs);
  for (const { retryAtMs } of state.asks) at = Math.min(at, retryAtMs);
  if (state.condition !== 'playing') return at;
  at = Math.min(at, state.anchorAtMs + (playableEndSeconds(state) - state.anchorSeconds) * 1_000);
  // The next moment at which a full buffer has room.
  for (const track of ['main', 'audio'] as const) {
    const own = trackOf(state, track);
    if (own === undefined || own.isComplete || isAsked(state, 'segment', track)) continue;
    const surplusSeconds = own.endSeconds - positionSeconds(state, nowMs) - bufferSecondsMax(state);
    at = Math.min(at, nowMs + Math.max(TICK_MS, surplusSeconds * 1_000 + 1));
  }
  return at;
}
