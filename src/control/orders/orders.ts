// Orders as the rest of control knows them: what the snapshot and the steering plan carry, from memory, and what nodes
// tell of them, taken in with their beats and written down a moment later. While the database is away the world goes on
// with the orders of before.

import type { Beat } from '#contract/node-api.ts';
import type { OrderReport, SnapshotOrders } from '#contract/orders.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { inTurn } from '../serial.ts';
import { ORDERS_KEPT_MS, REPORTS_WAITING_MAX, RESTART_MS_MAX } from './limits.ts';
import { type OrderRow, readInForce } from './store.ts';

export interface Orders {
  /** Reads what is in force; called at start, after changes, and regularly for changes made elsewhere. */
  reload(): Promise<void>;
  /** For the snapshot. */
  published(): SnapshotOrders;
  /** Site → part of its traffic that it is to keep; sites without an order are missing. */
  shares(): ReadonlyMap<string, number>;
  /** Takes in what a beat tells of orders. */
  note(nodeId: string, beat: Beat): void;
  /** Writes down what was told, and ends what is done or overdue. */
  tick(): Promise<void>;
}

interface Waiting extends OrderReport {
  readonly nodeId: string;
  readonly atMs: number;
}

/** Creates orders; `reload` fills them. `onChange`: something ended, and the next snapshot must say so. */
export function createOrders(
  { clock, database }: ControlContext,
  fleet: Fleet,
  onChange: () => void,
): Orders {
  let inForce: readonly OrderRow[] = [];
  /** By order and node: told, and not written down yet. */
  const waiting = new Map<string, Waiting>();
  /** By order and node: written down, so that a repetition costs nothing. */
  const written = new Set<string>();

  async function read(): Promise<void> {
    inForce = await readInForce(database, clock.nowMs());
    const ids = new Set(inForce.map(({ id }) => id));
    for (const key of written) if (!ids.has(key.slice(0, key.indexOf(' ')))) written.delete(key);
  }

  async function write(): Promise<void> {
    const reports = [...waiting];
    if (reports.length === 0) return;
    await database
      .insertInto('order_reports')
      .values(
        reports.map(([, { id, nodeId, atMs, count, bytes }]) => ({
          order_id: id,
          node_id: nodeId,
          at_ms: atMs,
          count,
          bytes,
        })),
      )
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    for (const [key] of reports) {
      waiting.delete(key);
      written.add(key);
    }
  }

  /** Restarts end when their node says so, or has not said so for long; purges when every living edge has. */
  async function settle(): Promise<void> {
    const nowMs = clock.nowMs();
    const isTold = (id: string, nodeId: string): boolean => written.has(`${id} ${nodeId}`);
    const edges = fleet.nodes().filter(({ isAlive, roles }) => isAlive && roles.includes('edge'));
    const ended = inForce.filter(({ id, kind, details, created_at_ms, ended_at_ms }) => {
      if (ended_at_ms !== null) return false;
      if (kind === 'restart')
        return isTold(id, details.nodeId ?? '') || nowMs - created_at_ms > RESTART_MS_MAX;
      return kind === 'purge' && edges.length > 0 && edges.every((node) => isTold(id, node.id));
    });
    if (ended.length === 0) return;
    await database
      .updateTable('orders')
      .set({ ended_at_ms: nowMs })
      .where(
        'id',
        'in',
        ended.map(({ id }) => id),
      )
      .where('ended_at_ms', 'is', null)
      .execute();
    await reload();
    onChange();
  }

  const reload = inTurn(read);
  return {
    reload,
    published: () => publishedOf(inForce),
    shares: () => sharesOf(inForce),
    note(nodeId, { orders = [] }) {
      for (const report of orders) {
        const key = `${report.id} ${nodeId}`;
        const isWanted = !written.has(key) && inForce.some(({ id }) => id === report.id);
        if (isWanted && waiting.size < REPORTS_WAITING_MAX && !waiting.has(key))
          waiting.set(key, { ...report, nodeId, atMs: clock.nowMs() });
      }
    },
    async tick() {
      await write();
      await settle();
    },
  };
}

function publishedOf(inForce: readonly OrderRow[]): SnapshotOrders {
  const ofKind = (kind: OrderRow['kind']): readonly OrderRow[] => inForce.filter((row) => row.kind === kind);
  return {
    purges: ofKind('purge').map(({ id, details: { projectId, assetId, version } }) => ({
      id,
      projectId: projectId ?? '',
      assetId: assetId ?? null,
      version: version ?? null,
    })),
    restarts: ofKind('restart').map(({ id, details: { nodeId } }) => ({ id, nodeId: nodeId ?? '' })),
    throttles: ofKind('throttle').map(({ id, details: { floor, projectId, regionId } }) => ({
      id,
      regionId: regionId ?? null,
      projectId: projectId ?? null,
      floor: floor ?? 'video',
    })),
    scales: ofKind('scale').map(({ id, details: { count, regionId } }) => ({
      id,
      regionId: regionId ?? '',
      count: count ?? 1,
    })),
  };
}

function sharesOf(inForce: readonly OrderRow[]): ReadonlyMap<string, number> {
  return new Map(
    inForce.flatMap(({ kind, details: { siteId, share } }) =>
      kind === 'shift' && siteId !== undefined && share !== undefined ? [[siteId, share] as const] : [],
    ),
  );
}

/** Removes orders that nobody asks about any more. */
export async function tidyOrders({ clock, database }: ControlContext): Promise<void> {
  await database
    .deleteFrom('orders')
    .where('ended_at_ms', '<', clock.nowMs() - ORDERS_KEPT_MS)
    .execute();
}
