// Tables of the storage domain, as Kysely sees them, and the migration that makes them.

import type { ColumnType } from 'kysely';
import type { CopyClass, Finding, ScrubState, StorageClass } from '#contract/storage.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

/** What regions have reported, one row per region, asset, version, attempt and class. */
export interface AssetCopiesTable {
  asset_id: string;
  version: number;
  attempt: number;
  class: StorageClass;
  region_id: string;
  project_id: string;
  /** project/asset, in byte order: pages of reports speak for a range of it. */
  place: string;
  bytes: number;
  is_complete: boolean;
  damaged_objects: number;
  document_revision: number;
  verified_at_ms: number | null;
  /** Of the newest report that named it, by the clock of the region; null: control was told otherwise. */
  reported_at_ms: number | null;
  /** When control was told of it otherwise: by a registration, a finished job or a finished copy. */
  claimed_at_ms: number | null;
  /** Its region no longer names it. */
  lost_at_ms: number | null;
}

/** Versions besides the one that is served: on their way, replaced, or failed. */
export interface AssetVersionsTable {
  asset_id: string;
  version: number;
  state: 'processing' | 'replaced' | 'failed';
  name: string;
  source_bytes: number;
  source_sha256: string;
  source_file_name: string;
  source_content_type: string;
  source_region_ids: string[];
  preset: string | null;
  stage: string;
  progress: number;
  failure_code: string | null;
  failure_message: string | null;
  registered_at_ms: number;
  replaced_at_ms: number | null;
}

/** Regions that have said that nothing of a deleted asset is left. */
export interface AssetPurgesTable {
  asset_id: string;
  region_id: string;
  gone_at_ms: number;
}

