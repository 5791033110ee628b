// Limits of runbooks in control, each with its reason.

/** Definitions that people may keep beside the shipped ones: a list that a person can know. */
export const RUNBOOKS_MAX = 200;
/** Runs that have not ended: more procedures at once than any crew can watch. */
export const RUNS_ACTIVE_MAX = 50;
/** Steps of one run's machine in one round; what is left goes on with the next, so that no run holds up the others. */
export const ROUNDS_MAX = 50;
/** The rate guard counts runs of this time. */
export const RATE_WINDOW_MS = 3_600_000;
/** A look at conditions that takes longer than this counts as without data: one slow source must not stop a run. */
export const LOOK_MS_MAX = 3_000;
/** How long after its end a run tries to tell others: a restart of everything takes less. */
export const TELL_MS_MAX = 3_600_000;
/** Orders as old as this are of no interest to a run: a step waits for a day at most. */
export const ORDERS_SEEN_MS = 86_400_000;
/** Durations of earlier runs that a step is compared with. */
export const HISTORY_MAX = 200;
/** Runs that ended so long ago are removed: a quarter, after which incidents have been written up. */
export const RUNS_KEPT_MS = 90 * 86_400_000;
/** Versions of a runbook that are shown: more changes than anybody looks back through. */
export const VERSIONS_SHOWN_MAX = 50;
