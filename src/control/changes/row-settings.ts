// Settings that are a row of their own: objectives, alert rules, guards of runbooks. Their changes keep the row as it was
// before and is after, so that the version of before can be put back.

import { sql } from 'kysely';
import { actorOf, type Principal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlTransaction } from '../database/schema.ts';

/** The table of a setting, what names its row, and what its versions differ in. */
const ROWS = {
  slo: { table: 'slos', key: 'name', by: 'updated_by', columns: ['origin', 'document', 'is_removed'] },
  'alert-rule': {
    table: 'alert_rules',
    key: 'name',
    by: 'updated_by',
    columns: ['origin', 'rule', 'is_removed'],
  },
  'runbook.policy': {
    table: 'runbook_policies',
    key: 'runbook_id',
    by: 'actor',
    columns: ['is_automatic', 'runs_per_hour_max', 'viewer_share_max'],
  },
} as const;
export type RowSetting = keyof typeof ROWS;

/** By the action of the audit trail. */
const ACTIONS: Readonly<Record<string, RowSetting>> = {
  'slo.apply': 'slo',
  'slo.delete': 'slo',
  'alert-rule.apply': 'alert-rule',
  'alert-rule.delete': 'alert-rule',
  'runbook.policy': 'runbook.policy',
};

export type RowValues = Readonly<Record<string, unknown>>;

/** The setting that an action of the audit trail changes; undefined: none that is a row. */
export function rowSettingOf(action: unknown): RowSetting | undefined {
  return typeof action === 'string' && Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
}

/** The row as it is, locked; null: there is none. */
export async function readRow(
  transaction: ControlTransaction,
  setting: RowSetting,
  name: string,
): Promise<RowValues | null> {
  const { columns, key, table } = ROWS[setting];
  const { rows } = await sql<Record<string, unknown>>`
    select ${sql.join(columns.map((column) => sql.ref(column)))} from ${sql.table(table)}
    where ${sql.ref(key)} = ${name} for update
  `.execute(transaction);
  return rows[0] ?? null;
}

/** Puts a row back as it was; null removes it. */
export async function putRow(
  transaction: ControlTransaction,
  setting: RowSetting,
  name: string,
  values: RowValues | null,
  { nowMs, principal }: { readonly nowMs: number; readonly principal: Principal },
): Promise<void> {
  const { by, columns, key, table } = ROWS[setting];
  await sql`delete from ${sql.table(table)} where ${sql.ref(key)} = ${name}`.execute(transaction);
  if (values === null) return;
  const names = [key, ...columns, 'updated_at_ms', by];
  const own = columns.map((column) => {
    const value = values[column];
    return typeof value === 'object' ? JSON.stringify(value) : value;
  });
  await sql`
    insert into ${sql.table(table)} (${sql.join(names.map((column) => sql.ref(column)))})
    values (${sql.join([name, ...own, nowMs, actorOf(principal)])})
  `.execute(transaction);
}

/** Makes a change of a row and records it with what was before and is after. */
export async function changeRow<T>(
  transaction: ControlTransaction,
  { nowMs, principal }: { readonly nowMs: number; readonly principal: Principal },
  change: { readonly action: string; readonly subject: string; readonly details?: RowValues },
  write: () => Promise<T>,
): Promise<T> {
  const setting = rowSettingOf(change.action);
  if (setting === undefined) throw new Error(`${change.action} changes no row of settings`);
  const before = await readRow(transaction, setting, change.subject);
  const result = await write();
  const after = await readRow(transaction, setting, change.subject);
  await recordAudit(transaction, principal, nowMs, {
    action: change.action,
    subject: change.subject,
    projectId: null,
    details: { ...change.details, before, after },
  });
  return result;
}
