// Tables of the control plane, as Kysely sees them. Times are milliseconds since the epoch, so that they mean the
// same in the database, in JSON and in core. What a lease compares comes from the database's own clock.

import type { ColumnType, Generated, Kysely, Transaction } from 'kysely';
import type { AssetView } from '#contract/api/assets.ts';
import type { EventType } from '#contract/api/events.ts';
import type { ImportView } from '#contract/api/imports.ts';
import type { PlacementView } from '#contract/api/jobs.ts';
import type { EncodingReport, VideoCodecName } from '#contract/encoding.ts';
import type { ChunkPlan, ChunkResult } from '#contract/jobs.ts';
import type { AssetCaptionTrack } from '#contract/media.ts';
import type { SrtPorts } from '#contract/node-api.ts';
import type { AccessTables } from '../access/tables.ts';
import type { AlertingTables } from '../alerting/tables.ts';
import type { AuditChainColumns, AuditTables } from '../audit/tables.ts';
import type { ChangeTables } from '../changes/tables.ts';
import type { IncidentTables } from '../incidents/tables.ts';
import type { LiveTables } from '../live/tables.ts';
import type { NotificationTables } from '../notifications/tables.ts';
import type { OncallTables } from '../oncall/tables.ts';
import type { OrderTables } from '../orders/tables.ts';
import type { RunbookTables } from '../runbooks/tables.ts';
import type { SloTables } from '../slo/tables.ts';
import type { AssetStorageColumns, ProjectStorageColumns, StorageTables } from '../storage/tables.ts';
import type { TelemetryTables } from '../telemetry/tables.ts';

/** Columns that a row does not have when it is written. */
type Generatable<T> = { [K in keyof T]: Generated<T[K]> };

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

interface ProjectsTable extends ProjectStorageColumns {
  id: string;
  name: string;
  created_at_ms: number;
  target_lufs: number | null;
  preset: Generated<string>;
  is_per_title: boolean | null;
  codecs: Generated<VideoCodecName[]>;
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
  /** Regions in which an operator may act; null: all. */
  region_ids: Generated<string[] | null>;
}

interface SessionsTable {
  /** SHA-256 of the cookie. */
  hash: string;
  token_id: string;
  created_at_ms: number;
  expires_at_ms: number;
}

interface AuditEntriesTable extends Generatable<AuditChainColumns> {
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
  rtmp_url: string | null;
  whip_url: string | null;
  channel_slots: number | null;
  srt: ColumnType<SrtPorts | null, string | null, string | null>;
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
  /** Asked for with the upload of this version. */
  preset: string | null;
  encoding: ColumnType<EncodingReport | null, string | null, string | null>;
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
  /** 0 high, 1 normal, 2 low. */
  priority: Generated<number>;
  /** Failed attempts at it and at its chunks since it was last begun anew. */
  failure_count: Generated<number>;
  /** How many nodes may help at once: grows with every finished chunk, shrinks to one with every failure. */
  helpers_max: Generated<number>;
  /** The last decisions about it, newest first. */
  placements: ColumnType<PlacementView[], string | undefined, string>;
  /** How its pictures are made, when several encoders share them; null: one makes all. */
  chunk_plan: ColumnType<ChunkPlan | null, string | null | undefined, string | null>;
  chunk_recipe: string | null;
}

/** A part of a long video that an encoder leases. */
export interface JobChunksTable {
  job_id: string;
  chunk_index: number;
  first_frame: number;
  frame_count: number;
  first_segment: number;
  segment_count: number;
  state: 'ready' | 'leased' | 'done';
  attempt: Generated<number>;
  fence: Generated<number>;
  failure_count: Generated<number>;
  ready_at_ms: number;
  lease_node_id: string | null;
  /** Of the node that works on it or has made it. */
  region_id: string | null;
  /** Taken by the leader: its lease is that of the job. */
  is_led: Generated<boolean>;
  leased_at_ms: number | null;
  lease_until_ms: number | null;
  progress: Generated<number>;
  result: ColumnType<ChunkResult | null, string | null | undefined, string | null>;
  placement: ColumnType<PlacementView | null, string | null | undefined, string | null>;
  failure_code: string | null;
  failure_message: string | null;
}

interface EncodingPausesTable {
  region_id: string;
  paused_at_ms: number;
  actor: string;
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
  preset: string | null;
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

export interface ControlTables
  extends AccessTables,
    AuditTables,
    StorageTables,
    LiveTables,
    TelemetryTables,
    ChangeTables,
    IncidentTables,
    OncallTables,
    OrderTables,
    RunbookTables,
    SloTables,
    AlertingTables,
    NotificationTables {
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
  job_chunks: JobChunksTable;
  encoding_pauses: EncodingPausesTable;
  imports: ImportsTable;
  events: EventsTable;
  webhooks: WebhooksTable;
  webhook_deliveries: WebhookDeliveriesTable;
  webhook_attempts: WebhookAttemptsTable;
}

export type ControlDatabase = Kysely<ControlTables>;
export type ControlTransaction = Transaction<ControlTables>;
