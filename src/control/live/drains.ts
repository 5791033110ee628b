// Moving one broadcast off a region: what is made there of it ends, and nothing of it is made there until somebody lets it
// be. The other channel goes on and leads; the plan puts a new one in a third region where there is room. Who publishes
// there stays on air, and is sent elsewhere when it comes again. Refused when nothing would make the broadcast then.

import type { liveRoutes } from '#contract/api/live.ts';
import { MeridianError } from '#contract/errors.ts';
import type { ControlContext } from '../context.ts';
import type { Call } from '../http/call.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { BroadcastRow } from './store.ts';

type Params = Call<(typeof liveRoutes)['POST /v1/broadcasts/{broadcastId}/drains/{regionId}']>['params'];

interface Dependencies {
  readonly context: Pick<ControlContext, 'config'>;
  readonly broadcasts: Pick<Broadcasts, 'planOf'>;
}

/** The regions that a broadcast is moved off once it is moved off one more. */
export async function moveOff(
  { context, broadcasts }: Dependencies,
  row: BroadcastRow,
  { regionId }: Params,
): Promise<string[]> {
  const region = context.config.regions.find(({ id }) => id === regionId);
  if (region === undefined) throw new MeridianError('not_found', { what: `region ${regionId}` });
  const drained = [...new Set([...row.drained_region_ids, regionId])].sort();
  const before = await broadcasts.planOf(row);
  const after = await broadcasts.planOf({ ...row, drained_region_ids: drained });
  // What nothing would make anyway is not worse off for it.
  if (before?.channels.length !== 0 && after?.channels.length === 0)
    throw new MeridianError('conflict', {
      reason: `nothing would make the broadcast without ${region.name}: no other region has room for a channel`,
    });
  return drained;
}

/** The regions that it is still moved off once it may be made in one of them again. */
export function letBack(row: BroadcastRow, { regionId }: Params): string[] {
  return row.drained_region_ids.filter((id) => id !== regionId);
}
