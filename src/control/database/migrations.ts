// Forward-only migrations of the control plane. Each one is written once and never edited after a release; a change
// of shape expands first and contracts a release later, so that versions N and N-1 run side by side.
// SQL is kept to what PostgreSQL 15 and 18 share.

import { type Kysely, sql } from 'kysely';
import type { Migration } from '#platform/database/migrate.ts';

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

export const migrations: readonly Migration[] = [
  { id: '0001_access', up: (database) => run(database, ACCESS) },
  { id: '0002_fleet', up: (database) => run(database, FLEET) },
  { id: '0003_keys', up: (database) => run(database, KEYS) },
  { id: '0004_catalog', up: (database) => run(database, CATALOG) },
];
