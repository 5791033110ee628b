// Limits of objectives, each with its reason (law 8).

/** Documents: a round over twice as many budgets is below a second. */
export const SLOS_MAX = 6_000;
/** Documents of one request. */
export const DOCUMENTS_MAX = 500;
/** YAML aliases of one request: a few are honest, thousands are a bomb. */
export const ALIASES_MAX = 100;
/** Ledgers that are written down in one round: some 10 kB each, so that thousands of budgets cost a steady trickle. */
export const LEDGERS_PER_SAVE = 20;
/** A budget is written down this often; what came since is told again from the rollups after a restart. */
export const SAVE_EVERY_MS = 300_000;
/** Points further in the future than this come from a clock that is wrong, and would move every window. */
export const FUTURE_MS_MAX = 30_000;
/** How far rollups of 5 s are read back at the start, when control was away. */
export const RECALL_MS_MAX = 24 * 3_600_000;
/** So much of one series is read at once: telemetry answers 60 steps of some 3,000 sets of labels. */
export const RECALL_PIECE_MS = 300_000;
