// What one live playback consists of. Positions are milliseconds of the clock, as the dates of the playlists say.

import type { BandwidthEstimate } from './bandwidth-estimate.ts';
import type { Stall, TrackName } from './playback-state.ts';
import type { Presentation } from './presentation.ts';
import type { LivePiece, LivePlaylist } from './read-live-playlist.ts';

export type LiveWanted =
  | {
      readonly what: 'playlist';
      readonly track: TrackName;
      readonly level: number;
      readonly query: string | undefined;
    }
  | {
      readonly what: 'init';
      readonly track: TrackName;
      readonly level: number;
      readonly uri: string;
      readonly key: string;
    }
  | { readonly what: 'piece'; readonly track: TrackName; readonly level: number; readonly piece: LivePiece };

export type LiveAsk = {
  readonly id: number;
  readonly wanted: LiveWanted;
  readonly bufferedMs: number;
  readonly tries: number;
  /** When the request is made again; infinity while it runs. */
  readonly retryAtMs: number;
};

export type LiveTrack = {
  readonly level: number;
  /** The newest; undefined before the first, and after a change of level. */
  readonly playlist: LivePlaylist | undefined;
  readonly updatedAtMs: number;
  /** What is loaded next; a place of `startMs` when nothing was loaded before it. */
  readonly next: { readonly segment: number; readonly part: number; readonly startMs?: number } | undefined;
  /** To where everything is loaded; 0 before anything is. */
  readonly endMs: number;
};

export type LivePlayback = {
  readonly presentation: Presentation;
  readonly startedAtMs: number;
  readonly condition: 'starting' | 'playing' | 'stalled' | 'ended';
  /** The playhead at `anchorAtMs`; it moves with the clock, times the rate, while playing. */
  readonly anchorMs: number;
  readonly anchorAtMs: number;
  readonly rate: number;
  readonly main: LiveTrack;
  readonly audio: LiveTrack | undefined;
  readonly inits: ReadonlySet<string>;
  readonly asks: readonly LiveAsk[];
  readonly nextId: number;
  readonly estimate: BandwidthEstimate;
  readonly lastLevel: number | undefined;
  readonly startupMs: number | undefined;
  readonly stalls: readonly Stall[];
  readonly stalling: Omit<Stall, 'durationMs'> | undefined;
  /** Stalls since the presentation was started: each sets the viewer a little farther behind the edge. */
  readonly setbacks: number;
  /** Times that the playhead was put back to the hold-back. */
  readonly jumps: number;
  readonly levelSwitches: number;
  readonly loadedSeconds: number;
  readonly loadedBits: number;
};
