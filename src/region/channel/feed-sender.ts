// Sends one rendition to one edge for as long as it listens: each part the moment it exists, a heartbeat twice a second.
// What an edge does not take in time waits in its connection, up to as much as the window holds; then the edge is told
// that it is too slow, and has to begin again. So a feed costs no more memory than the parts that are there anyway.

import type { ServerResponse } from 'node:http';
import type { FeedHeader } from '#contract/live.ts';
import { encodeFeedHeader } from '#media/feed/feed-record.ts';
import { FEED_SLACK_BYTES } from './limits.ts';
import type { LiveTrack, TrackEvent } from './live-track.ts';

export interface FeedSender {
  heartbeat(state: 'on_air' | 'interrupted'): void;
}

/** Begins a feed; `onClose` is called once it is over, however it ends. */
export function sendFeed(
  response: ServerResponse,
  track: LiveTrack,
  options: {
    readonly channel: number;
    readonly from: number | undefined;
    readonly firstSegment: number;
    readonly onClose: (reason: 'ended' | 'stopped' | 'slow' | 'left') => void;
  },
): FeedSender {
  let isOver = false;
  let unfollow = (): void => {};

  function close(reason: 'ended' | 'stopped' | 'slow' | 'left'): void {
    if (isOver) return;
    isOver = true;
    unfollow();
    options.onClose(reason);
  }

  function send(header: FeedHeader, data?: Uint8Array): void {
    if (isOver) return;
    response.cork();
    response.write(encodeFeedHeader(header, data?.length ?? 0));
    if (data !== undefined) response.write(data);
    response.uncork();
  }

  function finish(reason: 'ended' | 'stopped' | 'slow'): void {
    send({ kind: 'end', reason });
    close(reason);
    response.end();
  }

  function tell(event: TrackEvent): void {
    if (isOver) return;
    switch (event.kind) {
      case 'part': {
        const { data, isDamaged, faults, ...rest } = event.part;
        const seen = faults === undefined ? {} : { faults: [...faults] };
        send({ kind: 'part', ...rest, ...(isDamaged ? { isDamaged } : {}), ...seen }, data);
        if (response.writableLength > track.bytes + FEED_SLACK_BYTES) finish('slow');
        return;
      }
      case 'gap':
        send({ kind: 'gap', segment: event.segment, segmentCount: event.segmentCount });
        return;
      case 'end':
        finish(event.reason);
    }
  }

  response.writeHead(200, { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' });
  response.on('close', () => close('left'));
  const { channel, firstSegment } = options;
  send({ kind: 'rendition', channel, firstSegment, rendition: track.rendition });
  unfollow = track.follow(options.from, tell);
  if (isOver) unfollow();
  return { heartbeat: (state) => send({ kind: 'heartbeat', state }) };
}
