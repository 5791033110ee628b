// Limits of on-call in control, each with its reason.

/** How often pages that are due are looked for: a second matters to nobody who sleeps. */
export const ONCALL_TICK_MS = 1_000;
/** Escalations taken forward in one tick; the rest comes a second later. */
export const DUE_MAX = 200;
/** Entries of the outbox that one tick works on. */
export const ENTRIES_MAX = 200;
/** A hand-over that failed is tried again after a second, then twice as long, up to this. */
export const ATTEMPT_DELAY_MS_MAX = 60_000;
/** Attempts at handing one entry on: about an hour and a half; by then the policy has long gone on to others. */
export const ATTEMPTS_MAX = 100;
/** A notifier that does not take a page by then has failed; others wait behind it. */
export const SEND_MS_MAX = 10_000;
/** Within a minute nobody can want the next step; a call is repeated after seconds. */
export const REPEATED_START_MS = 60_000;
/** Shifts of one answer: a year of five busy schedules, some 4 MB. */
export const SHIFTS_MAX = 20_000;
/** Open escalations: more at once than any team can read. */
export const ESCALATIONS_OPEN_MAX = 1_000;
/** Overrides that run or come; each is looked at for every shift. */
export const OVERRIDES_MAX = 500;
/** Overrides look no further ahead than people plan. */
export const OVERRIDE_MS_MAX = 400 * 86_400_000;
/** Overrides that are over are kept for the fairness report of a year. */
export const OVERRIDES_KEPT_MS = 400 * 86_400_000;
/** Escalations that are over are kept as long as incidents are talked about. */
export const ESCALATIONS_KEPT_MS = 400 * 86_400_000;
/** Versions of the rota that are kept: a change a day for over two years. */
export const VERSIONS_MAX = 1_000;
export const FEEDS_MAX = 2_000;
/** Calendars ask for what was and what comes: a month back, half a year ahead. */
export const FEED_PAST_MS = 31 * 86_400_000;
export const FEED_AHEAD_MS = 183 * 86_400_000;
/** How far the end of a shift and the next one are looked for. */
export const LOOK_AHEAD_MS = 35 * 86_400_000;
