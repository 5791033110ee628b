// Orders by hand. A purge of a project is its own people's business too; everything else concerns all projects.

import type { NewOrder, OrderPreview, OrderView, orderRoutes } from '#contract/api/orders.ts';
import { MeridianError } from '#contract/errors.ts';
import { judgeAction } from '#core/runbook/guards.ts';
import type { Action } from '#core/runbook/types.ts';
import {
  projectScope,
  requireAllProjects,
  requireProject,
  requireRegions,
  type UserPrincipal,
} from '../access/principal.ts';
import type { ControlContext, OnWorldChange } from '../context.ts';
import type { Fleet, FleetNode } from '../fleet/fleet.ts';
import { regionsOfPlaces } from '../fleet/regions-of-places.ts';
import type { Handlers } from '../http/call.ts';
import { readWorld } from '../runbooks/world.ts';
import type { Steering } from '../steering/steering.ts';
import type { Orders } from './orders.ts';
import { readReports, viewOf } from './standing.ts';
import { endOrder, foresee, type OrderRow, placeOrder } from './store.ts';
import type { OrderDetails } from './tables.ts';

export interface OrderDependencies {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly orders: Orders;
  readonly steering: Steering;
  readonly tick: OnWorldChange;
  /** Encoders may take more, or less. */
  readonly onWork: () => void;
}

/** The routes. */
export function createOrderHandlers(dependencies: OrderDependencies): Handlers<typeof orderRoutes> {
  const { context, fleet, onWork, orders, tick } = dependencies;
  const { clock, database, random } = context;

  async function views(rows: readonly OrderRow[]) {
    const reports = await readReports(
      database,
      rows.map(({ id }) => id),
    );
    return rows.map((row) => viewOf(row, reports, fleet.nodes()));
  }

  async function one(orderId: string, principal: UserPrincipal) {
    const row = await database.selectFrom('orders').selectAll().where('id', '=', orderId).executeTakeFirst();
    const isSeen = row !== undefined && (principal.projectId ?? row.project_id) === row.project_id;
    if (!isSeen) throw new MeridianError('not_found', { what: `order ${orderId}` });
    const [view] = await views([row]);
    if (view === undefined) throw new MeridianError('not_found', { what: `order ${orderId}` });
    return { row, view };
  }

  return {
    async 'GET /v1/orders'({ query, principal }) {
      let select = database
        .selectFrom('orders')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(query.limit + 1);
      const projectId = projectScope(principal);
      if (projectId !== undefined) select = select.where('project_id', '=', projectId);
      if (query.isOpen !== undefined)
        select = select.where('ended_at_ms', query.isOpen === 'true' ? 'is' : 'is not', null);
      if (query.kind !== undefined) select = select.where('kind', '=', query.kind);
      if (query.before !== undefined) select = select.where('id', '<', query.before);
      const rows = await select.execute();
      const page = rows.slice(0, query.limit);
      return {
        orders: await views(page),
        nextBefore: rows.length > page.length ? (page.at(-1)?.id ?? null) : null,
      };
    },
    async 'POST /v1/orders'({ body, principal }) {
      requireAllowed(fleet, principal, body);
      const placed = await database.transaction().execute(async (transaction) => {
        await transaction.selectFrom('leadership').select('id').forUpdate().execute();
        requireKnown(context, fleet, body);
        const action = isForced(body) ? null : guardedAction(body);
        if (action !== null) {
          const world = await readWorld(dependencies, transaction);
          const broken = judgeAction(world, [action]).filter(({ isHeld }) => !isHeld);
          if (broken.length > 0)
            throw new MeridianError('conflict', {
              reason: `${broken.map(({ text }) => text).join('; ')}${FORCED_BY[body.kind] ?? ''}`,
            });
        }
        return placeOrder(transaction, { random, nowMs: clock.nowMs(), principal }, body);
      });
      await orders.reload();
      tick();
      onWork();
      const order = placed.id === null ? null : (await one(placed.id, principal)).view;
      return { order, text: placed.text };
    },
    async 'POST /v1/orders/preview'({ body, principal }) {
      requireAllowed(fleet, principal, body);
      requireKnown(context, fleet, body);
      return preview(dependencies, body, views);
    },
    async 'GET /v1/orders/{orderId}'({ params, principal }) {
      return (await one(params.orderId, principal)).view;
    },
    async 'DELETE /v1/orders/{orderId}'({ params, principal }) {
      const { row } = await one(params.orderId, principal);
      requireAllProjects(principal);
      requireRegions(principal, regionsOfPlaces(fleet, [placeOf(row.details)]));
      if (row.kind === 'purge')
        throw new MeridianError('conflict', {
          reason: 'What edges have dropped cannot be given back to them',
        });
      if (row.ended_at_ms !== null) throw new MeridianError('conflict', { reason: 'It has ended already' });
      await database
        .transaction()
        .execute((transaction) => endOrder(transaction, { random, nowMs: clock.nowMs(), principal }, row));
      await orders.reload();
      tick();
      onWork();
      return (await one(params.orderId, principal)).view;
    },
  };
}

