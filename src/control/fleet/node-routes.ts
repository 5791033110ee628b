// What nodes ask besides work: join, beat, records, registration of uploads.

import { MeridianError } from '#contract/errors.ts';
import type { nodeRoutes } from '#contract/node-api.ts';
import { readChanges } from '../catalog/store.ts';
import { registerUpload } from '../catalog/uploads.ts';
import type { ControlContext, OnWorldChange } from '../context.ts';
import type { Handlers } from '../http/call.ts';
import type { Orders } from '../orders/orders.ts';
import type { Publisher } from '../snapshot/publisher.ts';
import type { Fleet } from './fleet.ts';
import type { Join } from './join.ts';

type NodeKeys =
  | 'POST /node/v1/join'
  | 'POST /node/v1/beat'
  | 'GET /node/v1/records'
  | 'POST /node/v1/uploads';

export interface NodeRouteDependencies {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly join: Join;
  readonly orders: Orders;
  readonly publisher: Publisher;
  readonly rootPublicKey: string;
  onWorldChange: OnWorldChange;
  /** A node restarted: what its old process had leased is lost. */
  onReboot(nodeId: string): void;
  /** A job became ready. */
  onWork(): void;
}

/** Routes of the node API, but for work. */
export function createNodeHandlers(
  dependencies: NodeRouteDependencies,
): Handlers<typeof nodeRoutes, NodeKeys> {
  const { context, fleet, join, publisher } = dependencies;
  return {
    async 'POST /node/v1/join'({ body, principal }) {
      await join(body, principal);
      return { rootPublicKey: dependencies.rootPublicKey, snapshot: publisher.forNewcomer() };
    },
    async 'POST /node/v1/beat'({ body, principal }) {
      if (body.nodeId !== principal.nodeId)
        throw new MeridianError('invalid_request', { reason: 'body.nodeId: it is not the node that signed' });
      const { isChange, isReboot } = fleet.beat(principal.nodeId, body);
      dependencies.orders.note(principal.nodeId, body);
      if (isReboot) dependencies.onReboot(principal.nodeId);
      if (isChange) dependencies.onWorldChange();
      const node = fleet.node(principal.nodeId);
      if (node === undefined) throw new MeridianError('node_unknown');
      return { receivedAtMs: context.clock.nowMs(), snapshot: publisher.forBeat(node, body) };
    },
    async 'GET /node/v1/records'({ query }) {
      return readChanges(context.database, query.after, query.limit);
    },
    async 'POST /node/v1/uploads'({ body, principal }) {
      if (await registerUpload(context, principal, body.record)) dependencies.onWork();
      return { isAccepted: true };
    },
  };
}
