// Tables of alerts, as Kysely sees them, and the migration that makes them.

import type { ColumnType } from 'kysely';
import type { AlertSeverity, Evidence, Labels } from '#core/alerting/alert.ts';
import type { AlertState } from '#core/alerting/book.ts';
import type { Recurrence } from '#core/alerting/recurrence.ts';
import type { AlertRule } from '#core/alerting/rules.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

export interface AlertsTable {
  id: string;
  fingerprint: string;
  /** slo, rules, or sender:ID. */
  source: string;
  state: AlertState;
  severity: AlertSeverity;
  labels: Json<Labels>;
  annotations: Json<Readonly<Record<string, string>>>;
  evidence: Json<readonly Evidence[]>;
  /** Why it stays quiet. */
  quiet_reason: string | null;
  pending_since_ms: number;
  starts_at_ms: number;
  ends_at_ms: number | null;
  updated_at_ms: number;
  /** Whether those who listen have heard of this state. */
  is_told: boolean;
}

interface AlertRulesTable {
  name: string;
  origin: 'shipped' | 'own';
  rule: Json<AlertRule>;
  is_removed: boolean;
  updated_at_ms: number;
  updated_by: string;
}

export interface SilencesTable {
  id: string;
  kind: 'silence' | 'maintenance';
  matchers: string[];
  starts_at_ms: number;
  ends_at_ms: number | null;
  /** When it comes again; null: it is in force from start to end. */
  recurrence: ColumnType<Recurrence | null, string | null, string | null>;
  comment: string;
  created_by: string;
  created_at_ms: number;
}

interface AlertSendersTable {
  id: string;
  name: string;
  /** SHA-256 of its token. */
  hash: string;
  /** Added to every alert that it sends. */
  labels: Json<Labels>;
  created_at_ms: number;
  last_used_at_ms: number | null;
}

export interface AlertingTables {
  alerts: AlertsTable;
  alert_rules: AlertRulesTable;
  silences: SilencesTable;
  alert_senders: AlertSendersTable;
}

export const ALERTING_MIGRATION = [
  `create table alerts (
    id text primary key,
    fingerprint text not null,
    source text not null,
    state text not null check (state in ('firing', 'suppressed', 'resolved')),
    severity text not null check (severity in ('page', 'ticket', 'info')),
    labels jsonb not null,
    annotations jsonb not null,
    evidence jsonb not null,
    quiet_reason text,
    pending_since_ms bigint not null,
    starts_at_ms bigint not null,
    ends_at_ms bigint,
    updated_at_ms bigint not null,
    is_told boolean not null
  )`,
  'create unique index alerts_live on alerts (fingerprint) where ends_at_ms is null',
  'create index alerts_untold on alerts (id) where not is_told',
  'create index alerts_ended on alerts (ends_at_ms)',
  `create table alert_rules (
    name text primary key,
    origin text not null check (origin in ('shipped', 'own')),
    rule jsonb not null,
    is_removed boolean not null,
    updated_at_ms bigint not null,
    updated_by text not null
  )`,
  `create table silences (
    id text primary key,
    kind text not null check (kind in ('silence', 'maintenance')),
    matchers text[] not null,
    starts_at_ms bigint not null,
    ends_at_ms bigint,
    comment text not null,
    created_by text not null,
    created_at_ms bigint not null
  )`,
  'create index silences_by_end on silences (ends_at_ms)',
  `create table alert_senders (
    id text primary key,
    name text not null,
    hash text not null unique,
    labels jsonb not null,
    created_at_ms bigint not null,
    last_used_at_ms bigint
  )`,
];

/** Maintenance that comes again every week. */
export const RECURRENCE_MIGRATION = ['alter table silences add column recurrence jsonb'];
