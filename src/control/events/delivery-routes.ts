// Events and deliveries for people: what happened, what was said to whom, and once more.

import type { Selectable } from 'kysely';
import { makeId } from '#base/ids.ts';
import type { DeliveryView, eventRoutes } from '#contract/api/events.ts';
import { MeridianError } from '#contract/errors.ts';
import type { UserPrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction, EventsTable } from '../database/schema.ts';
import type { Call, Handlers } from '../http/call.ts';
import { CLAIM_MS } from '../outbox/limits.ts';
import { renderEvent } from './cloud-event.ts';
import { type Dispatcher, sourceOf } from './dispatcher.ts';
import { ATTEMPTS_SHOWN_MAX, REPLAY_EVENTS_MAX } from './limits.ts';
import type { DeliveryRow } from './queue.ts';
import { requeue } from './queue.ts';
import { replaySpan } from './replay.ts';
import { lockOwnWebhook, viewOf } from './webhooks.ts';

type EventRoutes = typeof eventRoutes;
type DeliveryKeys =
  | 'GET /v1/events'
  | 'POST /v1/webhooks/{webhookId}/test'
  | 'GET /v1/webhooks/{webhookId}/deliveries'
  | 'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}'
  | 'POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay'
  | 'POST /v1/webhooks/{webhookId}/replay';

/** Routes of events and deliveries. */
export function createDeliveryHandlers(
  context: ControlContext,
  dispatcher: Dispatcher,
  term: () => number,
): Handlers<EventRoutes, DeliveryKeys> {
  const { clock, database } = context;

  /** Locks a webhook, queues deliveries anew, and writes the audit row. */
  async function replay<T>(
    principal: UserPrincipal,
    webhookId: string,
    act: (transaction: ControlTransaction, nowMs: number) => Promise<{ value: T; details: object }>,
  ): Promise<T> {
    const value = await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      const row = await lockOwnWebhook(transaction, principal, webhookId);
      const done = await act(transaction, nowMs);
      await recordAudit(transaction, principal, nowMs, {
        action: 'webhook.replay',
        subject: row.id,
        projectId: row.project_id,
        details: { ...done.details },
      });
      return done.value;
    });
    dispatcher.wake();
    return value;
  }

  return {
    'GET /v1/events': (call) => listEvents(database, call),
    'POST /v1/webhooks/{webhookId}/test': (call) => sendTest(context, dispatcher, term(), call),
    async 'GET /v1/webhooks/{webhookId}/deliveries'({ params, query, principal }) {
      await viewOf(database, principal, params.webhookId);
      let select = deliveries(database, params.webhookId).orderBy('webhook_deliveries.id', 'desc');
      if (query.before !== undefined) select = select.where('webhook_deliveries.id', '<', query.before);
      if (query.state !== undefined) select = select.where('webhook_deliveries.state', '=', query.state);
      return { deliveries: (await select.limit(query.limit).execute()).map(deliveryView) };
    },
    async 'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}'({ params, principal }) {
      const webhook = await viewOf(database, principal, params.webhookId);
      const row = await findDelivery(database, params.webhookId, params.deliveryId);
      const attempts = await database
        .selectFrom('webhook_attempts')
        .selectAll()
        .where('delivery_id', '=', row.id)
        .orderBy('number', 'desc')
        .limit(ATTEMPTS_SHOWN_MAX)
        .execute();
      const event = { ...row, id: row.event_id, atMs: row.at_ms, sequence: row.event_sequence };
      return {
        delivery: deliveryView(row),
        attempts: attempts.reverse().map(({ number, at_ms, duration_ms, status, problem, answer }) => {
          return { number, atMs: at_ms, durationMs: duration_ms, status, problem, answer };
        }),
        body: renderEvent(event, sourceOf(context), webhook.format).body,
      };
    },
    'POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay': ({ params, principal }) =>
      replay(principal, params.webhookId, async (transaction, nowMs) => {
        const row = await findDelivery(transaction, params.webhookId, params.deliveryId);
        if (row.state !== 'delivered' && row.state !== 'dead')
          throw new MeridianError('conflict', {
            reason: 'This delivery has not ended; it will be made anyway',
          });
        await requeue(transaction, [row.id], nowMs);
        const value = deliveryView(await findDelivery(transaction, params.webhookId, row.id));
        return { value, details: { deliveryId: row.id, eventId: row.event_id } };
      }),
    'POST /v1/webhooks/{webhookId}/replay': ({ params, body, principal }) =>
      replay(principal, params.webhookId, async (transaction, nowMs) => {
        const count = await replaySpan(transaction, params.webhookId, body, nowMs);
        if (count > REPLAY_EVENTS_MAX)
          throw new MeridianError('conflict', {
            reason: `The span holds more than ${REPLAY_EVENTS_MAX} events; replay it in several shorter ones`,
          });
        return { value: { count }, details: { ...body, count } };
      }),
  };
}

