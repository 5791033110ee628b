// How many failures a job may have, its chunks' included.

import { DEFAULT_BACKOFF } from '#core/retry/backoff.ts';

/** A chunk that has failed so often in three different leases will not succeed in a fourth. */
export const CHUNK_FAILURES_MAX = 3;
/** Long videos meet more of the world's accidents on their way: one failure more for so many chunks. */
const CHUNKS_PER_FAILURE = 32;

/** With so many failures a job is given up; `chunkCount` is 0 of one that is not shared. */
export function failuresMaxOf(chunkCount: number): number {
  return DEFAULT_BACKOFF.attemptsMax + Math.floor(chunkCount / CHUNKS_PER_FAILURE);
}
