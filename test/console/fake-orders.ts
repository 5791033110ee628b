// Orders of the console's fake control plane: some of each kind, and what becomes of those that tests give.

import { makeId } from '#base/ids.ts';
import type { NewOrder, OrderPreview, OrderView, orderRoutes } from '#contract/api/orders.ts';
import type { WorldView } from '#contract/api/world.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';

type Routes = typeof orderRoutes;
type Handlers = { [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]> };

export interface FakeOrders {
  /** Newest first. */
  list: OrderView[];
}

type FakeNode = OrderPreview['nodes'][number];

/** An order that everybody has done long ago. */
export function makeOrder(atMs: number, changes: Partial<OrderView> = {}): OrderView {
  return {
    id: makeId('ord', atMs, new Uint8Array(10)),
    kind: 'purge',
    subject: 'default',
    text: 'Edges drop all of default',
    projectId: 'default',
    actor: 'admin (tok_1)',
    createdAtMs: atMs,
    endedAtMs: atMs + 4_000,
    isDone: true,
    reports: [],
    missingNodeIds: [],
    ...changes,
  };
}

function nodesOf(world: WorldView): readonly FakeNode[] {
  return world.regions.flatMap(({ id, sites }) =>
    sites.flatMap((site) =>
      [1, 2].map((n) => ({ nodeId: `${site.id}-edge-${n}`, regionId: id, isAlive: true })),
    ),
  );
}

/** One of each kind: a purge on its way, a shift and a throttle in force, a restart that came to nothing. */
export function makeOrders(world: WorldView, nowMs: number): OrderView[] {
  const nodes = nodesOf(world);
  const done = nodes.slice(0, 4).map(({ nodeId }, index) => ({
    nodeId,
    atMs: nowMs - 30_000 + index * 2_000,
    count: 1_200 + index * 317,
    bytes: 2_400_000_000 + index * 410_000_000,
  }));
  return [
    makeOrder(nowMs - 32_000, {
      endedAtMs: null,
      isDone: false,
      reports: done,
      missingNodeIds: nodes.slice(4).map(({ nodeId }) => nodeId),
    }),
    makeOrder(nowMs - 900_000, {
      kind: 'shift',
      subject: 'dublin-1',
      text: 'dublin-1 gets 50 % of what steering would send there',
      projectId: null,
      actor: 'ann (tok_9)',
      endedAtMs: null,
      isDone: false,
    }),
    makeOrder(nowMs - 3_600_000, {
      kind: 'throttle',
      subject: 'region singapore',
      text: 'Prefetches are turned away, region singapore',
      projectId: null,
      actor: 'runbook ease-region (run_01k0000000000000000000000a)',
      endedAtMs: null,
      isDone: false,
    }),
    makeOrder(nowMs - 86_400_000, {
      kind: 'restart',
      subject: 'los-angeles-1-edge-2',
      text: 'los-angeles-1-edge-2 restarts',
      projectId: null,
      endedAtMs: nowMs - 85_800_000,
      isDone: false,
    }),
    makeOrder(nowMs - 2 * 86_400_000, { reports: done }),
  ];
}

function subjectOf(order: NewOrder): string {
  switch (order.kind) {
    case 'purge':
      return [order.projectId, order.assetId, order.version].filter((part) => part !== null).join('/');
    case 'restart':
      return order.nodeId;
    case 'throttle':
      return order.regionId === null ? 'everywhere' : `region ${order.regionId}`;
    case 'shift':
      return order.siteId;
    case 'scale':
      return `region ${order.regionId}`;
  }
}

function textOf(order: NewOrder): string {
  switch (order.kind) {
    case 'purge':
      return `Edges drop all of ${subjectOf(order)}`;
    case 'restart':
      return `${order.nodeId} restarts`;
    case 'throttle':
      return `Prefetches are turned away, ${subjectOf(order)}`;
    case 'shift':
      return `${order.siteId} gets ${order.share * 100} % of what steering would send there`;
    case 'scale':
      return `Encoders of ${order.regionId} take ${order.count} at once`;
  }
}

function concernedBy(order: NewOrder, nodes: readonly FakeNode[]): FakeNode[] {
  return nodes.filter(({ nodeId, regionId }) => {
    if (order.kind === 'restart') return nodeId === order.nodeId;
    if (order.kind === 'shift') return nodeId.startsWith(`${order.siteId}-`);
    return order.kind === 'purge' || order.regionId === null || order.regionId === regionId;
  });
}

/** Handlers of orders. A site that keeps less than a tenth breaks the guard. */
export function orderHandlers(
  state: FakeOrders,
  world: () => WorldView,
  scaled: Record<string, number>,
): Handlers {
  const find = (orderId: string): OrderView => {
    const found = state.list.find(({ id }) => id === orderId);
    if (found === undefined) throw new MeridianError('not_found', { what: `order ${orderId}` });
    return found;
  };
  const preview = (order: NewOrder): OrderPreview => {
    const same = state.list.find(
      ({ kind, subject, endedAtMs }) =>
        kind !== 'purge' && kind === order.kind && subject === subjectOf(order) && endedAtMs === null,
    );
    const isChange = same?.text !== textOf(order);
    const isHeld = order.kind !== 'shift' || order.share >= 0.1;
    return {
      text: textOf(order),
      isChange,
      replaces: isChange ? (same ?? null) : null,
      isRoom: true,
      nodes: concernedBy(order, nodesOf(world())),
      guards:
        order.kind === 'shift' || order.kind === 'restart'
          ? [
              {
                isHeld,
                text: 'After the loss of one more site the rest can carry 800 Mbit/s, for 972 Mbit/s of now',
              },
            ]
          : [],
    };
  };
  return {
    'GET /v1/orders': ({ query }) => {
      const fitting = state.list.filter(
        ({ id, kind, endedAtMs }) =>
          (query.kind === undefined || kind === query.kind) &&
          (query.isOpen === undefined || (endedAtMs === null) === (query.isOpen === 'true')) &&
          (query.before === undefined || id < query.before),
      );
      const orders = fitting.slice(0, query.limit);
      return { orders, nextBefore: fitting.length > orders.length ? (orders.at(-1)?.id ?? null) : null };
    },
    'POST /v1/orders/preview': ({ body }) => preview(body),
    'POST /v1/orders': ({ body }) => {
      const { text, guards, replaces, isChange, nodes } = preview(body);
      const isForced = 'isForced' in body && body.isForced;
      if (!isForced && guards.some(({ isHeld }) => !isHeld))
        throw new MeridianError('conflict', { reason: 'A guard does not hold' });
      if (!isChange) return { order: null, text: `${text}: that was so already` };
      if (replaces !== null) replaces.endedAtMs = Date.now();
      if (body.kind === 'scale') scaled[body.regionId] = body.count;
      const isTold = body.kind === 'purge' || body.kind === 'restart';
      const order = makeOrder(Date.now(), {
        kind: body.kind,
        subject: subjectOf(body),
        text,
        endedAtMs: null,
        isDone: false,
        missingNodeIds: isTold ? nodes.map(({ nodeId }) => nodeId) : [],
      });
      state.list = [order, ...state.list];
      return { order, text };
    },
    'GET /v1/orders/{orderId}': ({ params }) => find(params.orderId),
    'DELETE /v1/orders/{orderId}': ({ params }) =>
      Object.assign(find(params.orderId), { endedAtMs: Date.now(), missingNodeIds: [] }),
  };
}
