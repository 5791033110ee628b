// Placing and ending channels of a broadcast by hand.

import type { BroadcastView, liveRoutes } from '#contract/api/live.ts';
import { requireRegions, type UserPrincipal } from '../access/principal.ts';
import type { ControlContext } from '../context.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Call, Handlers } from '../http/call.ts';
import type { Broadcasts } from './broadcasts.ts';
import {
  addChannel,
  type ChannelChange,
  type ChannelOutcome,
  lastBackup,
  removeChannel,
} from './channels.ts';
import { type BroadcastRow, findBroadcast, lockBroadcast } from './store.ts';

type LiveRoutes = typeof liveRoutes;
export type ChannelKeys =
  | 'POST /v1/broadcasts/{broadcastId}/channels/{regionId}'
  | 'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}';

interface Dependencies {
  readonly context: ControlContext;
  readonly fleet: Fleet;
  readonly broadcasts: Pick<Broadcasts, 'tick'>;
}

/** The routes. `own`: refuses a broadcast that the caller may not see. */
export function createChannelHandlers(
  { context, fleet, broadcasts }: Dependencies,
  own: (principal: UserPrincipal, row: BroadcastRow | undefined) => BroadcastRow,
  view: (row: BroadcastRow) => BroadcastView,
): Handlers<LiveRoutes, ChannelKeys> {
  const { database } = context;
  const write = async (
    { params, principal }: Pick<Call<LiveRoutes[ChannelKeys]>, 'params' | 'principal'>,
    act: (change: ChannelChange) => Promise<ChannelOutcome>,
  ): Promise<BroadcastView> => {
    const { broadcastId, regionId } = params;
    requireRegions(principal, [regionId]);
    await database.transaction().execute(async (transaction) => {
      const row = own(principal, await lockBroadcast(transaction, broadcastId));
      await act({ context, fleet, transaction, principal, row, regionId });
    });
    await broadcasts.tick();
    return view(own(principal, await findBroadcast(database, broadcastId)));
  };
  return {
    'POST /v1/broadcasts/{broadcastId}/channels/{regionId}': (call) =>
      write(call, (change) => addChannel(change, call.body.isMoved ? lastBackup(change.row) : null)),
    'DELETE /v1/broadcasts/{broadcastId}/channels/{regionId}': (call) => write(call, removeChannel),
  };
}
