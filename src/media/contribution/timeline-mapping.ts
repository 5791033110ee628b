// Maps a publisher's timestamps onto the timeline of a broadcast. Publishers count milliseconds from wherever they like,
// in 32 bits, and begin again when they reconnect; the timeline is the wall clock's, never goes back, and outlives them.
//
// The first frame of a publisher lies where the clock stands; from then on the publisher's own clock counts, since it
// is smoother than arrival times. What happens otherwise:
//
// - wrap after 49.7 days: unwrapped, nobody notices;
// - jump forward (more than a second further than the clock went) or back (more than half a second): the media goes on
//   where it stood plus the time that passed meanwhile; the other track follows when it jumps too, so that sound and
//   picture stay together;
// - a gap that the clock saw too, because frames were lost or the publisher was held up: stays a gap of that length;
// - smaller steps back: video frames are put a microsecond behind the last one, audio frames are left out;
// - a new publisher within the grace time, with timestamps from 0: placed by the clock, after everything before.
//
// Audio lies on the grid (audio-grid.ts): each frame goes to the place nearest to its timestamp, but the next place is
// kept as long as it is within MARGIN of a frame past that, so that timestamps rounded to milliseconds never alternate
// between two places. An encoder whose samples are not as long as its timestamps say thus loses or misses a frame now
// and then, and never runs away from the picture.

import { type AudioGrid, audioFrameTimeUs, audioGridPosition } from './audio-grid.ts';

export type Track = 'video' | 'audio';

export type MappedFrame =
  | {
      readonly kind: 'frame';
      readonly dtsUs: number;
      readonly ptsOffsetUs: number;
      /** The publisher's timestamps jumped here. */
      readonly jump: 'forward' | 'back' | null;
      /** Audio frames that are missing before this one. */
      readonly gapFrames: number;
    }
  | { readonly kind: 'dropped'; readonly reason: 'repeated' | 'before_anchor' };

export interface TimelineMapping {
  /** A publisher begins: its timestamps have nothing to do with those before. */
  beginSession(): void;
  map(track: Track, timestampMs: number, compositionOffsetMs: number, nowMs: number): MappedFrame;
  /** Where the media ends. */
  lastUs(): number;
  /** How far the media is ahead of the clock; negative when it lags, as media that travelled does. */
  aheadUs(nowMs: number): number;
}

export interface TimelineMappingOptions {
  readonly anchorMs: number;
  /** null: the broadcast has no audio. */
  readonly audioGrid: AudioGrid | null;
}

/** Encoders never step back so far within one run; half a second is what reordering buffers hold. */
const BACK_US = 500_000;
/** A leap that the clock did not make: longer than any burst after a stall, which comes up to the clock, not past it. */
const FORWARD_US = 1_000_000;
/** Sound and picture of one publisher begin within this; further apart they count from different points. */
const START_SPREAD_US = 5_000_000;
/** Shortest step after a jump: about a frame. */
const STEP_US = 10_000;
/** In frames, past the half: timestamps rounded to milliseconds are off by 0.1 frames at 96 kHz. */
const MARGIN = 0.1;

interface TrackState {
  /** What was added to the publisher's time. */
  offsetUs: number | undefined;
  /** Of this session. */
  lastUs: number | undefined;
}

