// One feed of a channel: the records of a rendition as they arrive over one long answer. Silence for longer than three
// heartbeats ends it with an error, as does anything that is not a feed.

import { type FeedHeader, feedHeaderSchema } from '#contract/live.ts';
import { FeedReader, type FeedRecord } from '#media/feed/feed-record.ts';
import type { Transport } from '#platform/http/transport.ts';
import { CHANNEL_ANSWER_MS_MAX, FEED_SILENCE_MS_MAX } from './limits.ts';

/** Follows a feed until it ends, breaks, or the signal aborts. */
export async function* followFeed(
  transport: Transport,
  url: string,
  signal: AbortSignal,
): AsyncGenerator<FeedRecord<FeedHeader>> {
  const { status, body } = await transport.request({
    method: 'GET',
    url,
    headersTimeoutMs: CHANNEL_ANSWER_MS_MAX,
    idleTimeoutMs: FEED_SILENCE_MS_MAX,
    signal,
  });
  try {
    if (status !== 200) throw new Error(`the channel answered ${status}`);
    const reader = new FeedReader((header) => feedHeaderSchema.parse(header));
    for await (const chunk of body as AsyncIterable<Buffer>) yield* reader.push(chunk);
    if (!reader.isBetweenRecords) throw new Error('the feed broke off within a record');
  } finally {
    body.destroy();
  }
}
