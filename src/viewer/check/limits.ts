// Limits of one check, and the tolerances that measurements are given. A check reads what strangers serve, so all that
// it takes in is bounded.

/** A film of two hours in two-second segments, ten renditions, three pathways of playlists: 36,100 requests. */
export const REQUESTS_MAX_DEFAULT = 50_000;
/** An hour at 10 Mbit/s is 4.5 GB; who checks all segments of more says so. */
export const BYTES_MAX_DEFAULT = 8e9;
export const TIME_MS_MAX_DEFAULT = 15 * 60_000;
/** A day of two-second segments in one playlist takes about 3 MB. */
export const TEXT_BYTES_MAX = 16 << 20;
/** A steering manifest of a hundred pathways with clones stays below. */
export const STEERING_BYTES_MAX = 1 << 20;
export const INIT_BYTES_MAX = 4 << 20;
/** Ten seconds at 100 Mbit/s. */
export const SEGMENT_BYTES_MAX = 128 << 20;
/** Browsers follow 20; a media address with more than a few is broken. */
export const REDIRECTS_MAX = 5;
/** Longest until an answer begins, and longest silence within one. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** Requests under way at once: enough to hide delay, too few to be a load. */
export const PARALLEL_MAX = 6;
/** A ladder has about ten renditions; more playlists than this in one presentation are not looked at. */
export const PLAYLISTS_MAX = 400;
/** Evidence kept for one rule: the first few show what is wrong, the count says how often. */
export const EVIDENCE_PER_RULE_MAX = 100;

/** The Apple authoring specification allows 10 % between measured and declared bit rates of VOD. */
export const BITRATE_TOLERANCE = 0.1;
/** Times in playlists have milliseconds at least. */
export const TIME_TOLERANCE_SECONDS = 0.01;
/** Audio starts up to one frame of priming early (21 ms at 48 kHz, 64 ms for HE-AAC), video up to a few frames late. */
export const RENDITION_OFFSET_SECONDS_MAX = 0.15;
/** Frame rates are written with three decimals, or rounded to whole numbers by people. */
export const FRAME_RATE_TOLERANCE = 0.005;
/** Above this a frame rate is not what a player expects without being told (rfc8216bis, 4.4.6.2). */
export const FRAME_RATE_UNNAMED_MAX = 30.5;

/** Live playlists are watched this long when nothing else is said: five segments of two seconds. */
export const WATCH_MS_DEFAULT = 10_000;
/** Longest that watching may be asked for: a broadcast is judged from a sample, not monitored. */
export const WATCH_MS_MAX = 10 * 60_000;
/** Live playlists that are watched at once; each takes a connection that is held. */
export const LIVE_PLAYLISTS_MAX = 24;
/** Hints that are followed, segments that are held against their parts, and what left the playlist: of each playlist. */
export const HINTS_MAX = 4;
export const JOINS_MAX = 2;
export const REMOVED_MAX = 4;
/** A delta update is asked for with every fifth reload. */
export const DELTA_EVERY = 5;
/** Playlists without blocking reload are asked for twice in a target duration (rfc8216bis, 6.3.4). */
export const POLLS_PER_TARGET = 2;
/** A server may hold a request for three target durations; then it must have answered, and the answer must arrive. */
export const HOLD_TARGETS_MAX = 3;
export const HOLD_EXTRA_MS = 2_000;
/** What the way to the check and back may add to a moment at which something should be there. */
export const LIVE_TOLERANCE_MS = 300;
/** And in proportion, since encoders finish frames, not parts. */
export const LIVE_TOLERANCE_RATIO = 0.25;
/** Durations of parts are written with three to five decimals. */
export const PART_TOLERANCE_SECONDS = 0.001;
