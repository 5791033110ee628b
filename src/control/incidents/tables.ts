// Tables of incidents, as Kysely sees them, and what makes them.

import type { ColumnType, Generated } from 'kysely';
import type { IncidentEntry } from '#contract/api/incidents.ts';
import type { NoticeImpact, NoticeState } from '#core/incident/choose-notices.ts';
import type { Evidence, IncidentReason, IncidentState, Severity } from '#core/incident/types.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

export interface IncidentsTable {
  id: string;
  title: string;
  state: IncidentState;
  severity: Severity;
  severity_reasons: Json<IncidentReason[]>;
  /** A person set the severity: it is no longer judged. */
  is_severity_set: boolean;
  labels: Json<Record<string, string>>;
  opened_by: string;
  opened_at_ms: number;
  /** null: the start of the first alert, else the opening. */
  impact_started_at_ms: number | null;
  acknowledged_at_ms: number | null;
  acknowledged_by: string | null;
  quiet_since_ms: number | null;
  resolved_at_ms: number | null;
  resolution: string | null;
  merged_into: string | null;
  reopened_count: number;
  commander: string | null;
  scribe: string | null;
  communications: string | null;
  escalation_policy_id: string | null;
  /** When telemetry first saw users hurt; null: it saw nothing before the first alert. */
  harm_started_at_ms: number | null;
  /** Why; null: not looked at yet. */
  harm_reasons: Json<IncidentReason[]> | null;
  /** The most users that telemetry saw hurt at once; null: not counted yet. */
  users_hurt: number | null;
  /** What people wrote into its postmortem. */
  postmortem_summary: string | null;
  postmortem_lessons: string | null;
  /** Grows with each edit. */
  postmortem_version: Generated<number>;
  postmortem_edited_by: string | null;
  postmortem_edited_at_ms: number | null;
  revision: number;
  updated_at_ms: number;
}

export interface IncidentAlertsTable {
  incident_id: string;
  alert_id: string;
  fingerprint: string;
  state: 'firing' | 'suppressed' | 'resolved';
  severity: 'page' | 'ticket' | 'info';
  labels: Json<Record<string, string>>;
  annotations: Json<Record<string, string>>;
  evidence: Json<Evidence[]>;
  starts_at_ms: number;
  ends_at_ms: number | null;
  reasons: Json<IncidentReason[]>;
}

export interface IncidentEntriesTable {
  id: Generated<number>;
  incident_id: string;
  at_ms: number;
  kind: IncidentEntry['kind'];
  text: string;
  actor: string | null;
  details: Json<Record<string, unknown>>;
  /** What may be written only once; null: anything goes. */
  dedupe_key: string | null;
}

/** What an incident asks others to do; done at least once. */
export interface IncidentTasksTable {
  id: Generated<number>;
  incident_id: string;
  kind: 'page' | 'acknowledge' | 'stop' | 'runbook';
  subject: string;
  payload: Json<Record<string, unknown>>;
  state: 'waiting' | 'done' | 'failed';
  attempts: number;
  due_at_ms: number;
  problem: string | null;
  run_id: string | null;
  created_at_ms: number;
  ended_at_ms: number | null;
}

export interface IncidentActionItemsTable {
  id: Generated<number>;
  incident_id: string;
  title: string;
  owner: string;
  due_at_ms: number;
  state: 'open' | 'done' | 'dropped';
  created_at_ms: number;
  ended_at_ms: number | null;
}

/** What the public was told; the newest one of an incident holds. */
export interface IncidentStatusUpdatesTable {
  id: Generated<number>;
  incident_id: string;
  at_ms: number;
  state: NoticeState;
  impact: NoticeImpact;
  region_ids: string[];
  title: string;
  text: string;
  author: string;
}

export interface IncidentTables {
  incidents: IncidentsTable;
  incident_alerts: IncidentAlertsTable;
  incident_entries: IncidentEntriesTable;
  incident_tasks: IncidentTasksTable;
  incident_action_items: IncidentActionItemsTable;
  incident_status_updates: IncidentStatusUpdatesTable;
}

