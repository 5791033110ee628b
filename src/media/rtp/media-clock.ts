// Brings the RTP timestamps of a sender's two tracks onto one line of milliseconds. Each track counts from a random
// number in a clock of its own (RFC 3550, 5.1); what they have in common are the sender reports, which name a wall
// clock time and the timestamp that belongs to it (6.4.1).
//
// Until both tracks have sent one - browsers take some seconds - the arrival of the first packets stands in for them,
// which is right within some tens of milliseconds. Then the sound is moved to where the reports say; the picture stays,
// since it is what everything else is placed by. Clocks that run apart are followed, report by report.
//
// Limits: reports that would move the sound by more than SHIFT_MS_MAX are not believed.

export const VIDEO_CLOCK_HZ = 90_000;
export const AUDIO_CLOCK_HZ = 48_000;

export type RtpTrack = 'video' | 'audio';

export interface MediaClock {
  /** When a packet's media was taken, in milliseconds since `START_MS` before the first packet of either track. */
  timeMs(track: RtpTrack, timestamp: number, arrivedAtMs: number): number;
  /** A sender report: `senderMs` is its wall clock, from wherever it counts. */
  report(track: RtpTrack, senderMs: number, timestamp: number): void;
  /** How far the sound was moved by reports; null before both tracks have sent one. */
  shiftMs(): number | null;
}

/** Where the line begins: late enough for what lies before the first packet, as the priming of an audio encoder. */
export const START_MS = 10_000;
/** Sender clocks do not step within a session; a second is more than any sender buffers. */
export const SHIFT_MS_MAX = 1_000;

interface TrackState {
  readonly ticksPerMs: number;
  /** Timestamp without its wraps. */
  last: number | undefined;
  /** Milliseconds of the line at timestamp 0. */
  baseMs: number;
  report: { readonly senderMs: number; readonly ticks: number } | undefined;
}

/** Creates the clock of one session. */
export function createMediaClock(): MediaClock {
  const track = (hertz: number): TrackState => ({
    ticksPerMs: hertz / 1_000,
    last: undefined,
    baseMs: 0,
    report: undefined,
  });
  const tracks: Record<RtpTrack, TrackState> = { video: track(VIDEO_CLOCK_HZ), audio: track(AUDIO_CLOCK_HZ) };
  let firstArrivalMs: number | undefined;
  let shiftMs: number | null = null;

  function unwrap(state: TrackState, timestamp: number): number {
    const raw = timestamp >>> 0;
    // The difference in 32 bits with a sign is the nearest one, whichever side of a wrap it lies.
    return state.last === undefined ? raw : state.last + ((raw - state.last) | 0);
  }

  /** Moves the sound to where the last reports of both tracks say. */
  function align(): void {
    const { video, audio } = tracks;
    if (video.report === undefined || audio.report === undefined) return;
    const videoMs = video.baseMs + video.report.ticks / video.ticksPerMs;
    const wantedMs = videoMs + audio.report.senderMs - video.report.senderMs;
    const correctionMs = wantedMs - (audio.baseMs + audio.report.ticks / audio.ticksPerMs);
    if (!(Math.abs((shiftMs ?? 0) + correctionMs) <= SHIFT_MS_MAX)) return;
    audio.baseMs += correctionMs;
    shiftMs = (shiftMs ?? 0) + correctionMs;
  }

  return {
    timeMs(name, timestamp, arrivedAtMs) {
      const state = tracks[name];
      firstArrivalMs ??= arrivedAtMs;
      const ticks = unwrap(state, timestamp);
      if (state.last === undefined)
        state.baseMs = START_MS + arrivedAtMs - firstArrivalMs - ticks / state.ticksPerMs;
      state.last = ticks;
      return state.baseMs + ticks / state.ticksPerMs;
    },
    report(name, senderMs, timestamp) {
      const state = tracks[name];
      // A report before the first packet says nothing yet that could be placed.
      if (state.last === undefined) return;
      state.report = { senderMs, ticks: unwrap(state, timestamp) };
      align();
    },
    shiftMs: () => shiftMs,
  };
}
