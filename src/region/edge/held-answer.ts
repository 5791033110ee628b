// An answer that many wait for and all get alike, made once.

import type { CachedObject } from './cached-object.ts';

/** Head and body as one piece, or an object that is sent like any hit. */
export type WholeAnswer = Buffer | CachedObject;

export interface HeldAnswer {
  /** Calls one of the two back once, later, unless the returned function was called before. */
  take(onAnswer: (answer: WholeAnswer) => void, onProblem: (error: unknown) => void): () => void;
}
