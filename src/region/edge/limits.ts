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
/** Viewers who are told of new bytes before the loop turns: a write of 64 kB each takes some 50 µs, all of them 2 ms. */
export const TOLD_PER_TURN = 32;
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
/** Bodies up to this size are also kept behind their head: both then leave in one write, which copies nothing before. */
export const SMALL_BYTES_MAX = 16_384;
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
/** Cells of a row of the sketch that counts requests: 4 × 64 kB tell some 20,000 objects of a minute apart. */
export const SKETCH_CELLS = 65_536;
/** Counts are halved this often: a second request within a minute or two counts as one. */
export const SKETCH_HALVING_MS = 60_000;
/** Requests in that time after which an object is worth a place on disk: one-hit objects stay out. */
export const DISK_ASKS_MIN = 2;
/** Largest part of the disk that one object may take. */
export const DISK_OBJECT_SHARE_MAX = 1 / 8;
/** Bytes that wait to be written; when the disk cannot keep up, objects stay in memory alone. */
export const DISK_QUEUE_BYTES_MAX = 64 << 20;
/** Reads at once: beyond, the disk is the bottleneck and the origin is asked. */
export const DISK_READS_MAX = 64;
/** A read that takes longer comes from a disk in trouble; the origin is asked instead. */
export const DISK_READ_MS_MAX = 1_000;
/** After a failure the disk is left alone for this long, doubled with each failure in a row. */
export const DISK_RETRY_MS_MIN = 10_000;
export const DISK_RETRY_MS_MAX = 300_000;
/** Files that stay open, a descriptor each: one for twenty that viewers may take. */
export const DISK_OPEN_FILES_MAX = 1_024;
/**
 * How long a checksum that was right is trusted: what was read within the last minute comes from the kernel's page
 * cache, which is memory as ours is; after that the disk may have been asked again.
 */
export const DISK_TRUST_MS = 60_000;
/** What was read so lately is still in the page cache, and is read without leaving the loop: memory does not turn over faster. */
export const DISK_WARM_MS = 10_000;
/** A read from the page cache takes some 50 µs; one that takes longer than this may have waited for the disk. */
export const DISK_BLOCKED_MS_MAX = 5;
/** When it has, every read leaves the loop for this long: memory is short. */
export const DISK_COLD_MS = 60_000;
/** What a disk hit reads in one go: small enough for a processor's own cache, large enough for few system calls. */
export const DISK_PIECE_BYTES = 262_144;
/** Viewers that are sent an object from disk at once, a piece of memory each (64 MB); the next get it by way of memory. */
export const DISK_PIECES_MAX = 256;
/** A disk hit costs twice a hit in memory, so that only what is asked for again and again is worth the memory. */
export const PROMOTE_BYTES_PER_ASK = 8_192;
/** Requests after which an object of any size goes into memory. */
export const PROMOTE_ASKS_MAX = 64;
/** Files in the disk cache: about 200 bytes of index each. */
export const DISK_FILES_MAX = 200_000;
/** Edges of the own site that are asked for one object before the origin: the owner and one that stands in for it. */
export const MATES_ASKED_MAX = 2;
/** A mate that is silent for this long is asked whether it lives: longer than it takes to answer from memory. */
export const MATE_SILENCE_MS = 100;
/** Longest until a mate that lives says so: it is in the same building. */
export const MATE_ALIVE_MS = 150;
/** Longest that a living mate may take to fetch: two origins of other regions, one of them dead. */
export const MATE_TIMEOUT_MS = 4_000;
/** Longest silence of a mate in the middle of a body: its own origin may break off, and it goes on at another. */
export const MATE_IDLE_MS = 1_500;
/** Requests in SKETCH_HALVING_MS after which an edge keeps an object that another of its site owns. */
export const HOT_ASKS_MIN = 4;
/** Objects among which the hottest are looked for: several times what is shown, so that the last shown is right. */
export const HOT_TRACKED = 64;
/** Requests noted per beat at most, about: enough to rank objects, nothing beside answering tens of thousands. */
export const HOT_NOTES_PER_REPORT = 200;
/** Hot means of the last minute. */
export const HOT_HALF_LIFE_MS = 20_000;
/** Other regions answer within some 200 ms; when an origin takes longer than this, one more is asked. */
export const HEDGE_MS = 300;
/** Steering goes on without control for as long as it takes; after a minute its answers count as stale. */
export const STALE_AFTER_MS = 60_000;