type DeliveryWithEvent = DeliveryRow &
  Omit<Selectable<EventsTable>, 'id' | 'sequence'> & { readonly event_id: string };

function deliveries(database: ControlDatabase | ControlTransaction, webhookId: string) {
  return database
    .selectFrom('webhook_deliveries')
    .innerJoin('events', 'events.sequence', 'webhook_deliveries.event_sequence')
    .selectAll('webhook_deliveries')
    .select(['events.id as event_id', 'type', 'subject', 'project_id', 'at_ms', 'data'])
    .where('webhook_deliveries.webhook_id', '=', webhookId);
}

async function findDelivery(
  database: ControlDatabase | ControlTransaction,
  webhookId: string,
  deliveryId: number,
): Promise<DeliveryWithEvent> {
  const row = await deliveries(database, webhookId)
    .where('webhook_deliveries.id', '=', deliveryId)
    .executeTakeFirst();
  if (row === undefined) throw new MeridianError('not_found', { what: 'such delivery' });
  return row;
}

function deliveryView(row: DeliveryWithEvent): DeliveryView {
  const isHeld = row.state === 'held';
  return {
    id: row.id,
    eventId: row.event_id,
    type: row.type,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    eventAtMs: row.at_ms,
    nextAttemptAtMs: row.state === 'waiting' ? row.due_at_ms : null,
    endedAtMs: row.ended_at_ms,
    reason: isHeld ? `An earlier event of ${row.lane} has to be delivered first.` : row.reason,
    lastStatus: row.last_status,
  };
}

async function listEvents(
  database: ControlDatabase,
  { query, principal }: Call<EventRoutes['GET /v1/events']>,
) {
  let select = database.selectFrom('events').selectAll().orderBy('sequence', 'desc').limit(query.limit);
  if (principal.projectId !== null) select = select.where('project_id', '=', principal.projectId);
  if (query.type !== undefined) select = select.where('type', '=', query.type);
  if (query.subject !== undefined) select = select.where('subject', '=', query.subject);
  if (query.before !== undefined) select = select.where('sequence', '<', query.before);
  const rows = await select.execute();
  return {
    events: rows.map(({ id, sequence, type, subject, project_id, at_ms, data }) => {
      return { id, sequence, type, subject, projectId: project_id, atMs: at_ms, data };
    }),
  };
}

/** Makes a test event and a delivery that is claimed already, so that it goes out whatever the webhook's state. */
async function sendTest(
  { clock, database, random }: ControlContext,
  dispatcher: Dispatcher,
  term: number,
  { params, principal }: Call<EventRoutes['POST /v1/webhooks/{webhookId}/test']>,
): Promise<{ deliveryId: number }> {
  const nowMs = clock.nowMs();
  const claimed = await database.transaction().execute(async (transaction) => {
    const webhook = await lockOwnWebhook(transaction, principal, params.webhookId);
    const event = await transaction
      .insertInto('events')
      .values({
        id: makeId('evt', nowMs, random(10)),
        type: 'webhook.test',
        subject: webhook.id,
        project_id: webhook.project_id,
        at_ms: nowMs,
        data: JSON.stringify({ webhookId: webhook.id, requestedBy: principal.name }),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    const delivery = await transaction
      .insertInto('webhook_deliveries')
      .values({
        webhook_id: webhook.id,
        event_sequence: event.sequence,
        lane: event.id,
        state: 'sending',
        queued_at_ms: nowMs,
        due_at_ms: nowMs,
        attempts: 1,
        round_attempts: 1,
        first_attempt_at_ms: nowMs,
        sending_since_ms: nowMs,
        lease_until_ms: nowMs + CLAIM_MS,
        claim_term: term,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(transaction, principal, nowMs, {
      action: 'webhook.test',
      subject: webhook.id,
      projectId: webhook.project_id,
    });
    return { delivery, event, webhook };
  });
  dispatcher.sendNow(claimed);
  return { deliveryId: claimed.delivery.id };
}
