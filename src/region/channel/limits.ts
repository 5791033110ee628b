// Limits of live channels, each with its reason (law 8).

/** Live comes before video jobs (10) and behind edges (0). */
export const CHANNEL_NICENESS = 3;

/**
 * What is served from memory: three hold-backs of the slowest player; at 8 Mbit/s in all 30 MB a channel. Without a
 * recording it is the DVR window, and as much again.
 */
export const WINDOW_MS = 30_000;
/** Kept beside two DVR windows: the segment that is made, the one that is leaving, and its own duration. */
export const SEGMENTS_KEPT_BESIDE = 3;
/** A feed is slow when it is further behind than the window, plus what a connection buffers anyway. */
export const FEED_SLACK_BYTES = 1 << 20;
/** Feeds of one rendition: edges of a large site, times two while they change over. */
export const FEEDS_PER_RENDITION_MAX = 200;
/** Silence of two of them means a dead channel to an edge. */
export const HEARTBEAT_MS = 500;

/** Holes of the publisher up to this long are filled with a still picture and silence, when it is back at the latest. */
export const FILL_MS_MAX = 30_000;
/**
 * While it is away they are filled for so long: encoders connect again within seconds, and a recording whose publisher
 * never came back ends with this much of a still picture.
 */
export const ABSENCE_FILL_MS_MAX = 10_000;
/** A link that broke is found again within this: one try at once, another after CONTRIBUTION_RETRY_MS, and the way. */
export const FILL_LINK_WAIT_MS = 700;
/** Half the way around the world, and a slow beat of a loop: so much later the media of another ingest may come. */
export const FILL_LAG_MS = 300;
/** Three frames at a time: a part is late by this at most. */
export const FILL_TICK_MS = 100;
/** Audio that is this far behind the picture is taken for missing: publishers interleave within some hundred ms. */
export const AUDIO_LATE_US = 1_000_000;
/** Audio kept from before the first segment: what may come ahead of the picture that begins it. */
export const AUDIO_KEPT_FRAMES_MAX = 256;

/** Shorter is a blink, a cut or a beat of silence. */
export const FAULT_MS_MIN = 1_000;
/** Of 255: darker than any scene that was meant to be seen, brighter than what scaling makes of black. */
export const BLACK_LUMA_MAX = 12;
/** A frame of AAC with so few bytes for each channel says nothing: real sound takes tens, silence about five. */
export const SILENT_BYTES_MAX = 8;
/** Marked segments that a channel names: those of the last minutes when something is wrong all the time. */
export const MARKS_MAX = 256;

/** Contribution kept to begin again with after an encoder died: a segment and the longest usual group of pictures … */
export const KEPT_MS = 3_000;
/** … as far as memory goes; then encoding begins with the next key frame. */
export const KEPT_BYTES_MAX = 64 * 2 ** 20;
/** What may wait for an encoder that is too slow: some ten seconds of 10 Mbit/s. Then it begins again at the front. */
export const PENDING_BYTES_MAX = 12 * 2 ** 20;
/** A child that is fed and brings nothing out for this long is stuck: the longest segment, and a slow start. */
export const STUCK_MS_MAX = 15_000;
/** Nothing is expected of a child that is not fed. */
export const PAUSE_MS = 1_000;
/** Children that die without a single frame are the input's fault or the machine's: after so many it is reported. */
export const FRUITLESS_RUNS_MAX = 3;
/** Frames whose arrival is remembered, to measure the delay: ten seconds at 60 frames a second. */
export const ARRIVALS_MAX = 600;

/** An ingest holds a request for this long when there is no publisher. */
export const CONTRIBUTION_WAIT_MS = 15_000;
/** Longer than the wait by what a slow link adds. */
export const CONTRIBUTION_HEADERS_MS_MAX = CONTRIBUTION_WAIT_MS + 5_000;
/** Ingests send a heartbeat every second or so; a link that is silent for this long is dead. */
export const CONTRIBUTION_IDLE_MS_MAX = 4_000;
/** Between two attempts at an ingest that does not answer. */
export const CONTRIBUTION_RETRY_MS = 500;
/** Asked at once: the expected ones and the nearest others. */
export const INGESTS_ASKED_MAX = 16;
/** What an ingest that has not been chosen yet may send before its first new frame. */
export const CANDIDATE_BYTES_MAX = 32 * 2 ** 20;

/** Recordings are made of packs this long: four hours are 400 of them, so the document stays small. */
export const RECORDING_PACK_MS = 36_000;
/** Segments that may wait for a slow store: they are in memory anyway while they are in the window. */
export const RECORDING_WAITING_MAX = 30;
/** Holes in a recording are filled with copies of the segment before, up to an hour at two seconds. */
export const RECORDING_FILL_MAX = 1_800;
/** A peer that takes a media document answers within this, or gets it by its keeper later. */
export const PUSH_MS_MAX = 10_000;
export const ANSWER_BYTES_MAX = 65_536;

/** A broadcast that control has ended, and whose ingest is silent for this long, ends without a last word. */
export const END_SILENCE_MS = 5_000;
/** A channel that failed is begun again after this. */
export const CHANNEL_RETRY_MS = 2_000;
/** How often figures are reported. */
export const REPORT_MS = 2_000;
