// Hard limits on the records of a feed, so that a reader's memory is bounded whatever the other side sends.

/** A rendition or a part described in JSON is below 1 kB. */
export const FEED_HEADER_BYTES_MAX = 16_384;
/** Parts are a share of a segment; a whole segment of six seconds at 20 Mbit/s is 15 MB. */
export const FEED_DATA_BYTES_MAX = 16 * 2 ** 20;
