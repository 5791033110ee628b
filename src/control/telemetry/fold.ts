// Computes minutes from slices, and hours from minutes: each step as a whole, from all that is there, as often as something
// came in for it. So late reports need no arithmetic of their own, and a crash in between costs a repetition.

import { type Kysely, sql } from 'kysely';
import { addBuckets } from '#base/log-buckets.ts';
import type { ControlTables } from '../database/schema.ts';
import { FOLD_AFTER_MS, FOLDS_PER_ROUND_MAX } from './limits.ts';
import type { Partitions } from './partitions.ts';
import { floorTo, HOURS, MINUTES, type Resolution, SLICES } from './resolutions.ts';

/** A row of points, as it is read and written. */
export interface PointRow {
  readonly at_ms: number;
  readonly series_id: number;
  readonly count: number;
  readonly sum: number | null;
  readonly buckets: Record<number, number> | null;
}

/** Sums rows by series. */
export function sumRows(rows: readonly PointRow[], atMs: number): PointRow[] {
  return sumBy(rows, () => atMs);
}

/** Sums rows by series and by the step that `stepOf` gives for their time. */
export function sumBy(rows: readonly PointRow[], stepOf: (atMs: number) => number): PointRow[] {
  const sums = new Map<string, { -readonly [K in keyof PointRow]: PointRow[K] }>();
  for (const row of rows) {
    const atMs = stepOf(row.at_ms);
    const key = `${row.series_id} ${atMs}`;
    const sum = sums.get(key);
    if (sum === undefined) {
      sums.set(key, { ...row, at_ms: atMs, buckets: row.buckets === null ? null : { ...row.buckets } });
      continue;
    }
    sum.count += row.count;
    if (row.sum !== null) sum.sum = (sum.sum ?? 0) + row.sum;
    if (row.buckets !== null) {
      sum.buckets ??= {};
      addBuckets(sum.buckets, row.buckets);
    }
  }
  return [...sums.values()];
}

/** Computes the steps that are due; returns how many it did. */
export async function foldDue(
  database: Kysely<ControlTables>,
  partitions: Partitions,
  nowMs: number,
): Promise<number> {
  const minutes = await foldAll(database, partitions, nowMs, MINUTES, SLICES);
  const hours = await foldAll(database, partitions, nowMs, HOURS, MINUTES);
  return minutes + hours;
}

async function foldAll(
  database: Kysely<ControlTables>,
  partitions: Partitions,
  nowMs: number,
  to: Resolution,
  from: Resolution,
): Promise<number> {
  const due = await database
    .selectFrom('telemetry_dirty')
    .select('at_ms')
    .where('step_ms', '=', to.stepMs)
    .where('at_ms', '<=', nowMs - to.stepMs - FOLD_AFTER_MS)
    // Not from minutes that are themselves to be computed.
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('telemetry_dirty as narrower')
            .select('narrower.at_ms')
            .where('narrower.step_ms', '=', from.stepMs)
            .whereRef('narrower.at_ms', '>=', 'telemetry_dirty.at_ms')
            .where('narrower.at_ms', '<', sql<number>`telemetry_dirty.at_ms + ${to.stepMs}`),
        ),
      ),
    )
    .orderBy('at_ms')
    .limit(FOLDS_PER_ROUND_MAX)
    .execute();
  for (const { at_ms: atMs } of due) {
    await partitions.ensure(to, [atMs]);
    await database.transaction().execute((transaction) => fold(transaction, to, from, atMs));
  }
  return due.length;
}

async function fold(
  transaction: Kysely<ControlTables>,
  to: Resolution,
  from: Resolution,
  atMs: number,
): Promise<void> {
  // First, so that whoever adds points to this step from now on marks it anew; see markDirty.
  await transaction
    .deleteFrom('telemetry_dirty')
    .where('step_ms', '=', to.stepMs)
    .where('at_ms', '=', atMs)
    .execute();
  const rows = await transaction
    .selectFrom(from.table)
    .selectAll()
    .where('at_ms', '>=', atMs)
    .where('at_ms', '<', atMs + to.stepMs)
    .execute();
  await transaction.deleteFrom(to.table).where('at_ms', '=', atMs).execute();
  const sums = sumRows(rows, atMs);
  for (let at = 0; at < sums.length; at += 2_000)
    await transaction
      .insertInto(to.table)
      .values(
        sums.slice(at, at + 2_000).map((row) => ({
          ...row,
          buckets: row.buckets === null ? null : JSON.stringify(row.buckets),
        })),
      )
      .execute();
}

/** Where one part of a question is answered from. */
export interface Span {
  readonly from: Resolution;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Rows of series over a span of time: from the widest steps that are computed and fit, the rest from narrower ones. Steps
 * that are marked are answered from what they would be computed of, so that nothing is missing and nothing counts twice.
 */
export async function readRows(
  database: Kysely<ControlTables>,
  seriesIds: readonly number[],
  span: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
): Promise<PointRow[]> {
  const widest = [HOURS, MINUTES, SLICES].find(({ stepMs }) => span.stepMs % stepMs === 0) ?? SLICES;
  return readFrom(database, seriesIds, { from: widest, fromMs: span.fromMs, toMs: span.toMs });
}

async function readFrom(
  database: Kysely<ControlTables>,
  seriesIds: readonly number[],
  span: Span,
): Promise<PointRow[]> {
  const { from } = span;
  if (span.toMs <= span.fromMs) return [];
  const select = (fromMs: number, toMs: number, without: readonly number[]): Promise<PointRow[]> => {
    let query = database
      .selectFrom(from.table)
      .selectAll()
      .where('series_id', '=', sql<number>`any(${[...seriesIds]}::int[])`)
      .where('at_ms', '>=', fromMs)
      .where('at_ms', '<', toMs);
    if (without.length > 0) query = query.where('at_ms', 'not in', without);
    return query.execute();
  };
  if (from === SLICES) return select(span.fromMs, span.toMs, []);
  const narrower = from === HOURS ? MINUTES : SLICES;
  // Whole steps only; what is over at both ends comes from narrower ones.
  const firstMs = Math.ceil(span.fromMs / from.stepMs) * from.stepMs;
  const lastMs = floorTo(span.toMs, from.stepMs);
  if (lastMs <= firstMs) return readFrom(database, seriesIds, { ...span, from: narrower });
  const marked = await database
    .selectFrom('telemetry_dirty')
    .select('at_ms')
    .where('step_ms', '=', from.stepMs)
    .where('at_ms', '>=', firstMs)
    .where('at_ms', '<', lastMs)
    .execute();
  const steps = marked.map(({ at_ms }) => at_ms);
  const parts = [
    await select(firstMs, lastMs, steps),
    await readFrom(database, seriesIds, { from: narrower, fromMs: span.fromMs, toMs: firstMs }),
    await readFrom(database, seriesIds, { from: narrower, fromMs: lastMs, toMs: span.toMs }),
  ];
  for (const atMs of steps)
    parts.push(
      await readFrom(database, seriesIds, { from: narrower, fromMs: atMs, toMs: atMs + from.stepMs }),
    );
  return parts.flat();
}
