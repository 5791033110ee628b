// Limits of the keeper, each with its reason (law 8).

/** Assets listed before the inventory lets others have the disk for a moment. */
export const ASSETS_PER_BREATH = 100;
export const BREATH_MS = 20;
/** Holdings on a page: about 250 bytes each, half of what a body may have. */
export const PAGE_HOLDINGS = 1_000;
/** Documents of assets remembered between two inventories: about 2 kB each when complete. */
export const DOCUMENTS_KEPT = 5_000;
/** What the scrubber remembers per class of an asset: about 200 bytes each. */
export const VERIFIED_KEPT = 200_000;
/** Findings that wait for control: older ones are in the log. */
export const FINDINGS_KEPT = 1_000;
/** Findings that fit on a page (the contract's limit). */
export const FINDINGS_PER_PAGE = 100;
/** Control applies a page in one transaction. */
export const CONTROL_TIMEOUT_MS = 15_000;
/** An answer holds orders to drop, about 300 bytes each. */
export const CONTROL_ANSWER_BYTES_MAX = 4 << 20;
/** How often control is asked for copies to make; constant work, also when there are none. */
export const CLAIM_EVERY_MS = 2_000;
/** Copies made at once: two hide the round trips of small objects, and share one rate. */
export const COPIES_AT_ONCE = 2;
/** Several heartbeats fit into a lease. */
export const HEARTBEAT_MS = 3_000;
/** Until a peer answers: one round trip around the world and a busy disk. */
export const PEER_HEADERS_MS_MAX = 5_000;
/** Silence of a peer in the middle of an object. */
export const PEER_IDLE_MS_MAX = 15_000;
/** Media documents and records that are fetched whole. */
export const DOCUMENT_BYTES_MAX = 8 << 20;
/** How often the scrubber looks whether a round is due, or something is urgent. */
export const SCRUB_POLL_MS = 250;
/** Bytes that a paced reader may take at once after a rest: a second's worth. */
export const PACE_BURST_MS = 1_000;
/** The place in a round is written down this often: what is read again after a restart. */
export const SCRUB_SAVE_MS = 10_000;
/** Assets that wait to be looked at out of turn. */
export const URGENT_MAX = 10_000;
