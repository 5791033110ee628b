// Limits of an origin, each with its reason (law 8).

/** Records remembered in memory: about 1 kB each. */
export const RECORDS_MAX = 20_000;
/** How long a record is believed without looking: another node of the region may have written a newer one. */
export const RECORD_MS = 2_000;
/** A record of ours is below 4 kB, and 16 kB more with 64 caption tracks; names are bounded, and so are regions. */
export const RECORD_BYTES_MAX = 64 << 10;
/** A document of a day of video with ten renditions stays below this. */
export const DOCUMENT_BYTES_MAX = 8 << 20;
/** Records applied at once: enough to hide the time of an fsync, few enough to leave the disk to media. */
export const APPLY_PARALLEL = 8;
/** Pages of changed records read in one beat, so that catching up after a long absence lets other work through. */
export const PAGES_PER_BEAT = 20;
/** Control answers a page from an index; a longer silence means that it is away. */
export const FEED_TIMEOUT_MS = 5_000;
/** Beat for the time before the first snapshot names one. */
export const BEAT_MS_DEFAULT = 2_000;
