// Tables of changes, as Kysely sees them, and what makes them.

import type { ColumnType, Generated } from 'kysely';
import type { ChangeKind } from '#core/changes/rank-changes.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

export interface ChangesTable {
  id: Generated<number>;
  at_ms: number;
  kind: ChangeKind;
  summary: string;
  actor: string;
  labels: Json<Record<string, string>>;
  details: Json<Record<string, unknown>>;
  recorded_at_ms: number;
}

/** What was seen last of something that is watched for changes: the version of a node, the plan, the configuration. */
export interface ChangeMarksTable {
  key: string;
  value: Json<unknown>;
}

export interface ChangeTables {
  changes: ChangesTable;
  change_marks: ChangeMarksTable;
}

export const CHANGES_MIGRATION = [
  `create table changes (
    id bigint generated always as identity primary key,
    at_ms bigint not null,
    kind text not null check (kind in
      ('deploy', 'config', 'drain', 'restore', 'runbook', 'drill', 'experiment', 'generation', 'incident')),
    summary text not null,
    actor text not null,
    labels jsonb not null,
    details jsonb not null,
    recorded_at_ms bigint not null
  )`,
  'create index changes_by_time on changes (at_ms)',
  'create index changes_by_recording on changes (recorded_at_ms)',
  'create index changes_by_kind on changes (kind, id)',
  `create table change_marks (
    key text primary key,
    value jsonb not null
  )`,
];