function requireAllowed(fleet: Fleet, principal: UserPrincipal, order: NewOrder): void {
  if (order.kind === 'purge') requireProject(principal, order.projectId);
  else requireAllProjects(principal);
  requireRegions(principal, regionsOfPlaces(fleet, [placeOf(order)]));
}

/** What an order would come to. Its guards are judged also where it says that they do not count. */
async function preview(
  dependencies: OrderDependencies,
  order: NewOrder,
  viewsOf: (rows: readonly OrderRow[]) => Promise<OrderView[]>,
): Promise<OrderPreview> {
  const { context, fleet } = dependencies;
  const outlook = await foresee(context.database, context.clock.nowMs(), order);
  const action = guardedAction(order);
  const findings = action === null ? [] : judgeAction(await readWorld(dependencies), [action]);
  const [replaced = null] = await viewsOf(outlook.same === undefined ? [] : [outlook.same]);
  return {
    text: outlook.text,
    isChange: outlook.isChange,
    replaces: outlook.isChange ? replaced : null,
    isRoom: outlook.isRoom,
    nodes: concernedBy(order, fleet.nodes()).map(({ id, regionId, isAlive }) => ({
      nodeId: id,
      regionId,
      isAlive,
    })),
    guards: findings.map(({ isHeld, text }) => ({ isHeld, text })),
  };
}

/** Nodes that would act, or whose traffic would change. */
function concernedBy(order: NewOrder, nodes: readonly FleetNode[]): readonly FleetNode[] {
  if (order.kind === 'restart') return nodes.filter(({ id }) => id === order.nodeId);
  if (order.kind === 'scale')
    return nodes.filter(({ regionId, roles }) => regionId === order.regionId && roles.includes('encoder'));
  const edges = nodes.filter(({ roles }) => roles.includes('edge'));
  switch (order.kind) {
    case 'purge':
      return edges.filter(({ isAlive }) => isAlive);
    case 'throttle':
      return edges.filter(({ regionId }) => (order.regionId ?? regionId) === regionId);
    case 'shift':
      return edges.filter(({ siteId }) => siteId === order.siteId);
  }
}

/** Refuses places and nodes that do not exist. */
export function requireKnown({ config }: ControlContext, fleet: Fleet, order: NewOrder): void {
  if (order.kind === 'restart' && fleet.node(order.nodeId) === undefined)
    throw new MeridianError('not_found', { what: `node ${order.nodeId}` });
  if (order.kind === 'shift' && fleet.site(order.siteId) === undefined)
    throw new MeridianError('not_found', { what: `site ${order.siteId}` });
  const regionId = order.kind === 'throttle' || order.kind === 'scale' ? (order.regionId ?? null) : null;
  if (regionId !== null && !config.regions.some(({ id }) => id === regionId))
    throw new MeridianError('not_found', { what: `region ${regionId}` });
}

/** How people go on where a guard does not hold; more than the cores allow helps nobody. */
const FORCED_BY: Readonly<Partial<Record<NewOrder['kind'], string>>> = {
  restart: '; repeat with isForced to do it anyway',
  shift: '; repeat with isForced to do it anyway',
};

/** Where an order acts; null: everywhere. */
function placeOf(order: OrderDetails | NewOrder): string | null {
  const { nodeId, siteId, regionId }: OrderDetails = order;
  return nodeId ?? siteId ?? regionId ?? null;
}

/** What guards judge an order by; null where they have nothing to say. */
function guardedAction(order: NewOrder): Action | null {
  if (order.kind === 'restart') return { kind: 'restart_node', node: order.nodeId };
  if (order.kind === 'shift') return { kind: 'shift_traffic', site: order.siteId, share: order.share };
  if (order.kind === 'scale') return { kind: 'scale_encoders', region: order.regionId, count: order.count };
  return null;
}

/** Whether the order is to be given also when a guard does not hold. */
function isForced(order: NewOrder): boolean {
  return 'isForced' in order && order.isForced === true;
}