/** Creates the mapping of one broadcast at one ingest. */
export function createTimelineMapping(options: TimelineMappingOptions): TimelineMapping {
  const { anchorMs, audioGrid } = options;
  const tracks: Record<Track, TrackState> = {
    video: { offsetUs: undefined, lastUs: undefined },
    audio: { offsetUs: undefined, lastUs: undefined },
  };
  /** The last timestamp of the session, as it came and without its wraps. */
  let unwrapped: { raw: number; ms: number } | undefined;
  let lastUs = 0;
  let lastVideoUs = -1;
  let lastAudioIndex: number | undefined;
  let lastArrivalMs = 0;
  let hasMedia = false;
  let aheadMaxUs = Number.NEGATIVE_INFINITY;

  const clockUs = (nowMs: number): number => (nowMs - anchorMs) * 1_000;

  function unwrap(timestampMs: number): number {
    const raw = timestampMs >>> 0;
    // The difference in 32 bits with a sign is the nearest one, whichever side of a wrap it lies.
    const ms = unwrapped === undefined ? raw : unwrapped.ms + ((raw - unwrapped.raw) | 0);
    unwrapped = { raw, ms };
    return ms;
  }

  /** Why a time cannot follow what a track has, or undefined when it can. */
  function jumpOf(track: Track, timeUs: number, nowMs: number): 'forward' | 'back' | undefined {
    const last = tracks[track].lastUs;
    if (last === undefined) {
      const other = tracks[track === 'video' ? 'audio' : 'video'].lastUs ?? timeUs;
      if (Math.abs(timeUs - other) <= START_SPREAD_US) return undefined;
      return timeUs > other ? 'forward' : 'back';
    }
    if (timeUs < last - BACK_US) return 'back';
    const isFarAhead = timeUs - clockUs(nowMs) > aheadMaxUs + FORWARD_US;
    return timeUs - last > FORWARD_US && isFarAhead ? 'forward' : undefined;
  }

  /** Finds a time for a timestamp: by the track's own offset, by that of the other track, or by the clock. */
  function place(
    track: Track,
    ms: number,
    nowMs: number,
  ): { timeUs: number; jump: 'forward' | 'back' | null } {
    const state = tracks[track];
    const other = tracks[track === 'video' ? 'audio' : 'video'];
    let jump: 'forward' | 'back' | undefined;
    for (const offsetUs of [state.offsetUs, other.offsetUs]) {
      if (offsetUs === undefined) continue;
      const found = jumpOf(track, ms * 1_000 + offsetUs, nowMs);
      if (found === undefined) {
        const isNew = state.offsetUs !== undefined && state.offsetUs !== offsetUs;
        state.offsetUs = offsetUs;
        return { timeUs: ms * 1_000 + offsetUs, jump: isNew ? (jump ?? null) : null };
      }
      jump ??= found;
    }
    const isFirst = state.offsetUs === undefined && other.offsetUs === undefined;
    const standsUs = isFirst ? clockUs(nowMs) : lastUs + (nowMs - lastArrivalMs) * 1_000;
    const timeUs = hasMedia ? Math.max(standsUs, lastUs + STEP_US) : Math.max(0, standsUs);
    state.offsetUs = timeUs - ms * 1_000;
    return { timeUs, jump: isFirst ? null : (jump ?? null) };
  }

  function note(track: Track, timeUs: number, dtsUs: number, nowMs: number): void {
    tracks[track].lastUs = timeUs;
    lastUs = Math.max(lastUs, dtsUs);
    lastArrivalMs = nowMs;
    hasMedia = true;
    aheadMaxUs = Math.max(aheadMaxUs, timeUs - clockUs(nowMs));
  }

  function mapVideo(
    timeUs: number,
    compositionOffsetMs: number,
    jump: 'forward' | 'back' | null,
  ): MappedFrame {
    const dtsUs = Math.max(timeUs, lastVideoUs + 1);
    lastVideoUs = dtsUs;
    const ptsOffsetUs = Math.max(0, timeUs + compositionOffsetMs * 1_000 - dtsUs);
    return { kind: 'frame', dtsUs, ptsOffsetUs, jump, gapFrames: 0 };
  }

  function mapAudio(timeUs: number, jump: 'forward' | 'back' | null): MappedFrame {
    if (audioGrid === null) return { kind: 'dropped', reason: 'repeated' };
    const position = audioGridPosition(audioGrid, timeUs);
    const next = lastAudioIndex === undefined ? undefined : lastAudioIndex + 1;
    const isNext = next !== undefined && Math.abs(position - next) <= 0.5 + MARGIN;
    const index = isNext ? next : Math.round(position);
    if (lastAudioIndex !== undefined && index <= lastAudioIndex)
      return { kind: 'dropped', reason: 'repeated' };
    lastAudioIndex = index;
    const gapFrames = next === undefined ? 0 : index - next;
    return { kind: 'frame', dtsUs: audioFrameTimeUs(audioGrid, index), ptsOffsetUs: 0, jump, gapFrames };
  }

  return {
    beginSession() {
      for (const state of Object.values(tracks)) {
        state.offsetUs = undefined;
        state.lastUs = undefined;
      }
      unwrapped = undefined;
      aheadMaxUs = Number.NEGATIVE_INFINITY;
    },
    map(track, timestampMs, compositionOffsetMs, nowMs) {
      const { timeUs, jump } = place(track, unwrap(timestampMs), nowMs);
      if (timeUs < 0) return { kind: 'dropped', reason: 'before_anchor' };
      const mapped = track === 'video' ? mapVideo(timeUs, compositionOffsetMs, jump) : mapAudio(timeUs, jump);
      note(track, timeUs, mapped.kind === 'frame' ? mapped.dtsUs : lastUs, nowMs);
      return mapped;
    },
    lastUs: () => lastUs,
    aheadUs: (nowMs) => lastUs - clockUs(nowMs),
  };
}
