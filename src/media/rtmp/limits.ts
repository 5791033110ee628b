// Limits of an RTMP connection, each with its reason (laws 8 and 9): all of it is read before anybody is known.

/** One message: the largest key frame of a 50 Mbit/s publisher is about 2 MB. */
export const MESSAGE_BYTES_MAX = 8 << 20;
/** Unfinished messages of one connection together: publishers interleave one video and one audio message. */
export const UNFINISHED_BYTES_MAX = 10 << 20;
/** Chunk streams that a connection may use: publishers use five. */
export const CHUNK_STREAMS_MAX = 64;
/** Chunk size that a publisher may announce; some send whole messages as one chunk, so this is generous. */
export const CHUNK_BYTES_MAX = 1 << 20;
/** A command or metadata message: OBS sends about 1 kB. Only media may be larger. */
export const COMMAND_BYTES_MAX = 64 << 10;
/** Nesting of AMF values: fourCcInfoMap is at depth two. */
export const AMF_DEPTH_MAX = 8;
/** Values in one message: onMetaData of the chattiest encoders has about 60. */
export const AMF_VALUES_MAX = 1_024;
/** Names and keys of a connection: a stream key is at most 1,024 bytes, the rest of an address is short. */
export const NAME_LENGTH_MAX = 4_096;
/** Chunk size of what we send: answers fit into one. */
export const OWN_CHUNK_BYTES = 4_096;
/** How much we ask a publisher to send before it expects an acknowledgement, about 2 s of video. */
export const OWN_WINDOW_BYTES = 2_500_000;
/** Smallest window that is honoured: less would make us answer every chunk. */
export const WINDOW_BYTES_MIN = 64 << 10;
