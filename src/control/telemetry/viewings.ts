// Viewings as edges tell of them. A viewing moves between edges (its player turns to another one when one is away), so
// steps are joined by time, and of the figures the greater ones hold: each edge counts what it has heard itself, and the
// one that heard most knows best.

import { type Kysely, sql } from 'kysely';
import { defined } from '#base/assert.ts';
import type { Viewing, ViewingStep, ViewingUpdate } from '#contract/telemetry.ts';
import { joinSteps, joinViewings } from '#core/telemetry/join-viewings.ts';
import type { ControlTables } from '../database/schema.ts';
import { VIEWING_STEPS_KEPT, VIEWINGS_PER_REMOVAL } from './limits.ts';
import { ITEM_SQL, STARTED_AT_SQL } from './tables.ts';

/** Stores new and changed viewings. */
export async function storeViewings(
  transaction: Kysely<ControlTables>,
  updates: readonly ViewingUpdate[],
): Promise<void> {
  if (updates.length === 0) return;
  const known = await transaction
    .selectFrom('viewings')
    .select(['sid', 'summary', 'steps'])
    .where('sid', 'in', [...new Set(updates.map(({ sid }) => sid))])
    .execute();
  const joined = new Map<string, { summary: Viewing; steps: readonly ViewingStep[] }>(
    known.map(({ sid, summary, steps }) => [sid, { summary, steps }]),
  );
  for (const { steps, ...summary } of updates) {
    const before = joined.get(summary.sid);
    joined.set(summary.sid, {
      summary: before === undefined ? summary : joinViewings(before.summary, summary),
      steps: joinSteps(before?.steps ?? [], steps, VIEWING_STEPS_KEPT),
    });
  }
  await transaction
    .insertInto('viewings')
    .values(
      [...joined.values()].map(({ summary, steps }) => ({
        sid: summary.sid,
        region_id: summary.regionId,
        site_id: summary.siteId,
        content_id: summary.contentId,
        project_id: summary.contentId?.split('/')[0] ?? null,
        is_troubled: summary.stalls > 0 || summary.errors > 0 || summary.badRequests > 0,
        updated_at_ms: summary.updatedAtMs,
        summary: JSON.stringify(summary),
        steps: JSON.stringify(steps),
      })),
    )
    .onConflict((conflict) =>
      conflict.column('sid').doUpdateSet((excluded) => ({
        region_id: excluded.ref('excluded.region_id'),
        site_id: excluded.ref('excluded.site_id'),
        content_id: excluded.ref('excluded.content_id'),
        project_id: excluded.ref('excluded.project_id'),
        is_troubled: excluded.ref('excluded.is_troubled'),
        updated_at_ms: excluded.ref('excluded.updated_at_ms'),
        summary: excluded.ref('excluded.summary'),
        steps: excluded.ref('excluded.steps'),
        exported_at_ms: null,
      })),
    )
    .execute();
}

/** A viewing that began longer before the time asked for is left out, so that the search has an end. */
const LENGTH_MS_MAX = 86_400_000;

const startedAt = sql<number>`${sql.raw(STARTED_AT_SQL)}`;

export interface ViewingFilter {
  readonly regionId?: string | undefined;
  readonly siteId?: string | undefined;
  /** project/asset, or the asset alone. */
  readonly contentId?: string | undefined;
  readonly kind?: string | undefined;
  readonly client?: string | undefined;
  readonly isTroubled?: boolean | undefined;
  readonly trouble?: 'stall' | 'error' | undefined;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly order: 'heard' | 'started';
  readonly before?: string | undefined;
  readonly beforeMs?: number | undefined;
  /** null: of all projects. */
  readonly projectId: string | null;
  readonly limit: number;
}

export interface ViewingPage {
  readonly sessions: Viewing[];
  /** Where the next page begins; null: there is none. */
  readonly nextBefore: string | null;
}

