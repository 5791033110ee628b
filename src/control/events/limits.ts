// Limits of events and webhooks, each with its reason (law 8).

/** Webhooks of one project: each of its events is written once per webhook, in the transaction of the change. */
export const WEBHOOKS_PER_PROJECT_MAX = 50;
/** Webhooks in all: each round looks at every one of them. */
export const WEBHOOKS_MAX = 1_000;

/** A receiver that needs longer should take the event and work later; a slow one must not fill our slots. */
export const ANSWER_MS_MAX = 10_000;
/** How long the body of an answer is read, once its status has decided the outcome. */
export const ANSWER_BODY_MS_MAX = 1_000;
/** What is kept of an answer: enough to read an error, too little to fill the database. */
export const ANSWER_BYTES_KEPT = 512;
/** Attempts in flight at one webhook: enough for hundreds of events per second, few enough for a small receiver. */
export const SLOTS_PER_WEBHOOK = 10;
/** Attempts in flight in all, about 50 kB each; past it every webhook still has one. */
export const SLOTS_MAX = 100;
/** Due deliveries looked at in one claim: most are heads of their lanes, the others are put aside for good. */
export const CLAIM_CANDIDATES_MAX = 200;
/** Claims at one webhook before the next one has its turn. */
export const CLAIMS_PER_TURN = 4;
/** An attempt ends within 12 s; a claim that is this old was never recorded. */
export const CLAIM_MS = 30_000;
/** How soon a new event is seen; one cheap query, so that a quiet system costs nothing. */
export const POLL_MS = 400;
/** Claims of a lost leader are looked for this often. */
export const SWEEP_MS = 5_000;
/** How long stopping waits for attempts in flight; what is cut off is repeated by the next leader. */
export const STOP_MS_MAX = 1_500;

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
