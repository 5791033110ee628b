// Limits of contribution streams, each with its reason (law 8).

/** One record: the largest key frame of a 50 Mbit/s publisher is about 2 MB; RTMP messages end at 8 MB. */
export const RECORD_PAYLOAD_BYTES_MAX = 8 << 20;
/** Parameter sets of one track: real ones stay below 200 bytes, and every reader is sent them again. */
export const CONFIG_BYTES_MAX = 16 << 10;
