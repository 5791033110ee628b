// Tables of the control plane, as Kysely sees them. Times are milliseconds since the epoch, so that they mean the
// same in the database, in JSON and in core. What a lease compares comes from the database's own clock.

import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { AssetView } from '#contract/api/assets.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

interface ProjectsTable {
  id: string;
  name: string;
  created_at_ms: number;
}

interface ApiTokensTable {
  id: string;
  /** SHA-256 of the token: 256 random bits need no slow hash. */
  hash: string;
  name: string;
  role: 'viewer' | 'operator' | 'admin';
  project_id: string | null;
  created_at_ms: number;
  last_used_at_ms: number | null;
  expires_at_ms: number | null;
}

interface SessionsTable {
  /** SHA-256 of the cookie. */
  hash: string;
  token_id: string;
  created_at_ms: number;
  expires_at_ms: number;
}

interface AuditEntriesTable {
  id: Generated<number>;
  at_ms: number;
  actor: string;
  action: string;
  subject: string;
  project_id: string | null;
  details: Json<Record<string, unknown>>;
}

interface NodesTable {
  id: string;
  site_id: string;
  region_id: string;
  roles: string[];
  public_key: string;
  node_url: string;
  ingest_url: string;
  edge_url: string;
  joined_at_ms: number;
  updated_at_ms: number;
}

interface JoinTokensTable {
  hash: string;
  site_id: string;
  created_at_ms: number;
  expires_at_ms: number;
  used_at_ms: number | null;
  used_by: string | null;
}

interface DrainsTable {
  site_id: string;
  started_at_ms: number;
  actor: string;
}

interface LeadershipTable {
  /** One row. */
  id: number;
  term: number;
  holder: string;
  raised_at_ms: number;
}

interface PublishedSnapshotsTable {
  /** One row: the newest snapshot that every live node has adopted. */
  id: number;
  term: number;
  sequence: number;
  payload: string;
  signature: string;
}

interface SigningKeysTable {
  id: string;
  use: 'playback' | 'upload';
  project_id: string | null;
  public_key: string;
  created_at_ms: number;
  not_before_ms: number;
  not_after_ms: number;
}

interface RevocationsTable {
  token_id: string;
  project_id: string | null;
  created_at_ms: number;
  expires_at_ms: number;
}

interface IssuedTokensTable {
  id: string;
  project_id: string;
  use: 'playback' | 'upload';
  expires_at_ms: number;
}

export interface AssetsTable {
  id: string;
  project_id: string;
  version: number;
  revision: number;
  name: string;
  visibility: 'public' | 'private';
  is_deleted: boolean;
  created_at_ms: number;
  updated_at_ms: number;
  source_bytes: number;
  source_sha256: string;
  source_file_name: string;
  source_content_type: string;
  source_region_ids: string[];
  stage: AssetView['stage'];
  progress: number;
  is_playable: boolean;
  failure_code: string | null;
  failure_message: string | null;
  ready_at_ms: number | null;
  duration_ms: number | null;
  renditions: Json<AssetView['renditions']>;
  media_region_ids: string[];
  change_number: number;
}

interface CatalogChangesTable {
  /** One row: the number of the last change of the catalog. */
  id: number;
  last_number: number;
}

export interface JobsTable {
  id: string;
  project_id: string;
  asset_id: string;
  asset_version: number;
  kind: 'process';
  state: 'ready' | 'leased' | 'done' | 'dead' | 'cancelled';
  attempt: number;
  attempts_max: number;
  fence: number;
  run_at_ms: number;
  lease_node_id: string | null;
  leased_at_ms: number | null;
  lease_until_ms: number | null;
  stage: AssetView['stage'];
  progress: number;
  failure_code: string | null;
  failure_message: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface ControlTables {
  projects: ProjectsTable;
  api_tokens: ApiTokensTable;
  sessions: SessionsTable;
  audit_entries: AuditEntriesTable;
  nodes: NodesTable;
  join_tokens: JoinTokensTable;
  drains: DrainsTable;
  leadership: LeadershipTable;
  published_snapshots: PublishedSnapshotsTable;
  signing_keys: SigningKeysTable;
  revocations: RevocationsTable;
  issued_tokens: IssuedTokensTable;
  assets: AssetsTable;
  catalog_changes: CatalogChangesTable;
  jobs: JobsTable;
}

export type ControlDatabase = Kysely<ControlTables>;
export type ControlTransaction = Transaction<ControlTables>;
