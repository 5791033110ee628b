// How many jobs and chunks the encoders of a region take at once: what their nodes tell with each beat, and what an order
// says of the region as a whole. Nodes ask for no more than their share of cores; the scheduler gives a region no more
// than its order, so that a lower number holds before any node has heard of it.

import { sql } from 'kysely';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';

type Reader = ControlDatabase | ControlTransaction;

/** An order about the encoders of a region. */
export interface Scale {
  readonly count: number;
  readonly actor: string;
  readonly atMs: number;
}

/** The orders in force, by region. */
export async function readScales(database: Reader): Promise<ReadonlyMap<string, Scale>> {
  const rows = await database
    .selectFrom('orders')
    .select(['subject', 'details', 'actor', 'created_at_ms'])
    .where('kind', '=', 'scale')
    .where('ended_at_ms', 'is', null)
    .execute();
  return new Map(
    rows.map(({ subject, details, actor, created_at_ms }) => [
      subject,
      { count: details.count ?? 1, actor, atMs: created_at_ms },
    ]),
  );
}

/** Jobs and chunks that nodes work on, by node. What a leader makes of its own job counts as the job. */
export async function countRunning(database: Reader): Promise<ReadonlyMap<string, number>> {
  const { rows } = await sql<{ node_id: string; running: number }>`
    select lease_node_id as node_id, count(*)::int as running from (
      select lease_node_id from jobs where state = 'leased'
      union all
      select lease_node_id from job_chunks where state = 'leased' and not is_led
    ) leases group by lease_node_id
  `.execute(database);
  return new Map(rows.map((row) => [row.node_id, row.running]));
}

export interface RegionSlots {
  /** Jobs and chunks at once, as nodes have taken it over. */
  readonly slots: number;
  /** Most that the cores of their machines allow. */
  readonly slotsMax: number;
}

/** What the living encoders of a region take together; those at sites that drain get nothing. */
export function slotsIn(
  fleet: Pick<Fleet, 'sites'>,
  regionId: string,
  scale: Scale | undefined,
): RegionSlots {
  const encoders = fleet
    .sites()
    .filter((site) => site.regionId === regionId && site.drainStartedAtMs === null)
    .flatMap(({ nodes }) => nodes.filter(({ isAlive, roles }) => isAlive && roles.includes('encoder')));
  const sum = (name: string): number =>
    encoders.reduce((total, { gauges }) => total + (gauges[name] ?? 0), 0);
  const slots = sum('encoder_slots');
  return {
    slots: scale === undefined ? slots : Math.min(slots, scale.count),
    slotsMax: sum('encoder_slots_max'),
  };
}
