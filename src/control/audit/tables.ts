// Tables of the chain of the audit trail (core/audit/chain.ts), and the sealing of rows that were there before it.

import { type Kysely, sql } from 'kysely';
import { sealBatch } from './seal.ts';

/** What the chain adds to `audit_entries`; null until the row is sealed, a second or two after its change. */
export interface AuditChainColumns {
  position: number | null;
  previous_hash: string | null;
  hash: string | null;
}

export interface AuditTables {
  audit_head: AuditHeadTable;
}

interface AuditHeadTable {
  /** One row. */
  id: number;
  position: number;
  hash: string;
  /** Rows up to this place were there before the chain. */
  legacy_position: number;
}

const STATEMENTS = [
  'alter table audit_entries add column position bigint',
  'alter table audit_entries add column previous_hash text',
  'alter table audit_entries add column hash text',
  `create table audit_head (
    id integer primary key check (id = 1),
    position bigint not null,
    hash text not null,
    legacy_position bigint not null
  )`,
  "insert into audit_head values (1, 0, repeat('0', 64), 0)",
  'create index audit_entries_unsealed on audit_entries (id) where position is null',
];

/** Adds the chain and seals what is there. */
export async function migrateAuditChain(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
  while ((await sealBatch(database)) > 0);
  await sql`update audit_head set legacy_position = position`.execute(database);
  // Last, so that sealing a long trail does not also write this index row by row.
  await sql`create unique index audit_entries_chain on audit_entries (position)`.execute(database);
}
