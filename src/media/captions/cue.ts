// A caption cue as we keep it, and what reading a file ends in.

export interface CaptionCue {
  readonly startMs: number;
  readonly endMs: number;
  /** Cue settings of WebVTT, only such as we know; empty for the usual place. */
  readonly settings: string;
  /** Cue text of WebVTT, cleaned: known elements, balanced, everything else escaped. */
  readonly text: string;
}

/** Where and why a file is refused; lines count from 1. */
export interface CaptionProblem {
  readonly line: number;
  readonly reason: string;
}

export type CaptionResult =
  | { readonly kind: 'captions'; readonly format: 'webvtt' | 'srt'; readonly cues: readonly CaptionCue[] }
  | ({ readonly kind: 'refused' } & CaptionProblem);
