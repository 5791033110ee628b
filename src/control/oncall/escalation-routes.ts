// Pages for people: which are open, whom they reached, taking one, ending one, making one by hand.

import { makeId } from '#base/ids.ts';
import type { oncallRoutes } from '#contract/api/oncall.ts';
import { MeridianError } from '#contract/errors.ts';
import type { EscalationEvent } from '#core/oncall/escalate.ts';
import { requireAllProjects, type UserPrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { Call, Handlers } from '../http/call.ts';
import { type EscalationRow, escalationView } from './escalations.ts';
import type { Oncall } from './oncall.ts';
import type { EntryRow } from './outbox.ts';

type Routes = typeof oncallRoutes;
type EscalationKeys =
  | 'GET /v1/oncall/escalations'
  | 'POST /v1/oncall/escalations'
  | 'GET /v1/oncall/escalations/{incidentId}'
  | 'POST /v1/oncall/escalations/{incidentId}/acknowledge'
  | 'POST /v1/oncall/escalations/{incidentId}/escalate'
  | 'POST /v1/oncall/escalations/{incidentId}/stop';

/** Entries of one page that are shown: a round through any policy, many times over. */
const ENTRIES_SHOWN_MAX = 1_000;

/** Routes of pages. */
export function createEscalationHandlers(
  context: ControlContext,
  oncall: Oncall,
): Handlers<Routes, EscalationKeys> {
  const { clock, database } = context;

  /** Applies an event, with an audit row. */
  async function change(
    principal: UserPrincipal,
    incidentId: string,
    event: EscalationEvent,
    check: (before: EscalationRow) => void = () => {},
  ) {
    requireAllProjects(principal);
    const row = await database.transaction().execute(async (transaction) => {
      const before = await transaction
        .selectFrom('oncall_escalations')
        .selectAll()
        .where('incident_id', '=', incidentId)
        .forUpdate()
        .executeTakeFirst();
      if (before !== undefined) check(before);
      const changed = await oncall.engine.applyWithin(transaction, incidentId, event);
      await recordAudit(transaction, principal, clock.nowMs(), {
        action: `oncall.${event.kind}`,
        subject: incidentId,
        projectId: null,
        details: { ...event },
      });
      return changed;
    });
    return escalationView(row);
  }

  return {
    async 'GET /v1/oncall/escalations'({ query, principal }) {
      requireAllProjects(principal);
      let select = database
        .selectFrom('oncall_escalations')
        .selectAll()
        .orderBy('started_at_ms', 'desc')
        .orderBy('incident_id')
        .limit(query.limit);
      if (query.status !== undefined) select = select.where('status', '=', query.status);
      return { escalations: (await select.execute()).map(escalationView) };
    },
    'POST /v1/oncall/escalations': (call) => pageByHand(context, oncall, call),
    async 'GET /v1/oncall/escalations/{incidentId}'({ params, principal }) {
      requireAllProjects(principal);
      const row = await database
        .selectFrom('oncall_escalations')
        .selectAll()
        .where('incident_id', '=', params.incidentId)
        .executeTakeFirst();
      if (row === undefined) throw new MeridianError('not_found', { what: `page of ${params.incidentId}` });
      const entries = await database
        .selectFrom('oncall_entries')
        .selectAll()
        .where('incident_id', '=', params.incidentId)
        .orderBy('id')
        .limit(ENTRIES_SHOWN_MAX)
        .execute();
      return { ...escalationView(row), entries: entries.map(entryView) };
    },
    async 'POST /v1/oncall/escalations/{incidentId}/acknowledge'({ params, body, principal }) {
      requireAllProjects(principal);
      const { rota } = await oncall.rotas.current(database, clock.nowMs());
      if (!rota.users.has(body.userId))
        throw new MeridianError('not_found', { what: `user ${body.userId} in the rota` });
      return change(principal, params.incidentId, { kind: 'acknowledge', userId: body.userId });
    },
    'POST /v1/oncall/escalations/{incidentId}/escalate': ({ params, principal }) =>
      change(principal, params.incidentId, { kind: 'escalate', actor: principal.name }, ({ status }) => {
        if (status === 'stopped' || status === 'exhausted')
          throw new MeridianError('conflict', { reason: 'This page is over' });
      }),
    'POST /v1/oncall/escalations/{incidentId}/stop': ({ params, body, principal }) =>
      change(principal, params.incidentId, {
        kind: 'stop',
        reason: body.reason === '' ? `ended by ${principal.name}` : body.reason,
      }),
  };
}

async function pageByHand(
  { clock, config, database, random }: ControlContext,
  oncall: Oncall,
  { body, principal }: Call<Routes['POST /v1/oncall/escalations']>,
) {
  requireAllProjects(principal);
  const nowMs = clock.nowMs();
  const incidentId = makeId('pag', nowMs, random(10));
  const row = await database.transaction().execute(async (transaction) => {
    const { rota } = await oncall.rotas.current(transaction, nowMs);
    if (rota.policies.size === 0)
      throw new MeridianError('conflict', {
        reason: 'There is no rota yet, so that nobody can be paged; apply one with `meridian oncall apply`',
      });
    const policyId = body.policyId ?? null;
    if (policyId !== null && !rota.policies.has(policyId))
      throw new MeridianError('not_found', { what: `policy ${policyId}` });
    const { title, severity } = body;
    const url = `${config.control.url ?? ''}/oncall?page=${incidentId}`;
    await oncall.engine.startWithin(transaction, { incidentId, title, severity, policyId, url });
    await recordAudit(transaction, principal, nowMs, {
      action: 'oncall.page',
      subject: incidentId,
      projectId: null,
      details: { title, severity, policyId },
    });
    return transaction
      .selectFrom('oncall_escalations')
      .selectAll()
      .where('incident_id', '=', incidentId)
      .executeTakeFirstOrThrow();
  });
  return escalationView(row);
}

function entryView(row: EntryRow) {
  return {
    key: row.key,
    atMs: row.at_ms,
    kind: row.kind,
    userId: row.user_id,
    channelId: row.channel_id,
    text: row.text,
    reasons: [...row.reasons],
    state: row.state,
    doneAtMs: row.done_at_ms,
    attempts: row.attempts,
    problem: row.problem,
  };
}
