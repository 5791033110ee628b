// Limits of the control plane, each with its reason (law 8).

/** How often nodes report. Part of the snapshot's policies. */
export const BEAT_MS = 2_000;
/** A node is dead after this many missed beats: fast enough for people, slow enough for a stalled event loop. */
export const MISSED_BEATS_MAX = 3;
export const DEAD_AFTER_MS = MISSED_BEATS_MAX * BEAT_MS;

/** The publisher refreshes the snapshot at least this often, so that its age tells whether control is there. */
export const PUBLISH_MS_MAX = 10_000;
/** A stage of a wave that nobody refused is left after five beats, so that one silent node cannot stop the world. */
export const STAGE_MS_MAX = 5 * BEAT_MS;
/** First start: while sites are still joining, everybody gets the newest; a site that never comes must not hold that open. */
export const BOOTSTRAP_MS_MAX = 60_000;

/**
 * New keys are used only after they can have reached every node: three stages of two beats (offered in one,
 * confirmed in the next) and two beats more.
 */
export const KEY_LEAD_MS = 8 * BEAT_MS;
/** Tokens live at most seven days, so a key that stopped signing is still needed for that long. */
export const TOKEN_TTL_MS_MAX = 7 * 86_400_000;
/** Signing keys live 90 days and are replaced after 60, so that the overlap exceeds the longest token. */
export const KEY_LIFE_MS = 90 * 86_400_000;
export const KEY_ROTATE_AFTER_MS = 60 * 86_400_000;
/** Keys in the snapshot: about 250 bytes each, a quarter of its size. */
export const KEYS_MAX = 1_000;
/** Keys of one project and use: enough for a rotation with overlap. */
export const KEYS_PER_PROJECT_MAX = 8;
/** Revocations in the snapshot: about 90 bytes each, a third of its size. */
export const REVOCATIONS_MAX = 4_000;
export const PROJECTS_MAX = 10_000;
export const API_TOKENS_MAX = 10_000;

/** A lease outlives three missed heartbeats of 3 s, so that an encoder's death is noticed within ten seconds. */
export const LEASE_MS = 10_000;
/** Ready jobs looked at in one round of placement; the rest is older-first next. */
export const PLACEMENT_JOBS_MAX = 200;
/** Claims held open at once: one or two per encoder of a large fleet. */
export const CLAIMS_MAX = 5_000;
/** On a reboot, leases younger than this may already belong to the new process. */
export const REBOOT_LEASE_AGE_MS_MIN = 5_000;

/** Console sessions end after a working day. */
export const SESSION_MS = 12 * 3_600_000;
/** Sessions of one token: the oldest is dropped, so that a script that logs in for ever fills nothing. */
export const SESSIONS_PER_TOKEN_MAX = 50;
/** An attempt to sign in through a provider, from the button to its answer: a second factor takes minutes. */
export const SIGN_IN_ATTEMPT_MS = 600_000;
/** Attempts kept at once, about a kilobyte each; a flood of them drops the oldest. */
export const SIGN_IN_ATTEMPTS_MAX = 1_000;
/** Groups of a person that are kept: more than a mapping has of one person. */
export const GROUPS_MAX = 100;
/** Failed logins per address and minute: more than people mistype, far too few to guess 256 bits. */
export const LOGIN_FAILURES_MAX = 10;
export const LOGIN_WINDOW_MS = 60_000;
/** Addresses remembered by the rate limit, about 100 bytes each. */
export const LOGIN_ADDRESSES_MAX = 10_000;
/** The time of last use is a courtesy; once a minute spares a write per request. */
export const LAST_USED_EVERY_MS = 60_000;

/** Egress history for the world view. */
export const TRAFFIC_STEP_MS = 5_000;
export const TRAFFIC_HISTORY_MS = 600_000;
/** Rates are taken over at least this much, so that one beat's jitter does not show. */
export const RATE_WINDOW_MS = 10_000;

/** A database that does not answer a ping by then counts as away; requests are refused at once from then on. */
export const DATABASE_PING_MS_MAX = 2_000;
export const DATABASE_PING_EVERY_MS = 1_000;
/** How long a start waits for another control to give up its lead: a restart leaves the old session for moments. */
export const LEAD_WAIT_MS_MAX = 10_000;

/** A join token on disk waits for a supervisor that may start much later. */
export const LOCAL_JOIN_TOKEN_MS = 86_400_000;
