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

/** Lower-case hex SHA-256 of the whole body; checked by the receiver before it keeps anything. */
export const SHA256_HEADER = 'meridian-sha256';
/** nodeId;sentAtMs;nonce;signature (Ed25519, base64url) over `METHOD\nhost\npath?query\nsentAtMs\nnonce`. */
export const NODE_SIGNATURE_HEADER = 'meridian-node';
/** Set by an origin: how the object may be cached: immutable, growing or record. */
export const CACHE_CLASS_HEADER = 'meridian-cache-class';
export type CacheClass = 'immutable' | 'growing' | 'record';
