// Limits of an edge, each with its reason (law 8).

/** One object: a segment of 6 s at 40 Mbit/s is 30 MB; twice that is no segment of ours. */
export const OBJECT_BYTES_MAX = 64 << 20;
/** Objects being fetched at once: a cold start of a busy edge needs some hundreds. */
export const FLIGHTS_MAX = 1_024;
/** Share of the cache's budget that objects in flight may take beside it. */
export const FLIGHT_BYTES_SHARE = 0.25;
/** Least budget for objects in flight, so that a tiny cache can still pass on two of the largest segments. */
export const FLIGHT_BYTES_MIN = 2 * OBJECT_BYTES_MAX;
/** Share of the cache's budget that slow viewers may keep alive after it was evicted; past it they are cut. */
export const PINNED_BYTES_SHARE = 0.25;
/** How long a growing playlist stays fresh: a quarter of the shortest segment. */
export const GROWING_MS = 250;
/** How long a record or document stays fresh: visibility and deletion take effect within this. */
export const RECORD_MS = 5_000;
/** From this age on, the next request renews a record in the background, so that viewers rarely wait for it. */
export const RECORD_REFRESH_MS = 2_500;
/** While no origin answers, what we have is served on and asked for again after this. */
export const STALE_RETRY_MS = 1_000;
/** How long an absence is remembered: shields origins from loops, short enough for a segment to appear in time. */
export const NEGATIVE_MS = 100;
/** Absences remembered: 10,000 × about 200 bytes. */
export const NEGATIVE_MAX = 10_000;
/** Asset records remembered: about 1 kB each. */
export const RECORDS_MAX = 50_000;
/** Media documents remembered: up to some 100 kB each for long videos. */
export const DOCUMENTS_MAX = 500;
/** A record or document larger than this is no longer one of ours. */
export const DOCUMENT_BYTES_MAX = 8 << 20;
/** Longest until an origin of the own region answers: it is on the same network. */
export const OWN_REGION_TIMEOUT_MS = 500;
/** Longest until an origin of another region answers: a round trip is at most some 300 ms. */
export const OTHER_REGION_TIMEOUT_MS = 1_000;
/** Origins asked for one object: two per region of a world of three is ample, and bounds a viewer's wait. */
export const ATTEMPTS_MAX = 6;
/** An origin that failed is left alone for this long, doubled with each failure in a row. */
export const BACKOFF_MS_MIN = 1_000;
export const BACKOFF_MS_MAX = 10_000;
/** Objects from this size on are counted against PINNED_BYTES_SHARE while a viewer receives them. */
export const PINNED_FROM_BYTES = 32_768;
/** Bodies up to this size are also kept as text: header and body then leave in one write. */
export const TEXT_BYTES_MAX = 16_384;
/** Bookkeeping of one cached object: map entry, headers, key. */
export const OBJECT_OVERHEAD_BYTES = 2_048;
/** Viewers per edge process: about 20 kB of kernel and heap each. */
export const CONNECTIONS_MAX = 20_000;
/** Header block of a request: tokens ride in the path (1 kB); browsers send about 1 kB more. */
export const HEADER_BYTES_MAX = 8_192;
/** A header block that takes longer comes from a slow-header attack. */
export const HEADERS_TIMEOUT_MS = 5_000;
/**
 * A connection on which nothing moves for this long is closed: longer than a segment and a steering TTL, so that
 * players keep theirs; a viewer that takes no byte for so long has gone, or stalls on purpose.
 */
export const IDLE_MS = 15_000;
/** Longest segment of ours: what a drain waits beside one steering TTL before media is refused. */
export const DRAIN_SEGMENT_MS = 4_000;
/** Static pages and scripts are small; anything larger in their folder is a mistake. */
export const STATIC_BYTES_MAX = 4 << 20;
/** How often slow viewers and evicted bytes are looked at. */
export const SWEEP_MS = 1_000;
/** Streams of one HTTP/2 connection: a player asks for a handful; a hundred is the common default of servers. */
export const STREAMS_MAX = 100;
