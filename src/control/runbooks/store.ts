// Rows of runbooks: policies, runs, what runs did. A run's row is locked before its state changes; the intent of an
// action is written in the transaction in which the run comes to want it.

import { isDeepStrictEqual } from 'node:util';
import { type Selectable, sql } from 'kysely';
import { defined } from '#base/assert.ts';
import { type StepResult, step } from '#core/runbook/machine.ts';
import type { GuardPolicy, Runbook, RunEvent, RunState } from '#core/runbook/types.ts';
import { isOver } from '#core/runbook/wanted.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { HISTORY_MAX, RUNS_ACTIVE_MAX } from './limits.ts';
import type { RunbookRunsTable } from './tables.ts';

export type RunRow = Selectable<RunbookRunsTable>;
type Reader = ControlDatabase | ControlTransaction;

export function findRun(database: Reader, runId: string): Promise<RunRow | undefined> {
  return database.selectFrom('runbook_runs').selectAll().where('id', '=', runId).executeTakeFirst();
}

/** Reads a run and locks its row until the transaction ends. */
export function lockRun(transaction: ControlTransaction, runId: string): Promise<RunRow | undefined> {
  return transaction
    .selectFrom('runbook_runs')
    .selectAll()
    .where('id', '=', runId)
    .forUpdate()
    .executeTakeFirst();
}

/** Runs that have not ended, and those that ended after `endedAfterMs` with lines that others were not told yet. */
export async function readDueRunIds(database: Reader, endedAfterMs: number): Promise<string[]> {
  const open = await database
    .selectFrom('runbook_runs')
    .select('id')
    .where('status', 'in', ['running', 'rolling_back'])
    .orderBy('id')
    .limit(RUNS_ACTIVE_MAX)
    .execute();
  const untold = await database
    .selectFrom('runbook_runs')
    .select('id')
    .where('is_told', '=', false)
    .where('ended_at_ms', '>', endedAfterMs)
    .orderBy('id')
    .limit(RUNS_ACTIVE_MAX)
    .execute();
  return [...open, ...untold].map(({ id }) => id);
}

export interface TakenEvent {
  readonly row: RunRow;
  readonly result: StepResult;
  /** Whether the run has come further: another status, step, stage or action. */
  readonly isProgress: boolean;
}

