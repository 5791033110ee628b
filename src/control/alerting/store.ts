// Rows of alerts, silences and rules.

import { type Selectable, sql } from 'kysely';
import type { Matcher } from '#core/alerting/matchers.ts';
import { parseMatcher } from '#core/alerting/matchers.ts';
import type { Silence } from '#core/alerting/quiet.ts';
import type { AlertRule } from '#core/alerting/rules.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { AlertView } from './feed.ts';
import type { AlertingTables, AlertsTable, SilencesTable } from './tables.ts';

export type AlertRow = Selectable<AlertsTable>;
export type SilenceRow = Selectable<SilencesTable>;
export type RuleRow = Selectable<AlertingTables['alert_rules']>;

/** One state of an alert, to be written down. */
export interface AlertWrite {
  readonly view: AlertView;
  readonly source: string;
  readonly quietReason: string | null;
  readonly pendingSinceMs: number;
}

/** Writes states of alerts, as not told yet. */
export async function writeAlerts(
  transaction: ControlTransaction,
  writes: readonly AlertWrite[],
  nowMs: number,
): Promise<void> {
  await transaction
    .insertInto('alerts')
    .values(
      writes.map(({ view, source, quietReason, pendingSinceMs }) => ({
        id: view.id,
        fingerprint: view.fingerprint,
        source,
        state: view.state,
        severity: view.severity,
        labels: JSON.stringify(view.labels),
        annotations: JSON.stringify(view.annotations),
        evidence: JSON.stringify(view.evidence),
        quiet_reason: quietReason,
        pending_since_ms: pendingSinceMs,
        starts_at_ms: view.startsAtMs,
        ends_at_ms: view.endsAtMs,
        updated_at_ms: nowMs,
        is_told: false,
      })),
    )
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(({ ref }) => ({
        state: ref('excluded.state'),
        severity: ref('excluded.severity'),
        annotations: ref('excluded.annotations'),
        evidence: ref('excluded.evidence'),
        quiet_reason: ref('excluded.quiet_reason'),
        ends_at_ms: ref('excluded.ends_at_ms'),
        updated_at_ms: ref('excluded.updated_at_ms'),
        is_told: false,
      })),
    )
    .execute();
}

/** Notes that those who listen have heard of these states. */
export async function markTold(database: ControlDatabase, views: readonly AlertView[]): Promise<void> {
  for (const [state, own] of Map.groupBy(views, (view) => view.state))
    await database
      .updateTable('alerts')
      .set({ is_told: true })
      .where(
        'id',
        'in',
        own.map(({ id }) => id),
      )
      .where('state', '=', state)
      .execute();
}

/** Alerts that live, and ended ones that nobody was told of. */
export function readOpenAlerts(database: ControlDatabase): Promise<AlertRow[]> {
  return database
    .selectFrom('alerts')
    .selectAll()
    .where(({ or, eb }) => or([eb('ends_at_ms', 'is', null), eb('is_told', '=', false)]))
    .orderBy('id')
    .execute();
}

export function alertView(row: AlertRow): AlertView {
  return {
    id: row.id,
    fingerprint: row.fingerprint,
    state: row.state,
    severity: row.severity,
    labels: row.labels,
    annotations: row.annotations,
    startsAtMs: row.starts_at_ms,
    endsAtMs: row.ends_at_ms,
    evidence: row.evidence,
  };
}

/** Silences that are in force or to come. */
export function readSilences(database: ControlDatabase, nowMs: number): Promise<SilenceRow[]> {
  return database
    .selectFrom('silences')
    .selectAll()
    .where(({ or, eb }) => or([eb('ends_at_ms', 'is', null), eb('ends_at_ms', '>', nowMs)]))
    .orderBy('id')
    .execute();
}

export function silenceOf(row: SilenceRow): Silence {
  return {
    id: row.id,
    kind: row.kind,
    matchers: row.matchers
      .map(parseMatcher)
      .filter((matcher): matcher is Matcher => typeof matcher !== 'string'),
    startsAtMs: row.starts_at_ms,
    endsAtMs: row.ends_at_ms,
    recurrence: row.recurrence,
    comment: row.comment,
    createdBy: row.created_by,
  };
}

/** Brings the shipped rules up to date; what somebody wrote or removed stays as it is. */
export async function seedRules(
  database: ControlDatabase,
  rules: readonly AlertRule[],
  nowMs: number,
): Promise<void> {
  for (const rule of rules)
    await sql`
      insert into alert_rules (name, origin, rule, is_removed, updated_at_ms, updated_by)
      values (${rule.name}, 'shipped', ${JSON.stringify(rule)}, false, ${nowMs}, 'meridian')
      on conflict (name) do update set rule = excluded.rule, updated_at_ms = excluded.updated_at_ms
      where alert_rules.origin = 'shipped' and alert_rules.rule <> excluded.rule
    `.execute(database);
}

/** Rules in force, by name. */
export function readRules(database: ControlDatabase): Promise<RuleRow[]> {
  return database
    .selectFrom('alert_rules')
    .selectAll()
    .where('is_removed', '=', false)
    .orderBy('name')
    .execute();
}
