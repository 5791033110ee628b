// Limits of the storage domain, each with its reason (law 8).

/** How often repairs are planned, deletions carried out and leases taken back. */
export const STORAGE_TICK_MS = 1_000;
/** Assets looked at in one round besides those of which something has changed: a million take about a quarter of an hour. */
export const ASSETS_PER_ROUND = 1_000;
/** Changed assets planned in one round. */
export const CHANGED_PER_ROUND = 500;
/** Changed assets remembered between rounds; past this the ordinary round finds them. */
export const CHANGED_MAX = 50_000;
/** Open repairs judged again in one round. */
export const OPEN_PER_ROUND = 500;
/** What control was told of before the region has reported it: its next inventory began earlier. */
export const CLAIM_GRACE_MS = 15_000;
/** Copies that never were wait until the first segments of a new video are out. */
export const FIRST_COPY_DELAY_MS = 5_000;
/** Attempts at one copy before it is planned anew. */
export const COPY_ATTEMPTS_MAX = 5;
/** Wait after a failed attempt, times its number. */
export const COPY_RETRY_MS = 2_000;
/** Deletions carried out, and assets that retention deletes, in one round. */
export const DELETIONS_PER_ROUND = 200;
/** Retention counts days; looking once a minute is more than enough. */
export const RETENTION_EVERY_MS = 60_000;
/** Ended repairs, findings and rows of lost copies are shown for a month. */
export const HISTORY_MS = 30 * 86_400_000;
/** Days of egress that are kept: a year and a month. */
export const EGRESS_DAYS_MAX = 400;
