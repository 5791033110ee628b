// The timers of whoever runs viewers: those of the process, or of a model in which time passes only when nobody has
// anything to do.

export type Timers = {
  /** Runs something later, once; the function returned forgets it. */
  after(milliseconds: number, run: () => void): () => void;
};

/** The process's own. */
export const PROCESS_TIMERS: Timers = {
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
