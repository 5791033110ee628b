// Tables of telemetry, as Kysely sees them, and the migration that makes them. Rollups are partitioned by time, so that
// what is too old goes by dropping a table (partitions.ts makes them). Points of 5 s are appended as they come; those
// of a minute and an hour are computed from them, again whenever something late came in (fold.ts).

import type { ColumnType, Generated } from 'kysely';
import type { Viewing, ViewingStep } from '#contract/telemetry.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

interface SeriesTable {
  id: Generated<number>;
  name: string;
  /** Name and labels as one text. */
  key: string;
  labels: Json<Record<string, string>>;
}

export interface PointsTable {
  at_ms: number;
  series_id: number;
  count: number;
  sum: number | null;
  buckets: ColumnType<Record<number, number> | null, string | null, string | null>;
}

/** Up to which report each process of a node was heard. */
interface TelemetryNodesTable {
  node_id: string;
  boot_id: string;
  last_sequence: number;
  heard_at_ms: number;
}

/** Minutes and hours to be computed (again). */
interface TelemetryDirtyTable {
  step_ms: number;
  at_ms: number;
}

export interface ViewingsTable {
  sid: string;
  region_id: string;
  site_id: string;
  content_id: string | null;
  project_id: string | null;
  is_troubled: boolean;
  updated_at_ms: number;
  summary: Json<Viewing>;
  steps: Json<ViewingStep[]>;
  /** When its row of now was written to the history; null: not yet, or it has changed since. */
  exported_at_ms: ColumnType<number | null, null | undefined, number | null>;
}

export interface TelemetryTables {
  telemetry_series: SeriesTable;
  telemetry_points_5s: PointsTable;
  telemetry_points_1m: PointsTable;
  telemetry_points_1h: PointsTable;
  telemetry_nodes: TelemetryNodesTable;
  telemetry_dirty: TelemetryDirtyTable;
  viewings: ViewingsTable;
}

const POINTS = `(
    at_ms bigint not null,
    series_id integer not null,
    count double precision not null,
    sum double precision,
    buckets jsonb
  ) partition by range (at_ms)`;

export const TELEMETRY_MIGRATION = [
  `create table telemetry_series (
    id integer generated always as identity primary key,
    name text not null,
    key text not null unique,
    labels jsonb not null
  )`,
  'create index telemetry_series_by_name on telemetry_series (name)',
  ...['5s', '1m', '1h'].flatMap((name) => [
    `create table telemetry_points_${name} ${POINTS}`,
    `create index telemetry_points_${name}_by_series on telemetry_points_${name} (series_id, at_ms)`,
    `create index telemetry_points_${name}_by_time on telemetry_points_${name} (at_ms)`,
  ]),
  `create table telemetry_nodes (
    node_id text not null,
    boot_id text not null,
    last_sequence bigint not null,
    heard_at_ms bigint not null,
    primary key (node_id, boot_id)
  )`,
  `create table telemetry_dirty (
    step_ms bigint not null,
    at_ms bigint not null,
    primary key (step_ms, at_ms)
  )`,
  `create table viewings (
    sid text primary key,
    region_id text not null,
    site_id text not null,
    content_id text,
    project_id text,
    is_troubled boolean not null,
    updated_at_ms bigint not null,
    summary jsonb not null,
    steps jsonb not null
  )`,
  'create index viewings_by_time on viewings (updated_at_ms)',
  'create index viewings_by_project on viewings (project_id, updated_at_ms)',
];

/** When a viewing began: unlike the moment of the last word, it stays. */
export const STARTED_AT_SQL = "((summary->>'startedAtMs')::bigint)";
/** The asset or broadcast that was watched. */
export const ITEM_SQL = "split_part(content_id, '/', 2)";

/**
 * Indexes by which viewings are searched. They lie on expressions of what is stored anyway, so that nothing is written anew
 * and an older control keeps them as well. Names are put in the order of their signs, as readers of a page do.
 */
export const VIEWINGS_SEARCH_MIGRATION = [
  `create index viewings_by_start on viewings (${STARTED_AT_SQL}, sid collate "C")`,
  `create index viewings_by_item on viewings ((${ITEM_SQL}), ${STARTED_AT_SQL}, sid collate "C")`,
  `create index viewings_by_site on viewings (site_id, ${STARTED_AT_SQL}, sid collate "C")`,
  `create index viewings_troubled on viewings (${STARTED_AT_SQL}, sid collate "C") where is_troubled`,
];

/** What of the viewings is written to the history already. */
export const HISTORY_MIGRATION = [
  'alter table viewings add column exported_at_ms bigint',
  'create index viewings_unexported on viewings (updated_at_ms) where exported_at_ms is null',
];
