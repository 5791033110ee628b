// How orders stand: which nodes are concerned, which have done it, which are missing.

import type { OrderView } from '#contract/api/orders.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import type { FleetNode } from '../fleet/fleet.ts';
import { describeOrder, type OrderRow } from './store.ts';

export interface ReportRow {
  readonly order_id: string;
  readonly node_id: string;
  readonly at_ms: number;
  readonly count: number;
  readonly bytes: number;
}

/** What nodes have told of these orders. */
export async function readReports(
  database: ControlDatabase | ControlTransaction,
  orderIds: readonly string[],
): Promise<readonly ReportRow[]> {
  if (orderIds.length === 0) return [];
  return database
    .selectFrom('order_reports')
    .selectAll()
    .where('order_id', 'in', orderIds)
    .orderBy('node_id')
    .execute();
}

/** Who has done an order, and who is alive and has not. */
export function standingOf(
  { id, kind, details }: OrderRow,
  reports: readonly ReportRow[],
  nodes: readonly FleetNode[],
): { readonly done: readonly string[]; readonly missing: readonly string[] } {
  const done = reports.filter(({ order_id }) => order_id === id).map(({ node_id }) => node_id);
  const isConcerned = (node: FleetNode): boolean =>
    kind === 'restart'
      ? node.id === details.nodeId
      : kind === 'purge' && node.isAlive && node.roles.includes('edge');
  const missing = nodes.filter((node) => isConcerned(node) && !done.includes(node.id)).map((node) => node.id);
  return { done, missing };
}

/** An order as people see it. */
export function viewOf(row: OrderRow, reports: readonly ReportRow[], nodes: readonly FleetNode[]): OrderView {
  const { done, missing } = standingOf(row, reports, nodes);
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    text: describeOrder(row.kind, row.details),
    projectId: row.project_id,
    actor: row.actor,
    createdAtMs: row.created_at_ms,
    endedAtMs: row.ended_at_ms,
    isDone: done.length > 0 && missing.length === 0,
    reports: reports
      .filter(({ order_id }) => order_id === row.id)
      .map(({ node_id, at_ms, count, bytes }) => ({ nodeId: node_id, atMs: at_ms, count, bytes })),
    // What nobody is asked for any more is missing nowhere.
    missingNodeIds: row.ended_at_ms === null ? [...missing] : [],
  };
}
