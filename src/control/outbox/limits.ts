// Limits of whatever is sent to other systems, each with its reason (law 8).

/** A receiver that needs longer should take the event and work later; a slow one must not fill our slots. */
export const ANSWER_MS_MAX = 10_000;
/** How long the body of an answer is read, once its status has decided the outcome. */
export const ANSWER_BODY_MS_MAX = 1_000;
/** What is kept of an answer: enough to read an error, too little to fill the database. */
export const ANSWER_BYTES_KEPT = 512;
/** Attempts in flight at one receiver: enough for hundreds of events per second, few enough for a small receiver. */
export const SLOTS_PER_TARGET = 10;
/** Attempts in flight in all, about 50 kB each; past it every receiver still has one. */
export const SLOTS_MAX = 100;
/** Claims for one receiver before the next one has its turn. */
export const CLAIMS_PER_TURN = 4;
/** An attempt ends within 12 s; a claim that is this old was never recorded. */
export const CLAIM_MS = 30_000;
/** How soon something new is seen; one cheap query, so that a quiet system costs nothing. */
export const POLL_MS = 400;
/** Claims of a lost leader are looked for this often. */
export const SWEEP_MS = 5_000;
/** How long stopping waits for attempts in flight; what is cut off is repeated by the next leader. */
export const STOP_MS_MAX = 1_500;
