// Changes for people. They concern the whole installation; a credential of one project sees those of its project.

import { sql } from 'kysely';
import type { ChangeView, changeRoutes } from '#contract/api/changes.ts';
import { MeridianError } from '#contract/errors.ts';
import { labelsOf } from '#contract/labels.ts';
import { type Fold, foldPlans } from '#core/changes/fold-plans.ts';
import { requireAllProjects, requireRegions, type UserPrincipal } from '../access/principal.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { regionsOfPlaces } from '../fleet/regions-of-places.ts';
import type { Call, Handlers } from '../http/call.ts';
import { type ChangeRow, changesNear, changeView, foldedView, topologyOf } from './changes.ts';
import { FOLDED_ROWS_MAX, TOLD_AGE_MS_MAX } from './limits.ts';
import { recordChange } from './record.ts';
import { revertChange } from './revert.ts';
import { wayBackOf } from './way-back.ts';

type ChangeRoutes = typeof changeRoutes;

/** The routes. */
export function createChangeHandlers(
  context: ControlContext,
  fleet: Fleet,
  onRevert: () => Promise<void>,
): Handlers<ChangeRoutes> {
  const { clock, database, random } = context;
  return {
    'GET /v1/changes': (call) => listChanges(context, call),
    async 'GET /v1/changes/near'({ query, principal }) {
      requireAllProjects(principal);
      const moment = { atMs: query.atMs, labels: labelsOf(query.labels) };
      const ranked = await changesNear(database, topologyOf(fleet), moment, query.withinMs, query.limit);
      return { changes: ranked.map(rankedView) };
    },
    'POST /v1/changes': (call) => tellChange(context, call),
    async 'POST /v1/changes/{changeId}/revert'({ params, principal, query }) {
      requireAllProjects(principal);
      // What it takes back may concern any region.
      requireRegions(principal, regionsOfPlaces(fleet, [null]));
      const revert = { random, nowMs: clock.nowMs(), principal, changeId: params.changeId };
      const isDryRun = query.isDryRun === 'true';
      const reverted = await tryOut(database, isDryRun, (transaction) => revertChange(transaction, revert));
      if (reverted.isChange && !isDryRun) await onRevert();
      return { ...reverted, differences: [...(reverted.differences ?? [])] };
    },
  };
}

/** Reads until a page of folded changes is full. A movement is told whole, also where it is longer than a page. */
async function listChanges(
  { database }: ControlContext,
  { query, principal }: Call<ChangeRoutes['GET /v1/changes']>,
) {
  const labels = scopedLabels(principal, labelsOf(query.labels));
  const { before, kind, limit } = query;
  if (kind === 'generation') {
    const plans = (await readRows(database, query, labels, before, limit + 1)).map(changeView);
    return pageOf(plans.slice(0, limit), plans.length > limit ? plans[limit - 1]?.id : undefined);
  }
  const previous = before === undefined ? undefined : await findChange(database, before);
  const changes: ChangeView[] = [];
  let folds: readonly Fold<ChangeView>[] = [];
  for (let count = limit + 1; ; count *= 2) {
    const rows = await readRows(database, query, labels, changes.at(-1)?.id ?? before, count);
    changes.push(...rows.map(changeView));
    folds = foldPlans(changes, previous);
    const isAll = rows.length < count;
    if (isAll && folds.length <= limit)
      return pageOf(
        folds.map((fold) => foldedView(fold)),
        undefined,
      );
    if (isAll || folds.length > limit || changes.length >= FOLDED_ROWS_MAX) break;
  }
  const page = folds.slice(0, limit);
  const oldest = folds.length > limit ? page.at(-1)?.changes.at(-1) : changes.at(-1);
  return pageOf(
    page.map((fold) => foldedView(fold)),
    oldest?.id,
  );
}

function pageOf(changes: ChangeView[], nextBefore: number | undefined) {
  return { changes, nextBefore: nextBefore ?? null };
}

async function findChange(database: ControlDatabase, id: number): Promise<ChangeView | undefined> {
  const row = await database.selectFrom('changes').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? undefined : changeView(row);
}

function readRows(
  database: ControlDatabase,
  query: Call<ChangeRoutes['GET /v1/changes']>['query'],
  labels: Record<string, string>,
  before: number | undefined,
  limit: number,
): Promise<ChangeRow[]> {
  let select = database.selectFrom('changes').selectAll().orderBy('id', 'desc').limit(limit);
  if (query.fromMs !== undefined) select = select.where('at_ms', '>=', query.fromMs);
  if (query.toMs !== undefined) select = select.where('at_ms', '<', query.toMs);
  if (query.kind !== undefined) select = select.where('kind', '=', query.kind);
  if (before !== undefined) select = select.where('id', '<', before);
  if (query.text !== undefined && query.text !== '') {
    const pattern = `%${query.text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    select = select.where(sql<boolean>`(summary ilike ${pattern} or actor ilike ${pattern})`);
  }
  if (Object.keys(labels).length > 0)
    select = select.where(sql<boolean>`labels @> ${JSON.stringify(labels)}::jsonb`);
  return select.execute();
}

/** Does something in a transaction, which leaves nothing behind when it is a dry run: what it says is what it would do. */
async function tryOut<T>(
  database: ControlContext['database'],
  isDryRun: boolean,
  act: (transaction: ControlTransaction) => Promise<T>,
): Promise<T> {
  if (!isDryRun) return database.transaction().execute(act);
  const transaction = await database.startTransaction().execute();
  try {
    return await act(transaction);
  } finally {
    await transaction.rollback().execute();
  }
}

/** A ranked change for the API. */
export function rankedView({ change, score, reasons }: Awaited<ReturnType<typeof changesNear>>[number]) {
  return {
    ...change,
    score,
    reasons: reasons.map((reason) => ({ ...reason, values: { ...reason.values } })),
  };
}

function scopedLabels(principal: UserPrincipal, labels: Record<string, string>): Record<string, string> {
  return principal.projectId === null ? labels : { ...labels, project: principal.projectId };
}

async function tellChange(
  { clock, database }: ControlContext,
  { body, principal }: Call<ChangeRoutes['POST /v1/changes']>,
): Promise<ChangeView> {
  requireAllProjects(principal);
  const nowMs = clock.nowMs();
  const { kind, summary, labels, details, atMs = nowMs } = body;
  if (atMs > nowMs || atMs < nowMs - TOLD_AGE_MS_MAX)
    throw new MeridianError('invalid_request', {
      reason: 'body.atMs: a change is of now, or of at most a week ago',
    });
  const change = { kind, summary, labels, details, atMs, actor: principal.name };
  const id = await database.transaction().execute(async (transaction) => {
    await recordAudit(transaction, principal, nowMs, {
      action: 'change.tell',
      subject: kind,
      projectId: null,
      details: { summary },
    });
    return recordChange(transaction, change, nowMs);
  });
  return { id, ...change, isRevertible: wayBackOf(change) !== undefined, movement: null };
}
