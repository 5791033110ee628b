// The tables of orders, as Kysely sees them, and the migration that makes them.

import type { ColumnType } from 'kysely';
import type { OrderKind } from '#contract/api/orders.ts';
import type { ThrottleFloor } from '#contract/orders.ts';

/** jsonb: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

/** What an order is about; which fields are there follows from its kind. */
export interface OrderDetails {
  readonly projectId?: string | null;
  readonly assetId?: string | null;
  readonly version?: number | null;
  readonly nodeId?: string;
  readonly regionId?: string | null;
  readonly floor?: ThrottleFloor;
  readonly siteId?: string;
  readonly share?: number;
  readonly count?: number;
}

export interface OrdersTable {
  id: string;
  kind: OrderKind;
  /** What makes two orders of a kind be about the same. */
  subject: string;
  project_id: string | null;
  details: Json<OrderDetails>;
  /** Of the order whose place it took; null: there was none. */
  before: ColumnType<OrderDetails | null, string | null | undefined, string | null>;
  actor: string;
  created_at_ms: number;
  ended_at_ms: number | null;
}

/** Who has done an order; a node tells again with each beat, the first time counts. */
interface OrderReportsTable {
  order_id: string;
  node_id: string;
  at_ms: number;
  count: number;
  bytes: number;
}

export interface OrderTables {
  orders: OrdersTable;
  order_reports: OrderReportsTable;
}

export const ORDERS_MIGRATION = [
  `create table orders (
    id text primary key,
    kind text not null check (kind in ('purge', 'restart', 'throttle', 'shift')),
    subject text not null,
    project_id text,
    details jsonb not null,
    actor text not null,
    created_at_ms bigint not null,
    ended_at_ms bigint
  )`,
  `create unique index orders_in_force on orders (kind, subject)
    where ended_at_ms is null and kind <> 'purge'`,
  'create index orders_by_time on orders (created_at_ms)',
  `create table order_reports (
    order_id text not null references orders (id) on delete cascade,
    node_id text not null,
    at_ms bigint not null,
    count bigint not null,
    bytes bigint not null,
    primary key (order_id, node_id)
  )`,
];

/** Encoders are scaled, and an order knows what it took the place of. */
export const SCALES_MIGRATION = [
  'alter table orders drop constraint orders_kind_check',
  `alter table orders add constraint orders_kind_check
    check (kind in ('purge', 'restart', 'throttle', 'shift', 'scale'))`,
  'alter table orders add column before jsonb',
];
