// Forward-only migrations of the control plane. Each one is written once and never edited after a release; a change
// of shape expands first and contracts a release later, so that versions N and N-1 run side by side.
// SQL is kept to what PostgreSQL 15 and 18 share.

import { type Kysely, sql } from 'kysely';
import type { Migration } from '#platform/database/migrate.ts';
import { ACCESS_MIGRATION, BREAK_GLASS_MIGRATION } from '../access/tables.ts';
import { ALERTING_MIGRATION, RECURRENCE_MIGRATION } from '../alerting/tables.ts';
import { AUDIT_SEARCH_MIGRATION } from '../audit/search.ts';
import { migrateAuditChain } from '../audit/tables.ts';
import { CHANGES_MIGRATION } from '../changes/tables.ts';
import {
  INCIDENT_HARM_MIGRATION,
  INCIDENT_POSTMORTEM_MIGRATION,
  INCIDENTS_MIGRATION,
} from '../incidents/tables.ts';
import {
  BROADCAST_DRAINS_MIGRATION,
  LIVE_MIGRATION,
  SRT_MIGRATION,
  VIEWERS_MIGRATION,
  WHIP_MIGRATION,
} from '../live/tables.ts';
import { NOTIFICATION_MIGRATION } from '../notifications/tables.ts';
import {
  ONCALL_MIGRATION,
  TAKEN_BACK_ROTAS_MIGRATION,
  WAITING_FOR_ROTA_MIGRATION,
} from '../oncall/tables.ts';
import { ORDERS_MIGRATION, SCALES_MIGRATION } from '../orders/tables.ts';
import { RUNBOOK_MIGRATION, TAKEN_BACK_RUNBOOKS_MIGRATION } from '../runbooks/tables.ts';
import { SLO_MIGRATION } from '../slo/tables.ts';
import { PROJECT_EGRESS_MIGRATION, STORAGE_MIGRATION } from '../storage/tables.ts';
import { HISTORY_MIGRATION, TELEMETRY_MIGRATION, VIEWINGS_SEARCH_MIGRATION } from '../telemetry/tables.ts';
import { UPDATES_MIGRATION } from '../updates/tables.ts';

/** Runs statements one after another: the extended protocol takes one at a time. */
async function run(database: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(database);
}

const ACCESS = [
  `create table projects (
    id text primary key,
    name text not null,
    created_at_ms bigint not null
  )`,
  `create table api_tokens (
    id text primary key,
    hash text not null unique,
    name text not null,
    role text not null check (role in ('viewer', 'operator', 'admin')),
    project_id text references projects (id),
    created_at_ms bigint not null,
    last_used_at_ms bigint,
    expires_at_ms bigint
  )`,
  `create table sessions (
    hash text primary key,
    token_id text not null references api_tokens (id) on delete cascade,
    created_at_ms bigint not null,
    expires_at_ms bigint not null
  )`,
  'create index sessions_by_token on sessions (token_id, created_at_ms)',
  'create index sessions_by_expiry on sessions (expires_at_ms)',
  `create table audit_entries (
    id bigint generated always as identity primary key,
    at_ms bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    project_id text,
    details jsonb not null
  )`,
  'create index audit_entries_by_project on audit_entries (project_id, id)',
];

const FLEET = [
  `create table nodes (
    id text primary key,
    site_id text not null,
    region_id text not null,
    roles text[] not null,
    public_key text not null,
    node_url text not null,
    ingest_url text not null,
    edge_url text not null,
    joined_at_ms bigint not null,
    updated_at_ms bigint not null
  )`,
  `create table join_tokens (
    hash text primary key,
    site_id text not null,
    created_at_ms bigint not null,
    expires_at_ms bigint not null,
    used_at_ms bigint,
    used_by text
  )`,
  `create table drains (
    site_id text primary key,
    started_at_ms bigint not null,
    actor text not null
  )`,
  `create table leadership (
    id integer primary key check (id = 1),
    term bigint not null,
    holder text not null,
    raised_at_ms bigint not null
  )`,
  `create table published_snapshots (
    id integer primary key check (id = 1),
    term bigint not null,
    sequence bigint not null,
    payload text not null,
    signature text not null
  )`,
];

