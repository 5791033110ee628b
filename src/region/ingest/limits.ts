// Limits of the ingest, each with its reason (law 8).

/** Uploads in progress at one node: each may hold an open file and a connection to another region. */
export const UPLOADS_OPEN_MAX = 500;
/** Bytes of one replication request: long enough to hide the round trip, short enough to resume cheaply. */
export const REPLICA_CHUNK_BYTES = 16 * 2 ** 20;
/** Files whose running checksum is kept: own uploads and copies for other regions. */
export const ARRIVING_FILES_MAX = 2 * UPLOADS_OPEN_MAX;
/** Bytes after which the disk is asked to write behind: a fraction of a second's work for it. */
export const FLUSH_BYTES = 8 * 2 ** 20;
/** How long another region may take to answer before the next one is tried: its round trip and an fsync. */
export const REPLICA_ANSWER_MS_MAX = 4_000;
/** How often a starting node asks whether another region would take its copies. */
export const FIRST_COPIES_POLL_MS = 250;
/** Pause before a broken replication goes on, so that a restarting region is not hammered. */
export const REPLICA_RETRY_MS = 500;
/** Room that must remain after an upload, so that a full disk does not take logs and snapshots with it. */
export const DISK_RESERVE_BYTES = 64 * 2 ** 20;
/** Parts that one concatenation may join; clients use 2 to 16. */
export const CONCATENATION_PARTS_MAX = 64;
/** Metadata of one upload: a name and a type. */
export const METADATA_BYTES_MAX = 4_096;
/** How often expired uploads are looked for. */
export const EXPIRY_SWEEP_MS = 60_000;
/** Header blocks larger than this are not ours. */
export const HEADER_BYTES_MAX = 16_384;
