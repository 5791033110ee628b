// What was sent, by day: of each region from the fleet's traffic, which remembers ten minutes, and of each project from
// the totals of its edges. Those are cumulative per boot; beside the sums stands how much of each node's boot is in
// them, written in the same transaction. So a byte is booked once, whatever control or the database did meanwhile.

import { sql } from 'kysely';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import type { EgressTotals } from '../fleet/egress-ledger.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { TRAFFIC_STEP_MS } from '../limits.ts';
import { EGRESS_DAYS_MAX } from './limits.ts';

const DAY_MS = 86_400_000;

export interface EgressBook {
  save(): Promise<void>;
}

/** How much of a node's newest booked boot is in the sums. */
export interface EgressMark {
  readonly bootId: string;
  readonly bytesByProject: Readonly<Record<string, number>>;
}

/** What of a node's totals is not booked yet; nothing of a project is left out, and nothing counts below zero. */
export function unbookedBytes(mark: EgressMark | undefined, totals: EgressTotals): Map<string, number> {
  const booked = mark?.bootId === totals.bootId ? mark.bytesByProject : {};
  const rest = new Map<string, number>();
  for (const [projectId, bytes] of Object.entries(totals.bytesByProject)) {
    const more = Math.round(bytes - (booked[projectId] ?? 0));
    if (more > 0) rest.set(projectId, more);
  }
  return rest;
}

/** The UTC day of a time. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The day before which egress is forgotten. */
export function oldestEgressDay(nowMs: number): string {
  return dayOf(nowMs - EGRESS_DAYS_MAX * DAY_MS);
}

/** Creates the book; `save` is called about once a minute. */
export function createEgressBook(context: ControlContext, fleet: Fleet): EgressBook {
  const { clock, database } = context;
  let savedUntilMs = clock.nowMs();

  async function saveRegions(): Promise<void> {
    const steps = fleet.traffic().filter(({ atMs }) => atMs > savedUntilMs);
    const last = steps.at(-1);
    if (last === undefined) return;
    const sums = new Map<string, { day: string; regionId: string; bytes: number }>();
    for (const { atMs, egressBpsByRegion } of steps)
      for (const [regionId, bps] of Object.entries(egressBpsByRegion)) {
        const bytes = Math.round((bps * TRAFFIC_STEP_MS) / 8_000);
        if (bytes === 0) continue;
        const day = dayOf(atMs);
        const sum = sums.get(`${day} ${regionId}`) ?? { day, regionId, bytes: 0 };
        sum.bytes += bytes;
        sums.set(`${day} ${regionId}`, sum);
      }
    savedUntilMs = last.atMs;
    for (const { day, regionId, bytes } of sums.values())
      await sql`
        insert into egress_days (day, region_id, bytes) values (${day}, ${regionId}, ${bytes})
        on conflict (day, region_id) do update set bytes = egress_days.bytes + excluded.bytes
      `.execute(database);
  }

  async function saveProjects(): Promise<void> {
    const open = fleet.ledger.take();
    if (open.length === 0) return;
    try {
      await database.transaction().execute(async (transaction) => {
        for (const totals of open) await bookTotals(transaction, totals, clock.nowMs());
      });
    } catch (error) {
      fleet.ledger.putBack(open);
      throw error;
    }
  }

  return {
    async save() {
      await saveRegions();
      await saveProjects();
    },
  };
}

async function bookTotals(
  transaction: ControlTransaction,
  totals: EgressTotals,
  nowMs: number,
): Promise<void> {
  const { bootId, bytesByProject, nodeId, regionId } = totals;
  const row = await transaction
    .selectFrom('egress_marks')
    .selectAll()
    .where('node_id', '=', nodeId)
    .forUpdate()
    .executeTakeFirst();
  const mark = row === undefined ? undefined : { bootId: row.boot_id, bytesByProject: row.bytes_by_project };
  const rest = unbookedBytes(mark, totals);
  if (rest.size === 0) return;
  const day = dayOf(nowMs);
  await transaction
    .insertInto('project_egress_days')
    .values([...rest].map(([project_id, bytes]) => ({ day, project_id, region_id: regionId, bytes })))
    .onConflict((conflict) =>
      conflict
        .columns(['day', 'project_id', 'region_id'])
        .doUpdateSet({ bytes: sql<number>`project_egress_days.bytes + excluded.bytes` }),
    )
    .execute();
  const booked = { boot_id: bootId, bytes_by_project: JSON.stringify(bytesByProject) };
  await transaction
    .insertInto('egress_marks')
    .values({ node_id: nodeId, ...booked })
    .onConflict((conflict) => conflict.column('node_id').doUpdateSet(booked))
    .execute();
}
