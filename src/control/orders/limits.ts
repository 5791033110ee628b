// Limits of orders in control, each with its reason.

/** A purge is listed this long, so that an edge that was away still carries it out: longer than any repair takes. */
export const PURGE_LISTED_MS = 86_400_000;
/** A restart that has not happened by then will not: the node is away, and its order must not wait for its return. */
export const RESTART_MS_MAX = 600_000;
/** Orders are of interest for as long as runs of runbooks. */
export const ORDERS_KEPT_MS = 90 * 86_400_000;
/** Reports that wait for the database: every node's, of every order that can be published. */
export const REPORTS_WAITING_MAX = 100_000;
