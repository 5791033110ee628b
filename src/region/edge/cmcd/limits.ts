// Limits of what players may tell an edge, each with its reason.

/** One body: a hundred events of the longest kind, some minutes of a player that could not send. */
export const CMCD_BODY_BYTES_MAX = 256 * 1_024;
/** Events of one body, as many as a player keeps back. */
export const CMCD_EVENTS_MAX = 500;
/** Viewings known at once by one process: what 10 Gbit/s carry, at some 10 kB each. */
export const VIEWINGS_MAX = 10_000;
/** A viewing that nothing was heard of for so long is over: players tell of themselves every ten seconds. */
export const VIEWING_SILENCE_MS = 90_000;
/** Events that happened longer ago are of no use for what happens now. */
export const CMCD_AGE_MS_MAX = 240_000;
/** Requests with CMCD in their address that are looked at between two sweeps (a second): a sample of a busy edge. */
export const CMCD_REQUESTS_SAMPLED = 200;
