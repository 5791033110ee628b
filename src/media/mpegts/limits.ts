// Limits of reading a transport stream, each with its reason (law 8).

/** Bytes without packets before it is given up: half a second of a small feed, and longer than any damage that passes. */
export const LOST_BYTES_MAX = 64 << 10;
/** Before the tables that name the media: they come ten times a second, also within the burst of a key frame. */
export const UNNAMED_BYTES_MAX = 4 << 20;
/** A section of tables (ISO/IEC 13818-1, 2.4.4.1), its header included. */
export const SECTION_BYTES_MAX = 1_024;
/** As for messages of RTMP publishers: a key frame of 50 Mbit/s is about 2 MB. */
export const VIDEO_PES_BYTES_MAX = 8 << 20;
/** Declared in 16 bits, with room for encoders that declare nothing. */
export const AUDIO_PES_BYTES_MAX = 128 << 10;
/** NAL units of a picture: 4K has some hundred slices. */
export const UNITS_MAX = 2_048;
/** Parameter sets of one kind: encoders have one or two; the count of H.264's record ends at 31. */
export const PARAMETER_SETS_MAX = 16;
