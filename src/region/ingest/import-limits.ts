// Limits of fetching imports, each with its reason (law 8).

/** More redirects than this are a loop or a chain of trackers. */
export const REDIRECTS_MAX = 5;
/** Until the headers of an answer: a connection over a long way, TLS, and a server that wakes a cold file. */
export const ANSWER_HEADERS_MS_MAX = 30_000;
/** Silence in the middle of a body: past this, a new request is worth more than patience. */
export const BODY_SILENCE_MS_MAX = 30_000;
/** One attempt as a whole: 20 GiB at 8 Mbit/s; what is longer goes on with the next attempt. */
export const FETCH_MS_MAX = 6 * 3_600_000;
/** Answers that broke off in a row without a new byte, until control is told. */
export const BREAKS_MAX = 3;
/** First and longest pause before a broken fetch goes on. */
export const BREAK_PAUSE_MS_MIN = 500;
export const BREAK_PAUSE_MS_MAX = 8_000;
/** Several heartbeats fit into a lease of 10 s, so that one lost on the way ends nothing. */
export const IMPORT_HEARTBEAT_MS = 2_000;
/** Control answers a heartbeat from one row; longer means that it is away. */
export const CONTROL_ANSWER_MS_MAX = 5_000;
/** Answers of control hold at most 64 imports of 5 kB each. */
export const CONTROL_ANSWER_BYTES_MAX = 1 << 20;
/** Pauses between claims that did not reach control: doubled from the first to the last. */
export const CLAIM_RETRY_MS_MIN = 500;
export const CLAIM_RETRY_MS_MAX = 10_000;
/** Giving back while stopping must fit into the 2.5 s that a stopping part has. */
export const GIVE_BACK_MS_MAX = 1_500;
/** Largest page that S3 servers return. */
export const LISTING_PAGE_KEYS = 1_000;
/** How long the address of one object is good: an attempt begins at once, and each resumption makes a new one. */
export const OBJECT_ADDRESS_SECONDS = 3_600;
/** Longest until an S3 server answers a page of a listing. */
export const LISTING_MS_MAX = 30_000;
/** Messages for people in failures (the contract's own limit is 2000). */
export const FAILURE_LENGTH_MAX = 1_000;
