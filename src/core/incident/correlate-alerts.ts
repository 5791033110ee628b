// Which incident an alert belongs to: an open one that it is related to, a resolved one that it brings back, a new one
// together with others that wait, or none yet. Related means close in time and either close in place or the same
// trouble (alert name or SLO) seen in several places at once. A hundred alerts of a lost region are one incident.
// Alerts are taken in the order of their starts, so that the same alerts always give the same incidents.

import { distanceOf, placeOf, type Topology } from '../changes/place.ts';
import type { AlertFacts, IncidentFacts, IncidentPolicy, IncidentReason } from './types.ts';

export type Correlation =
  | {
      readonly kind: 'join';
      readonly alertId: string;
      readonly incidentId: string;
      readonly isReopening: boolean;
      readonly reasons: readonly IncidentReason[];
    }
  | {
      readonly kind: 'open';
      /** The first is the one that tipped the scales. */
      readonly alertIds: readonly string[];
      readonly reasons: readonly IncidentReason[];
    }
  | { readonly kind: 'wait'; readonly alertId: string; readonly reasons: readonly IncidentReason[] };

export interface CorrelationView {
  /** Alerts that no open incident holds. */
  readonly alerts: readonly AlertFacts[];
  /** Open incidents, and those resolved lately. */
  readonly incidents: readonly IncidentFacts[];
  readonly topology: Topology;
}

/** Decides for every alert; each alert appears in one decision at most. Alerts that only inform are left out. */
export function correlateAlerts(view: CorrelationView, policy: IncidentPolicy, nowMs: number): Correlation[] {
  const alerts = view.alerts
    .filter(({ state, severity }) => state !== 'resolved' && severity !== 'info')
    .sort((one, other) => one.startsAtMs - other.startsAtMs || one.id.localeCompare(other.id));
  const decisions: Correlation[] = [];
  const placed = new Set<string>();
  /** What joins an incident in this round draws further alerts after it. */
  const incidents = view.incidents.map((incident) => ({ ...incident, alerts: [...incident.alerts] }));
  for (const alert of alerts) {
    const joined = returnTo(alert, incidents, policy) ?? joinOpen(alert, incidents, view, policy, nowMs);
    if (joined === undefined) continue;
    decisions.push(joined);
    placed.add(alert.id);
    if (joined.kind === 'join') incidents.find(({ id }) => id === joined.incidentId)?.alerts.push(alert);
  }
  for (const alert of alerts) {
    if (placed.has(alert.id)) continue;
    const waiting = alerts.filter(({ id, state }) => !placed.has(id) && state === 'firing');
    const group = relatedGroup(alert, waiting, view.topology, policy, nowMs);
    const decision = judgeGroup(alert, group, policy);
    decisions.push(decision);
    for (const id of decision.kind === 'open' ? decision.alertIds : [alert.id]) placed.add(id);
  }
  return decisions;
}

/** An alert that an incident held before: it comes back to it, unless a person resolved it while the alert went on. */
function returnTo(
  alert: AlertFacts,
  incidents: readonly IncidentFacts[],
  policy: IncidentPolicy,
): Correlation | undefined {
  for (const incident of incidents) {
    if (incident.state !== 'resolved' || incident.resolvedAtMs === null) continue;
    if (!incident.alerts.some(({ fingerprint }) => fingerprint === alert.fingerprint)) continue;
    const afterMs = alert.startsAtMs - incident.resolvedAtMs;
    // One that began before the end and was not known to the incident then is news all the same.
    const isFresh = afterMs > 0 || !incident.alerts.some(({ id }) => id === alert.id);
    const values = { afterMs, reopenWithinMs: policy.reopenWithinMs };
    if (!isFresh)
      return {
        kind: 'wait',
        alertId: alert.id,
        reasons: [{ code: 'resolved_by_hand', subject: incident.id, values }],
      };
    if (afterMs > policy.reopenWithinMs || alert.state !== 'firing') continue;
    return {
      kind: 'join',
      alertId: alert.id,
      incidentId: incident.id,
      isReopening: true,
      reasons: [{ code: 'came_back', subject: alert.fingerprint, values }],
    };
  }
  return undefined;
}

