// Rows of incidents. The row of an incident is locked before anything of it is changed, and its revision grows with
// each change of it or of its timeline, so that whoever shows it knows when to read again.

import type { Selectable, Updateable } from 'kysely';
import { MeridianError } from '#contract/errors.ts';
import type { AlertFacts, IncidentFacts, IncidentReason } from '#core/incident/types.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { ENTRY_TEXT_MAX, INCIDENT_ENTRIES_MAX } from './limits.ts';
import type { AlertView, NewEntry } from './ports.ts';
import type { IncidentAlertsTable, IncidentsTable, IncidentTasksTable } from './tables.ts';

export type IncidentRow = Selectable<IncidentsTable>;
export type IncidentAlertRow = Selectable<IncidentAlertsTable>;
export type IncidentTaskRow = Selectable<IncidentTasksTable>;
export type Reader = ControlDatabase | ControlTransaction;

/** Whether people or alerts still work on it. */
export function isOpen({ state }: Pick<IncidentRow, 'state'>): boolean {
  return state === 'open' || state === 'acknowledged';
}

/** Reads an incident and locks its row until the transaction ends; throws not_found. */
export async function lockIncident(transaction: ControlTransaction, id: string): Promise<IncidentRow> {
  const row = await transaction
    .selectFrom('incidents')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) throw new MeridianError('not_found', { what: `incident ${id}` });
  return row;
}

/** Changes a locked incident. */
export function reviseIncident(
  transaction: ControlTransaction,
  row: Pick<IncidentRow, 'id' | 'revision'>,
  changes: Updateable<IncidentsTable>,
  nowMs: number,
): Promise<IncidentRow> {
  return transaction
    .updateTable('incidents')
    .set({ ...changes, revision: row.revision + 1, updated_at_ms: nowMs })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Alerts of incidents, in the order of their starts. */
export async function readAlerts(
  database: Reader,
  incidentIds: readonly string[],
): Promise<IncidentAlertRow[]> {
  if (incidentIds.length === 0) return [];
  return database
    .selectFrom('incident_alerts')
    .selectAll()
    .where('incident_id', 'in', incidentIds)
    .orderBy('starts_at_ms')
    .orderBy('alert_id')
    .execute();
}

/** An alert's row as decisions see it. */
export function alertFacts(row: IncidentAlertRow): AlertFacts {
  return {
    id: row.alert_id,
    fingerprint: row.fingerprint,
    state: row.state,
    severity: row.severity,
    labels: row.labels,
    startsAtMs: row.starts_at_ms,
    endsAtMs: row.ends_at_ms,
    evidence: row.evidence,
  };
}

/** An incident's row as decisions see it. */
export function incidentFacts(row: IncidentRow, alerts: readonly IncidentAlertRow[]): IncidentFacts {
  return {
    id: row.id,
    state: row.state,
    labels: row.labels,
    openedAtMs: row.opened_at_ms,
    resolvedAtMs: row.resolved_at_ms,
    alerts: alerts.filter(({ incident_id }) => incident_id === row.id).map(alertFacts),
  };
}

/** Adds an alert to an incident, or writes what is new of it. */
export async function saveAlert(
  transaction: ControlTransaction,
  incidentId: string,
  alert: AlertView,
  reasons: readonly IncidentReason[],
): Promise<void> {
  const changing = {
    state: alert.state,
    severity: alert.severity,
    annotations: JSON.stringify(alert.annotations),
    evidence: JSON.stringify(alert.evidence),
    starts_at_ms: alert.startsAtMs,
    ends_at_ms: alert.endsAtMs,
  };
  await transaction
    .insertInto('incident_alerts')
    .values({
      incident_id: incidentId,
      alert_id: alert.id,
      fingerprint: alert.fingerprint,
      labels: JSON.stringify(alert.labels),
      reasons: JSON.stringify(reasons),
      ...changing,
    })
    .onConflict((conflict) => conflict.columns(['incident_id', 'alert_id']).doUpdateSet(changing))
    .execute();
}

/**
 * Adds an entry to a timeline; the incident's row must be locked. One with a key that is there already is left out.
 * Returns whether it was added.
 */
export async function appendEntry(
  transaction: ControlTransaction,
  incidentId: string,
  { atMs, kind, text, actor, details = {} }: NewEntry,
  key: string | null = null,
): Promise<boolean> {
  const { count } = await transaction
    .selectFrom('incident_entries')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('incident_id', '=', incidentId)
    .executeTakeFirstOrThrow();
  // What people say is always taken; what fills itself stops before it fills the disk.
  if (Number(count) >= INCIDENT_ENTRIES_MAX && kind !== 'note' && kind !== 'state') return false;
  const added = await transaction
    .insertInto('incident_entries')
    .values({
      incident_id: incidentId,
      at_ms: atMs,
      kind,
      text: text.slice(0, ENTRY_TEXT_MAX),
      actor,
      details: JSON.stringify(details),
      dedupe_key: key,
    })
    .onConflict((conflict) => conflict.columns(['incident_id', 'dedupe_key']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return added !== undefined;
}

/** Asks somebody to do something for an incident, when the transaction has ended. */
export async function addTask(
  transaction: ControlTransaction,
  incidentId: string,
  task: {
    readonly kind: IncidentTaskRow['kind'];
    readonly subject: string;
    readonly payload: Readonly<Record<string, unknown>>;
  },
  nowMs: number,
): Promise<void> {
  await transaction
    .insertInto('incident_tasks')
    .values({
      incident_id: incidentId,
      kind: task.kind,
      subject: task.subject,
      payload: JSON.stringify(task.payload),
      state: 'waiting',
      attempts: 0,
      due_at_ms: nowMs,
      created_at_ms: nowMs,
    })
    .execute();
}

/**
 * What tells a repeated word from a new one: on-call gives its entries a `key`, runbooks number theirs. The change that a
 * step of a runbook is has the same details, and so the same key.
 */
export function toldKey(details: Readonly<Record<string, unknown>> = {}): string | null {
  const { key, runId, number } = details;
  if (typeof key === 'string') return `told:${key}`;
  return typeof runId === 'string' && typeof number === 'number' ? `run:${runId}:${number}` : null;
}
