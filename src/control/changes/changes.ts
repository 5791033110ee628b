// The store of changes: who changed what and when, for graphs, timelines and the question what broke it.

import type { Selectable } from 'kysely';
import type { ChangeView } from '#contract/api/changes.ts';
import { type Fold, foldPlans, spanOf } from '#core/changes/fold-plans.ts';
import type { Topology } from '#core/changes/place.ts';
import { type Moment, type RankedChange, rankChanges } from '#core/changes/rank-changes.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { CHANGES_KEPT_MS, RANKED_MAX } from './limits.ts';
import { type NewChange, recordChange } from './record.ts';
import type { ChangesTable } from './tables.ts';
import { wayBackOf } from './way-back.ts';

/** Where changes are told, by whoever makes them outside of a transaction. */
export interface ChangeLog {
  record(change: NewChange): Promise<void>;
}

export type ChangeRow = Selectable<ChangesTable>;

/** Creates the log. */
export function createChangeLog({ clock, database }: ControlContext): ChangeLog {
  return {
    async record(change) {
      await database.transaction().execute((transaction) => recordChange(transaction, change, clock.nowMs()));
    },
  };
}

/** A row for the API. */
export function changeView(row: ChangeRow): ChangeView {
  return {
    id: row.id,
    kind: row.kind,
    summary: row.summary,
    actor: row.actor,
    labels: row.labels,
    atMs: row.at_ms,
    details: row.details,
    isRevertible: wayBackOf(row) !== undefined,
    movement: null,
  };
}

/** A change as it is told when others stand with it. */
export function foldedView(fold: Fold<ChangeView>, shown: ChangeView = fold.changes[0]): ChangeView {
  return fold.changes.length === 1 ? shown : { ...shown, movement: spanOf(fold) };
}

/** Changes of the last `withinMs` before a moment, and shortly after it, the likeliest cause first. */
export async function changesNear(
  database: ControlDatabase,
  topology: Topology,
  moment: Moment,
  withinMs: number,
  limit: number,
): Promise<RankedChange<ChangeView>[]> {
  const rows = await database
    .selectFrom('changes')
    .selectAll()
    .where('at_ms', '>=', moment.atMs - withinMs)
    // The ranking knows how late is too late; this only keeps the newest thousands out.
    .where('at_ms', '<=', moment.atMs + withinMs)
    .orderBy('at_ms', 'desc')
    .limit(RANKED_MAX)
    .execute();
  const changes = rows.map(changeView);
  const folds = new Map(
    foldPlans(changes).flatMap((fold) => fold.changes.map(({ id }) => [id, fold] as const)),
  );
  // Of a movement the plan that fits best stands for all: the newest may be the repair of what the first one broke.
  const told = new Set<Fold<ChangeView>>();
  const ranked: RankedChange<ChangeView>[] = [];
  for (const each of rankChanges(changes, moment, topology)) {
    const fold = folds.get(each.change.id);
    if (fold === undefined || told.has(fold)) continue;
    told.add(fold);
    ranked.push({ ...each, change: foldedView(fold, each.change) });
    if (ranked.length === limit) break;
  }
  return ranked;
}

/** Which site lies in which region, and which node in which site. */
export function topologyOf(fleet: Pick<Fleet, 'sites'>): Topology {
  const sites = fleet.sites();
  return {
    regionOfSite: new Map(sites.map(({ id, regionId }) => [id, regionId])),
    siteOfNode: new Map(sites.flatMap((site) => site.nodes.map(({ id }) => [id, site.id] as const))),
  };
}

/** Forgets old changes. */
export async function tidyChanges({ clock, database }: ControlContext): Promise<void> {
  await database
    .deleteFrom('changes')
    .where('at_ms', '<', clock.nowMs() - CHANGES_KEPT_MS)
    .execute();
}
