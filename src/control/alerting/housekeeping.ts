// What outlives its use: alerts and silences that ended long ago.

import type { ControlContext } from '../context.ts';
import { ALERTS_KEPT_MS } from './limits.ts';

/** One round. */
export async function tidyAlerts({
  clock,
  database,
}: Pick<ControlContext, 'clock' | 'database'>): Promise<void> {
  const beforeMs = clock.nowMs() - ALERTS_KEPT_MS;
  await database.deleteFrom('alerts').where('ends_at_ms', '<', beforeMs).execute();
  await database.deleteFrom('silences').where('ends_at_ms', '<', beforeMs).execute();
}
