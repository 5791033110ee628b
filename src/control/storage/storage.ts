// The storage domain: what is kept where, what is missing, what may go. One round a second; each of its parts is bounded
// and a part that fails is tried again with the next.

import type { Drop, HoldingsPage } from '#contract/storage.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { applyRetention, proveDeletions, purgeDue } from './deletions.ts';
import { createEgressBook, oldestEgressDay } from './egress-book.ts';
import { HISTORY_MS, RETENTION_EVERY_MS } from './limits.ts';
import { createPlanner } from './planner.ts';
import { createRepairs, type Repairs } from './repairs.ts';
import { takeReport } from './reports.ts';

export interface Storage {
  readonly repairs: Repairs;
  report(page: HoldingsPage): Promise<readonly Drop[]>;
  /** Notes assets whose copies may have changed. */
  changed(assetIds: readonly string[]): void;
  /** One round. */
  tick(): Promise<void>;
}

/** Creates the domain. `onWork` is called when an encoding became ready. */
export function createStorage(context: ControlContext, fleet: Fleet, onWork: () => void): Storage {
  const { clock } = context;
  const planner = createPlanner(context, fleet, onWork);
  const changed = (assetIds: readonly string[]): void => planner.changed(assetIds);
  const repairs = createRepairs(context, changed);
  const egress = createEgressBook(context, fleet);
  let retentionAtMs = Number.NEGATIVE_INFINITY;

  return {
    repairs,
    report: (page) => takeReport(context, fleet, page, changed),
    changed,
    async tick() {
      await repairs.reap();
      await purgeDue(context);
      await proveDeletions(context);
      await planner.round();
      if (clock.monotonicMs() - retentionAtMs < RETENTION_EVERY_MS) return;
      retentionAtMs = clock.monotonicMs();
      await applyRetention(context);
      await egress.save();
    },
  };
}

/** Forgets what is older than a month. */
export async function tidyStorage({ clock, database }: ControlContext): Promise<void> {
  const beforeMs = clock.nowMs() - HISTORY_MS;
  await database.deleteFrom('storage_findings').where('at_ms', '<', beforeMs).execute();
  await database
    .deleteFrom('repairs')
    .where('state', 'in', ['done', 'dead', 'cancelled'])
    .where('updated_at_ms', '<', beforeMs)
    .execute();
  const day = oldestEgressDay(clock.nowMs());
  await database.deleteFrom('egress_days').where('day', '<', day).execute();
  await database.deleteFrom('project_egress_days').where('day', '<', day).execute();
}
