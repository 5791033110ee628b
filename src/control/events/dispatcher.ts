// Delivers events to webhooks: what is due, how it is signed, and what an outcome means for the delivery and its webhook.
// The loop that sends is that of every outbox (control/outbox).

import { formatDurationMs } from '#base/duration.ts';
import {
  type AttemptOutcome,
  DELIVERY_POLICY,
  decideDelivery,
  decideEndpoint,
  isDelivered,
} from '#core/webhook/delivery.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { chanceOf, createOutbox, type Finished, type Outbox, type OutboxQueue } from '../outbox/outbox.ts';
import type { Send, SendResult } from '../outbox/send.ts';
import { renderEvent, signatureOf } from './cloud-event.ts';
import {
  type ClaimedDelivery,
  claimDeliveries,
  lockWebhook,
  readDueWebhooks,
  type SettledAttempt,
  settleAttempt,
  takeBackLost,
  type WebhookRow,
} from './queue.ts';

export interface DispatcherDependencies {
  readonly context: ControlContext;
  readonly send: Send;
  /** Whether this process leads and its database answers. */
  mayWork(): boolean;
  term(): number;
}

export type Dispatcher = Outbox<ClaimedDelivery>;

type FinishedDelivery = Finished<ClaimedDelivery>;

/** Where events come from, as CloudEvents `source`. */
export function sourceOf({ config }: ControlContext): string {
  return config.control.url ?? 'urn:meridian:control';
}

/** Creates the dispatcher; nothing is sent until `run`. */
export function createDispatcher({ context, send, mayWork, term }: DispatcherDependencies): Dispatcher {
  const { database } = context;
  const queue: OutboxQueue<ClaimedDelivery> = {
    what: 'deliveries to webhooks',
    due: (nowMs) => readDueWebhooks(database, nowMs),
    claim: ({ targetId, ...claim }) => claimDeliveries(database, { webhookId: targetId, ...claim }),
    targetOf: ({ webhook }) => webhook.id,
    subjectOf: ({ event }) => event.subject,
    send: (claimed, atMs, signal) => send(requestOf(context, claimed, atMs), signal),
    // A test says that the endpoint is well; when it fails, that is what it was made for.
    tellsOfHealth: ({ event }, result) => event.type !== 'webhook.test' || isDelivered(result),
    settle: (webhookId, finished) =>
      database.transaction().execute(async (transaction) => {
        let webhook = await lockWebhook(transaction, webhookId);
        for (const one of finished)
          if (webhook !== undefined) webhook = await settle(context, transaction, webhook, one);
      }),
    takeBackLost: (now) => takeBackLost(database, now),
  };
  return createOutbox({ context, mayWork, term }, queue);
}

function requestOf(context: ControlContext, { delivery, event, webhook }: ClaimedDelivery, atMs: number) {
  const outgoing = { ...event, atMs: event.at_ms };
  const { contentType, headers, body } = renderEvent(outgoing, sourceOf(context), webhook.format);
  const timestampSeconds = Math.floor(atMs / 1_000);
  const signature = signatureOf(secretsOf(webhook, atMs), { id: event.id, timestampSeconds, body });
  return {
    url: webhook.url,
    body,
    headers: {
      ...headers,
      'content-type': contentType,
      'user-agent': 'Meridian-Webhooks/1',
      'webhook-id': event.id,
      'webhook-timestamp': String(timestampSeconds),
      'webhook-signature': signature,
      'meridian-attempt': String(delivery.attempts),
    },
  };
}

/** Settles one attempt; returns the webhook as it is afterwards. */
async function settle(
  context: ControlContext,
  transaction: ControlTransaction,
  webhook: WebhookRow,
  finished: FinishedDelivery,
): Promise<WebhookRow> {
  const { claimed, result, atMs, durationMs } = finished;
  const nowMs = atMs + durationMs;
  const next = nextOf(context, claimed, result, nowMs);
  const attempt = { ...result, atMs, durationMs, delivery: claimed.delivery, next };
  const isOurs = await settleAttempt(transaction, { ...attempt, endedAtMs: Math.round(nowMs) });
  count(context, isOurs ? next.kind : 'lost');
  if (!isOurs || (claimed.event.type === 'webhook.test' && !isDelivered(result))) return webhook;
  return noteEndpoint(context, transaction, webhook, result, Math.round(nowMs));
}

function nextOf(
  { random }: ControlContext,
  { delivery, event }: ClaimedDelivery,
  result: SendResult,
  nowMs: number,
): SettledAttempt['next'] {
  const firstAtMs = delivery.first_attempt_at_ms ?? nowMs;
  const tried = { attempts: delivery.round_attempts, firstAtMs };
  const decision = decideDelivery(result, tried, nowMs, chanceOf(random));
  if (decision.kind === 'delivered') return decision;
  const problem = result.problem ?? '';
  if (event.type === 'webhook.test') return { kind: 'dead', reason: `${problem} A test is sent only once.` };
  if (decision.kind === 'retry') return { kind: 'retry', dueAtMs: Math.round(nowMs + decision.delayMs) };
  const spent = `${tried.attempts} attempts in ${formatDurationMs(nowMs - firstAtMs)}`;
  const reason =
    decision.why === 'gone'
      ? 'The endpoint answered 410 Gone: it wants no more events.'
      : `Given up after ${spent}. The last one: ${problem}`;
  return { kind: 'dead', reason };
}

function count({ metrics }: ControlContext, outcome: string): void {
  metrics.counter('control_webhook_attempts_total', 'Attempts at webhooks by what followed', {
    outcome,
  }).value += 1;
}

function secretsOf(webhook: WebhookRow, nowMs: number): string[] {
  const { secret, previous_secret: previous, previous_secret_until_ms: untilMs } = webhook;
  return previous !== null && untilMs !== null && untilMs > nowMs ? [secret, previous] : [secret];
}

/** Notes what an attempt says about its endpoint, and pauses it when it must. The webhook is locked. */
async function noteEndpoint(
  { log }: ControlContext,
  transaction: ControlTransaction,
  webhook: WebhookRow,
  outcome: AttemptOutcome & { readonly problem: string | null },
  nowMs: number,
): Promise<WebhookRow> {
  const { failing_since_ms, last_failure_at_ms } = webhook;
  const health = { failingSinceMs: failing_since_ms, lastFailureAtMs: last_failure_at_ms };
  const { failingSinceMs, lastFailureAtMs, pause } = decideEndpoint(health, outcome, nowMs);
  const isPaused = pause !== null && webhook.state === 'active';
  const reason =
    pause === 'gone'
      ? 'The endpoint answered 410 Gone: it wants no more events.'
      : `Nothing was delivered for ${formatDurationMs(DELIVERY_POLICY.pauseAfterMs)}. The last attempt: ${outcome.problem}`;
  if (isPaused) log.warn({ webhook: webhook.id, reason }, 'a webhook is paused');
  const changes = {
    failing_since_ms: failingSinceMs,
    last_failure_at_ms: lastFailureAtMs,
    ...(failingSinceMs === null ? { last_success_at_ms: nowMs } : {}),
    ...(isPaused ? { state: 'paused' as const, paused_reason: reason } : {}),
  };
  await transaction.updateTable('webhooks').set(changes).where('id', '=', webhook.id).execute();
  return { ...webhook, ...changes };
}
