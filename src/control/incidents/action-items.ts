// What is to be done after an incident, by whom and until when; tracked until it is done or dropped.

import type { IncidentDetail, incidentRoutes } from '#contract/api/incidents.ts';
import { MeridianError } from '#contract/errors.ts';
import { requireAllProjects } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Call, Handlers } from '../http/call.ts';
import { ACTION_ITEMS_MAX } from './limits.ts';
import { appendEntry, lockIncident, reviseIncident } from './store.ts';
import { actionItemView } from './views.ts';

type IncidentRoutes = typeof incidentRoutes;
type ItemKeys =
  | 'POST /v1/incidents/{incidentId}/action-items'
  | 'GET /v1/action-items'
  | 'PATCH /v1/action-items/{itemId}';

/** The routes. `show`: an incident with all that belongs to it. */
export function createActionItemHandlers(
  context: ControlContext,
  show: (incidentId: string) => Promise<IncidentDetail>,
): Handlers<IncidentRoutes, ItemKeys> {
  const { clock, database } = context;
  return {
    async 'POST /v1/incidents/{incidentId}/action-items'(call) {
      await addItem(context, call);
      return show(call.params.incidentId);
    },
    async 'GET /v1/action-items'({ query, principal }) {
      requireAllProjects(principal);
      let select = database
        .selectFrom('incident_action_items')
        .selectAll()
        .where('state', '=', query.state)
        .orderBy('due_at_ms')
        .orderBy('id')
        .limit(query.limit);
      if (query.owner !== undefined) select = select.where('owner', '=', query.owner);
      const rows = await select.execute();
      return { actionItems: rows.map((row) => actionItemView(row, clock.nowMs())) };
    },
    'PATCH /v1/action-items/{itemId}': (call) => changeItem(context, call),
  };
}

async function addItem(
  { clock, database }: ControlContext,
  { params, body, principal }: Call<IncidentRoutes['POST /v1/incidents/{incidentId}/action-items']>,
): Promise<void> {
  requireAllProjects(principal);
  await database.transaction().execute(async (transaction) => {
    const nowMs = clock.nowMs();
    const row = await lockIncident(transaction, params.incidentId);
    const { count } = await transaction
      .selectFrom('incident_action_items')
      .select((select) => select.fn.countAll<number>().as('count'))
      .where('incident_id', '=', row.id)
      .executeTakeFirstOrThrow();
    if (Number(count) >= ACTION_ITEMS_MAX)
      throw new MeridianError('conflict', {
        reason: `The incident has ${ACTION_ITEMS_MAX} action items already; more would not be done`,
      });
    const { title, owner, dueAtMs } = body;
    await transaction
      .insertInto('incident_action_items')
      .values({
        incident_id: row.id,
        title,
        owner,
        due_at_ms: dueAtMs,
        state: 'open',
        created_at_ms: nowMs,
      })
      .execute();
    const text = `To do: ${title} (${owner})`;
    await appendEntry(transaction, row.id, { atMs: nowMs, kind: 'note', text, actor: principal.name });
    await reviseIncident(transaction, row, {}, nowMs);
    await recordAudit(transaction, principal, nowMs, {
      action: 'incident.action-item',
      subject: row.id,
      projectId: null,
      details: { title, owner, dueAtMs },
    });
  });
}

async function changeItem(
  { clock, database }: ControlContext,
  { params, body, principal }: Call<IncidentRoutes['PATCH /v1/action-items/{itemId}']>,
) {
  requireAllProjects(principal);
  const nowMs = clock.nowMs();
  const { title, owner, dueAtMs, state } = body;
  const changes = {
    ...(title === undefined ? {} : { title }),
    ...(owner === undefined ? {} : { owner }),
    ...(dueAtMs === undefined ? {} : { due_at_ms: dueAtMs }),
    ...(state === undefined ? {} : { state, ended_at_ms: state === 'open' ? null : nowMs }),
  };
  const row = await database.transaction().execute(async (transaction) => {
    const before = await transaction
      .selectFrom('incident_action_items')
      .selectAll()
      .where('id', '=', params.itemId)
      .forUpdate()
      .executeTakeFirst();
    if (before === undefined) throw new MeridianError('not_found', { what: `action item ${params.itemId}` });
    if (Object.keys(changes).length === 0) return before;
    await recordAudit(transaction, principal, nowMs, {
      action: 'action-item.change',
      subject: String(before.id),
      projectId: null,
      details: { ...body, incidentId: before.incident_id },
    });
    return transaction
      .updateTable('incident_action_items')
      .set(changes)
      .where('id', '=', before.id)
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return actionItemView(row, nowMs);
}
