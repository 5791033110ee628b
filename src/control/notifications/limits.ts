// Limits of notifications, each with its reason (law 8).

/** Channels: each is asked for at every round of the sender. */
export const CHANNELS_MAX = 200;
/** Text of one notification: what people read, and below every receiver's limit. */
export const TEXT_MAX = 10_000;
export const TITLE_MAX = 500;
/** Both stand in indexes, whose entries are below 2,700 bytes. */
export const KEY_MAX = 300;
export const SUBJECT_MAX = 2_000;
/** Details of one notification as JSON: PagerDuty takes 512,000 bytes of an event. */
export const DETAILS_BYTES_MAX = 200_000;
/** What waits at one channel; past it the oldest are given up, and said to be. */
export const WAITING_MAX = 10_000;
/** What has ended is kept for a quarter, as long as alerts are. */
export const KEPT_MS = 90 * 86_400_000;
/** Attempts shown of one notification. */
export const ATTEMPTS_SHOWN_MAX = 200;
/** Attempts at a message that its receiver refuses as such: it would refuse it for ever, and hold up what follows. */
export const REFUSED_ATTEMPTS_MAX = 3;
/** Rows that one statement of housekeeping removes. */
export const REMOVE_BATCH = 5_000;
