// Whether control answers. One place knows, so that every page greys its data at the same moment
// and the banner can say since when.

import { createStore } from './ui/store.ts';

/** When control stopped answering (local clock), or null while it answers. */
export const unreachableSinceMs = createStore<number | null>(null);

/** One lost request says little; a second in a row is an outage. */
const MISSES_BEFORE_BANNER = 2;

let misses = 0;
let firstMissAtMs = 0;

/** Notes that control answered, whatever it said. */
export function noteAnswered(): void {
  misses = 0;
  unreachableSinceMs.set(null);
}

/** Notes that control did not answer. */
export function noteMissed(): void {
  if (misses === 0) firstMissAtMs = Date.now();
  misses += 1;
  if (misses >= MISSES_BEFORE_BANNER && unreachableSinceMs.get() === null)
    unreachableSinceMs.set(firstMissAtMs);
}
