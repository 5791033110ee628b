// The queue of notifications: claimed in order per subject, settled under a fence (the number of the attempt).
// Of each subject at a channel only the oldest open one may be sent; they are few, so that the heads are found anew at
// each claim.

import { type Selectable, sql } from 'kysely';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { CLAIM_MS } from '../outbox/limits.ts';
import type { Claim } from '../outbox/outbox.ts';
import { type NextOfAttempt, settledColumns } from '../outbox/settled-columns.ts';
import type { NotificationChannelsTable, NotificationsTable } from './tables.ts';

export type ChannelRow = Selectable<NotificationChannelsTable>;
export type NotificationRow = Selectable<NotificationsTable>;

/** A notification that is ours to send. */
export interface ClaimedNotification {
  readonly notification: NotificationRow;
  readonly channel: ChannelRow;
}

/** Channels that have something due. */
export async function readDueChannels(database: ControlDatabase, nowMs: number): Promise<string[]> {
  const rows = await database
    .selectFrom('notifications')
    .select('channel_id')
    .distinct()
    .where('state', '=', 'waiting')
    .where('due_at_ms', '<=', nowMs)
    .execute();
  return rows.map(({ channel_id }) => channel_id);
}

/** Claims up to `slots` heads of subjects that are due. */
export function claimNotifications(
  database: ControlDatabase,
  { targetId, slots, nowMs, term }: Claim,
): Promise<{ claimed: ClaimedNotification[]; hasMore: boolean }> {
  return database.transaction().execute(async (transaction) => {
    const channel = await lockChannel(transaction, targetId);
    if (channel?.state !== 'active') return { claimed: [], hasMore: false };
    const { rows } = await sql<{ id: number }>`
      select id from (
        select distinct on (lane) id, state, due_at_ms from notifications
        where channel_id = ${targetId} and state in ('waiting', 'sending')
        order by lane, id
      ) heads
      where state = 'waiting' and due_at_ms <= ${nowMs}
      order by due_at_ms, id limit ${sql.lit(slots)}
    `.execute(transaction);
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return { claimed: [], hasMore: false };
    const claimed = await transaction
      .updateTable('notifications')
      .set({
        state: 'sending',
        attempts: sql<number>`attempts + 1`,
        round_attempts: sql<number>`round_attempts + 1`,
        first_attempt_at_ms: sql<number>`coalesce(first_attempt_at_ms, ${nowMs}::bigint)`,
        lease_until_ms: nowMs + CLAIM_MS,
        claim_term: term,
      })
      .where('id', 'in', ids)
      .where('state', '=', 'waiting')
      .returningAll()
      .execute();
    return { claimed: claimed.map((notification) => ({ notification, channel })), hasMore: false };
  });
}

/** Locks a channel against other claims, not against new notifications. */
export function lockChannel(
  transaction: ControlTransaction,
  channelId: string,
): Promise<ChannelRow | undefined> {
  return transaction
    .selectFrom('notification_channels')
    .selectAll()
    .where('id', '=', channelId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** What became of an attempt, to be written down. */
export interface SettledNotification {
  readonly notification: NotificationRow;
  readonly atMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  readonly problem: string | null;
  readonly answer: string;
  readonly next: NextOfAttempt;
}

/** Writes an attempt and what follows; false when the notification is not ours any more. */
export async function settleNotification(
  transaction: ControlTransaction,
  { notification, next, ...attempt }: SettledNotification,
): Promise<boolean> {
  const endedAtMs = Math.round(attempt.atMs + attempt.durationMs);
  const settled = await transaction
    .updateTable('notifications')
    .set(settledColumns(next, { ...attempt, endedAtMs }))
    .where('id', '=', notification.id)
    .where('state', '=', 'sending')
    .where('attempts', '=', notification.attempts)
    .returning('id')
    .executeTakeFirst();
  if (settled === undefined) return false;
  await transaction
    .insertInto('notification_attempts')
    .values({
      notification_id: notification.id,
      number: notification.attempts,
      at_ms: attempt.atMs,
      duration_ms: attempt.durationMs,
      status: attempt.status,
      problem: attempt.problem,
      answer: attempt.answer,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return true;
}

const LOST = 'Control ended before the outcome was written down; it is sent again.';

/** Takes back what an earlier leader was sending, or what was never recorded; returns how many. */
export async function takeBackLost(
  database: ControlDatabase,
  { nowMs, term }: { nowMs: number; term: number },
): Promise<number> {
  const { rows } = await sql<{ notification_id: number }>`
    with lost as (
      update notifications
      set state = 'waiting', due_at_ms = ${nowMs}, reason = ${LOST}, lease_until_ms = null, claim_term = null
      where state = 'sending' and (claim_term <> ${term} or lease_until_ms < ${nowMs})
      returning id, attempts
    )
    insert into notification_attempts (notification_id, number, at_ms, duration_ms, status, problem, answer)
    select id, attempts, ${nowMs}::bigint, 0, null, ${LOST}::text, '' from lost
    on conflict do nothing
    returning notification_id
  `.execute(database);
  return rows.length;
}
