// An answer that many wait for and all get alike: head and body as one piece, made once.

export interface HeldAnswer {
  /** Calls one of the two back once, later, unless the returned function was called before. */
  take(onAnswer: (answer: Buffer) => void, onProblem: (error: unknown) => void): () => void;
}
