// What a reader of playlists found wrong while reading. Readers never throw on text: they say what is wrong and where,
// read on, and leave the judgement (which clause, how bad) to whoever asked.

export type PlaylistProblemCode =
  | 'encoding'
  | 'first-line'
  | 'line'
  | 'uri'
  | 'attribute-list'
  | 'attribute-repeated'
  | 'attribute-type'
  | 'attribute-value'
  | 'attribute-missing'
  | 'tag-unknown'
  | 'tag-repeated'
  | 'tag-value'
  | 'tag-late'
  | 'mixed'
  | 'variable'
  | 'extinf-missing'
  | 'stream-inf-uri'
  | 'byterange'
  | 'too-large';

export interface PlaylistProblem {
  readonly code: PlaylistProblemCode;
  /** Counted from 1. */
  readonly line: number;
  readonly detail: string;
  /** The tag it is about; empty for a line that is none. */
  readonly tag: string;
}
