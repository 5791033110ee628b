// What a channel serves to edges and to other nodes on the node port (CHANNEL_PREFIX of contract/peer-api). Nothing is
// waited for here: who wants parts as they are made follows a feed.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeridianError } from '#contract/errors.ts';
import { CACHE_CLASS_HEADER } from '#contract/peer-api.ts';
import type { MediaReader } from '../shared/media-store.ts';
import type { NodeCall } from '../shared/node-context.ts';
import type { Channel } from './channel.ts';
import { type FeedSender, sendFeed } from './feed-sender.ts';
import { FEEDS_PER_RENDITION_MAX } from './limits.ts';
import type { LiveTrack } from './live-track.ts';

const SEGMENT_NAME = /^(\d{1,15})\.m4s$/;
const PART_NAME = /^(\d{1,15})\.(\d{1,3})\.m4s$/;

export interface ChannelRoutesOptions {
  readonly find: (projectId: string, broadcastId: string) => Channel | undefined;
  readonly reader: MediaReader;
  /** Told of each feed that was too slow. */
  readonly onSlowFeed: (peerId: string) => void;
}

/** Creates the handler of the channels of a node. */
export function createChannelRoutes(options: ChannelRoutesOptions): (call: NodeCall) => Promise<void> {
  const { find, reader, onSlowFeed } = options;

  async function readSegment(
    channel: Channel,
    track: LiveTrack,
    number: number,
  ): Promise<Buffer | undefined> {
    const inMemory = track.segment(number)?.data;
    if (inMemory !== undefined) return inMemory;
    const isInWindow = number >= (track.firstSegment ?? Number.POSITIVE_INFINITY);
    const { place } = channel;
    if (isInWindow || place === undefined || number < channel.firstKeptSegment) return undefined;
    return reader.readSegment(place, track.rendition.id, number);
  }

  function feed(channel: Channel, track: LiveTrack, call: NodeCall): void {
    if (track.followerCount >= FEEDS_PER_RENDITION_MAX) throw new MeridianError('overloaded');
    const text = call.url.searchParams.get('from');
    if (text !== null && !/^\d{1,15}$/.test(text))
      throw new MeridianError('invalid_request', { reason: 'from is not a segment' });
    // The feed tells its first parts before it can be told to be kept alive.
    let sender: FeedSender | undefined;
    let isOver = false;
    sender = sendFeed(call.response, track, {
      channel: channel.assignment.channel,
      from: text === null ? undefined : Number(text),
      firstSegment: channel.firstSegment,
      onClose: (reason) => {
        isOver = true;
        if (sender !== undefined) channel.feeds.delete(sender);
        if (reason === 'slow') onSlowFeed(call.peerId);
      },
    });
    if (isOver) return;
    channel.feeds.add(sender);
    // The first heartbeat says that all that was there has been told.
    sender.heartbeat(channel.state === 'interrupted' ? 'interrupted' : 'on_air');
  }

  return async (call) => {
    const { request, response, rest } = call;
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new MeridianError('invalid_request', { reason: 'only GET is possible here' });
    const [projectId = '', broadcastId = '', name = '', file = ''] = rest.split('/');
    const channel = find(projectId, broadcastId);
    const document = channel?.document();
    if (channel === undefined || document === undefined)
      throw new MeridianError('not_found', { what: 'channel of this broadcast' });
    if (name === 'channel.json' && file === '') {
      const body = Buffer.from(JSON.stringify(document));
      return send(request, response, body, 'application/json', 'growing');
    }
    const track = channel.media?.tracks.get(name);
    if (track === undefined) throw new MeridianError('not_found', { what: 'rendition' });
    if (file === 'feed') return feed(channel, track, call);
    const body = await readFile(channel, track, file);
    if (body === undefined) throw new MeridianError('not_found', { what: 'segment or part' });
    const type = track.rendition.kind === 'video' ? 'video/mp4' : 'audio/mp4';
    send(request, response, body, type, 'immutable');
  };

  async function readFile(channel: Channel, track: LiveTrack, file: string): Promise<Buffer | undefined> {
    if (file === 'init.mp4') return track.init;
    const part = PART_NAME.exec(file);
    if (part !== null) {
      const data = track.part(Number(part[1]), Number(part[2]))?.data;
      return data === undefined ? undefined : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    }
    const segment = SEGMENT_NAME.exec(file);
    return segment === null ? undefined : readSegment(channel, track, Number(segment[1]));
  }
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  type: string,
  cacheClass: 'immutable' | 'growing',
): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': String(body.length),
    [CACHE_CLASS_HEADER]: cacheClass,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