/** Lets a locked run take an event, and writes what that makes of it. */
export async function takeEvent(
  transaction: ControlTransaction,
  row: RunRow,
  event: RunEvent,
  nowMs: number,
): Promise<TakenEvent> {
  const result = step(row.book, row.state, event, nowMs);
  const { state } = result;
  if (isDeepStrictEqual(state, row.state)) return { row, result, isProgress: false };
  const next = await transaction
    .updateTable('runbook_runs')
    .set({
      state: JSON.stringify(state),
      status: state.status,
      is_told: isTold(state),
      revision: row.revision + 1,
      updated_at_ms: nowMs,
      ended_at_ms: isOver(state.status) ? (row.ended_at_ms ?? nowMs) : null,
    })
    .where('id', '=', row.id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await writeIntent(transaction, row, result, nowMs);
  await writeDurations(transaction, row, state);
  return { row: next, result, isProgress: placeOf(row.state) !== placeOf(state) };
}

function placeOf({ status, position, stage, pendingKey, pausedAtMs }: RunState): string {
  return JSON.stringify([status, position, stage, pendingKey, pausedAtMs]);
}

/** Whether timelines know all of the journal. */
export function isTold({ journal, toldNumber }: RunState): boolean {
  return (journal.at(-1)?.number ?? 0) <= toldNumber;
}

async function writeIntent(
  transaction: ControlTransaction,
  { id, state: before }: RunRow,
  { state, effects }: StepResult,
  nowMs: number,
): Promise<void> {
  if (before.pendingKey !== null && before.pendingKey !== state.pendingKey)
    // A cancelled run takes back what it had intended and not yet done.
    await transaction
      .updateTable('runbook_actions')
      .set({ outcome: 'withdrawn', ended_at_ms: nowMs })
      .where('run_id', '=', id)
      .where('key', '=', before.pendingKey)
      .where('outcome', 'is', null)
      .execute();
  for (const effect of effects)
    if (effect.kind === 'act')
      await insertIntent(transaction, id, effect.key, JSON.stringify(effect.action), nowMs);
}

async function insertIntent(
  transaction: ControlTransaction,
  runId: string,
  key: string,
  action: string,
  nowMs: number,
): Promise<void> {
  await transaction
    .insertInto('runbook_actions')
    .values({
      run_id: runId,
      key,
      action,
      intended_at_ms: nowMs,
      ended_at_ms: null,
      outcome: null,
      detail: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Writes down how long steps took that have just come to a good end. */
async function writeDurations(transaction: ControlTransaction, row: RunRow, state: RunState): Promise<void> {
  const ended = state.steps.filter(
    ({ state: is }, index) => is === 'done' && row.state.steps[index]?.state !== 'done',
  );
  for (const { id, startedAtMs, endedAtMs } of ended) {
    const atMs = defined(endedAtMs, 'an end');
    await transaction
      .insertInto('runbook_durations')
      .values({
        run_id: row.id,
        runbook_id: row.runbook_id,
        step_id: id,
        duration_ms: atMs - defined(startedAtMs, 'a start'),
        at_ms: atMs,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Writes how an action ended, in the transaction of what it changed. */
export async function endAction(
  transaction: ControlTransaction,
  runId: string,
  key: string,
  end: {
    readonly outcome: 'changed' | 'unchanged' | 'refused';
    readonly detail: string;
    readonly nowMs: number;
  },
): Promise<void> {
  await transaction
    .updateTable('runbook_actions')
    .set({ outcome: end.outcome, detail: end.detail, ended_at_ms: end.nowMs })
    .where('run_id', '=', runId)
    .where('key', '=', key)
    .execute();
}

/** How long a step took in the newest runs that it ended well in, milliseconds. */
export async function readDurations(database: Reader, runbookId: string, stepId: string): Promise<number[]> {
  const rows = await database
    .selectFrom('runbook_durations')
    .select('duration_ms')
    .where('runbook_id', '=', runbookId)
    .where('step_id', '=', stepId)
    .orderBy('at_ms', 'desc')
    .limit(HISTORY_MAX)
    .execute();
  return rows.map(({ duration_ms }) => duration_ms);
}

/** Guards in force: those that somebody set, else those of the definition. */
export async function readPolicy(database: Reader, book: Runbook): Promise<GuardPolicy> {
  const row = await database
    .selectFrom('runbook_policies')
    .selectAll()
    .where('runbook_id', '=', book.id)
    .executeTakeFirst();
  if (row === undefined) return book.guards;
  return {
    isAutomatic: row.is_automatic,
    runsPerHourMax: row.runs_per_hour_max,
    viewerShareMax: row.viewer_share_max,
  };
}

/** Runs of a runbook that began after `sinceMs`. */
export async function countRuns(database: Reader, runbookId: string, sinceMs: number): Promise<number> {
  const row = await database
    .selectFrom('runbook_runs')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('runbook_id', '=', runbookId)
    .where('created_at_ms', '>', sinceMs)
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Runs that have not ended, and those of them whose current step is stuck. */
export async function countOpen(database: Reader): Promise<{ openCount: number; stuckCount: number }> {
  const { rows } = await sql<{ open: number; stuck: number }>`
    select count(*)::int as open, count(*) filter (
      where jsonb_path_exists(state, '$.steps[*] ? (@.state == "running" && @.stuckSinceMs != null)')
    )::int as stuck
    from runbook_runs where status in ('running', 'rolling_back')
  `.execute(database);
  return { openCount: rows[0]?.open ?? 0, stuckCount: rows[0]?.stuck ?? 0 };
}

/** Removes runs that ended before `beforeMs`, with all that belongs to them. */
export async function removeRuns(database: ControlDatabase, beforeMs: number): Promise<void> {
  await database.deleteFrom('runbook_runs').where('ended_at_ms', '<', beforeMs).execute();
}