const KEYS = [
  `create table signing_keys (
    id text primary key,
    use text not null check (use in ('playback', 'upload')),
    project_id text references projects (id),
    public_key text not null,
    created_at_ms bigint not null,
    not_before_ms bigint not null,
    not_after_ms bigint not null
  )`,
  `create table revocations (
    token_id text primary key,
    project_id text,
    created_at_ms bigint not null,
    expires_at_ms bigint not null
  )`,
  `create table issued_tokens (
    id text primary key,
    project_id text not null references projects (id),
    use text not null check (use in ('playback', 'upload')),
    expires_at_ms bigint not null
  )`,
  'create index issued_tokens_by_expiry on issued_tokens (expires_at_ms)',
];

const CATALOG = [
  `create table assets (
    id text primary key,
    project_id text not null references projects (id),
    version integer not null,
    revision bigint not null,
    name text not null,
    visibility text not null check (visibility in ('public', 'private')),
    is_deleted boolean not null default false,
    created_at_ms bigint not null,
    updated_at_ms bigint not null,
    source_bytes bigint not null,
    source_sha256 text not null,
    source_file_name text not null,
    source_content_type text not null,
    source_region_ids text[] not null,
    stage text not null,
    progress double precision not null,
    is_playable boolean not null,
    failure_code text,
    failure_message text,
    ready_at_ms bigint,
    duration_ms double precision,
    renditions jsonb not null,
    media_region_ids text[] not null,
    change_number bigint not null unique
  )`,
  'create index assets_by_project on assets (project_id, id) where not is_deleted',
  `create table catalog_changes (
    id integer primary key check (id = 1),
    last_number bigint not null
  )`,
  'insert into catalog_changes (id, last_number) values (1, 0)',
  `create table jobs (
    id text primary key,
    project_id text not null references projects (id),
    asset_id text not null references assets (id),
    asset_version integer not null,
    kind text not null check (kind in ('process')),
    state text not null check (state in ('ready', 'leased', 'done', 'dead', 'cancelled')),
    attempt integer not null default 0,
    attempts_max integer not null,
    fence bigint not null default 0,
    run_at_ms bigint not null,
    lease_node_id text,
    leased_at_ms bigint,
    lease_until_ms bigint,
    stage text not null,
    progress double precision not null,
    failure_code text,
    failure_message text,
    created_at_ms bigint not null,
    updated_at_ms bigint not null,
    unique (asset_id, asset_version, kind)
  )`,
  "create index jobs_ready on jobs (run_at_ms, id) where state = 'ready'",
  "create index jobs_leased on jobs (lease_until_ms) where state = 'leased'",
];

/** The outbox: what happened, who wants to hear of it, and what was said to whom. */
const EVENTS = [
  `create table events (
    sequence bigint generated always as identity primary key,
    id text not null unique,
    type text not null,
    subject text not null,
    project_id text,
    at_ms bigint not null,
    data jsonb not null
  )`,
  'create index events_by_project on events (project_id, sequence)',
  'create index events_by_subject on events (subject, sequence)',
  'create index events_by_time on events (at_ms)',
  `create table webhooks (
    id text primary key,
    project_id text references projects (id),
    url text not null,
    description text not null,
    event_types text[] not null,
    format text not null check (format in ('structured', 'binary')),
    state text not null check (state in ('active', 'paused', 'removed')),
    paused_reason text,
    secret text not null,
    previous_secret text,
    previous_secret_until_ms bigint,
    failing_since_ms bigint,
    last_failure_at_ms bigint,
    last_success_at_ms bigint,
    created_at_ms bigint not null
  )`,
  `create table webhook_deliveries (
    id bigint generated always as identity primary key,
    webhook_id text not null references webhooks (id),
    event_sequence bigint not null references events (sequence),
    lane text not null,
    state text not null check (state in ('waiting', 'held', 'sending', 'delivered', 'dead')),
    queued_at_ms bigint not null,
    due_at_ms bigint not null,
    attempts integer not null default 0,
    round_attempts integer not null default 0,
    first_attempt_at_ms bigint,
    sending_since_ms bigint,
    lease_until_ms bigint,
    claim_term bigint,
    ended_at_ms bigint,
    reason text,
    last_status integer,
    unique (webhook_id, event_sequence)
  )`,
  "create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at_ms) where state = 'waiting'",
  `create index webhook_deliveries_lane on webhook_deliveries (webhook_id, lane, event_sequence)
    where state in ('waiting', 'held', 'sending')`,
  "create index webhook_deliveries_sending on webhook_deliveries (claim_term) where state = 'sending'",
  "create index webhook_deliveries_dead on webhook_deliveries (webhook_id, id) where state = 'dead'",
  'create index webhook_deliveries_list on webhook_deliveries (webhook_id, id)',
  'create index webhook_deliveries_by_event on webhook_deliveries (event_sequence)',
  'create index webhook_deliveries_ended on webhook_deliveries (ended_at_ms) where ended_at_ms is not null',
  `create table webhook_attempts (
    delivery_id bigint not null references webhook_deliveries (id) on delete cascade,
    number integer not null,
    at_ms bigint not null,
    duration_ms double precision not null,
    status integer,
    problem text,
    answer text not null,
    primary key (delivery_id, number)
  )`,
];

