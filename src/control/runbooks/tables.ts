// The tables of runbooks, as Kysely sees them, and the migration that makes them.

import type { ColumnType, Generated } from 'kysely';
import type { GuardFinding } from '#core/runbook/guards.ts';
import type { Action, Runbook, RunState, RunStatus } from '#core/runbook/types.ts';
import type { BlastRadius } from '#core/runbook/world.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

/** Definitions that people saved, every version; the shipped ones come with the program. */
interface RunbooksTable {
  id: string;
  version: number;
  text: string;
  actor: string;
  created_at_ms: number;
  /** It counts no more, until that is taken back as well. */
  is_taken_back: Generated<boolean>;
}

/** Guards that people changed; without a row those of the definition hold. */
interface RunbookPoliciesTable {
  runbook_id: string;
  is_automatic: boolean;
  runs_per_hour_max: number;
  viewer_share_max: number;
  actor: string;
  updated_at_ms: number;
}

export interface RunbookRunsTable {
  id: string;
  runbook_id: string;
  /** The definition with its parameters filled in: later versions do not touch a run. */
  book: Json<Runbook>;
  parameters: Json<Record<string, string>>;
  /** Runbook and parameters: only one run of each may be open. */
  subject: string;
  state: Json<RunState>;
  /** Of the state. */
  status: RunStatus;
  /** Timelines know all of its journal. */
  is_told: boolean;
  incident_id: string | null;
  actor: string;
  is_automatic: boolean;
  /** As they were when it started. */
  guards: Json<readonly GuardFinding[]>;
  radius: Json<BlastRadius>;
  revision: number;
  created_at_ms: number;
  updated_at_ms: number;
  ended_at_ms: number | null;
}

/** What runs did to the world: the intent is written before, the outcome in the transaction of the change. */
interface RunbookActionsTable {
  run_id: string;
  /** Of the action within its run; what makes a repetition one and the same. */
  key: string;
  action: Json<Action>;
  intended_at_ms: number;
  ended_at_ms: number | null;
  /** null: not ended. */
  outcome: 'changed' | 'unchanged' | 'refused' | 'withdrawn' | null;
  detail: string | null;
}

/** How long steps took that came to a good end. */
interface RunbookDurationsTable {
  run_id: string;
  runbook_id: string;
  step_id: string;
  duration_ms: number;
  at_ms: number;
}

export interface RunbookTables {
  runbooks: RunbooksTable;
  runbook_policies: RunbookPoliciesTable;
  runbook_runs: RunbookRunsTable;
  runbook_actions: RunbookActionsTable;
  runbook_durations: RunbookDurationsTable;
}

export const RUNBOOK_MIGRATION: readonly string[] = [
  `create table runbooks (
    id text not null,
    version integer not null,
    text text not null,
    actor text not null,
    created_at_ms bigint not null,
    primary key (id, version)
  )`,
  `create table runbook_policies (
    runbook_id text primary key,
    is_automatic boolean not null,
    runs_per_hour_max integer not null,
    viewer_share_max double precision not null,
    actor text not null,
    updated_at_ms bigint not null
  )`,
  `create table runbook_runs (
    id text primary key,
    runbook_id text not null,
    book jsonb not null,
    parameters jsonb not null,
    subject text not null,
    state jsonb not null,
    status text not null
      check (status in ('running', 'rolling_back', 'succeeded', 'failed', 'rolled_back', 'cancelled')),
    is_told boolean not null,
    incident_id text,
    actor text not null,
    is_automatic boolean not null,
    guards jsonb not null,
    radius jsonb not null,
    revision integer not null,
    created_at_ms bigint not null,
    updated_at_ms bigint not null,
    ended_at_ms bigint
  )`,
  `create unique index runbook_runs_open on runbook_runs (subject) where status in ('running', 'rolling_back')`,
  'create index runbook_runs_untold on runbook_runs (id) where not is_told',
  'create index runbook_runs_recent on runbook_runs (runbook_id, created_at_ms)',
  'create index runbook_runs_by_incident on runbook_runs (incident_id, id) where incident_id is not null',
  'create index runbook_runs_ended on runbook_runs (ended_at_ms) where ended_at_ms is not null',
  `create table runbook_actions (
    run_id text not null references runbook_runs (id) on delete cascade,
    key text not null,
    action jsonb not null,
    intended_at_ms bigint not null,
    ended_at_ms bigint,
    outcome text check (outcome in ('changed', 'unchanged', 'refused', 'withdrawn')),
    detail text,
    primary key (run_id, key)
  )`,
  `create table runbook_durations (
    run_id text not null references runbook_runs (id) on delete cascade,
    runbook_id text not null,
    step_id text not null,
    duration_ms bigint not null,
    at_ms bigint not null,
    primary key (run_id, step_id)
  )`,
  'create index runbook_durations_by_step on runbook_durations (runbook_id, step_id, at_ms)',
];

export const TAKEN_BACK_RUNBOOKS_MIGRATION: readonly string[] = [
  'alter table runbooks add column is_taken_back boolean not null default false',
];
