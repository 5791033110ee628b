// Limits on everything that crosses a process border, each with its reason (law 8).

/** A snapshot is fetched by every node on every beat; past this, beats of a large fleet would crowd a link. */
export const SNAPSHOT_BYTES_MAX = 1 << 20;
/** How many snapshots a node keeps on disk, to fall back when a newer one cannot be read. */
export const SNAPSHOTS_KEPT = 5;
/** A snapshot that takes away more than this share of pathways is refused unless it is marked as meant. */
export const PATHWAY_REMOVAL_SHARE_MAX = 0.3;
/** JSON bodies of the API: the largest honest one is a page of records, about 300 kB. */
export const JSON_BODY_BYTES_MAX = 1 << 20;
/** Clock offset past which a node fails readiness: leases and token checks would go wrong. */
export const CLOCK_OFFSET_MS_MAX = 500;
/** Signed node requests older than this are refused, so that a captured one is soon worthless. */
export const NODE_SIGNATURE_AGE_MS_MAX = 30_000;
/** Tokens ride in a path; longer ones cannot be ours and would cost a signature check. */
export const TOKEN_LENGTH_MAX = 1_024;
/** Addresses longer than this cannot be ours. */
export const PATH_LENGTH_MAX = 2_048;
/** Default largest upload: a two-hour mezzanine file; raise it with `limits.uploadBytesMax`. */
export const UPLOAD_BYTES_MAX_DEFAULT = 20 * 2 ** 30;
/** Records per page of the change feed: one page stays under JSON_BODY_BYTES_MAX. */
export const RECORD_PAGE_MAX = 500;
/** Longest a claim for work is held open; below common idle timeouts of proxies. */
export const CLAIM_WAIT_MS_MAX = 20_000;
/** Longest answer page of the public API. */
export const PAGE_SIZE_MAX = 200;
/** Bodies that carry a caption file of 1 MiB, or a poster of 2 MiB, as text in JSON: a third larger, and more for quotes. */
export const FILE_BODY_BYTES_MAX = 3 << 20;
/** A poster that somebody uploads: a JPEG of 1920 × 1080 at good quality is below 1 MB. */
export const POSTER_UPLOAD_BYTES_MAX = 2 << 20;
/** Bytes of records on one page of the change feed: pages of assets with many caption tracks hold fewer. */
export const RECORD_PAGE_BYTES_MAX = 2 << 20;
/** Hot objects in a beat: a list that a person looks at. */
export const HOT_OBJECTS_MAX = 10;
/** Projects whose bytes an edge tells apart: some 40 kB of each beat. */
export const REPORTED_PROJECTS_MAX = 1_000;
/** Holdings on one page of a region's report: about 250 bytes each, so that a page stays below JSON_BODY_BYTES_MAX. */
export const HOLDINGS_PAGE_MAX = 2_000;
/** Chunks of one video: twelve hours in chunks of a minute are 720. */
export const CHUNKS_MAX = 1_000;
/** A telemetry report: 500 viewings with their steps, and the series of some slices, stay below half of it. */
export const TELEMETRY_REPORT_BYTES_MAX = 4 << 20;
/** Slices in one report: those of the beat, and what players kept back for five minutes. */
export const TELEMETRY_SLICES_MAX = 64;
/** Viewings told of in one report; who has trouble comes first. */
export const TELEMETRY_SESSIONS_MAX = 500;
/** Steps of one viewing in one report: a player tells of some four a second. */
export const VIEWING_STEPS_MAX = 40;
/** Labels of a change, an alert or an incident: what a person still reads. */
export const LABELS_MAX = 32;
/** The public status in a snapshot, which every node fetches on every beat. */
export const STATUS_BYTES_MAX = 2_000;
