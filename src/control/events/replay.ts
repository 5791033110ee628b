// Replays a span of time at one webhook: what has ended is queued anew, and with `all` also what was never queued,
// because the webhook did not exist yet or had not chosen that type. Ids of events stay, so receivers that remember
// webhook-ids take only what they missed. Order within a lane is kept: the queue sorts by the events' sequence.

import { sql } from 'kysely';
import type { ControlTransaction } from '../database/schema.ts';
import { REPLAY_EVENTS_MAX } from './limits.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly which: 'failed' | 'all';
}

/** Queues the span and returns how many; more than the limit means too many, and must be rolled back. */
export async function replaySpan(
  transaction: ControlTransaction,
  webhookId: string,
  { fromMs, toMs, which }: Span,
  nowMs: number,
): Promise<number> {
  const limit = sql.lit(REPLAY_EVENTS_MAX + 1);
  const states = which === 'failed' ? sql`('dead')` : sql`('dead', 'delivered')`;
  const again = await sql<{ id: number }>`
    update webhook_deliveries
    set state = 'waiting', queued_at_ms = ${nowMs}, due_at_ms = ${nowMs}, round_attempts = 0,
      first_attempt_at_ms = null, ended_at_ms = null, reason = null
    where id in (
      select own.id from webhook_deliveries own join events on events.sequence = own.event_sequence
      where own.webhook_id = ${webhookId} and own.state in ${states}
        and events.at_ms between ${fromMs} and ${toMs} and events.type <> 'webhook.test'
      order by events.sequence limit ${limit}
    )
    returning id
  `.execute(transaction);
  if (which === 'failed' || again.rows.length > REPLAY_EVENTS_MAX) return again.rows.length;
  const missed = await sql<{ id: number }>`
    insert into webhook_deliveries (webhook_id, event_sequence, lane, state, queued_at_ms, due_at_ms)
    select webhooks.id, events.sequence, events.subject, 'waiting', ${nowMs}::bigint, ${nowMs}::bigint
    from webhooks join events on (webhooks.project_id is null or webhooks.project_id = events.project_id)
      and (webhooks.event_types = '{}' or events.type = any (webhooks.event_types))
    where webhooks.id = ${webhookId} and events.at_ms between ${fromMs} and ${toMs}
      and events.type <> 'webhook.test'
    order by events.sequence limit ${limit}
    on conflict (webhook_id, event_sequence) do nothing
    returning id
  `.execute(transaction);
  return again.rows.length + missed.rows.length;
}
