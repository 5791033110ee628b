// Rows that have outlived their use: expired sessions, revocations, tokens and keys; old events and deliveries.

import type { ControlContext } from './context.ts';
import { tidyEvents } from './events/housekeeping.ts';
import { tidyStorage } from './storage/storage.ts';

/** A used join token is kept for a day, to tell "used" from "never ours" in the audit trail. */
const JOIN_TOKEN_KEPT_MS = 86_400_000;

/** Removes what has expired. */
export async function removeExpired(context: ControlContext): Promise<void> {
  const { clock, database } = context;
  const nowMs = clock.nowMs();
  await database.deleteFrom('sessions').where('expires_at_ms', '<', nowMs).execute();
  await database.deleteFrom('revocations').where('expires_at_ms', '<', nowMs).execute();
  await database.deleteFrom('issued_tokens').where('expires_at_ms', '<', nowMs).execute();
  await database.deleteFrom('signing_keys').where('not_after_ms', '<', nowMs).execute();
  await database
    .deleteFrom('join_tokens')
    .where('expires_at_ms', '<', nowMs - JOIN_TOKEN_KEPT_MS)
    .execute();
  await tidyEvents(context);
  await tidyStorage(context);
}