/** Viewings, newest first. */
export async function readViewings(
  database: Kysely<ControlTables>,
  filter: ViewingFilter,
): Promise<ViewingPage> {
  const moment = filter.order === 'heard' ? sql<number>`updated_at_ms` : startedAt;
  let query = filtered(database, filter).select(['sid', 'summary', moment.as('at_ms')]);
  if (filter.before !== undefined) {
    const at = filter.before.indexOf('~');
    const atMs = Number(filter.before.slice(0, at));
    const sid = filter.before.slice(at + 1);
    query = query.where(sql<boolean>`(${moment}, sid collate "C") < (${atMs}::bigint, ${sid}::text)`);
  }
  const rows = await query
    .orderBy(moment, 'desc')
    .orderBy(sql`sid collate "C"`, 'desc')
    .limit(filter.limit + 1)
    .execute();
  const page = rows.slice(0, filter.limit);
  const last = page.at(-1);
  return {
    sessions: page.map(({ summary }) => summary),
    nextBefore: rows.length > page.length && last !== undefined ? `${last.at_ms}~${last.sid}` : null,
  };
}

function filtered(database: Kysely<ControlTables>, filter: ViewingFilter) {
  let query = database.selectFrom('viewings');
  if (filter.regionId !== undefined) query = query.where('region_id', '=', filter.regionId);
  if (filter.siteId !== undefined) query = query.where('site_id', '=', filter.siteId);
  if (filter.contentId !== undefined) {
    const slash = filter.contentId.indexOf('/');
    query = query.where(sql<boolean>`${sql.raw(ITEM_SQL)} = ${filter.contentId.slice(slash + 1)}`);
    if (slash >= 0) query = query.where('content_id', '=', filter.contentId);
  }
  if (filter.kind !== undefined) query = query.where(sql<boolean>`summary->>'kind' = ${filter.kind}`);
  if (filter.client !== undefined) query = query.where(sql<boolean>`summary->>'client' = ${filter.client}`);
  if (filter.projectId !== null) query = query.where('project_id', '=', filter.projectId);
  if (filter.isTroubled !== undefined) query = query.where('is_troubled', '=', filter.isTroubled);
  // Whatever stood still or failed is troubled: said as well, so that the index of those serves.
  if (filter.trouble !== undefined) query = query.where('is_troubled', '=', true);
  if (filter.trouble === 'stall') query = query.where(sql<boolean>`(summary->>'stalls')::numeric > 0`);
  if (filter.trouble === 'error')
    query = query.where(sql<boolean>`(summary->>'errors')::numeric + (summary->>'badRequests')::numeric > 0`);
  if (filter.beforeMs !== undefined) query = query.where('updated_at_ms', '<', filter.beforeMs);
  if (filter.toMs !== undefined) query = query.where(startedAt, '<', filter.toMs);
  if (filter.fromMs !== undefined)
    query = query
      .where('updated_at_ms', '>=', filter.fromMs)
      .where(startedAt, '>=', filter.fromMs - LENGTH_MS_MAX);
  return query;
}

/** One viewing with its steps; undefined when there is none, or it is of another project. */
export async function findViewing(
  database: Kysely<ControlTables>,
  sid: string,
  projectId: string | null,
): Promise<{ session: Viewing; steps: ViewingStep[] } | undefined> {
  let query = database.selectFrom('viewings').select(['summary', 'steps']).where('sid', '=', sid);
  if (projectId !== null) query = query.where('project_id', '=', projectId);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : { session: row.summary, steps: row.steps };
}

/** Removes viewings that were not heard of since; in small statements, so that none locks for long. */
export async function removeViewings(database: Kysely<ControlTables>, beforeMs: number): Promise<void> {
  for (;;) {
    const { numAffectedRows } = await sql`delete from viewings where sid in (
      select sid from viewings where updated_at_ms < ${beforeMs} limit ${sql.lit(VIEWINGS_PER_REMOVAL)})`.execute(
      database,
    );
    if (defined(numAffectedRows, 'a count of rows') < VIEWINGS_PER_REMOVAL) return;
  }
}
