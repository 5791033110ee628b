// Limits of live delivery at an edge, each with its reason.

/** Bytes of parts are kept this long: players stay a few seconds behind, and those that stumble come back within it. */
export const KEPT_MS = 30_000;
/** A segment that left a window can be fetched for a window and so many more: its own duration, and how late players are. */
export const SEGMENTS_KEPT_BESIDE = 2;
/** A feed sends a heartbeat every half second; three in a row do not get lost on a link that is good for live. */
export const FEED_SILENCE_MS_MAX = 1_500;
/** Until a channel answers: a round trip around the world and a busy node. */
export const CHANNEL_ANSWER_MS_MAX = 1_500;
/** A channel that failed is left alone, doubled from the first to the last; the other one goes on meanwhile. */
export const CHANNEL_REST_MS_MIN = 250;
export const CHANNEL_REST_MS_MAX = 4_000;
/** Nobody asked for a rendition for so long: its feed is closed. Players reload playlists far more often. */
export const IDLE_MS = 20_000;
/** Without any feed for so long this edge is stale: players are told to go elsewhere. */
export const STALE_MS = 3_000;
/** A first viewer waits a segment and this much for the first whole segment; then the broadcast is not there yet. */
export const FIRST_SEGMENT_MS_MAX = 2_000;
/** Requests that may wait at once for parts of one rendition: they cost a closure each, and an edge has 10,000 viewers. */
export const WAITING_MAX = 20_000;
/** How often the time of those who wait is looked at while no part comes; what a refusal may be late. */
export const LOOK_MS = 250;
/** Told of an answer before the loop goes round: some ten milliseconds of work. */
export const TOLD_PER_TURN = 512;
/** Queries whose meaning is kept for one version of a playlist: a few ways to ask; what players add differs for each. */
export const QUERIES_KEPT_MAX = 64;
/** A playlist is held for at most three target durations (rfc8216bis section 6.2.5.2). */
export const HOLD_TARGET_DURATIONS = 3;
/** How long the other channels are waited for when one has answered: a round trip around the world. */
export const OTHER_CHANNEL_MS_MAX = 400;
/** A channel document is below 16 kB, and twice that when something is wrong with all of its segments. */
export const CHANNEL_DOCUMENT_BYTES_MAX = 65_536;
/** A channel's renditions do not change; its state does, at most as often as a segment is made. */
export const CHANNEL_DOCUMENT_MS = 2_000;
/** An older segment of six seconds at 20 Mbit/s is 15 MB. */
export const SEGMENT_BYTES_MAX = 32 << 20;
export const SEGMENT_FETCH_MS_MAX = 10_000;
/** Older segments that are being fetched at once. */
export const SEGMENT_FETCHES_MAX = 128;
/** Segments beyond the one being made that are waited for: the way from a far publisher is two seconds on a bad day. */
export const SEGMENTS_AHEAD_MAX = 1;
