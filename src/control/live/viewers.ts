// Who watches a broadcast, from the viewings that edges tell of: a viewing that was heard of within VIEWER_SILENCE_MS and
// has not ended is a viewer. Counted in the database, so that it does not matter how many they are.
//
// Limits: an edge tells of 500 changed viewings in five seconds, those in trouble first, so that with more than about a
// thousand viewers at one edge process the number is a lower bound. Players that tell nothing are not seen.

import { sql } from 'kysely';
import type { ControlDatabase } from '../database/schema.ts';
import { VIEWER_SILENCE_MS, VIEWERS_BACK_MS, VIEWERS_STEP_MS } from './limits.ts';

interface Counted {
  readonly viewers: number;
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
}

export interface Viewers extends Counted {
  readonly regions: (Counted & { readonly regionId: string; readonly stalledViewers: number })[];
  readonly points: { readonly atMs: number; readonly viewers: number }[];
}

/** Counts the viewers of `contentId`, which is project/broadcast. */
export async function countViewers(
  database: ControlDatabase,
  contentId: string,
  nowMs: number,
): Promise<Viewers> {
  const [rows, points] = await Promise.all([
    countNow(database, contentId, nowMs),
    countOverTime(database, contentId, nowMs),
  ]);
  const [all] = rows.filter(({ region_id }) => region_id === null);
  return {
    ...countedOf(all),
    regions: rows.flatMap((row) =>
      row.region_id === null
        ? []
        : [{ regionId: row.region_id, stalledViewers: Number(row.stalled), ...countedOf(row) }],
    ),
    points,
  };
}

interface NowRow {
  readonly region_id: string | null;
  readonly viewers: number;
  readonly stalled: number;
  readonly quantiles: readonly (number | null)[] | null;
}

function countedOf(row: NowRow | undefined): Counted {
  const quantile = (index: number): number | null => {
    const value = row?.quantiles?.[index];
    return value === undefined || value === null ? null : Math.round(value);
  };
  return { viewers: Number(row?.viewers ?? 0), latencyP50Ms: quantile(0), latencyP95Ms: quantile(1) };
}

/** A row for each region, most viewers first, and one of all of them, whose region is null. */
async function countNow(database: ControlDatabase, contentId: string, nowMs: number): Promise<NowRow[]> {
  const { rows } = await sql<NowRow>`
    select region_id, count(*) as viewers,
      count(*) filter (where (summary->>'stalls')::float8 > 0) as stalled,
      percentile_cont(array[0.5, 0.95]) within group (order by (summary->>'latencyMs')::float8) as quantiles
    from viewings
    where content_id = ${contentId} and updated_at_ms > ${nowMs - VIEWER_SILENCE_MS}
      and summary->>'endedAtMs' is null
    group by grouping sets ((region_id), ())
    order by viewers desc, region_id`.execute(database);
  return rows;
}

/** Each beginning counts one more, each end one less, from the step on that comes after it. */
async function countOverTime(
  database: ControlDatabase,
  contentId: string,
  nowMs: number,
): Promise<Viewers['points']> {
  const lastStep = Math.floor(nowMs / VIEWERS_STEP_MS);
  const firstStep = lastStep - VIEWERS_BACK_MS / VIEWERS_STEP_MS;
  const { rows } = await sql<{ step: number; change: number }>`
    with viewers as (
      select (summary->>'startedAtMs')::float8 as began,
        coalesce((summary->>'endedAtMs')::float8, updated_at_ms + ${VIEWER_SILENCE_MS}::float8) as ended
      from viewings
      where content_id = ${contentId}
        and updated_at_ms > ${firstStep * VIEWERS_STEP_MS - VIEWER_SILENCE_MS}
    ), changes as (
      select began as at_ms, 1 as change from viewers
      union all select ended, -1 from viewers
    )
    select greatest(ceil(at_ms / ${VIEWERS_STEP_MS}::float8), ${firstStep}::float8) as step, sum(change) as change
    from changes group by step`.execute(database);
  const changes = new Map(rows.map(({ step, change }) => [Number(step), Number(change)]));
  let viewers = 0;
  return Array.from({ length: lastStep - firstStep + 1 }, (_, index) => {
    const step = firstStep + index;
    viewers += changes.get(step) ?? 0;
    return { atMs: step * VIEWERS_STEP_MS, viewers };
  });
}
