// Rows that have outlived their use: expired sessions, revocations, tokens and keys; old events and deliveries.

import { tidyAlerts } from './alerting/housekeeping.ts';
import { tidyChanges } from './changes/changes.ts';
import type { ControlContext } from './context.ts';
import { tidyEvents } from './events/housekeeping.ts';
import { tidyIncidents } from './incidents/incidents.ts';
import { tidyNotifications } from './notifications/housekeeping.ts';
import { tidyOncall } from './oncall/oncall.ts';
import { tidyOrders } from './orders/orders.ts';
import { RUNS_KEPT_MS } from './runbooks/limits.ts';
import { removeRuns } from './runbooks/store.ts';
import { tidyStorage } from './storage/storage.ts';

/** A used join token is kept for a day, to tell "used" from "never ours" in the audit trail. */
const JOIN_TOKEN_KEPT_MS = 86_400_000;

/** Chunks of ended jobs are kept for a week, as long as a failed job is likely to be repeated. */
const CHUNKS_KEPT_MS = 7 * 86_400_000;

/** Removes what has expired. */
export async function removeExpired(context: ControlContext): Promise<void> {
  const { clock, database } = context;
  const nowMs = clock.nowMs();
  await database.deleteFrom('sessions').where('expires_at_ms', '<', nowMs).execute();
  await database.deleteFrom('person_sessions').where('expires_at_ms', '<', nowMs).execute();
  await database.deleteFrom('revocations').where('expires_at_ms', '<', nowMs).execute();
  await database.deleteFrom('issued_tokens').where('expires_at_ms', '<', nowMs).execute();
  await database.deleteFrom('signing_keys').where('not_after_ms', '<', nowMs).execute();
  await database
    .deleteFrom('join_tokens')
    .where('expires_at_ms', '<', nowMs - JOIN_TOKEN_KEPT_MS)
    .execute();
  // Who made which part is of interest as long as somebody may ask about it.
  await database
    .deleteFrom('job_chunks')
    .where('job_id', 'in', (from) =>
      from
        .selectFrom('jobs')
        .select('id')
        .where('state', 'in', ['done', 'dead', 'cancelled'])
        .where('updated_at_ms', '<', nowMs - CHUNKS_KEPT_MS),
    )
    .execute();
  await tidyEvents(context);
  await tidyOncall(context);
  await tidyAlerts(context);
  await tidyNotifications(context);
  await tidyStorage(context);
  await tidyChanges(context);
  await tidyIncidents(context);
  await tidyOrders(context);
  await removeRuns(database, nowMs - RUNS_KEPT_MS);
}
