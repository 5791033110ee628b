// Limits of imports in the control plane, each with its reason (law 8).

/** Imports of addresses that may wait or run at once, of all projects: each is a row, and people look at the list. */
export const IMPORTS_OPEN_MAX = 10_000;
/** Objects that one bucket import may bring: a week of fetching; a larger bucket is imported by prefixes. */
export const IMPORT_OBJECTS_MAX = 100_000;
/** A claim that waits looks again at least this often, whatever it was told. */
export const IMPORT_LOOK_MS_MAX = 5_000;
/** Lost leases that are taken back in one round; the rest follow a second later. */
export const IMPORT_REAP_MAX = 200;
