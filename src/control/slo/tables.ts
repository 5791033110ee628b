// Tables of objectives, as Kysely sees them, and the migration that makes them.

import type { ColumnType } from 'kysely';
import type { SloDocument } from '#contract/openslo.ts';
import type { LedgerState } from '#core/slo/ledger.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

interface SlosTable {
  name: string;
  /** shipped: as Meridian brings it, replaced when it brings another; own: somebody wrote it. */
  origin: 'shipped' | 'own';
  document: Json<SloDocument>;
  /** A shipped one that somebody removed stays away. */
  is_removed: boolean;
  updated_at_ms: number;
  updated_by: string;
}

/** What budgets knew before their newest hour, so that a restart forgets nothing. */
interface SloLedgersTable {
  slo: string;
  group_index: number;
  /** Labels as sorted JSON. */
  labels: string;
  state: Json<LedgerState>;
  /** [tier, ms] when tiers fired last. */
  fired_at: Json<[string, number][]>;
  at_ms: number;
}

export interface SloTables {
  slos: SlosTable;
  slo_ledgers: SloLedgersTable;
}

export const SLO_MIGRATION = [
  `create table slos (
    name text primary key,
    origin text not null check (origin in ('shipped', 'own')),
    document jsonb not null,
    is_removed boolean not null,
    updated_at_ms bigint not null,
    updated_by text not null
  )`,
  `create table slo_ledgers (
    slo text not null,
    group_index integer not null,
    labels text not null,
    state jsonb not null,
    fired_at jsonb not null,
    at_ms bigint not null,
    primary key (slo, group_index, labels)
  )`,
];
