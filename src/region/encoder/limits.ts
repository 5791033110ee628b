// Limits of the encoder, each with its reason (law 8).

/** Several heartbeats fit into a lease, so that one lost on the way ends nothing. */
export const HEARTBEAT_MS = 3_000;
/** Control answers a heartbeat from one row; longer means that it is away, and encoding goes on without it. */
export const CONTROL_TIMEOUT_MS = 5_000;
/** Job answers hold a few records and at most one media document. */
export const CONTROL_ANSWER_BYTES_MAX = 4 << 20;
/** Waits after a claim, or the end of a job, that did not reach control: doubled from the first to the last. */
export const RETRY_MS_MIN = 500;
export const RETRY_MS_MAX = 10_000;
/** Giving a job back while stopping must fit into the 2.5 s that a stopping part has. */
export const GIVE_BACK_MS_MAX = 1_500;
/** Encoders stand back from edges for the CPU (law 8), but not from everything. */
export const ENCODER_NICENESS = 10;
/** Sound runs far ahead of the pictures of a long video; they must not wait for it. */
export const AUDIO_NICENESS = 19;
/** The next chunk of a video comes within seconds, unless its leader changes; then within half a minute. */
export const SOURCE_KEPT_MS = 60_000;
/** Copies of sources that nobody reads now: each may be gigabytes. */
export const IDLE_SOURCES_MAX = 2;
/** Weight of the newest chunk in the measured speed: a machine that others use changes within minutes. */
export const SPEED_WEIGHT = 0.3;
/** Until a peer answers: one round trip around the world and a busy disk. */
export const PEER_HEADERS_MS_MAX = 5_000;
/** A put is answered once the object is fsynced at the other end, which takes longer for a large pack. */
export const PEER_PUT_MS_MAX = 30_000;
/** Silence of a peer in the middle of an object. */
export const PEER_IDLE_MS_MAX = 15_000;
/** Documents are small and pushed best effort; a region that does not take one learns of it at the end. */
export const PUSH_MS_MAX = 5_000;
/** What a peer says to a put is a line or an error. */
export const ANSWER_BYTES_MAX = 65_536;
/** Objects on their way to one region: hides the round trip without crowding the link. */
export const COPIES_IN_FLIGHT = 4;
/** Longest side of a poster: pages show it no larger. */
export const POSTER_LONG_SIDE_MAX = 1_280;
/** A poster below this many bytes per thousand pixels is nearly one colour: black leader, a fade. */
export const POSTER_BYTES_PER_KILOPIXEL_MIN = 12;
/** A poster is worth this much waiting at the end of a job. */
export const POSTER_MS_MAX = 20_000;
/** Messages for people in job failures (the contract's own limit is 2000). */
export const FAILURE_MESSAGE_LENGTH_MAX = 1_000;
/** Storyboard and preview are worth this much waiting at the end of a job: they take seconds on a free machine. */
export const EXTRAS_MS_MAX = 60_000;
/** Longest side of a preview: it is shown in a row of a list. */
export const PREVIEW_LONG_SIDE = 320;
/** Where the moments of a preview lie, as shares of the length: past the titles, before the end gives itself away. */
export const PREVIEW_MOMENTS: readonly number[] = [0.15, 0.45, 0.75];
/** Encoders ask for requests for frames this long at a time. */
export const FRAME_WAIT_MS = 20_000;
/** Longest that a frame may take: the asker waits. */
export const FRAME_MS_MAX = 15_000;
/** A segment of 6 s at 40 Mbit/s is 30 MB; twice that is no segment of ours. */
export const SEGMENT_BYTES_MAX = 64 << 20;
/** Of a plan, in the media document: three for each of eighteen renditions, and some about the source. */
export const PLAN_REASONS_MAX = 64;
