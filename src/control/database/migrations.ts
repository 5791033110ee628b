// Forward-only migrations of the control plane. Each one is written once and never edited after a release; a change
// of shape expands first and contracts a release later, so that versions N and N-1 run side by side.
// SQL is kept to what PostgreSQL 15 and 18 share.

import { type Kysely, sql } from 'kysely';
import type { Migration } from '#platform/database/migrate.ts';
import { STORAGE_MIGRATION } from '../storage/tables.ts';

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

export const migrations: readonly Migration[] = [
  { id: '0001_access', up: (database) => run(database, ACCESS) },
  { id: '0002_fleet', up: (database) => run(database, FLEET) },
  { id: '0003_keys', up: (database) => run(database, KEYS) },
  { id: '0004_catalog', up: (database) => run(database, CATALOG) },
  { id: '0005_events', up: (database) => run(database, EVENTS) },
  { id: '0006_asset_files', up: (database) => run(database, ASSET_FILES) },
  { id: '0007_imports', up: (database) => run(database, IMPORTS) },
  { id: '0008_storage', up: (database) => run(database, STORAGE_MIGRATION) },
];
