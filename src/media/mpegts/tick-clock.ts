// Times of a transport stream count 90 kHz in 33 bits and wrap after 26.5 hours; publishers' times in a feed count
// milliseconds in 32 bits. Both wrap where the other does not, so they are counted without a wrap in between.

export interface TickClock {
  /** The same time without wraps: the nearest to the one before. */
  unwrap(ticks: number): number;
}

const TICKS_PER_MS = 90;
const WRAP = 2 ** 33;

/** Creates the clock of one stream; all its tracks share it. */
export function createTickClock(): TickClock {
  let last: number | undefined;
  return {
    unwrap(ticks) {
      last = last === undefined ? ticks : last + nearestDifference(ticks - last);
      return last;
    },
  };
}

/** Of two times that may lie on different sides of a wrap. */
export function nearestDifference(ticks: number): number {
  const difference = ((ticks % WRAP) + WRAP) % WRAP;
  return difference >= WRAP / 2 ? difference - WRAP : difference;
}

/** Whole milliseconds, 32 bits. */
export function timestampOf(ticks: number): number {
  return Math.round(ticks / TICKS_PER_MS) >>> 0;
}
