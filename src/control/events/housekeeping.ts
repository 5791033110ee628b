// What outlives its use: old events and deliveries, what waited too long, webhooks that were removed. Everything goes
// in small statements, so that none holds a lock for long; what is left over is for the next round.

import { sql } from 'kysely';
import { formatDurationMs } from '#base/duration.ts';
import { DELIVERY_POLICY } from '#core/webhook/delivery.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { EVENTS_KEPT_MS, PAUSED_KEPT_MS, REMOVE_BATCH, REMOVE_BATCHES_MAX, WAITING_MAX } from './limits.ts';
import { lockWebhook, moveUpAll, type WebhookRow } from './queue.ts';

const BATCH = sql.lit(REMOVE_BATCH);

/** One round. */
export async function tidyEvents({
  clock,
  database,
  log,
}: Pick<ControlContext, 'clock' | 'database' | 'log'>): Promise<void> {
  const nowMs = clock.nowMs();
  const webhooks = await database.selectFrom('webhooks').selectAll().execute();
  for (const { id } of webhooks.filter(({ state }) => state !== 'removed')) {
    const count = await giveUpWaiting(database, id, nowMs);
    if (count > 0)
      log.warn({ webhook: id, deliveries: count }, 'deliveries that waited too long are given up');
  }
  for (const { id } of webhooks.filter(({ state }) => state === 'removed')) await removeWebhook(database, id);
  const before = nowMs - EVENTS_KEPT_MS;
  await inBatches(async () => {
    const { rows } = await sql`
      delete from webhook_deliveries where id in (
        select id from webhook_deliveries where ended_at_ms < ${before} order by ended_at_ms limit ${BATCH}
      ) returning 1
    `.execute(database);
    return rows.length;
  });
  await inBatches(async () => {
    const { rows } = await sql`
      delete from events where sequence in (
        select sequence from events where at_ms < ${before} and not exists (
          select 1 from webhook_deliveries where event_sequence = events.sequence
        ) order by at_ms limit ${BATCH}
      ) returning 1
    `.execute(database);
    return rows.length;
  });
}

/** Runs a removal until it finds less than a whole batch. */
async function inBatches(remove: () => Promise<number>): Promise<void> {
  for (let batch = 0; batch < REMOVE_BATCHES_MAX; batch += 1) if ((await remove()) < REMOVE_BATCH) return;
}

/** Ends what no longer has a chance or a right to wait; returns how many. */
function giveUpWaiting(database: ControlDatabase, webhookId: string, nowMs: number): Promise<number> {
  return database.transaction().execute(async (transaction) => {
    const webhook = await lockWebhook(transaction, webhookId);
    if (webhook === undefined) return 0;
    const overdue = overdueOf(webhook, nowMs);
    const late =
      overdue === null
        ? 0
        : await giveUp(
            transaction,
            webhookId,
            nowMs,
            overdue.reason,
            sql`queued_at_ms < ${overdue.beforeMs}`,
          );
    const surplus = await giveUp(
      transaction,
      webhookId,
      nowMs,
      `More than ${WAITING_MAX} deliveries waited here; the oldest are given up.`,
      sql`id <= (
        select id from webhook_deliveries
        where webhook_id = ${webhookId} and state in ('waiting', 'held', 'sending')
        order by id desc offset ${sql.lit(WAITING_MAX)} limit 1
      )`,
    );
    if (late + surplus > 0) await moveUpAll(transaction, webhookId);
    return late + surplus;
  });
}

/** Since when, and why, deliveries wait at this webhook in vain; null when they do not. */
function overdueOf(webhook: WebhookRow, nowMs: number): { beforeMs: number; reason: string } | null {
  if (webhook.state === 'paused') {
    const reason = `It waited ${formatDurationMs(PAUSED_KEPT_MS)} while the webhook was paused.`;
    return { beforeMs: nowMs - PAUSED_KEPT_MS, reason };
  }
  const beforeMs = nowMs - DELIVERY_POLICY.retryMsMax;
  const { failing_since_ms: failingSinceMs } = webhook;
  if (failingSinceMs === null || failingSinceMs > beforeMs) return null;
  const reason = `It waited ${formatDurationMs(DELIVERY_POLICY.retryMsMax)} while nothing could be delivered here.`;
  return { beforeMs, reason };
}

async function giveUp(
  transaction: ControlTransaction,
  webhookId: string,
  nowMs: number,
  reason: string,
  condition: ReturnType<typeof sql>,
): Promise<number> {
  const { rows } = await sql`
    update webhook_deliveries set state = 'dead', ended_at_ms = ${nowMs}, reason = ${reason}
    where id in (
      select id from webhook_deliveries
      where webhook_id = ${webhookId} and state in ('waiting', 'held') and ${condition}
      order by event_sequence limit ${BATCH}
    ) returning 1
  `.execute(transaction);
  return rows.length;
}

async function removeWebhook(database: ControlDatabase, webhookId: string): Promise<void> {
  let left = 0;
  await inBatches(async () => {
    const { rows } = await sql`
      delete from webhook_deliveries where id in (
        select id from webhook_deliveries where webhook_id = ${webhookId} limit ${BATCH}
      ) returning 1
    `.execute(database);
    left = rows.length;
    return rows.length;
  });
  if (left < REMOVE_BATCH) await database.deleteFrom('webhooks').where('id', '=', webhookId).execute();
}
