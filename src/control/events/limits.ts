// Limits of events and webhooks, each with its reason (law 8).

/** Webhooks of one project: each of its events is written once per webhook, in the transaction of the change. */
export const WEBHOOKS_PER_PROJECT_MAX = 50;
/** Webhooks in all: each round looks at every one of them. */
export const WEBHOOKS_MAX = 1_000;

/** Due deliveries looked at in one claim: most are heads of their lanes, the others are put aside for good. */
export const CLAIM_CANDIDATES_MAX = 200;

/** Events, and deliveries that have ended, are kept for a month: as far back as a replay reaches. */
export const EVENTS_KEPT_MS = 30 * 86_400_000;
/** What waits at a paused webhook is given up after a week; events themselves stay, so a replay still finds them. */
export const PAUSED_KEPT_MS = 7 * 86_400_000;
/** Deliveries that may wait at one webhook, about 300 bytes each; past this the oldest are given up. */
export const WAITING_MAX = 100_000;
/** Events of one replay by time: more are asked for in several spans, so that no transaction is long. */
export const REPLAY_EVENTS_MAX = 10_000;
/** Attempts of one delivery in one answer: several replays of a full day each. */
export const ATTEMPTS_SHOWN_MAX = 200;
/** Counts for people stop here: nobody reads more digits, and counting further would cost. */
export const COUNT_MAX = 10_000;
/** Rows that one statement of housekeeping removes: some tens of milliseconds. */
export const REMOVE_BATCH = 5_000;
/** Statements of one kind in one round of housekeeping: a million rows, then the next round goes on. */
export const REMOVE_BATCHES_MAX = 200;
