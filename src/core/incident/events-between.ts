// What happened to an incident, from how it was before a change and how it is after it: what webhooks are told. So no
// change of an incident needs to know of events, and none can forget one.

import type { IncidentState, Severity } from './types.ts';

export type IncidentEventType =
  | 'incident.opened'
  | 'incident.acknowledged'
  | 'incident.severity_changed'
  | 'incident.resolved'
  | 'incident.reopened'
  | 'incident.merged';

export interface IncidentStanding {
  readonly state: IncidentState;
  readonly severity: Severity;
}

/** The events of a change, in their order; `before` is null when it was opened. */
export function eventsBetween(
  before: IncidentStanding | null,
  after: IncidentStanding,
): readonly IncidentEventType[] {
  if (before === null) return ['incident.opened'];
  return [
    ...(before.state === after.state ? [] : stateEvent(before.state, after.state)),
    ...(before.severity === after.severity ? [] : ['incident.severity_changed' as const]),
  ];
}

function stateEvent(before: IncidentState, after: IncidentState): readonly IncidentEventType[] {
  if (after === 'acknowledged') return ['incident.acknowledged'];
  if (after === 'resolved') return ['incident.resolved'];
  if (after === 'merged') return ['incident.merged'];
  return before === 'resolved' ? ['incident.reopened'] : [];
}
