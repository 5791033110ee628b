// Limits of media that arrives as RTP, each with its reason (law 8).

/** How long a video packet is waited for: two round trips around the world with one repetition. */
export const VIDEO_HOLD_MS = 400;
/** Sound is not asked for again; this only puts packets back into order that took different ways. */
export const AUDIO_HOLD_MS = 60;
/** Packets held back behind a gap: half a second of 20 Mbit/s in packets of 1,200 bytes. */
export const HELD_PACKETS_MAX = 1_024;
/** A sequence number this far from the last one is a new beginning, not a loss (RFC 3550, A.1: MAX_DROPOUT). */
export const SEQUENCE_LEAP = 3_000;
/** How often one packet is asked for: after that it is too late for it. */
export const REQUESTS_MAX = 5;
/** Between two requests for a packet: most round trips are shorter. */
export const REQUEST_PAUSE_MS = 60;
/** Packets in one request: one report packet. */
export const REQUEST_PACKETS_MAX = 128;
/** A picture: the largest key frame at 20 Mbit/s is about 1 MB. */
export const PICTURE_BYTES_MAX = 4 << 20;
/** Slices and parameter sets in one picture: encoders make one to sixteen. */
export const PICTURE_UNITS_MAX = 256;
/** An Opus packet is at most 120 ms and, in practice, 1,275 bytes a frame (RFC 6716, 3.4). */
export const OPUS_PACKET_BYTES_MAX = 8_192;
