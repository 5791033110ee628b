// Limits and rhythms of telemetry in control, each with its reason.

/** A slice that begins so much later than the database's now comes from a broken clock. */
export const FUTURE_MS_MAX = 30_000;
/** Label sets of one name that are kept: a region, site, kind, object and outcome of a world of 64 regions. */
export const SERIES_PER_NAME_MAX = 5_000;
/** Reports that wait for the database at once: more means that it is behind, and nodes keep theirs. */
export const WAITING_REPORTS_MAX = 2_000;
/** Reports stored in one transaction, so that a long queue does not become one long lock. */
export const REPORTS_PER_BATCH_MAX = 64;
/** A minute is computed so long after its end, when nearly all nodes have told of it. */
export const FOLD_AFTER_MS = 15_000;
/** Minutes and hours computed in one round, so that an hour of late reports does not take the loop for long. */
export const FOLDS_PER_ROUND_MAX = 30;
/** Rhythm of folding. */
export const FOLD_EVERY_MS = 5_000;
/** Steps kept of one viewing: ten minutes of a player that tells of one a second. */
export const VIEWING_STEPS_KEPT = 600;
/** Points that one question may be answered with. */
export const POINTS_MAX = 20_000;
/** Processes of nodes that were not heard of for so long are forgotten; no report is taken that is so old. */
export const BOOTS_KEPT_MS = 7 * 86_400_000;
/** Viewings removed in one statement. */
export const VIEWINGS_PER_REMOVAL = 5_000;
