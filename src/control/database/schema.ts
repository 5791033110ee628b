// Tables of the control plane, as Kysely sees them. Times are milliseconds since the epoch, so that they mean the
// same in the database, in JSON and in core. What a lease compares comes from the database's own clock.

import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { AssetView } from '#contract/api/assets.ts';
import type { EventType } from '#contract/api/events.ts';
import type { ImportView } from '#contract/api/imports.ts';
import type { AssetCaptionTrack } from '#contract/media.ts';
import type { AssetStorageColumns, ProjectStorageColumns, StorageTables } from '../storage/tables.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

interface ProjectsTable extends ProjectStorageColumns {
  id: string;
  name: string;
  created_at_ms: number;
  target_lufs: number | null;
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

export interface AssetsTable extends AssetStorageColumns {
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
  captions: ColumnType<AssetCaptionTrack[], string | undefined, string>;
  poster_sha256: string | null;
  poster_bytes: number | null;
  has_storyboard: Generated<boolean>;
  has_preview: Generated<boolean>;
  change_number: number;
}

/** Small files beside the media, until every region has its copy, and for regions that begin anew. */
interface AssetFilesTable {
  asset_id: string;
  sha256: string;
  bytes: Buffer;
  created_at_ms: number;
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

export interface EventsTable {
  /** Grows; of one lane (asset, region) in the order of the commits, since each change locks what it changes. */
  sequence: Generated<number>;
  id: string;
  type: EventType;
  subject: string;
  project_id: string | null;
  at_ms: number;
  data: Json<Record<string, unknown>>;
}

export interface WebhooksTable {
  id: string;
  project_id: string | null;
  url: string;
  description: string;
  /** Empty: all. */
  event_types: string[];
  format: 'structured' | 'binary';
  /** removed: housekeeping deletes its deliveries in small steps, then the row. */
  state: 'active' | 'paused' | 'removed';
  paused_reason: string | null;
  secret: string;
  previous_secret: string | null;
  previous_secret_until_ms: number | null;
  failing_since_ms: number | null;
  last_failure_at_ms: number | null;
  last_success_at_ms: number | null;
  created_at_ms: number;
}

export interface WebhookDeliveriesTable {
  id: Generated<number>;
  webhook_id: string;
  event_sequence: number;
  /** What is delivered in order: the subject of the event. */
  lane: string;
  /** held: it was due, but an earlier one of its lane has not ended. */
  state: 'waiting' | 'held' | 'sending' | 'delivered' | 'dead';
  /** When it was made, last replayed, or its webhook resumed. */
  queued_at_ms: number;
  due_at_ms: number;
  /** All attempts ever; also the fence under which an outcome is written. */
  attempts: Generated<number>;
  /** Attempts since it was queued. */
  round_attempts: Generated<number>;
  first_attempt_at_ms: number | null;
  sending_since_ms: number | null;
  lease_until_ms: number | null;
  /** Term of the leader that is sending it. */
  claim_term: number | null;
  ended_at_ms: number | null;
  reason: string | null;
  last_status: number | null;
}

export interface WebhookAttemptsTable {
  delivery_id: number;
  number: number;
  at_ms: number;
  duration_ms: number;
  status: number | null;
  problem: string | null;
  answer: string;
}

/** Media to be fetched: an address, a bucket, or one object of a bucket. */
export interface ImportsTable {
  id: string;
  project_id: string;
  kind: ImportView['kind'];
  parent_id: string | null;
  /** The asset that it becomes, chosen beforehand, so that a repeated fetch makes no second one. */
  asset_id: string | null;
  url: string | null;
  source: string | null;
  /** Key of an object, prefix of a bucket. */
  object_key: string | null;
  object_etag: string | null;
  name: string | null;
  visibility: ImportView['visibility'];
  state: ImportView['state'];
  attempt: number;
  attempts_max: number;
  fence: number;
  run_at_ms: number;
  lease_node_id: string | null;
  lease_until_ms: number | null;
  received_bytes: number;
  total_bytes: number | null;
  /** Of a bucket: objects seen so far, and those of them that an earlier import had brought. */
  found_count: number;
  skipped_count: number;
  failure_code: string | null;
  failure_message: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface ControlTables extends StorageTables {
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
  asset_files: AssetFilesTable;
  catalog_changes: CatalogChangesTable;
  jobs: JobsTable;
  imports: ImportsTable;
  events: EventsTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  webhook_attempts: WebhookAttemptsTable;
}

export type ControlDatabase = Kysely<ControlTables>;
export type ControlTransaction = Transaction<ControlTables>;