export const INCIDENTS_MIGRATION = [
  `create table incidents (
    id text primary key,
    title text not null,
    state text not null check (state in ('open', 'acknowledged', 'resolved', 'merged')),
    severity text not null check (severity in ('sev1', 'sev2', 'sev3', 'sev4')),
    severity_reasons jsonb not null,
    is_severity_set boolean not null,
    labels jsonb not null,
    opened_by text not null,
    opened_at_ms bigint not null,
    impact_started_at_ms bigint,
    acknowledged_at_ms bigint,
    acknowledged_by text,
    quiet_since_ms bigint,
    resolved_at_ms bigint,
    resolution text,
    merged_into text references incidents (id),
    reopened_count integer not null,
    commander text,
    scribe text,
    communications text,
    escalation_policy_id text,
    revision integer not null,
    updated_at_ms bigint not null
  )`,
  "create index incidents_open on incidents (id) where state in ('open', 'acknowledged')",
  'create index incidents_resolved on incidents (resolved_at_ms) where resolved_at_ms is not null',
  `create table incident_alerts (
    incident_id text not null references incidents (id),
    alert_id text not null,
    fingerprint text not null,
    state text not null check (state in ('firing', 'suppressed', 'resolved')),
    severity text not null check (severity in ('page', 'ticket', 'info')),
    labels jsonb not null,
    annotations jsonb not null,
    evidence jsonb not null,
    starts_at_ms bigint not null,
    ends_at_ms bigint,
    reasons jsonb not null,
    primary key (incident_id, alert_id)
  )`,
  `create table incident_entries (
    id bigint generated always as identity primary key,
    incident_id text not null references incidents (id),
    at_ms bigint not null,
    kind text not null,
    text text not null,
    actor text,
    details jsonb not null,
    dedupe_key text,
    unique (incident_id, dedupe_key)
  )`,
  'create index incident_entries_by_incident on incident_entries (incident_id, id)',
  `create table incident_tasks (
    id bigint generated always as identity primary key,
    incident_id text not null references incidents (id),
    kind text not null check (kind in ('page', 'acknowledge', 'stop', 'runbook')),
    subject text not null,
    payload jsonb not null,
    state text not null check (state in ('waiting', 'done', 'failed')),
    attempts integer not null,
    due_at_ms bigint not null,
    problem text,
    run_id text,
    created_at_ms bigint not null,
    ended_at_ms bigint
  )`,
  "create index incident_tasks_waiting on incident_tasks (id) where state = 'waiting'",
  'create index incident_tasks_by_incident on incident_tasks (incident_id, id)',
  `create table incident_action_items (
    id bigint generated always as identity primary key,
    incident_id text not null references incidents (id),
    title text not null,
    owner text not null,
    due_at_ms bigint not null,
    state text not null check (state in ('open', 'done', 'dropped')),
    created_at_ms bigint not null,
    ended_at_ms bigint
  )`,
  "create index incident_action_items_open on incident_action_items (due_at_ms) where state = 'open'",
  'create index incident_action_items_by_incident on incident_action_items (incident_id, id)',
  `create table incident_status_updates (
    id bigint generated always as identity primary key,
    incident_id text not null references incidents (id),
    at_ms bigint not null,
    state text not null check (state in ('investigating', 'identified', 'monitoring', 'resolved')),
    impact text not null check (impact in ('degraded', 'outage')),
    region_ids text[] not null,
    title text not null,
    text text not null,
    author text not null
  )`,
  'create index incident_status_updates_by_incident on incident_status_updates (incident_id, id)',
  'create index incident_status_updates_by_time on incident_status_updates (at_ms)',
];

export const INCIDENT_HARM_MIGRATION = [
  `alter table incidents
    add column harm_started_at_ms bigint,
    add column harm_reasons jsonb,
    add column users_hurt integer`,
];

export const INCIDENT_POSTMORTEM_MIGRATION = [
  `alter table incidents
    add column postmortem_summary text,
    add column postmortem_lessons text,
    add column postmortem_version integer not null default 0,
    add column postmortem_edited_by text,
    add column postmortem_edited_at_ms bigint`,
];
