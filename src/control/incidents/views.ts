// Incidents as people see them.

import type { Selectable } from 'kysely';
import type { z } from 'zod';
import type {
  ActionItem,
  IncidentDetail,
  IncidentEntry,
  IncidentView,
  responseTaskSchema,
} from '#contract/api/incidents.ts';
import { MeridianError } from '#contract/errors.ts';
import { impactOf } from '#core/incident/judge-severity.ts';
import type { IncidentReason } from '#core/incident/types.ts';
import type { ControlDatabase } from '../database/schema.ts';
import {
  alertFacts,
  type IncidentAlertRow,
  type IncidentRow,
  type IncidentTaskRow,
  isOpen,
  readAlerts,
} from './store.ts';
import type { IncidentActionItemsTable, IncidentEntriesTable } from './tables.ts';

const reasonViews = (reasons: readonly IncidentReason[]) =>
  reasons.map((reason) => ({ ...reason, values: { ...reason.values } }));

/** An incident with its alerts counted. `holdMs`: quiet time after which it resolves. */
export function incidentView(
  row: IncidentRow,
  alerts: readonly IncidentAlertRow[],
  holdMs: number,
): IncidentView {
  const own = alerts.filter(({ incident_id }) => incident_id === row.id);
  const { users, budgetShare, burnRate } = impactOf(own.map(alertFacts), row.users_hurt);
  return {
    id: row.id,
    title: row.title,
    state: row.state,
    severity: row.severity,
    severityReasons: reasonViews(row.severity_reasons),
    labels: row.labels,
    openedBy: row.opened_by,
    openedAtMs: row.opened_at_ms,
    impactStartedAtMs: impactStartOf(row, own),
    impactReasons: row.impact_started_at_ms === null ? reasonViews(row.harm_reasons ?? []) : [],
    acknowledgedAtMs: row.acknowledged_at_ms,
    acknowledgedBy: row.acknowledged_by,
    quietSinceMs: row.quiet_since_ms,
    resolvesAtMs: isOpen(row) && row.quiet_since_ms !== null ? row.quiet_since_ms + holdMs : null,
    resolvedAtMs: row.resolved_at_ms,
    resolution: row.resolution,
    mergedInto: row.merged_into,
    reopenedCount: row.reopened_count,
    roles: { commander: row.commander, scribe: row.scribe, communications: row.communications },
    impact: { users, budgetShare, burnRate },
    alertCount: own.length,
    firingCount: own.filter(({ state }) => state === 'firing').length,
    revision: row.revision,
  };
}

/**
 * When users began to feel it, as far as is known: what a person says, else what telemetry saw, else the first alert,
 * else the opening.
 */
export function impactStartOf(row: IncidentRow, alerts: readonly IncidentAlertRow[]): number {
  return (
    row.impact_started_at_ms ??
    Math.min(
      row.opened_at_ms,
      row.harm_started_at_ms ?? Number.POSITIVE_INFINITY,
      ...alerts.map(({ starts_at_ms }) => starts_at_ms),
    )
  );
}

/** Reads an incident; throws not_found. */
export async function findIncident(database: ControlDatabase, id: string): Promise<IncidentRow> {
  const row = await database.selectFrom('incidents').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw new MeridianError('not_found', { what: `incident ${id}` });
  return row;
}

/** An incident with all that belongs to it but its timeline. */
export async function incidentDetail(
  database: ControlDatabase,
  id: string,
  holdMs: number,
  nowMs: number,
): Promise<IncidentDetail> {
  const row = await findIncident(database, id);
  const alerts = await readAlerts(database, [id]);
  const tasks = await database
    .selectFrom('incident_tasks')
    .selectAll()
    .where('incident_id', '=', id)
    .orderBy('id')
    .execute();
  const items = await database
    .selectFrom('incident_action_items')
    .selectAll()
    .where('incident_id', '=', id)
    .orderBy('id')
    .execute();
  return {
    ...incidentView(row, alerts, holdMs),
    alerts: alerts.map((alert) => ({
      id: alert.alert_id,
      state: alert.state,
      severity: alert.severity,
      labels: alert.labels,
      annotations: alert.annotations,
      evidence: alert.evidence,
      startsAtMs: alert.starts_at_ms,
      endsAtMs: alert.ends_at_ms,
      reasons: reasonViews(alert.reasons),
    })),
    tasks: tasks.map(taskView),
    actionItems: items.map((item) => actionItemView(item, nowMs)),
  };
}

function taskView(row: IncidentTaskRow): z.infer<typeof responseTaskSchema> {
  return {
    kind: row.kind,
    subject: row.subject,
    state: row.state,
    attempts: row.attempts,
    problem: row.problem,
    runId: row.run_id,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}

/** An action item; overdue when it is open after its day. */
export function actionItemView(row: Selectable<IncidentActionItemsTable>, nowMs: number): ActionItem {
  return {
    id: row.id,
    incidentId: row.incident_id,
    title: row.title,
    owner: row.owner,
    dueAtMs: row.due_at_ms,
    state: row.state,
    isOverdue: row.state === 'open' && row.due_at_ms < nowMs,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
  };
}

/** An entry of a timeline. */
export function entryView(row: Selectable<IncidentEntriesTable>): IncidentEntry {
  const { id, kind, text, actor, details } = row;
  return { id, atMs: row.at_ms, kind, text, actor, details };
}
