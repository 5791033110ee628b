// What nodes ask of each other on the node port, between and within regions. Signed by the asking node's key.
// Bodies are streams, so these are paths and headers rather than a route table.

/** Object bytes: GET (Range), HEAD, PUT (stream, answered once the object is fsynced), DELETE. */
export const PEER_OBJECTS_PREFIX = '/peer/v1/objects/';
/** A source that is being uploaded elsewhere: PATCH appends at ?offset=, HEAD tells the length, POST finishes, DELETE drops. */
export const PEER_UPLOADS_PREFIX = '/peer/v1/uploads/';
/** Asset records: PUT JSON; kept when the revision is newer. Path: {project}/{asset}. */
export const PEER_RECORDS_PREFIX = '/peer/v1/records/';
/** Media documents: PUT JSON; kept when (attempt, revision) is newer. Path: {project}/{asset}/v{version}/a{attempt}. */
export const PEER_MEDIA_PREFIX = '/peer/v1/media/';
/** The newest snapshot that the peer has adopted. */
export const PEER_SNAPSHOT_PATH = '/peer/v1/snapshot';
/** What edges fetch from origins; path: {project}/{asset}/v{version}/{rest}, see docs/architecture.md. */
export const ORIGIN_PREFIX = '/origin/v1/';

/** What edges of one site ask of each other: an immutable object, at its owner. Path as under ORIGIN_PREFIX. */
export const PEER_EDGE_PREFIX = '/peer/v1/edge/';

/**
 * Contribution of a broadcast, from an ingest to its channels; path: {project}/{broadcast}. GET answers with a stream of
 * records (media/contribution) that begins with the timeline, and goes on until the broadcast ends; 404 when no
 * publisher comes within ?waitMs=. Media begins at the newest key frame; with ?fromUs= at the last one at or before that
 * time of the timeline; with ?session= (of the head) and ?after= (a sequence) right after what the asker has. What the
 * ingest does not hold any more is left out: it then begins at the oldest key frame, and the numbers show the gap.
 */
export const CONTRIBUTION_PREFIX = '/contribution/v1/';
/** Timelines of broadcasts: GET, and PUT JSON, kept when (term, mintedAtMs, mintedBy) is the first. Path: {project}/{broadcast}. */
export const PEER_TIMELINES_PREFIX = '/peer/v1/timelines/';
/**
 * What edges ask of a channel; path: {project}/{broadcast}/{rest}. Rest: `channel.json`; `{rendition}/init.mp4`;
 * `{rendition}/{n}.m4s` (a whole segment); `{rendition}/{n}.{p}.m4s`; `{rendition}/feed?from={n}` (records of media/feed:
 * parts with their bytes as they are made, from the first part of segment n on, or from the newest independent part).
 */
export const CHANNEL_PREFIX = '/channel/v1/';

/** Lower-case hex SHA-256 of the whole body; checked by the receiver before it keeps anything. */
export const SHA256_HEADER = 'meridian-sha256';
/** nodeId;sentAtMs;nonce;signature (Ed25519, base64url) over `METHOD\nhost\npath?query\nsentAtMs\nnonce`. */
export const NODE_SIGNATURE_HEADER = 'meridian-node';
/** Set by an origin: how the object may be cached: immutable, growing or record. */
export const CACHE_CLASS_HEADER = 'meridian-cache-class';
export type CacheClass = 'immutable' | 'growing' | 'record';
