// Webhooks for people: added, changed, paused, resumed, removed; their secrets.

import { makeId } from '#base/ids.ts';
import type { eventRoutes } from '#contract/api/events.ts';
import { requireAllProjects, requireProject, type UserPrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { Call, Handlers } from '../http/call.ts';
import { makeWebhookSecret } from './cloud-event.ts';
import type { Dispatcher } from './dispatcher.ts';
import { refreshWaiting, type WebhookRow } from './queue.ts';
import {
  checkWebhookUrl,
  lockOwnWebhook,
  readWebhooks,
  requireWebhookRoom,
  viewOf,
  webhookView,
} from './webhooks.ts';

type EventRoutes = typeof eventRoutes;
type WebhookKeys =
  | 'GET /v1/webhooks'
  | 'POST /v1/webhooks'
  | 'GET /v1/webhooks/{webhookId}'
  | 'PATCH /v1/webhooks/{webhookId}'
  | 'DELETE /v1/webhooks/{webhookId}'
  | 'POST /v1/webhooks/{webhookId}/pause'
  | 'POST /v1/webhooks/{webhookId}/resume'
  | 'POST /v1/webhooks/{webhookId}/rotate-secret';

type Changes = Partial<Omit<WebhookRow, 'id'>>;

type ChangeWebhook = (
  principal: UserPrincipal,
  webhookId: string,
  action: string,
  act: (row: WebhookRow, transaction: ControlTransaction, nowMs: number) => Promise<Changes> | Changes,
  details?: Record<string, unknown>,
) => Promise<void>;

/** Creates the function that locks a webhook, changes it, and writes the audit row. */
function createWebhookChange({ clock, database }: ControlContext, dispatcher: Dispatcher): ChangeWebhook {
  return async (principal, webhookId, action, act, details = {}) => {
    await database.transaction().execute(async (transaction) => {
      const nowMs = clock.nowMs();
      const row = await lockOwnWebhook(transaction, principal, webhookId);
      const changes = await act(row, transaction, nowMs);
      if (Object.keys(changes).length > 0)
        await transaction.updateTable('webhooks').set(changes).where('id', '=', row.id).execute();
      await recordAudit(transaction, principal, nowMs, {
        action: `webhook.${action}`,
        subject: row.id,
        projectId: row.project_id,
        details: { url: row.url, ...details },
      });
    });
    dispatcher.forget(webhookId);
  };
}

/** Routes of webhooks themselves. */
export function createWebhookHandlers(
  context: ControlContext,
  dispatcher: Dispatcher,
): Handlers<EventRoutes, WebhookKeys> {
  const { config, database, random } = context;
  const { allowPrivateAddresses } = config.webhooks;
  const change = createWebhookChange(context, dispatcher);
  return {
    async 'GET /v1/webhooks'({ principal }) {
      return { webhooks: (await readWebhooks(database, principal)).map(webhookView) };
    },
    'POST /v1/webhooks': (call) => createWebhook(context, call),
    'GET /v1/webhooks/{webhookId}': ({ params, principal }) => viewOf(database, principal, params.webhookId),
    async 'PATCH /v1/webhooks/{webhookId}'({ params, body, principal }) {
      const { url, description, eventTypes, format } = body;
      if (url !== undefined) checkWebhookUrl(url, allowPrivateAddresses);
      const changes = {
        ...(url === undefined ? {} : { url }),
        ...(description === undefined ? {} : { description }),
        ...(eventTypes === undefined ? {} : { event_types: eventTypes }),
        ...(format === undefined ? {} : { format }),
      };
      await change(principal, params.webhookId, 'change', () => changes, { changes: body });
      return viewOf(database, principal, params.webhookId);
    },
    async 'DELETE /v1/webhooks/{webhookId}'({ params, principal }) {
      await change(principal, params.webhookId, 'delete', () => ({
        state: 'removed',
        secret: '',
        previous_secret: null,
      }));
      return { isDeleted: true };
    },
    async 'POST /v1/webhooks/{webhookId}/pause'({ params, principal }) {
      await change(principal, params.webhookId, 'pause', (row) =>
        row.state === 'paused' ? {} : { state: 'paused', paused_reason: `Paused by ${principal.name}.` },
      );
      return viewOf(database, principal, params.webhookId);
    },
    async 'POST /v1/webhooks/{webhookId}/resume'({ params, principal }) {
      await change(principal, params.webhookId, 'resume', async (row, transaction, nowMs) => {
        if (row.state === 'active') return {};
        await refreshWaiting(transaction, row.id, nowMs);
        return { state: 'active', paused_reason: null, failing_since_ms: null, last_failure_at_ms: null };
      });
      return viewOf(database, principal, params.webhookId);
    },
    async 'POST /v1/webhooks/{webhookId}/rotate-secret'({ params, body, principal }) {
      const secret = makeWebhookSecret(random);
      await change(
        principal,
        params.webhookId,
        'rotate-secret',
        (row, _, nowMs) => ({
          secret,
          previous_secret: body.overlapMs === 0 ? null : row.secret,
          previous_secret_until_ms: body.overlapMs === 0 ? null : nowMs + body.overlapMs,
        }),
        { overlapMs: body.overlapMs },
      );
      return { webhook: await viewOf(database, principal, params.webhookId), secret };
    },
  };
}

async function createWebhook(
  { clock, config, database, random }: ControlContext,
  { body, principal }: Call<EventRoutes['POST /v1/webhooks']>,
) {
  const { url, description, projectId, eventTypes, format } = body;
  if (projectId === null) requireAllProjects(principal);
  else requireProject(principal, projectId);
  checkWebhookUrl(url, config.webhooks.allowPrivateAddresses);
  const nowMs = clock.nowMs();
  const id = makeId('whk', nowMs, random(10));
  const secret = makeWebhookSecret(random);
  const own = { id, project_id: projectId, url, description, event_types: eventTypes, format };
  await database.transaction().execute(async (transaction) => {
    await requireWebhookRoom(transaction, projectId);
    await transaction
      .insertInto('webhooks')
      .values({ ...own, state: 'active', secret, created_at_ms: nowMs })
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'webhook.create',
      subject: id,
      projectId,
      details: { url, eventTypes },
    });
  });
  return { webhook: await viewOf(database, principal, id), secret };
}
