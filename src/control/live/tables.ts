// The table of broadcasts, as Kysely sees it, and the migration that makes it.

import type { ColumnType } from 'kysely';
import type {
  BroadcastRecord,
  BroadcastSchedule,
  BroadcastSettings,
  BroadcastState,
} from '#contract/live.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

export interface BroadcastsTable {
  id: string;
  project_id: string;
  name: string;
  visibility: BroadcastRecord['visibility'];
  state: BroadcastState;
  state_reason: string | null;
  planned_start_ms: number | null;
  planned_duration_ms: number | null;
  time_zone: string | null;
  expected_viewers: number | null;
  publisher_region_id: string | null;
  settings: Json<BroadcastSettings>;
  schedule: Json<BroadcastSchedule>;
  /** Highest channel number that was ever given. */
  last_channel: number;
  revision: number;
  recording_asset_id: string | null;
  created_at_ms: number;
  updated_at_ms: number;
  started_at_ms: number | null;
  interrupted_at_ms: number | null;
  ended_at_ms: number | null;
  /** null: takes no SRT. */
  srt_slot: number | null;
  srt_passphrase: string | null;
  drained_region_ids: ColumnType<string[], string[] | undefined, string[]>;
}

export interface LiveTables {
  broadcasts: BroadcastsTable;
}

export const WHIP_MIGRATION = ['alter table nodes add column whip_url text'];

export const LIVE_MIGRATION = [
  'alter table nodes add column rtmp_url text',
  'alter table nodes add column channel_slots integer',
  `create table broadcasts (
    id text primary key,
    project_id text not null references projects (id),
    name text not null,
    visibility text not null check (visibility in ('public', 'private')),
    state text not null check (state in ('planned', 'ready', 'on_air', 'interrupted', 'ended')),
    state_reason text,
    planned_start_ms bigint,
    planned_duration_ms bigint,
    time_zone text,
    expected_viewers bigint,
    publisher_region_id text,
    settings jsonb not null,
    schedule jsonb not null,
    last_channel integer not null,
    revision integer not null,
    recording_asset_id text,
    created_at_ms bigint not null,
    updated_at_ms bigint not null,
    started_at_ms bigint,
    interrupted_at_ms bigint,
    ended_at_ms bigint
  )`,
  "create index broadcasts_open on broadcasts (id) where state <> 'ended'",
  'create index broadcasts_by_project on broadcasts (project_id, id)',
];

export const SRT_MIGRATION = [
  'alter table nodes add column srt jsonb',
  'alter table broadcasts add column srt_slot integer',
  'alter table broadcasts add column srt_passphrase text',
  "create unique index broadcasts_by_srt_slot on broadcasts (srt_slot) where state <> 'ended'",
];

export const BROADCAST_DRAINS_MIGRATION = [
  "alter table broadcasts add column drained_region_ids text[] not null default '{}'",
];

/** Who watches a broadcast is asked for every few seconds. */
export const VIEWERS_MIGRATION = ['create index viewings_by_content on viewings (content_id, updated_at_ms)'];
