// Systems that send alerts: each has a token, of which only the hash is kept.

import type { ControlDatabase } from '../database/schema.ts';
import { LAST_USED_EVERY_MS } from '../limits.ts';
import type { SenderPrincipal } from './principal.ts';

/** The sender with this token; notes now and then that it was heard. */
export async function findSender(
  database: ControlDatabase,
  hash: string,
  nowMs: number,
): Promise<SenderPrincipal | undefined> {
  const row = await database
    .selectFrom('alert_senders')
    .selectAll()
    .where('hash', '=', hash)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.last_used_at_ms === null || nowMs - row.last_used_at_ms > LAST_USED_EVERY_MS)
    await database
      .updateTable('alert_senders')
      .set({ last_used_at_ms: nowMs })
      .where('id', '=', row.id)
      .execute();
  return { kind: 'sender', senderId: row.id, name: row.name, labels: row.labels };
}