/** Captions and chosen posters: what the record says of them, and their bytes. */
const ASSET_FILES = [
  'alter table projects add column target_lufs double precision',
  "alter table assets add column captions jsonb not null default '[]'",
  'alter table assets add column poster_sha256 text',
  'alter table assets add column poster_bytes bigint',
  'alter table assets add column has_storyboard boolean not null default false',
  'alter table assets add column has_preview boolean not null default false',
  `create table asset_files (
    asset_id text not null references assets (id),
    sha256 text not null,
    bytes bytea not null,
    created_at_ms bigint not null,
    primary key (asset_id, sha256)
  )`,
];

/** Media to be fetched. An unchanged object of a bucket is fetched once, however often the bucket is imported. */
const IMPORTS = [
  `create table imports (
    id text primary key,
    project_id text not null references projects (id),
    kind text not null check (kind in ('url', 'bucket', 'object')),
    parent_id text references imports (id),
    asset_id text,
    url text,
    source text,
    object_key text,
    object_etag text,
    name text,
    visibility text not null check (visibility in ('public', 'private')),
    state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    attempt integer not null,
    attempts_max integer not null,
    fence bigint not null,
    run_at_ms bigint not null,
    lease_node_id text,
    lease_until_ms bigint,
    received_bytes bigint not null,
    total_bytes bigint,
    found_count integer not null,
    skipped_count integer not null,
    failure_code text,
    failure_message text,
    created_at_ms bigint not null,
    updated_at_ms bigint not null
  )`,
  "create index imports_waiting on imports (run_at_ms, id) where state = 'waiting'",
  "create index imports_running on imports (lease_until_ms) where state = 'running'",
  'create index imports_by_project on imports (project_id, id) where parent_id is null',
  'create index imports_by_parent on imports (parent_id, id) where parent_id is not null',
  `create unique index imports_once on imports (project_id, source, object_key, object_etag)
    where kind = 'object' and state in ('waiting', 'running', 'done')`,
];

/** Long videos that encoders share, who comes first, and regions whose encoders rest. */
const CHUNKS = [
  'alter table jobs add column priority smallint not null default 1 check (priority between 0 and 2)',
  'alter table jobs add column failure_count integer not null default 0',
  'alter table jobs add column helpers_max integer not null default 2',
  "alter table jobs add column placements jsonb not null default '[]'",
  'alter table jobs add column chunk_plan jsonb',
  'alter table jobs add column chunk_recipe text',
  `create table job_chunks (
    job_id text not null references jobs (id) on delete cascade,
    chunk_index integer not null,
    first_frame integer not null,
    frame_count integer not null,
    first_segment integer not null,
    segment_count integer not null,
    state text not null check (state in ('ready', 'leased', 'done')),
    attempt integer not null default 0,
    fence bigint not null default 0,
    failure_count integer not null default 0,
    ready_at_ms bigint not null,
    lease_node_id text,
    region_id text,
    is_led boolean not null default false,
    leased_at_ms bigint,
    lease_until_ms bigint,
    progress double precision not null default 0,
    result jsonb,
    placement jsonb,
    failure_code text,
    failure_message text,
    primary key (job_id, chunk_index)
  )`,
  "create index job_chunks_ready on job_chunks (ready_at_ms) where state = 'ready'",
  "create index job_chunks_leased on job_chunks (lease_until_ms) where state = 'leased'",
  `create table encoding_pauses (
    region_id text primary key,
    paused_at_ms bigint not null,
    actor text not null
  )`,
];