export interface RepairsTable {
  id: string;
  kind: 'copy' | 'encode';
  project_id: string;
  asset_id: string;
  version: number;
  attempt: number;
  class: CopyClass;
  /** Where the copy is to be; empty for an encoding. */
  region_id: string;
  state: 'waiting' | 'leased' | 'done' | 'dead' | 'cancelled';
  reason: Json<{ code: string; subject: string; values: Record<string, number> }>;
  from_region_ids: string[];
  attempts: number;
  fence: number;
  run_at_ms: number;
  lease_node_id: string | null;
  lease_until_ms: number | null;
  bytes_done: number;
  failure_code: string | null;
  failure_message: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface StorageFindingsTable {
  id: ColumnType<number, never, never>;
  region_id: string;
  node_id: string;
  at_ms: number;
  kind: Finding['kind'];
  key: string;
  detail: string;
}

export interface RegionScrubsTable {
  region_id: string;
  node_id: string;
  state: Json<ScrubState>;
  reported_at_ms: number;
}

/** Bytes that a region's edges have sent, by UTC day. */
export interface EgressDaysTable {
  day: string;
  region_id: string;
  bytes: number;
}

/** Bytes that the edges of a region have sent of a project, by UTC day of the booking. */
export interface ProjectEgressDaysTable {
  day: string;
  /** Empty: of projects past the limit of what an edge tells apart. */
  project_id: string;
  region_id: string;
  bytes: number;
}

/** How much of a node's newest booked boot is in the sums. */
export interface EgressMarksTable {
  node_id: string;
  boot_id: string;
  bytes_by_project: Json<Record<string, number>>;
}

export interface StorageTables {
  egress_marks: EgressMarksTable;
  project_egress_days: ProjectEgressDaysTable;
  asset_copies: AssetCopiesTable;
  asset_versions: AssetVersionsTable;
  asset_purges: AssetPurgesTable;
  repairs: RepairsTable;
  storage_findings: StorageFindingsTable;
  region_scrubs: RegionScrubsTable;
  egress_days: EgressDaysTable;
}

/** What this domain adds to the rows of assets. */
export interface AssetStorageColumns {
  /** The complete attempt of the served version. */
  media_attempt: number | null;
  /** Highest version for which a grant was made. */
  granted_version: number | null;
  deleted_at_ms: number | null;
  restore_until_ms: number | null;
  /** Revision of the tombstone that removes the bytes; null while the deletion can be undone. */
  purge_revision: number | null;
  gone_everywhere_at_ms: number | null;
}

/** What this domain adds to the rows of projects; null: no limit. */
export interface ProjectStorageColumns {
  stored_bytes_max: number | null;
  assets_max: number | null;
  upload_bytes_per_day_max: number | null;
  retention_days: number | null;
}

export const STORAGE_MIGRATION: readonly string[] = [
  `alter table projects
    add column stored_bytes_max bigint,
    add column assets_max bigint,
    add column upload_bytes_per_day_max bigint,
    add column retention_days integer`,
  `alter table assets
    add column media_attempt integer,
    add column granted_version integer,
    add column deleted_at_ms bigint,
    add column restore_until_ms bigint,
    add column purge_revision bigint,
    add column gone_everywhere_at_ms bigint`,
  `update assets set media_attempt = jobs.attempt from jobs
    where jobs.asset_id = assets.id and jobs.asset_version = assets.version and jobs.state = 'done'`,
  `update assets set deleted_at_ms = updated_at_ms, restore_until_ms = updated_at_ms, purge_revision = revision
    where is_deleted`,
  'create index assets_deleted on assets (deleted_at_ms) where is_deleted',
  'create index assets_to_purge on assets (restore_until_ms) where is_deleted and purge_revision is null',
  'create index assets_by_age on assets (project_id, created_at_ms) where not is_deleted',
  `create table asset_copies (
    asset_id text not null,
    version integer not null,
    attempt integer not null,
    class text not null check (class in ('source', 'renditions', 'other')),
    region_id text not null,
    project_id text not null,
    place text collate "C" not null,
    bytes bigint not null,
    is_complete boolean not null,
    damaged_objects integer not null,
    document_revision bigint not null,
    verified_at_ms bigint,
    reported_at_ms bigint,
    claimed_at_ms bigint,
    lost_at_ms bigint,
    primary key (asset_id, version, attempt, class, region_id)
  )`,
  'create index asset_copies_by_place on asset_copies (region_id, place)',
  `create index asset_copies_by_project on asset_copies (project_id, class, region_id) include (bytes)
    where lost_at_ms is null`,
  `create table asset_versions (
    asset_id text not null references assets (id),
    version integer not null,
    state text not null check (state in ('processing', 'replaced', 'failed')),
    name text not null,
    source_bytes bigint not null,
    source_sha256 text not null,
    source_file_name text not null,
    source_content_type text not null,
    source_region_ids text[] not null,
    stage text not null,
    progress double precision not null,
    failure_code text,
    failure_message text,
    registered_at_ms bigint not null,
    replaced_at_ms bigint,
    primary key (asset_id, version)
  )`,
  `create table asset_purges (
    asset_id text not null references assets (id),
    region_id text not null,
    gone_at_ms bigint not null,
    primary key (asset_id, region_id)
  )`,
  `create table repairs (
    id text primary key,
    kind text not null check (kind in ('copy', 'encode')),
    project_id text not null,
    asset_id text not null references assets (id),
    version integer not null,
    attempt integer not null,
    class text not null check (class in ('source', 'renditions')),
    region_id text not null,
    state text not null check (state in ('waiting', 'leased', 'done', 'dead', 'cancelled')),
    reason jsonb not null,
    from_region_ids text[] not null,
    attempts integer not null,
    fence bigint not null,
    run_at_ms bigint not null,
    lease_node_id text,
    lease_until_ms bigint,
    bytes_done bigint not null,
    failure_code text,
    failure_message text,
    created_at_ms bigint not null,
    updated_at_ms bigint not null
  )`,
  `create unique index repairs_open on repairs (asset_id, version, attempt, class, region_id)
    where state in ('waiting', 'leased')`,
  "create index repairs_due on repairs (region_id, run_at_ms) where state = 'waiting'",
  "create index repairs_leased on repairs (lease_until_ms) where state = 'leased'",
  "create index repairs_ended on repairs (updated_at_ms) where state in ('done', 'dead', 'cancelled')",
  `create table storage_findings (
    id bigint generated always as identity primary key,
    region_id text not null,
    node_id text not null,
    at_ms bigint not null,
    kind text not null,
    key text not null,
    detail text not null
  )`,
  'create index storage_findings_by_time on storage_findings (at_ms)',
  `create table region_scrubs (
    region_id text primary key,
    node_id text not null,
    state jsonb not null,
    reported_at_ms bigint not null
  )`,
  `create table egress_days (
    day text not null,
    region_id text not null,
    bytes bigint not null,
    primary key (day, region_id)
  )`,
];

/** Egress of projects, and what the page of an asset looks up. */
export const PROJECT_EGRESS_MIGRATION: readonly string[] = [
  `create table project_egress_days (
    day text not null,
    project_id text not null,
    region_id text not null,
    bytes bigint not null,
    primary key (day, project_id, region_id)
  )`,
  `create table egress_marks (
    node_id text primary key,
    boot_id text not null,
    bytes_by_project jsonb not null
  )`,
  'create index audit_entries_by_subject on audit_entries (subject, id)',
  'create index repairs_by_asset on repairs (asset_id, id)',
  'create index storage_findings_by_key on storage_findings (key collate "C")',
];
