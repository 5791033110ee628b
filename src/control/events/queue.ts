// The queue of deliveries: claimed in batches, settled under a fence, in order per lane (the subject of the events).
//
// Order: only the head of a lane may be sent. Who is head is judged at the claim, under a lock of the webhook's row;
// what is due but no head is put aside (`held`) and not looked at again until the delivery before it ends, so that ten
// thousand waiting ones cost nothing. Every end also happens under that lock, and moves the next one up: it cannot
// fall between a claim's judgement and its own end. Writers of events take no such lock and never wait for us.
//
// The fence of an outcome is the number of the attempt: what was taken over meanwhile is not settled twice.

import { type Selectable, sql } from 'kysely';
import type {
  ControlDatabase,
  ControlTransaction,
  EventsTable,
  WebhookDeliveriesTable,
  WebhooksTable,
} from '../database/schema.ts';
import { CLAIM_MS } from '../outbox/limits.ts';
import { type NextOfAttempt, settledColumns } from '../outbox/settled-columns.ts';
import { CLAIM_CANDIDATES_MAX } from './limits.ts';

export type WebhookRow = Selectable<WebhooksTable>;
export type DeliveryRow = Selectable<WebhookDeliveriesTable>;
export type EventRow = Selectable<EventsTable>;

/** Deliveries that have not ended. */
export const PENDING = ['waiting', 'held', 'sending'] as const;

/** A delivery that is ours to send. */
export interface ClaimedDelivery {
  readonly delivery: DeliveryRow;
  readonly event: EventRow;
  readonly webhook: WebhookRow;
}

/** Webhooks that have something due. */
export async function readDueWebhooks(database: ControlDatabase, nowMs: number): Promise<string[]> {
  const rows = await database
    .selectFrom('webhooks')
    .select('id')
    .where('state', '=', 'active')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('webhook_deliveries')
          .select('webhook_deliveries.id')
          .whereRef('webhook_id', '=', 'webhooks.id')
          .where('webhook_deliveries.state', '=', 'waiting')
          .where('due_at_ms', '<=', nowMs),
      ),
    )
    .execute();
  return rows.map(({ id }) => id);
}