/** Presets of projects and uploads, and how assets were encoded. */
const ENCODING = [
  "alter table projects add column preset text not null default 'standard'",
  'alter table projects add column is_per_title boolean',
  "alter table projects add column codecs text[] not null default '{h264}'",
  'alter table assets add column preset text',
  'alter table assets add column encoding jsonb',
  'alter table asset_versions add column preset text',
  'alter table imports add column preset text',
];

export const migrations: readonly Migration[] = [
  { id: '0001_access', up: (database) => run(database, ACCESS) },
  { id: '0002_fleet', up: (database) => run(database, FLEET) },
  { id: '0003_keys', up: (database) => run(database, KEYS) },
  { id: '0004_catalog', up: (database) => run(database, CATALOG) },
  { id: '0005_events', up: (database) => run(database, EVENTS) },
  { id: '0006_asset_files', up: (database) => run(database, ASSET_FILES) },
  { id: '0007_imports', up: (database) => run(database, IMPORTS) },
  { id: '0008_storage', up: (database) => run(database, STORAGE_MIGRATION) },
  { id: '0011_chunks', up: (database) => run(database, CHUNKS) },
  { id: '0012_project_egress', up: (database) => run(database, PROJECT_EGRESS_MIGRATION) },
  { id: '0020_live', up: (database) => run(database, LIVE_MIGRATION) },
  { id: '0021_encoding', up: (database) => run(database, ENCODING) },
  { id: '0022_srt', up: (database) => run(database, SRT_MIGRATION) },
  { id: '0023_whip', up: (database) => run(database, WHIP_MIGRATION) },
  { id: '0030_telemetry', up: (database) => run(database, TELEMETRY_MIGRATION) },
  { id: '0031_slo', up: (database) => run(database, SLO_MIGRATION) },
  { id: '0032_alerts', up: (database) => run(database, [...ALERTING_MIGRATION, ...NOTIFICATION_MIGRATION]) },
  { id: '0033_incidents', up: (database) => run(database, [...CHANGES_MIGRATION, ...INCIDENTS_MIGRATION]) },
  { id: '0034_oncall', up: (database) => run(database, ONCALL_MIGRATION) },
  { id: '0035_runbooks', up: (database) => run(database, RUNBOOK_MIGRATION) },
  { id: '0036_audit_chain', up: migrateAuditChain },
  { id: '0037_access', up: (database) => run(database, ACCESS_MIGRATION) },
  { id: '0040_broadcast_drains', up: (database) => run(database, BROADCAST_DRAINS_MIGRATION) },
  { id: '0041_viewers', up: (database) => run(database, VIEWERS_MIGRATION) },
  { id: '0042_updates', up: (database) => run(database, UPDATES_MIGRATION) },
  { id: '0043_incident_harm', up: (database) => run(database, INCIDENT_HARM_MIGRATION) },
  { id: '0044_incident_postmortem', up: (database) => run(database, INCIDENT_POSTMORTEM_MIGRATION) },
  { id: '0045_viewings_search', up: (database) => run(database, VIEWINGS_SEARCH_MIGRATION) },
  { id: '0046_audit_search', up: (database) => run(database, AUDIT_SEARCH_MIGRATION) },
  { id: '0047_break_glass', up: (database) => run(database, BREAK_GLASS_MIGRATION) },
  { id: '0049_orders', up: (database) => run(database, ORDERS_MIGRATION) },
  { id: '0050_history', up: (database) => run(database, HISTORY_MIGRATION) },
  { id: '0051_scales', up: (database) => run(database, SCALES_MIGRATION) },
  { id: '0053_recurring_maintenance', up: (database) => run(database, RECURRENCE_MIGRATION) },
  { id: '0054_waiting_for_rota', up: (database) => run(database, WAITING_FOR_ROTA_MIGRATION) },
  {
    id: '0055_taken_back_versions',
    up: (database) => run(database, [...TAKEN_BACK_RUNBOOKS_MIGRATION, ...TAKEN_BACK_ROTAS_MIGRATION]),
  },
];
