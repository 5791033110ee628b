// The tables of on-call, as Kysely sees them, and the migration that makes them.

import type { ColumnType, Generated } from 'kysely';
import type { EscalationState, PageReason } from '#core/oncall/escalate.ts';
import type { Policy } from '#core/oncall/rota.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

export interface OncallVersionsTable {
  version: Generated<number>;
  text: string;
  applied_at_ms: number;
  actor: string;
  comment: string;
  /** It counts no more, until that is taken back as well. */
  is_taken_back: Generated<boolean>;
}

export interface OncallOverridesTable {
  id: string;
  schedule_id: string;
  user_id: string;
  from_ms: number;
  until_ms: number;
  kind: 'override' | 'swap' | 'take';
  reason: string;
  created_at_ms: number;
  created_by: string;
}

export interface OncallFeedsTable {
  id: string;
  hash: string;
  schedule_id: string | null;
  user_id: string | null;
  created_at_ms: number;
  created_by: string;
}

export interface OncallEscalationsTable {
  incident_id: string;
  /** Grows when an incident that was stopped pages anew. */
  generation: number;
  title: string;
  severity: 'sev1' | 'sev2' | 'sev3' | 'sev4';
  url: string;
  /** As it was at the start; null: there was no rota. */
  policy: Json<Policy | null>;
  /** The policy that was asked for; null: the default one. */
  wanted_policy_id: string | null;
  status: EscalationState['status'];
  state: Json<EscalationState>;
  /** Transitions so far, of all generations. */
  revision: number;
  wake_at_ms: number | null;
  started_at_ms: number;
  ended_at_ms: number | null;
}

/** What escalations did, in order; also the outbox of pages. */
export interface OncallEntriesTable {
  id: Generated<number>;
  key: string;
  incident_id: string;
  at_ms: number;
  kind: string;
  user_id: string | null;
  channel_id: string | null;
  text: string;
  reasons: Json<readonly PageReason[]>;
  state: 'waiting' | 'done' | 'void';
  done_at_ms: number | null;
  attempts: number;
  next_attempt_at_ms: number;
  problem: string | null;
}

export interface OncallTables {
  oncall_versions: OncallVersionsTable;
  oncall_overrides: OncallOverridesTable;
  oncall_feeds: OncallFeedsTable;
  oncall_escalations: OncallEscalationsTable;
  oncall_entries: OncallEntriesTable;
}

export const ONCALL_MIGRATION = [
  `create table oncall_versions (
    version integer generated always as identity primary key,
    text text not null,
    applied_at_ms bigint not null,
    actor text not null,
    comment text not null
  )`,
  `create table oncall_overrides (
    id text primary key,
    schedule_id text not null,
    user_id text not null,
    from_ms bigint not null,
    until_ms bigint not null check (until_ms > from_ms),
    kind text not null check (kind in ('override', 'swap', 'take')),
    reason text not null,
    created_at_ms bigint not null,
    created_by text not null
  )`,
  'create index oncall_overrides_by_end on oncall_overrides (until_ms)',
  `create table oncall_feeds (
    id text primary key,
    hash text not null unique,
    schedule_id text,
    user_id text,
    created_at_ms bigint not null,
    created_by text not null
  )`,
  `create table oncall_escalations (
    incident_id text primary key,
    generation integer not null,
    title text not null,
    severity text not null check (severity in ('sev1', 'sev2', 'sev3', 'sev4')),
    url text not null,
    policy jsonb not null,
    status text not null check (status in ('paging', 'acknowledged', 'stopped', 'exhausted')),
    state jsonb not null,
    revision integer not null,
    wake_at_ms bigint,
    started_at_ms bigint not null,
    ended_at_ms bigint
  )`,
  'create index oncall_escalations_due on oncall_escalations (wake_at_ms) where wake_at_ms is not null',
  'create index oncall_escalations_by_start on oncall_escalations (started_at_ms)',
  `create table oncall_entries (
    id bigint generated always as identity primary key,
    key text not null unique,
    incident_id text not null references oncall_escalations (incident_id) on delete cascade,
    at_ms bigint not null,
    kind text not null,
    user_id text,
    channel_id text,
    text text not null,
    reasons jsonb not null,
    state text not null check (state in ('waiting', 'done', 'void')),
    done_at_ms bigint,
    attempts integer not null default 0,
    next_attempt_at_ms bigint not null,
    problem text
  )`,
  "create index oncall_entries_waiting on oncall_entries (next_attempt_at_ms) where state = 'waiting'",
  'create index oncall_entries_by_incident on oncall_entries (incident_id, id)',
];

/** Pages that began while there was no rota wait for one. */
export const WAITING_FOR_ROTA_MIGRATION = [
  'alter table oncall_escalations add column wanted_policy_id text',
  `create index oncall_escalations_without_policy on oncall_escalations (started_at_ms)
    where status = 'exhausted' and policy = 'null'::jsonb`,
];

export const TAKEN_BACK_ROTAS_MIGRATION = [
  'alter table oncall_versions add column is_taken_back boolean not null default false',
];