/** Locks a webhook against other claims and ends, not against new events. */
export function lockWebhook(
  transaction: ControlTransaction,
  webhookId: string,
): Promise<WebhookRow | undefined> {
  return transaction
    .selectFrom('webhooks')
    .selectAll()
    .where('id', '=', webhookId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export interface Claim {
  readonly webhookId: string;
  readonly slots: number;
  readonly nowMs: number;
  readonly term: number;
}

/** Claims up to `slots` heads of lanes that are due; `hasMore` when others were put aside on the way. */
export function claimDeliveries(
  database: ControlDatabase,
  claim: Claim,
): Promise<{ claimed: ClaimedDelivery[]; hasMore: boolean }> {
  return database.transaction().execute(async (transaction) => {
    const webhook = await lockWebhook(transaction, claim.webhookId);
    if (webhook?.state !== 'active') return { claimed: [], hasMore: false };
    const candidates = await judgeCandidates(transaction, claim);
    const heads = candidates.filter(({ is_head }) => is_head).slice(0, claim.slots);
    const held = candidates.filter(({ is_head }) => !is_head).map(({ id }) => id);
    if (held.length > 0)
      await transaction
        .updateTable('webhook_deliveries')
        .set({ state: 'held' })
        .where('id', 'in', held)
        .execute();
    const ids = heads.map(({ id }) => id);
    const claimed = ids.length === 0 ? [] : await markSending(transaction, webhook, ids, claim);
    return { claimed, hasMore: claimed.length < claim.slots && candidates.length === CLAIM_CANDIDATES_MAX };
  });
}

async function judgeCandidates(
  transaction: ControlTransaction,
  { webhookId, nowMs }: Claim,
): Promise<readonly { id: number; is_head: boolean }[]> {
  const { rows } = await sql<{ id: number; is_head: boolean }>`
    with candidates as (
      select id, lane, event_sequence, due_at_ms from webhook_deliveries
      where webhook_id = ${webhookId} and state = 'waiting' and due_at_ms <= ${nowMs}
      order by due_at_ms, event_sequence
      limit ${sql.lit(CLAIM_CANDIDATES_MAX)}
      for update skip locked
    )
    select candidates.id, not exists (
      select 1 from webhook_deliveries earlier
      where earlier.webhook_id = ${webhookId} and earlier.lane = candidates.lane
        and earlier.event_sequence < candidates.event_sequence
        and earlier.state in ('waiting', 'held', 'sending')
    ) as is_head
    from candidates order by candidates.due_at_ms, candidates.event_sequence
  `.execute(transaction);
  return rows;
}

async function markSending(
  transaction: ControlTransaction,
  webhook: WebhookRow,
  ids: readonly number[],
  { nowMs, term }: Claim,
): Promise<ClaimedDelivery[]> {
  const deliveries = await transaction
    .updateTable('webhook_deliveries')
    .set({
      state: 'sending',
      attempts: sql<number>`attempts + 1`,
      round_attempts: sql<number>`round_attempts + 1`,
      first_attempt_at_ms: sql<number>`coalesce(first_attempt_at_ms, ${nowMs}::bigint)`,
      sending_since_ms: nowMs,
      lease_until_ms: nowMs + CLAIM_MS,
      claim_term: term,
    })
    .where('id', 'in', ids)
    .returningAll()
    .execute();
  const events = await transaction
    .selectFrom('events')
    .selectAll()
    .where(
      'sequence',
      'in',
      deliveries.map(({ event_sequence }) => event_sequence),
    )
    .execute();
  const bySequence = new Map(events.map((event) => [event.sequence, event]));
  return deliveries.flatMap((delivery) => {
    const event = bySequence.get(delivery.event_sequence);
    return event === undefined ? [] : [{ delivery, event, webhook }];
  });
}

/** What became of an attempt, to be written down. */
export interface SettledAttempt {
  readonly delivery: DeliveryRow;
  readonly atMs: number;
  readonly durationMs: number;
  readonly status: number | null;
  readonly problem: string | null;
  readonly answer: string;
  readonly next: NextOfAttempt;
  readonly endedAtMs: number;
}

/** Writes an attempt and what follows; false when the delivery is not ours any more. The webhook must be locked. */
export async function settleAttempt(
  transaction: ControlTransaction,
  { delivery, next, ...attempt }: SettledAttempt,
): Promise<boolean> {
  const isEnd = next.kind !== 'retry';
  const settled = await transaction
    .updateTable('webhook_deliveries')
    .set(settledColumns(next, attempt))
    .where('id', '=', delivery.id)
    .where('state', '=', 'sending')
    .where('attempts', '=', delivery.attempts)
    .returning('id')
    .executeTakeFirst();
  if (settled === undefined) return false;
  await transaction
    .insertInto('webhook_attempts')
    .values({
      delivery_id: delivery.id,
      number: delivery.attempts,
      at_ms: attempt.atMs,
      duration_ms: attempt.durationMs,
      status: attempt.status,
      problem: attempt.problem,
      answer: attempt.answer,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  if (isEnd) await moveUp(transaction, delivery);
  return true;
}

/** The next one of the lane may be looked at; whether it is the head is judged when it is claimed. */
async function moveUp(
  transaction: ControlTransaction,
  { webhook_id, lane }: Pick<DeliveryRow, 'webhook_id' | 'lane'>,
): Promise<void> {
  await transaction
    .updateTable('webhook_deliveries')
    .set({ state: 'waiting' })
    .where('id', '=', (query) =>
      query
        .selectFrom('webhook_deliveries')
        .select('id')
        .where('webhook_id', '=', webhook_id)
        .where('lane', '=', lane)
        .where('state', '=', 'held')
        .orderBy('event_sequence')
        .limit(1),
    )
    .execute();
}

/** After many ended at once: whatever is held without a reason may be looked at. The webhook must be locked. */
export async function moveUpAll(transaction: ControlTransaction, webhookId: string): Promise<void> {
  await sql`
    update webhook_deliveries set state = 'waiting'
    where webhook_id = ${webhookId} and state = 'held' and not exists (
      select 1 from webhook_deliveries earlier
      where earlier.webhook_id = ${webhookId} and earlier.lane = webhook_deliveries.lane
        and earlier.event_sequence < webhook_deliveries.event_sequence
        and earlier.state in ('waiting', 'held', 'sending')
    )
  `.execute(transaction);
}

const LOST = 'Control ended before the outcome was written down; the event is sent again.';

/** Takes back what an earlier leader was sending, or what was never recorded; returns how many. */
export async function takeBackLost(
  database: ControlDatabase,
  { nowMs, term }: { nowMs: number; term: number },
): Promise<number> {
  const { rows } = await sql<{ delivery_id: number }>`
    with lost as (
      update webhook_deliveries
      set state = 'waiting', due_at_ms = ${nowMs}, reason = ${LOST}, lease_until_ms = null, claim_term = null
      where state = 'sending' and (claim_term <> ${term} or lease_until_ms < ${nowMs})
      returning id, attempts, sending_since_ms
    )
    insert into webhook_attempts (delivery_id, number, at_ms, duration_ms, status, problem, answer)
    select id, attempts, coalesce(sending_since_ms, ${nowMs}::bigint), 0, null, ${LOST}::text, '' from lost
    on conflict do nothing
    returning delivery_id
  `.execute(database);
  return rows.length;
}

/** Queues anew what has ended, as if it had never been tried. The webhook must be locked. */
export async function requeue(
  transaction: ControlTransaction,
  deliveryIds: readonly number[],
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('webhook_deliveries')
    .set({ state: 'waiting', ...freshRound(nowMs), ended_at_ms: null, reason: null })
    .where('id', 'in', deliveryIds)
    .where('state', 'in', ['delivered', 'dead'])
    .execute();
}

/** Gives what waits at a webhook all its time again: after a pause. The webhook must be locked. */
export async function refreshWaiting(
  transaction: ControlTransaction,
  webhookId: string,
  nowMs: number,
): Promise<void> {
  await transaction
    .updateTable('webhook_deliveries')
    .set(freshRound(nowMs))
    .where('webhook_id', '=', webhookId)
    .where('state', 'in', ['waiting', 'held'])
    .execute();
}

function freshRound(nowMs: number) {
  return { queued_at_ms: nowMs, due_at_ms: nowMs, round_attempts: 0, first_attempt_at_ms: null };
}
