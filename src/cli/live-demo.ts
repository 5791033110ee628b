// A broadcast to look at at once: the clock card is published to the best ingest, and to the next when that one is lost.

import { setTimeout as delay } from 'node:timers/promises';
import type { BroadcastView } from '#contract/api/live.ts';
import type { ApiClient } from '#contract/client.ts';
import { publishClock } from './clock-publisher.ts';

const PICTURE = { width: 1280, height: 720, bitrateBps: 3_000_000 } as const;
/** A publication that lasted so long had begun: its end is a loss, not a refusal. */
const BEGUN_MS = 5_000;
/** Every ingest has refused so often in a row: nobody takes it. */
const ROUNDS_MAX = 5;
const PAUSE_MS = 1_000;
const LOOK_MS = 2_000;

export interface LiveDemo {
  readonly client: ApiClient;
  readonly broadcast: BroadcastView;
  readonly ffmpegPath: string;
  /** Publishes by SRT, which the broadcast takes; else by RTMP. */
  readonly isSrt: boolean;
  readonly signal: AbortSignal;
  /** A line for people. */
  readonly say: (line: string) => void;
}

/** Publishes until `signal` fires, the broadcast is ended, or nobody takes it; true unless that last. */
export async function runLiveDemo({
  client,
  broadcast,
  ffmpegPath,
  isSrt,
  signal,
  say,
}: LiveDemo): Promise<boolean> {
  const params = { broadcastId: broadcast.id };
  const { addresses, streamKey } = await client.call('GET /v1/broadcasts/{broadcastId}/ingest', { params });
  const protocols = isSrt ? ['srt'] : ['rtmp', 'rtmps'];
  const takers = addresses.filter(({ protocol }) => protocols.includes(protocol));
  const ended = new AbortController();
  const over = AbortSignal.any([signal, ended.signal]);
  const followed = follow(client, broadcast, over, say).then(() => ended.abort());
  let refusals = 0;
  for (let turn = 0; !over.aborted && refusals < takers.length * ROUNDS_MAX; turn += 1) {
    const address = takers[turn % takers.length];
    if (address === undefined) break;
    say(`Publishing to ${address.regionId}`);
    const beganMs = performance.now();
    const reason = await publishClock({
      ...PICTURE,
      ffmpegPath,
      url: isSrt ? address.url : `${address.url}/${streamKey}`,
      signal: over,
    });
    if (over.aborted) break;
    refusals = performance.now() - beganMs > BEGUN_MS ? 0 : refusals + 1;
    say(
      `${address.regionId} takes it no longer${reason === undefined || reason === '' ? '' : `: ${reason}`}`,
    );
    await delay(PAUSE_MS, undefined, { signal: over }).catch(() => undefined);
  }
  const isTaken = over.aborted;
  ended.abort();
  await followed;
  return isTaken;
}

/** Says when the broadcast is in another state or made elsewhere, until it has ended. */
async function follow(
  client: ApiClient,
  broadcast: BroadcastView,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const params = { broadcastId: broadcast.id };
  let last = '';
  while (!signal.aborted) {
    // Control may be away; the broadcast goes on without it.
    const view = await client.call('GET /v1/broadcasts/{broadcastId}', { params }).catch(() => undefined);
    if (view !== undefined) {
      const regions = view.schedule.channels.map(({ regionId }) => regionId).join(' and ');
      const line = `${view.state.replace('_', ' ')}${regions === '' ? '' : `, made in ${regions}`}`;
      if (line !== last) say(line[0]?.toUpperCase() + line.slice(1));
      last = line;
      if (view.state === 'ended') return;
    }
    await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}
