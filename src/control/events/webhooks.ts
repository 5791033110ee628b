// Rows of webhooks and how people see them.

import { sql } from 'kysely';
import type { WebhookView } from '#contract/api/events.ts';
import { MeridianError } from '#contract/errors.ts';
import { findForbiddenHost } from '#platform/http/guarded-lookup.ts';
import type { UserPrincipal } from '../access/principal.ts';
import { hasProject } from '../access/store.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { COUNT_MAX, WEBHOOKS_MAX, WEBHOOKS_PER_PROJECT_MAX } from './limits.ts';
import { lockWebhook, type WebhookRow } from './queue.ts';

type Reader = ControlDatabase | ControlTransaction;

/** A webhook with what waits and what was given up. */
export interface CountedWebhook extends WebhookRow {
  readonly waiting: number;
  readonly dead: number;
}

/** Webhooks that the principal may see, oldest first; one of them when an id is given. */
export function readWebhooks(
  database: Reader,
  principal: UserPrincipal,
  webhookId?: string,
): Promise<CountedWebhook[]> {
  let select = database
    .selectFrom('webhooks')
    .selectAll()
    .select([
      countOf(sql`state in ('waiting', 'held', 'sending')`).as('waiting'),
      countOf(sql`state = 'dead'`).as('dead'),
    ])
    .where('state', '<>', 'removed')
    .orderBy('id')
    .limit(WEBHOOKS_MAX);
  if (principal.projectId !== null) select = select.where('project_id', '=', principal.projectId);
  if (webhookId !== undefined) select = select.where('id', '=', webhookId);
  return select.execute();
}

/** A count over an index that stops at COUNT_MAX. */
function countOf(condition: ReturnType<typeof sql>) {
  return sql<number>`(select count(*) from (
    select 1 from webhook_deliveries where webhook_id = webhooks.id and ${condition} limit ${sql.lit(COUNT_MAX)}
  ) counted)`;
}

/** One webhook as people see it; another project's is as good as none. */
export async function viewOf(
  database: Reader,
  principal: UserPrincipal,
  webhookId: string,
): Promise<WebhookView> {
  const [row] = await readWebhooks(database, principal, webhookId);
  if (row === undefined) throw noSuchWebhook();
  return webhookView(row);
}

/** Locks a webhook that the principal may change. */
export async function lockOwnWebhook(
  transaction: ControlTransaction,
  principal: UserPrincipal,
  webhookId: string,
): Promise<WebhookRow> {
  const row = await lockWebhook(transaction, webhookId);
  const isForeign = principal.projectId !== null && row?.project_id !== principal.projectId;
  if (row === undefined || row.state === 'removed' || isForeign) throw noSuchWebhook();
  return row;
}

function noSuchWebhook(): MeridianError {
  return new MeridianError('not_found', { what: 'such webhook' });
}

/** For the API. The secret is not among it. */
export function webhookView(row: CountedWebhook): WebhookView {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    projectId: row.project_id,
    eventTypes: row.event_types,
    format: row.format,
    state: row.state === 'active' ? 'active' : 'paused',
    pausedReason: row.paused_reason,
    failingSinceMs: row.failing_since_ms,
    lastSuccessAtMs: row.last_success_at_ms,
    waitingCount: row.waiting,
    deadCount: row.dead,
    previousSecretUntilMs: row.previous_secret_until_ms,
    createdAtMs: row.created_at_ms,
  };
}

/** Throws when there are webhooks enough, or the project does not exist. */
export async function requireWebhookRoom(
  transaction: ControlTransaction,
  projectId: string | null,
): Promise<void> {
  if (projectId !== null && !(await hasProject(transaction, projectId)))
    throw new MeridianError('not_found', { what: `project ${projectId}` });
  const { rows } = await sql<{ own: number; total: number }>`
    select count(*) filter (where project_id is not distinct from ${projectId}::text) as own, count(*) as total
    from webhooks where state <> 'removed'
  `.execute(transaction);
  const { own = 0, total = 0 } = rows[0] ?? {};
  if (own >= WEBHOOKS_PER_PROJECT_MAX || total >= WEBHOOKS_MAX)
    throw new MeridianError('conflict', {
      reason: `There are ${Math.max(own, 1)} webhooks here already; remove one first`,
    });
}

/** Refuses addresses that can never work; names are judged at each attempt, by the address that they have then. */
export function checkWebhookUrl(text: string, allowPrivateAddresses: boolean): void {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '')
    throw new MeridianError('invalid_request', {
      reason: 'body.url: it must not contain a name and password; check the signature instead',
    });
  if (url.hash !== '')
    throw new MeridianError('invalid_request', { reason: 'body.url: what follows # is never sent' });
  const forbidden = allowPrivateAddresses ? undefined : findForbiddenHost(url);
  if (forbidden !== undefined)
    throw new MeridianError('invalid_request', {
      reason: `body.url: ${forbidden.message}; \`webhooks.allowPrivateAddresses\` would allow it`,
    });
}
