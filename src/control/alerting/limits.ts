// Limits of alerts, each with its reason (law 8).

/** How often everything is judged: as often as telemetry brings slices. */
export const ROUND_MS = 5_000;
/** A round that comes this late was away: silence meanwhile says nothing about nodes. */
export const ROUND_LATE_MS = 15_000;
/** What a sender has not repeated or resolved for so long is forgotten; Alertmanager repeats every few hours. */
export const SENDER_EXPIRY_MS = 7 * 86_400_000;
/** Rows of one write: one statement stays below a megabyte. */
export const CHANGES_PER_WRITE = 200;
/** Rules: each looks at every point of its series. */
export const RULES_MAX = 200;
/** Silences in force or planned: each is matched against every alert that fires. */
export const SILENCES_MAX = 500;
/** Systems that send alerts. */
export const SENDERS_MAX = 100;
/** Ended alerts are kept for a quarter: as long as somebody compares months. */
export const ALERTS_KEPT_MS = 90 * 86_400_000;
