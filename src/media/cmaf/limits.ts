// Hard limits on fragmented MP4 from an encoder that reads hostile files (laws 8 and 9).

/** An init segment of one track is about 1 kB; parameter sets of odd encoders may take some more. */
export const INIT_BOX_BYTES_MAX = 1 << 20;
/** A moof takes 16 bytes a sample: this is more than SAMPLES_PER_FRAGMENT_MAX of them. */
export const MOOF_BYTES_MAX = 1 << 20;
/** Two seconds at 200 Mbit/s; the ladder's peak is below 20 Mbit/s. */
export const MDAT_BYTES_MAX = 64 << 20;
/** Boxes that are dropped are never buffered, but a stream of nothing else must end at some point. */
export const SKIPPED_BOX_BYTES_MAX = 64 << 20;
/** Outputs carry one track each; more than a few in a header is not ours. */
export const TRACKS_MAX = 8;
/** Two seconds of 60 frames, or of AAC at 96 kHz (188 frames), hundredfold. */
export const SAMPLES_PER_FRAGMENT_MAX = 20_000;
/** Depth and breadth of box trees: the deepest path that is read has six boxes, the widest box has dozens. */
export const CHILDREN_MAX = 256;
