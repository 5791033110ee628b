// Reads the world for runbooks from the domains that know it, and measures what conditions ask for.

import { channelRoom } from '#core/live/place-channel.ts';
import { judgeCondition, type Measured } from '#core/runbook/conditions.ts';
import type { Condition, Observation } from '#core/runbook/types.ts';
import type {
  RunbookBroadcast,
  RunbookOrder,
  RunbookRegion,
  RunbookSite,
  RunbookWorld,
} from '#core/runbook/world.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { countRunning, readScales, slotsIn } from '../jobs/slots.ts';
import { liveViewOf } from '../live/live-view.ts';
import { readCurrent } from '../live/store.ts';
import { readReports, standingOf } from '../orders/standing.ts';
import { readInForce } from '../orders/store.ts';
import type { Steering } from '../steering/steering.ts';
import { LOOK_MS_MAX, ORDERS_SEEN_MS } from './limits.ts';
import type { RunbookPorts } from './ports.ts';

/** Length of the slices that telemetry keeps. */
const SLICE_MS = 5_000;

export interface WorldDependencies {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly steering: Pick<Steering, 'current'>;
}

/** The world of now. Drains and pauses come from the database: others may have written them a moment ago. */
export async function readWorld(
  { context, fleet, steering }: WorldDependencies,
  database: ControlDatabase | ControlTransaction = context.database,
): Promise<RunbookWorld> {
  const drains = await database.selectFrom('drains').select('site_id').execute();
  const drainedIds = new Set(drains.map(({ site_id }) => site_id));
  const orders = await readOrders(context, fleet, database);
  return {
    sites: readSites(fleet, steering, drainedIds, orders.keep),
    regions: await readRegions(context, fleet, database),
    nodes: fleet.nodes().map(({ id, siteId, regionId, isAlive, lastBeat, roles }) => ({
      nodeId: id,
      siteId,
      regionId,
      isReady: isAlive && lastBeat?.isReady === true,
      isEdge: roles.includes('edge'),
    })),
    broadcasts: await readBroadcasts(context, fleet, database),
    orders: orders.newest,
  };
}

/** The newest order of each kind and subject, and what sites are left of their traffic. */
async function readOrders(
  { clock }: ControlContext,
  fleet: Fleet,
  database: ControlDatabase | ControlTransaction,
): Promise<{ readonly newest: readonly RunbookOrder[]; readonly keep: ReadonlyMap<string, number> }> {
  const rows = await database
    .selectFrom('orders')
    .distinctOn(['kind', 'subject'])
    .selectAll()
    .where('created_at_ms', '>', clock.nowMs() - ORDERS_SEEN_MS)
    .orderBy('kind')
    .orderBy('subject')
    .orderBy('id', 'desc')
    .execute();
  const reports = await readReports(
    database,
    rows.map(({ id }) => id),
  );
  const inForce = await readInForce(database, clock.nowMs());
  return {
    newest: rows.map((row) => {
      const { done, missing } = standingOf(row, reports, fleet.nodes());
      return { kind: row.kind, subject: row.subject, doneNodeIds: done, missingNodeIds: missing };
    }),
    keep: new Map(
      inForce.flatMap(({ details: { share, siteId = '' } }) =>
        share === undefined ? [] : [[siteId, share]],
      ),
    ),
  };
}

function readSites(
  fleet: Fleet,
  steering: Pick<Steering, 'current'>,
  drainedIds: ReadonlySet<string>,
  keep: ReadonlyMap<string, number>,
): RunbookSite[] {
  const { groups } = steering.current();
  return fleet.sites().map((site) => {
    const alive = site.nodes.filter(({ isAlive }) => isAlive);
    const shares = groups.map(
      ({ shares }) => shares.find(({ pathwayId }) => pathwayId === site.id)?.share ?? 0,
    );
    const standing = drainedIds.has(site.id) ? 'draining' : 'up';
    return {
      siteId: site.id,
      regionId: site.regionId,
      state: site.state === 'down' ? 'down' : standing,
      isReady: site.isHealthy,
      capacityBps: site.capacityBps,
      egressBps: alive.reduce((sum, { rates }) => sum + rates.egressBps, 0),
      viewerCount: alive.reduce((sum, { gauges }) => sum + (gauges.edge_connections ?? 0), 0),
      steeredShare: Math.max(0, ...shares),
      keep: keep.get(site.id) ?? 1,
    };
  });
}

