// Partitions of the tables of points: made before the first row that needs them, dropped when all in them is too old.

import { type Kysely, sql } from 'kysely';
import type { ControlTables } from '../database/schema.ts';
import { floorTo, type Resolution } from './resolutions.ts';

export interface Partitions {
  /** Makes the partitions for these times, if they are not there. */
  ensure(resolution: Resolution, timesMs: readonly number[]): Promise<void>;
  /** Drops what is older, by resolution. */
  dropBefore(resolution: Resolution, atMs: number): Promise<void>;
}

/** Creates the keeper of partitions. */
export function createPartitions(database: Kysely<ControlTables>): Partitions {
  const known = new Set<string>();

  const nameOf = ({ table }: Resolution, fromMs: number): string => `${table}_${fromMs}`;

  return {
    async ensure(resolution, timesMs) {
      const starts = new Set(timesMs.map((atMs) => floorTo(atMs, resolution.partitionMs)));
      for (const fromMs of starts) {
        const name = nameOf(resolution, fromMs);
        if (known.has(name)) continue;
        await sql`create table if not exists ${sql.id(name)} partition of ${sql.id(resolution.table)}
          for values from (${sql.lit(fromMs)}) to (${sql.lit(fromMs + resolution.partitionMs)})`.execute(
          database,
        );
        known.add(name);
      }
    },
    async dropBefore(resolution, atMs) {
      const { rows } = await sql<{ name: string }>`
        select child.relname as name from pg_inherits
        join pg_class child on child.oid = pg_inherits.inhrelid
        where pg_inherits.inhparent = ${resolution.table}::regclass`.execute(database);
      for (const { name } of rows) {
        const fromMs = Number(name.slice(resolution.table.length + 1));
        if (!Number.isFinite(fromMs) || fromMs + resolution.partitionMs > atMs) continue;
        await sql`drop table if exists ${sql.id(name)}`.execute(database);
        known.delete(name);
      }
    },
  };
}
