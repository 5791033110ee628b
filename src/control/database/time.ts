// The database's own clock, in our milliseconds: leases compare against it, so that no process's clock can give a
// lease away or keep one for ever.

import { type RawBuilder, sql } from 'kysely';

/** Milliseconds since the epoch at the start of the statement, plus an offset. */
export function databaseNowMs(offsetMs = 0): RawBuilder<number> {
  return sql<number>`(extract(epoch from statement_timestamp()) * 1000)::bigint + ${sql.lit(Math.round(offsetMs))}::bigint`;
}
