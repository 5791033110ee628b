// What outlives its use: notifications that ended long ago, and what too many wait at a channel that is dead.

import { sql } from 'kysely';
import type { ControlContext } from '../context.ts';
import { KEPT_MS, REMOVE_BATCH, WAITING_MAX } from './limits.ts';

/** One round. */
export async function tidyNotifications({
  clock,
  database,
  log,
}: Pick<ControlContext, 'clock' | 'database' | 'log'>): Promise<void> {
  const nowMs = clock.nowMs();
  await sql`
    delete from notifications where id in (
      select id from notifications where ended_at_ms < ${nowMs - KEPT_MS} limit ${sql.lit(REMOVE_BATCH)}
    )
  `.execute(database);
  const reason = `Given up: more than ${WAITING_MAX} notifications waited at this channel.`;
  const { rows } = await sql`
    update notifications set state = 'dead', ended_at_ms = ${nowMs}, reason = ${reason}
    where id in (
      select id from (
        select id, row_number() over (partition by channel_id order by id desc) as place
        from notifications where state = 'waiting'
      ) numbered
      where place > ${sql.lit(WAITING_MAX)}
    )
    returning id
  `.execute(database);
  if (rows.length > 0)
    log.error({ count: rows.length }, 'notifications were given up: their channel takes nothing any more');
}
