// Forward-only migrations as data. Processes that start together take turns under an advisory lock, and each
// migration is one transaction, so that a kill in the middle leaves it undone.
// Old and new run together (law 12): a migration in the table that this version does not know was made by a newer
// one, which only ever expands the schema; it is tolerated and logged.
// Limits: session-level locks, so no pooler in transaction mode between; a migration may take MIGRATION_MS_MAX.

import { type Kysely, sql } from 'kysely';
import { assert } from '#base/assert.ts';
import type { Log } from '../log.ts';
import { type DatabaseAddress, openDatabase } from './database.ts';

export interface Migration {
  /** Four digits and what it does, e.g. `0007_add_drains`; migrations run in the order of their ids. */
  readonly id: string;
  // The schema changes from one migration to the next, so no type can describe it.
  readonly up: (database: Kysely<unknown>) => Promise<void>;
}

/** Any two migrations of this product exclude each other: "meridian" in ASCII, as a signed 64-bit integer. */
const LOCK_KEY = '7882832519763681646';
/** An index on a table of ten million rows takes about a minute. */
const MIGRATION_MS_MAX = 600_000;

interface MigrationTable {
  readonly migration: { readonly id: string };
}

/** Brings the schema up to date and returns the ids that were applied now. Safe in several processes at once. */
export async function migrate(
  address: DatabaseAddress,
  migrations: readonly Migration[],
  options: { readonly log: Log; readonly openMsMax?: number },
): Promise<readonly string[]> {
  checkMigrations(migrations);
  const { log, ...rest } = options;
  // A connection of its own: a migration, or waiting for another process, may take longer than any query may.
  const database = await openDatabase<MigrationTable>(address, {
    ...rest,
    log,
    connectionsMax: 1,
    statementMsMax: MIGRATION_MS_MAX,
  });
  try {
    return await database.kysely.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(${LOCK_KEY}::bigint)`.execute(connection);
      try {
        return await applyAll(connection, migrations, log);
      } finally {
        // When the connection is lost the server frees the lock; that error is not the one to report.
        await sql`select pg_advisory_unlock(${LOCK_KEY}::bigint)`.execute(connection).catch(() => undefined);
      }
    });
  } finally {
    await database.close();
  }
}

async function applyAll(
  connection: Kysely<MigrationTable>,
  migrations: readonly Migration[],
  log: Log,
): Promise<readonly string[]> {
  await sql`create table if not exists migration (
    id text primary key,
    applied_at timestamptz not null default now()
  )`.execute(connection);
  const rows = await connection.selectFrom('migration').select('id').orderBy('id').execute();
  const applied = new Set(rows.map(({ id }) => id));
  const unknown = [...applied].filter((id) => !migrations.some((migration) => migration.id === id));
  if (unknown.length > 0)
    log.info({ migrations: unknown }, 'a newer version has changed the database; this one works with it');
  const done: string[] = [];
  for (const migration of migrations) {
    if (applied.has(migration.id)) continue;
    await connection.transaction().execute(async (transaction) => {
      await migration.up(transaction as unknown as Kysely<unknown>);
      await transaction.insertInto('migration').values({ id: migration.id }).execute();
    });
    log.info({ migration: migration.id }, 'migrated the database');
    done.push(migration.id);
  }
  return done;
}

/** Ids are part of every database in the world: they are checked before the first is written. */
function checkMigrations(migrations: readonly Migration[]): void {
  for (const [index, { id }] of migrations.entries()) {
    assert(/^\d{4}_[a-z0-9_]{1,60}$/.test(id), `the migration id ${id} has the form 0001_what_it_does`);
    const previous = migrations[index - 1];
    assert(previous === undefined || previous.id < id, `migration ${id} comes in order and only once`);
  }
}
