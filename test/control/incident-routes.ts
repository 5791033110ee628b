// How each route of changes and incidents is called by the tables of access.test.ts.

import type { changeRoutes } from '#contract/api/changes.ts';
import type { incidentRoutes } from '#contract/api/incidents.ts';

type Key = keyof typeof incidentRoutes | keyof typeof changeRoutes;

export interface IncidentThings {
  readonly incidentId: string;
  readonly otherIncidentId: string;
  readonly actionItemId: number;
  /** Of the other incident. */
  readonly statusUpdateId: number;
}

interface Arguments {
  readonly params?: object;
  readonly query?: object;
  readonly body?: object;
}

/** Incidents belong to the whole installation: no project sees or changes them. */
export const INCIDENT_ACCESS: Record<
  Key,
  ['not_found' | 'wrong_project' | 'hidden' | 'shared', (things: IncidentThings) => Arguments]
> = {
  'GET /v1/changes': ['hidden', () => ({})],
  'GET /v1/changes/near': ['wrong_project', () => ({ query: { atMs: 0 } })],
  'POST /v1/changes/{changeId}/revert': ['wrong_project', () => ({ params: { changeId: 1 } })],
  'POST /v1/changes': ['wrong_project', () => ({ body: { kind: 'deploy', summary: 'x' } })],
  'GET /v1/incidents': ['wrong_project', () => ({})],
  'POST /v1/incidents': ['wrong_project', () => ({ body: { title: 'x' } })],
  'GET /v1/incidents/{incidentId}': ['wrong_project', ({ incidentId }) => ({ params: { incidentId } })],
  'PATCH /v1/incidents/{incidentId}': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { title: 'x' } }),
  ],
  'GET /v1/incidents/{incidentId}/timeline': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId } }),
  ],
  'GET /v1/incidents/{incidentId}/changes': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId } }),
  ],
  'POST /v1/incidents/{incidentId}/acknowledge': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId } }),
  ],
  'POST /v1/incidents/{incidentId}/escalate': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { reason: 'x' } }),
  ],
  'POST /v1/incidents/{incidentId}/notes': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { text: 'x' } }),
  ],
  'PUT /v1/incidents/{incidentId}/roles/{role}': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId, role: 'scribe' }, body: { person: 'x' } }),
  ],
  'POST /v1/incidents/{incidentId}/merge': [
    'wrong_project',
    ({ incidentId, otherIncidentId }) => ({ params: { incidentId }, body: { into: otherIncidentId } }),
  ],
  'POST /v1/incidents/{incidentId}/resolve': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { reason: 'x' } }),
  ],
  'POST /v1/incidents/{incidentId}/reopen': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { reason: 'x' } }),
  ],
  'POST /v1/incidents/{incidentId}/action-items': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { title: 'x', owner: 'y', dueAtMs: 0 } }),
  ],
  'GET /v1/action-items': ['wrong_project', () => ({})],
  'PATCH /v1/action-items/{itemId}': [
    'wrong_project',
    ({ actionItemId }) => ({ params: { itemId: actionItemId }, body: { state: 'done' } }),
  ],
  'GET /v1/status': ['shared', () => ({})],
  'GET /v1/incidents/{incidentId}/status-updates': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId } }),
  ],
  'POST /v1/incidents/{incidentId}/status-updates': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { state: 'investigating' } }),
  ],
  'DELETE /v1/incidents/{incidentId}/status-updates/{updateId}': [
    'wrong_project',
    ({ otherIncidentId, statusUpdateId }) => ({
      params: { incidentId: otherIncidentId, updateId: statusUpdateId },
    }),
  ],
  'PUT /v1/incidents/{incidentId}/postmortem': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId }, body: { summary: 'x', lessons: '', basedOn: 0 } }),
  ],
  'GET /v1/incidents/{incidentId}/postmortem': [
    'wrong_project',
    ({ incidentId }) => ({ params: { incidentId } }),
  ],
};

/** One call of each changing route, in an order in which each succeeds, with the action of its audit row. */
export const INCIDENT_CHANGES: readonly [Key, string, (things: IncidentThings) => Arguments][] = [
  ['POST /v1/changes', 'change.tell', INCIDENT_ACCESS['POST /v1/changes'][1]],
  ['POST /v1/incidents', 'incident.open', INCIDENT_ACCESS['POST /v1/incidents'][1]],
  ...(
    [
      ['PATCH /v1/incidents/{incidentId}', 'incident.change'],
      ['POST /v1/incidents/{incidentId}/acknowledge', 'incident.acknowledge'],
      ['POST /v1/incidents/{incidentId}/escalate', 'incident.escalate'],
      ['POST /v1/incidents/{incidentId}/notes', 'incident.note'],
      ['PUT /v1/incidents/{incidentId}/roles/{role}', 'incident.role'],
      ['PUT /v1/incidents/{incidentId}/postmortem', 'incident.postmortem'],
      ['POST /v1/incidents/{incidentId}/status-updates', 'status.publish'],
      ['DELETE /v1/incidents/{incidentId}/status-updates/{updateId}', 'status.take-back'],
      ['POST /v1/incidents/{incidentId}/action-items', 'incident.action-item'],
      ['PATCH /v1/action-items/{itemId}', 'action-item.change'],
      ['POST /v1/incidents/{incidentId}/resolve', 'incident.resolve'],
      ['POST /v1/incidents/{incidentId}/reopen', 'incident.reopen'],
      ['POST /v1/incidents/{incidentId}/merge', 'incident.merge'],
    ] as const
  ).map(([key, action]): [Key, string, (things: IncidentThings) => Arguments] => [
    key,
    action,
    INCIDENT_ACCESS[key][1],
  ]),
];
