// One broadcast, followed: control gives notice of what is written of it, but not of what nodes report with each beat.

import type { BroadcastView } from '../../../src/contract/api/live.ts';
import { call } from '../api.ts';
import { useLive } from '../ui/use-live.ts';
import type { Polled } from '../ui/use-polled.ts';
import { isOpen } from './describe-broadcast.ts';

/** Nodes report with each beat of two seconds. */
const REFRESH_MS = 2_000;

/** The broadcast as it is now. */
export function useBroadcast(broadcastId: string): Polled<BroadcastView> {
  return useLive(
    'broadcasts',
    broadcastId,
    (signal) => call('GET /v1/broadcasts/{broadcastId}', { params: { broadcastId } }, signal),
    REFRESH_MS,
    isReported,
  );
}

/** Whether nodes have something to report of it. */
function isReported(broadcast: BroadcastView): boolean {
  return isOpen(broadcast) && broadcast.schedule.channels.length > 0;
}
