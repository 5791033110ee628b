// The list of broadcasts: asked of control with a request that is held open, so that news arrives at once, and kept on
// disk, so that a node that restarts while control is away goes on with what it knew. A list is taken whole; an older
// one (a restored database, a control that lost the lead) is refused, since a plan must never go back.

import { join } from 'node:path';
import { type BroadcastList, type BroadcastRecord, broadcastListSchema } from '#contract/live.ts';
import { type Clock, runEvery } from '#platform/clock.ts';
import { readJsonFile, writeFileDurably } from '#platform/disk.ts';
import { readBody } from '#platform/http/node-transport.ts';
import type { Transport } from '#platform/http/transport.ts';
import type { Log } from '#platform/log.ts';
import type { Broadcasts } from '../shared/broadcasts.ts';
import { describeError } from './control-client.ts';
import {
  BROADCASTS_BYTES_MAX,
  BROADCASTS_RETRY_MS,
  BROADCASTS_TIMEOUT_MS,
  BROADCASTS_WAIT_MS,
} from './limits.ts';

export interface BroadcastKeeper {
  readonly broadcasts: Broadcasts;
  /** Loads what was known before the restart. */
  load(): Promise<void>;
  /** Asks control again and again until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

/** Creates the keeper, with an empty list. */
export function createBroadcastKeeper(dependencies: {
  readonly dataDirectory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly transport: Transport;
  controlUrl(): string;
}): BroadcastKeeper {
  const { clock, log, transport, controlUrl } = dependencies;
  const path = join(dependencies.dataDirectory, 'broadcasts.json');
  const listeners = new Set<() => void>();
  let list: BroadcastList = { term: 0, revision: 0, broadcasts: [] };
  let byPlace = new Map<string, BroadcastRecord>();
  let isAway = false;

  const placeOf = (projectId: string, broadcastId: string): string => `${projectId}/${broadcastId}`;

  function adopt(next: BroadcastList): void {
    list = next;
    byPlace = new Map(
      next.broadcasts.map((record) => [placeOf(record.projectId, record.broadcastId), record]),
    );
    for (const listener of listeners) listener();
  }

  async function ask(signal: AbortSignal): Promise<void> {
    const { term, revision } = list;
    const response = await transport.request({
      method: 'GET',
      url: `${controlUrl()}/node/v1/broadcasts?term=${term}&revision=${revision}&waitMs=${BROADCASTS_WAIT_MS}`,
      headersTimeoutMs: BROADCASTS_WAIT_MS + BROADCASTS_TIMEOUT_MS,
      signal,
    });
    const body = await readBody(response.body, BROADCASTS_BYTES_MAX);
    if (response.status !== 200) throw new Error(`control answered ${response.status}`);
    const next = broadcastListSchema.parse(JSON.parse(body.toString('utf8')));
    if (next.term === term && next.revision === revision) return;
    if (next.term < term || (next.term === term && next.revision < revision)) {
      log.warn(
        { term, revision, offered: [next.term, next.revision] },
        'an older list of broadcasts is refused',
      );
      return;
    }
    await writeFileDurably(path, JSON.stringify(next));
    adopt(next);
  }

  return {
    broadcasts: {
      current: () => list.broadcasts,
      find: (projectId, broadcastId) => byPlace.get(placeOf(projectId, broadcastId)),
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    async load() {
      try {
        const kept = await readJsonFile(path);
        if (kept !== undefined) adopt(broadcastListSchema.parse(kept));
      } catch (error) {
        log.warn(
          { path, error: String(error) },
          'the kept list of broadcasts cannot be read; control is asked',
        );
      }
    },
    async run(signal) {
      // An answer is followed by the next question at once; only trouble, and a control that does not wait, is paced.
      await runEvery(
        clock,
        () => (isAway ? BROADCASTS_RETRY_MS : 0),
        signal,
        async () => {
          try {
            await ask(signal);
            isAway = false;
          } catch (error) {
            if (!isAway && !signal.aborted)
              log.info(
                { error: describeError(error) },
                'control does not give the broadcasts; what is known holds',
              );
            isAway = true;
          }
        },
      );
    },
  };
}
