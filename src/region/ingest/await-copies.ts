// Waits until another region would take the copy of an upload. On the very first start the regions learn each other's
// keys from snapshots that travel for some beats; an upload acknowledged before that would have one copy only.

import { PEER_UPLOADS_PREFIX } from '#contract/peer-api.ts';
import type { NodeContext } from '../shared/node-context.ts';
import { FIRST_COPIES_POLL_MS, REPLICA_ANSWER_MS_MAX } from './limits.ts';
import { replicaPeers } from './replica-pump.ts';

/** No upload has this id: whoever knows this node's key answers 404. */
const NOBODYS_ID = `ast_${'0'.repeat(26)}`;

/** Resolves when a region answers, or when the signal aborts. */
export async function awaitCopyRegion(context: NodeContext, signal: AbortSignal): Promise<void> {
  const { clock, config, transport, world } = context;
  if (config.regions.length < 2) return;
  while (!signal.aborted) {
    for (const { nodeUrl } of replicaPeers(context, world.current())) {
      try {
        const response = await transport.request({
          method: 'HEAD',
          url: `${nodeUrl}${PEER_UPLOADS_PREFIX}${NOBODYS_ID}`,
          headersTimeoutMs: REPLICA_ANSWER_MS_MAX,
          signal,
        });
        response.body.resume();
        if (response.status === 200 || response.status === 404) return;
      } catch {
        // Not there yet, or away: the next one.
      }
    }
    await clock.sleep(FIRST_COPIES_POLL_MS, signal).catch(() => undefined);
  }
}