async function readRegions(
  { clock, config }: ControlContext,
  fleet: Fleet,
  database: ControlDatabase | ControlTransaction,
): Promise<RunbookRegion[]> {
  const pauses = await database.selectFrom('encoding_pauses').select('region_id').execute();
  const pausedIds = new Set(pauses.map(({ region_id }) => region_id));
  const running = await countRunning(database);
  const scales = await readScales(database);
  const open = (await readCurrent(database, clock.nowMs())).filter(({ state }) => state !== 'ended');
  const live = liveViewOf({ config }, fleet, open);
  const encoders = fleet.nodes().filter(({ roles }) => roles.includes('encoder'));
  return config.regions.map(({ id }) => {
    const own = encoders.filter(({ regionId }) => regionId === id);
    return {
      regionId: id,
      isEncodingPaused: pausedIds.has(id),
      encoderCount: own.filter(({ isAlive }) => isAlive).length,
      ...slotsIn(fleet, id, scales.get(id)),
      channelRoom: channelRoom(live, id),
      runningCount: own.reduce((sum, node) => sum + (running.get(node.id) ?? 0), 0),
    };
  });
}

async function readBroadcasts(
  { clock }: ControlContext,
  fleet: Fleet,
  database: ControlDatabase | ControlTransaction,
): Promise<RunbookBroadcast[]> {
  const rows = await readCurrent(database, clock.nowMs());
  return rows
    .filter(({ state }) => state !== 'ended')
    .map(({ id, state, schedule }) => ({
      broadcastId: id,
      isOnAir: state === 'on_air',
      channels: schedule.channels.map(({ nodeId, regionId }) => ({
        regionId,
        siteId: fleet.node(nodeId)?.siteId ?? '',
      })),
    }));
}

/** Looks at conditions; one that cannot be measured in time is without data. */
export function observe(
  { clock }: ControlContext,
  ports: RunbookPorts,
  world: RunbookWorld,
  conditions: readonly Condition[],
): Promise<Observation[]> {
  return Promise.all(
    conditions.map(async (condition) => {
      const deadline = new AbortController();
      const late = clock.sleep(LOOK_MS_MAX, deadline.signal).then(
        (): Measured => ({ kind: 'nothing', reason: `No answer within ${LOOK_MS_MAX} ms` }),
        (): Measured => ({ kind: 'nothing', reason: '' }),
      );
      try {
        const measured = await Promise.race([measure(ports, world, condition, clock.nowMs()), late]);
        return judgeCondition(condition, world, measured);
      } catch (error) {
        return judgeCondition(condition, world, {
          kind: 'nothing',
          reason: `It cannot be measured: ${String(error)}`,
        });
      } finally {
        deadline.abort();
      }
    }),
  );
}

async function measure(
  ports: RunbookPorts,
  world: RunbookWorld,
  condition: Condition,
  nowMs: number,
): Promise<Measured> {
  if (condition.kind === 'alerts_quiet') {
    if (ports.alerts === null) return { kind: 'nothing', reason: 'Nobody judges alerts here' };
    const names = ports.alerts
      .firing()
      .filter(({ labels }) =>
        Object.entries(condition.labels).every(([name, value]) => labels[name] === value),
      )
      .map(({ labels }) => labels.alertname ?? 'an alert without a name');
    return { kind: 'alerts', names };
  }
  if (condition.kind !== 'bad_share') return { kind: 'nothing', reason: '' };
  if (ports.rollups === null)
    return { kind: 'nothing', reason: `There is no telemetry of ${condition.series}` };
  const points = await ports.rollups.read({
    name: condition.series,
    labels: { ...placeLabels(world, condition.target), ...condition.labels },
    fromMs: nowMs - condition.windowMs,
    toMs: nowMs,
    stepMs: SLICE_MS,
  });
  const total = points.reduce((sum, { count }) => sum + count, 0);
  const bad = points
    .filter(({ labels }) => condition.bad.includes(labels.outcome ?? ''))
    .reduce((sum, { count }) => sum + count, 0);
  return { kind: 'events', bad, total };
}

/** The label by which series know a site or a region. */
function placeLabels(world: RunbookWorld, target: string | null): Readonly<Record<string, string>> {
  if (target === null) return {};
  return world.sites.some(({ siteId }) => siteId === target) ? { site: target } : { region: target };
}
