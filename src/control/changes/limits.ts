// Limits of the store of changes, each with its reason.

/** Changes are kept for as long as the longest SLO period and the postmortems that look back on it. */
export const CHANGES_KEPT_MS = 90 * 86_400_000;
/** A change that somebody tells of may be so old; older ones explain nothing any more. */
export const TOLD_AGE_MS_MAX = 7 * 86_400_000;
/** How many changes are ranked for one moment: a busy two hours of a large fleet. */
export const RANKED_MAX = 2_000;
/** Rows that one page may be folded from: an hour of a fleet that never comes to rest is some six hundred plans. */
export const FOLDED_ROWS_MAX = 5_000;
/** Changed keys of a configuration that are told of one by one. */
export const CONFIG_KEYS_MAX = 50;