function joinOpen(
  alert: AlertFacts,
  incidents: readonly IncidentFacts[],
  { topology }: CorrelationView,
  policy: IncidentPolicy,
  nowMs: number,
): Correlation | undefined {
  for (const incident of incidents) {
    if (incident.state !== 'open' && incident.state !== 'acknowledged') continue;
    const members: readonly (Relatable | AlertFacts)[] = [...incident.alerts, ownRelatable(incident)];
    for (const member of members) {
      const reason =
        'fingerprint' in member && member.fingerprint === alert.fingerprint
          ? { code: 'same_alert', subject: member.id, values: {} }
          : relate(alert, member, topology, policy, nowMs);
      if (reason === undefined) continue;
      const { id: alertId } = alert;
      return { kind: 'join', alertId, incidentId: incident.id, isReopening: false, reasons: [reason] };
    }
  }
  return undefined;
}

type Relatable = Pick<AlertFacts, 'id' | 'labels' | 'startsAtMs' | 'endsAtMs'>;

/** An incident that a person opened has a place and a time, and no alert yet. */
function ownRelatable({ id, labels, openedAtMs }: IncidentFacts): Relatable {
  return { id, labels, startsAtMs: openedAtMs, endsAtMs: openedAtMs };
}

/** Why two are one trouble, or undefined. */
export function relate(
  alert: Relatable,
  other: Relatable,
  topology: Topology,
  policy: IncidentPolicy,
  nowMs: number,
): IncidentReason | undefined {
  const { project } = alert.labels;
  if (project !== undefined && other.labels.project !== undefined && project !== other.labels.project)
    return undefined;
  const apartMs = gapMs(alert, other, nowMs);
  const distance = distanceOf(placeOf(alert.labels, topology), placeOf(other.labels, topology));
  const isNear = distance === 'node' || distance === 'site' || distance === 'region';
  if (isNear && apartMs <= policy.windowMs)
    return { code: `same_${distance}`, subject: other.id, values: { apartMs, windowMs: policy.windowMs } };
  const isSame = (label: string): boolean =>
    alert.labels[label] !== undefined && alert.labels[label] === other.labels[label];
  const same = ['alertname', 'slo'].find(isSame);
  const startsApartMs = Math.abs(alert.startsAtMs - other.startsAtMs);
  if (same !== undefined && startsApartMs <= policy.spreadMs)
    return {
      code: `same_${same}`,
      subject: other.id,
      values: { apartMs: startsApartMs, spreadMs: policy.spreadMs },
    };
  return undefined;
}

/** Time between the two spans of trouble; 0 while they overlap. */
function gapMs(one: Relatable, other: Relatable, nowMs: number): number {
  const oneEndMs = one.endsAtMs ?? Math.max(nowMs, one.startsAtMs);
  const otherEndMs = other.endsAtMs ?? Math.max(nowMs, other.startsAtMs);
  return Math.max(0, one.startsAtMs - otherEndMs, other.startsAtMs - oneEndMs);
}

/** All of `alerts` that hang together with this one, over others if need be. */
function relatedGroup(
  alert: AlertFacts,
  alerts: readonly AlertFacts[],
  topology: Topology,
  policy: IncidentPolicy,
  nowMs: number,
): AlertFacts[] {
  if (alert.state !== 'firing') return [];
  const group = [alert];
  const rest = new Set(alerts.filter(({ id }) => id !== alert.id));
  for (const member of group)
    for (const candidate of rest)
      if (relate(candidate, member, topology, policy, nowMs) !== undefined) {
        group.push(candidate);
        rest.delete(candidate);
      }
  return group;
}

function judgeGroup(alert: AlertFacts, group: readonly AlertFacts[], policy: IncidentPolicy): Correlation {
  const pages = group.filter(({ severity }) => severity === 'page').length;
  const { pageCountMin, alertCountMin } = policy;
  const values = { pages, pageCountMin, alerts: group.length, alertCountMin };
  const isEnough = pages >= pageCountMin || group.length >= alertCountMin;
  return isEnough
    ? {
        kind: 'open',
        alertIds: group.map(({ id }) => id),
        reasons: [{ code: 'enough_alerts', subject: alert.id, values }],
      }
    : {
        kind: 'wait',
        alertId: alert.id,
        reasons: [
          { code: alert.state === 'firing' ? 'too_few_alerts' : 'suppressed', subject: alert.id, values },
        ],
      };
}
