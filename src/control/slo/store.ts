// Rows of objectives and of what their budgets knew.

import { type Selectable, sql } from 'kysely';
import { type ReadSlo, readSlos, type SloDocument } from '#contract/openslo.ts';
import type { Budget } from '#core/slo/book.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { SloTables } from './tables.ts';

export type SloRow = Selectable<SloTables['slos']>;

/** An objective that is in force, with the row that it stands in. */
export interface StoredSlo {
  readonly row: SloRow;
  readonly read: ReadSlo;
}

/** Brings the shipped objectives up to date; what somebody wrote or removed stays as it is. */
export async function seedShipped(
  database: ControlDatabase,
  shipped: readonly ReadSlo[],
  nowMs: number,
): Promise<void> {
  for (const { document } of shipped)
    await sql`
      insert into slos (name, origin, document, is_removed, updated_at_ms, updated_by)
      values (${document.metadata.name}, 'shipped', ${JSON.stringify(document)}, false, ${nowMs}, 'meridian')
      on conflict (name) do update
      set document = excluded.document, updated_at_ms = excluded.updated_at_ms
      where slos.origin = 'shipped' and slos.document <> excluded.document
    `.execute(database);
}

/** Those in force, by name. What an older version wrote and this one cannot read is left out. */
export async function readStoredSlos(database: ControlDatabase): Promise<StoredSlo[]> {
  const rows = await database
    .selectFrom('slos')
    .selectAll()
    .where('is_removed', '=', false)
    .orderBy('name')
    .execute();
  return rows.flatMap((row) => {
    const [read] = readSlos([row.document]).slos;
    return read === undefined ? [] : [{ row, read }];
  });
}

/** Writes an objective that somebody wrote. */
export async function writeSlo(
  transaction: ControlTransaction,
  document: SloDocument,
  actor: string,
  nowMs: number,
): Promise<void> {
  const values = {
    origin: 'own' as const,
    document: JSON.stringify(document),
    is_removed: false,
    updated_at_ms: nowMs,
    updated_by: actor,
  };
  await transaction
    .insertInto('slos')
    .values({ name: document.metadata.name, ...values })
    .onConflict((conflict) => conflict.column('name').doUpdateSet(values))
    .execute();
}

export interface StoredLedger {
  readonly slo: string;
  readonly budget: Budget;
}

/** Writes down what budgets know. */
export async function saveLedgers(
  database: ControlDatabase,
  ledgers: readonly StoredLedger[],
  nowMs: number,
): Promise<void> {
  if (ledgers.length === 0) return;
  await database
    .insertInto('slo_ledgers')
    .values(
      ledgers.map(({ slo, budget }) => ({
        slo,
        group_index: budget.group,
        labels: labelsKey(budget.labels),
        state: JSON.stringify(budget.ledger.state(nowMs)),
        fired_at: JSON.stringify([...budget.firedAt]),
        at_ms: nowMs,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['slo', 'group_index', 'labels']).doUpdateSet(({ ref }) => ({
        state: ref('excluded.state'),
        fired_at: ref('excluded.fired_at'),
        at_ms: ref('excluded.at_ms'),
      })),
    )
    .execute();
}

/** Labels as a text that sorts and compares. */
export function labelsKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** The reverse of labelsKey. */
export function labelsOfKey(key: string): Record<string, string> {
  return Object.fromEntries(JSON.parse(key) as [string, string][]);
}
