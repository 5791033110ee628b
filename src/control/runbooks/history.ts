// What earlier runs tell of a runbook: how often it went well, how long it took, how long each step takes, and which
// versions there were. Runs are kept for 90 days, so this is what the last quarter says.

import { sql } from 'kysely';
import type { RunbookStats, RunbookVersion } from '#contract/api/runbooks.ts';
import { stuckLimitMs } from '#core/runbook/stuck.ts';
import type { ControlDatabase } from '../database/schema.ts';
import type { Definition } from './definitions.ts';
import { HISTORY_MAX, VERSIONS_SHOWN_MAX } from './limits.ts';
import type { RunbookSource } from './read-runbook.ts';

export const NO_RUNS: RunbookStats = {
  runCount: 0,
  endedCount: 0,
  succeededCount: 0,
  openCount: 0,
  durationMsTypical: null,
  lastRun: null,
};

/** What runs of each runbook came to. */
export async function readStats(database: ControlDatabase): Promise<ReadonlyMap<string, RunbookStats>> {
  const counted = await sql<{
    runbook_id: string;
    run_count: number;
    ended_count: number;
    succeeded_count: number;
    duration_ms: number | null;
  }>`select runbook_id, count(*)::int as run_count, count(ended_at_ms)::int as ended_count,
      count(*) filter (where status = 'succeeded')::int as succeeded_count,
      percentile_cont(0.5) within group (order by ended_at_ms - created_at_ms)
        filter (where status = 'succeeded') as duration_ms
    from runbook_runs group by runbook_id`.execute(database);
  const newest = await database
    .selectFrom('runbook_runs')
    .select(['runbook_id', 'id', 'status', 'created_at_ms'])
    .distinctOn('runbook_id')
    .orderBy('runbook_id')
    .orderBy('created_at_ms', 'desc')
    .execute();
  const last = new Map(newest.map((row) => [row.runbook_id, row]));
  return new Map(
    counted.rows.map((row) => {
      const run = last.get(row.runbook_id);
      return [
        row.runbook_id,
        {
          runCount: row.run_count,
          endedCount: row.ended_count,
          succeededCount: row.succeeded_count,
          openCount: row.run_count - row.ended_count,
          durationMsTypical: row.duration_ms === null ? null : Math.round(row.duration_ms),
          lastRun:
            run === undefined ? null : { id: run.id, status: run.status, createdAtMs: run.created_at_ms },
        },
      ];
    }),
  );
}

export interface StepHistory {
  /** The median. */
  readonly durationMsTypical: number | null;
  /** Beyond it the step is stuck; null while too few runs are known. */
  readonly stuckAfterMs: number | null;
}

/** How long the steps of a runbook took in the newest runs that they ended well in, by step. */
export async function readStepHistory(
  database: ControlDatabase,
  runbookId: string,
): Promise<ReadonlyMap<string, StepHistory>> {
  const { rows } = await sql<{ step_id: string; durations: number[] }>`
    select step_id, array_agg(duration_ms::float8 order by duration_ms) as durations from (
      select step_id, duration_ms, row_number() over (partition by step_id order by at_ms desc) as place
      from runbook_durations where runbook_id = ${runbookId}
    ) as numbered where place <= ${HISTORY_MAX} group by step_id`.execute(database);
  return new Map(
    rows.map(({ step_id, durations }) => [
      step_id,
      {
        durationMsTypical: durations[Math.floor((durations.length - 1) / 2)] ?? null,
        stuckAfterMs: stuckLimitMs(durations),
      },
    ]),
  );
}

/** The newest versions of a runbook that nobody took back, newest first, with the shipped one at its place. */
export async function readVersions(
  database: ControlDatabase,
  { source }: Definition,
  shipped: RunbookSource | undefined,
): Promise<RunbookVersion[]> {
  const { id, version } = source.sample;
  const rows = await database
    .selectFrom('runbooks')
    .selectAll()
    .where('id', '=', id)
    .where('is_taken_back', '=', false)
    .orderBy('version', 'desc')
    .limit(VERSIONS_SHOWN_MAX)
    .execute();
  const saved = rows.map((row) => ({
    version: row.version,
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    isShipped: false,
    isInForce: row.version === version,
    text: row.text,
  }));
  if (shipped === undefined) return saved;
  const own: RunbookVersion = {
    version: shipped.sample.version,
    actor: null,
    createdAtMs: null,
    isShipped: true,
    isInForce: source === shipped,
    text: shipped.text,
  };
  return [...saved.map((each) => (own.isInForce ? { ...each, isInForce: false } : each)), own].sort(
    (one, other) => other.version - one.version || Number(other.isInForce) - Number(one.isInForce),
  );
}
