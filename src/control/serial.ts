// Runs of one task, one after another. A run that is asked for begins after the ask, so that it sees what was committed
// before; without that, a slow earlier read could put back what a change has just replaced.

/** Makes a task that never overlaps itself; each call gets the outcome of a run that began after it. */
export function inTurn(task: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.then(task, task);
    return last;
  };
}
