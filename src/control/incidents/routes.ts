// Incidents for people. They concern the whole installation: a credential of one project has no part in them.

import { type RawBuilder, type SqlBool, sql } from 'kysely';
import type { IncidentDetail, incidentRoutes } from '#contract/api/incidents.ts';
import { requireAllProjects, type UserPrincipal } from '../access/principal.ts';
import { topologyOf } from '../changes/changes.ts';
import { rankedView } from '../changes/routes.ts';
import type { ControlContext, OnWorldChange } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Handlers } from '../http/call.ts';
import { createActionItemHandlers } from './action-items.ts';
import type { Incidents } from './incidents.ts';
import { createPostmortemHandlers, suspectsOf } from './postmortem.ts';
import { createStatusHandlers } from './status.ts';
import { readAlerts } from './store.ts';
import { entryView, findIncident, impactStartOf, incidentDetail, incidentView } from './views.ts';

type IncidentRoutes = typeof incidentRoutes;

/** The routes. */
export function createIncidentHandlers(
  context: ControlContext,
  fleet: Fleet,
  incidents: Incidents,
  onWorldChange: OnWorldChange,
): Handlers<IncidentRoutes> {
  const { byHand } = incidents;
  const show = (incidentId: string): Promise<IncidentDetail> =>
    incidentDetail(context.database, incidentId, incidents.policy.holdMs, context.clock.nowMs());
  /** Pages and runbooks that an action asked for go out with the answer, not a second later. */
  const after = async (done: Promise<void>, incidentId: string): Promise<IncidentDetail> => {
    await done;
    await incidents.tick();
    return show(incidentId);
  };
  return {
    ...createReadHandlers(context, fleet, incidents, show),
    ...createActionItemHandlers(context, show),
    ...createPostmortemHandlers(context, fleet, incidents),
    ...createStatusHandlers(context, incidents.board, onWorldChange),
    async 'POST /v1/incidents'({ body, principal }) {
      const incidentId = await byHand.open(principal, body);
      return after(Promise.resolve(), incidentId);
    },
    'PATCH /v1/incidents/{incidentId}': ({ params, body, principal }) =>
      after(byHand.change(principal, params.incidentId, body), params.incidentId),
    'POST /v1/incidents/{incidentId}/acknowledge': ({ params, principal }) =>
      after(byHand.acknowledge(principal, params.incidentId), params.incidentId),
    'POST /v1/incidents/{incidentId}/escalate': ({ params, body, principal }) =>
      after(
        byHand.escalate(principal, params.incidentId, body.reason, body.escalationPolicyId),
        params.incidentId,
      ),
    'POST /v1/incidents/{incidentId}/notes': ({ params, body, principal }) =>
      after(byHand.note(principal, params.incidentId, body), params.incidentId),
    'PUT /v1/incidents/{incidentId}/roles/{role}': ({ params, body, principal }) =>
      after(byHand.setRole(principal, params.incidentId, params.role, body.person), params.incidentId),
    'POST /v1/incidents/{incidentId}/merge': ({ params, body, principal }) =>
      after(byHand.merge(principal, params.incidentId, body.into), body.into),
    'POST /v1/incidents/{incidentId}/resolve': ({ params, body, principal }) =>
      after(byHand.resolve(principal, params.incidentId, body.reason), params.incidentId),
    'POST /v1/incidents/{incidentId}/reopen': ({ params, body, principal }) =>
      after(byHand.reopen(principal, params.incidentId, body.reason), params.incidentId),
  };
}

type State = IncidentDetail['state'];

/** The states that a filter means. */
function statesOf(filter: State | 'live' | 'ended'): readonly State[] {
  if (filter === 'live') return ['open', 'acknowledged'];
  return filter === 'ended' ? ['resolved', 'merged'] : [filter];
}

/** Incidents are at most some thousands, so that looking through all of them takes milliseconds. */
function hasText(text: string): RawBuilder<SqlBool> {
  const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`(title ilike ${pattern} or id = ${text} or labels::text ilike ${pattern})`;
}

type ReadKeys =
  | 'GET /v1/incidents'
  | 'GET /v1/incidents/{incidentId}'
  | 'GET /v1/incidents/{incidentId}/timeline'
  | 'GET /v1/incidents/{incidentId}/changes';

function createReadHandlers(
  { clock, database }: ControlContext,
  fleet: Fleet,
  { policy }: Incidents,
  show: (incidentId: string) => Promise<IncidentDetail>,
): Handlers<IncidentRoutes, ReadKeys> {
  const allow = (principal: UserPrincipal): void => requireAllProjects(principal);
  return {
    async 'GET /v1/incidents'({ query, principal }) {
      allow(principal);
      let select = database.selectFrom('incidents').selectAll().orderBy('id', 'desc').limit(query.limit);
      if (query.state !== undefined) select = select.where('state', 'in', statesOf(query.state));
      if (query.text !== undefined && query.text !== '') select = select.where(hasText(query.text));
      if (query.severity !== undefined) select = select.where('severity', '=', query.severity);
      const { alertId } = query;
      if (alertId !== undefined)
        select = select.where('id', 'in', (from) =>
          from.selectFrom('incident_alerts').select('incident_id').where('alert_id', '=', alertId),
        );
      if (query.before !== undefined) select = select.where('id', '<', query.before);
      const rows = await select.execute();
      const alerts = await readAlerts(
        database,
        rows.map(({ id }) => id),
      );
      return {
        nowMs: clock.nowMs(),
        incidents: rows.map((row) => incidentView(row, alerts, policy.holdMs)),
      };
    },
    async 'GET /v1/incidents/{incidentId}'({ params, principal }) {
      allow(principal);
      return show(params.incidentId);
    },
    async 'GET /v1/incidents/{incidentId}/timeline'({ params, query, principal }) {
      allow(principal);
      const { revision } = await findIncident(database, params.incidentId);
      const rows = await database
        .selectFrom('incident_entries')
        .selectAll()
        .where('incident_id', '=', params.incidentId)
        .where('id', '>', query.after)
        .orderBy('id')
        .limit(query.limit)
        .execute();
      const entries = rows.map(entryView).sort((one, other) => one.atMs - other.atMs || one.id - other.id);
      return { revision, entries };
    },
    async 'GET /v1/incidents/{incidentId}/changes'({ params, query, principal }) {
      allow(principal);
      const row = await findIncident(database, params.incidentId);
      const startMs = impactStartOf(row, await readAlerts(database, [row.id]));
      const own = await suspectsOf(database, topologyOf(fleet), row, startMs, query.limit);
      return { changes: own.map(rankedView) };
    },
  };
}
