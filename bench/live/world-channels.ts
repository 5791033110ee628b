// Channels of a running world, read as an edge reads them: by the requests that a node signs.

import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { type ChannelDocument, channelDocumentSchema, type FeedHeader } from '#contract/live.ts';
import { CHANNEL_PREFIX, NODE_SIGNATURE_HEADER } from '#contract/peer-api.ts';
import type { FeedRecord } from '#media/feed/feed-record.ts';
import { createTransport, readBody } from '#platform/http/node-transport.ts';
import type { Transport } from '#platform/http/transport.ts';
import { loadOrCreateSigningKey, signNodeRequest } from '#platform/identity.ts';
import { followFeed } from '#region/edge/live/feed-link.ts';
import type { RunningWorld } from '../../test/support/world.ts';

const BODY_BYTES_MAX = 1 << 20;

export interface WorldChannel {
  readonly regionId: string;
  document(): Promise<ChannelDocument>;
  init(renditionId: string): Promise<Buffer>;
  feed(renditionId: string, from: number, signal: AbortSignal): AsyncGenerator<FeedRecord<FeedHeader>>;
}

/** Opens the channel that a region runs of a broadcast. `close` ends the connections of all that were opened. */
export async function openWorldChannels(
  world: RunningWorld,
  broadcastId: string,
  regionIds: readonly string[],
): Promise<{ readonly channels: readonly WorldChannel[]; close(): void }> {
  const askerId = `${defined(world.regions[0], 'a region').id}-1-a`;
  const key = await loadOrCreateSigningKey(join(world.dataDirectory, 'nodes', askerId, 'node-key.pem'));
  const transport = createTransport({
    sign: (parts) => ({ [NODE_SIGNATURE_HEADER]: signNodeRequest(askerId, key, parts, Date.now()) }),
  });
  const channels = regionIds.map((regionId) => {
    const region = defined(
      world.regions.find(({ id }) => id === regionId),
      regionId,
    );
    const base = `${region.nodeUrl}${CHANNEL_PREFIX}default/${broadcastId}`;
    return {
      regionId,
      document: async () =>
        channelDocumentSchema.parse(JSON.parse((await get(transport, `${base}/channel.json`)).toString())),
      init: (renditionId: string) => get(transport, `${base}/${renditionId}/init.mp4`),
      feed: (renditionId: string, from: number, signal: AbortSignal) =>
        followFeed(transport, `${base}/${renditionId}/feed?from=${from}`, signal),
    };
  });
  return { channels, close: () => transport.close() };
}

async function get(transport: Transport, url: string): Promise<Buffer> {
  const { status, body } = await transport.request({ method: 'GET', url, headersTimeoutMs: 5_000 });
  const bytes = await readBody(body, BODY_BYTES_MAX);
  if (status !== 200) throw new Error(`${url} answered ${status}`);
  return bytes;
}
