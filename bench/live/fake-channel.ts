// A channel whose parts come by the clock and hold nothing: what an edge follows in the live edge bench. Counts what it
// was asked for, and how often each part went out.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defined } from '#base/assert.ts';
import type { LivePart } from '#contract/live.ts';
import { CHANNEL_PREFIX } from '#contract/peer-api.ts';
import type { PartGrid } from '#media/cmaf/part-grid.ts';
import { encodeFeedHeader } from '#media/feed/feed-record.ts';
import { gridOfRendition } from '#region/shared/live-grids.ts';
import {
  CHANNEL,
  nextPart,
  PARTS_PER_SEGMENT,
  type PartName,
  RENDITIONS,
  SEGMENT_MS,
  TIMELINE,
} from './edge-setup.ts';

const PART_MS = SEGMENT_MS / PARTS_PER_SEGMENT;
const HEARTBEAT_MS = 500;
/** Parts that a new feed is told first. */
const KEPT_PARTS = 3 * PARTS_PER_SEGMENT;

export interface FakeChannel {
  readonly url: string;
  /** The newest part of all renditions. */
  newest(): PartName;
  /** Called when a part of all renditions is out. */
  onPart: ((name: PartName) => void) | undefined;
  /** How often parts of this name and later ones went out, by rendition and name. */
  sent(from: PartName): ReadonlyMap<string, number>;
  /** Requests for anything but a feed or the document of the channel. */
  otherRequests(): number;
  stop(): void;
}

interface Rendition {
  readonly id: string;
  readonly grid: PartGrid;
  readonly data: Buffer;
  readonly header: Buffer;
  readonly feeds: Set<ServerResponse>;
  readonly kept: LivePart[];
}

/** The place of a part on the grid of its rendition. */
function partOf(grid: PartGrid, { segment, part }: PartName): LivePart {
  let first = grid.firstIndex(segment);
  while (grid.place(first).part < part) first += 1;
  let frameCount = 0;
  while (grid.place(first + frameCount).part === part) frameCount += 1;
  return {
    segment,
    part,
    startTicks: grid.startTicks(first),
    durationTicks: frameCount * grid.frameTicks,
    frameCount,
    isIndependent: part === 0,
    isLast: part === PARTS_PER_SEGMENT - 1,
  };
}

/** Starts the channel; parts come from now on. */
export async function startFakeChannel(): Promise<FakeChannel> {
  const renditions = RENDITIONS.map(({ partBytes, ...rendition }): Rendition => {
    const firstSegment = Math.floor(Date.now() / SEGMENT_MS) - 1;
    const about = { kind: 'rendition', channel: CHANNEL.channel, firstSegment, rendition };
    return {
      id: rendition.id,
      grid: gridOfRendition(TIMELINE, rendition),
      data: Buffer.alloc(partBytes, 0x61),
      header: Buffer.from(encodeFeedHeader(about)),
      feeds: new Set(),
      kept: [],
    };
  });
  const counts = new Map<string, number>();
  let others = 0;
  let newest: PartName = { segment: Math.floor(Date.now() / SEGMENT_MS) - 2, part: PARTS_PER_SEGMENT - 1 };
  let timer: ReturnType<typeof setTimeout> | undefined;

  function send(rendition: Rendition, response: ServerResponse, part: LivePart): void {
    const name = `${rendition.id} ${part.segment}.${part.part}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    response.write(encodeFeedHeader({ kind: 'part', ...part }, rendition.data.length));
    response.write(rendition.data);
  }

  /** Makes everything that is due, and waits for the next. */
  function make(): void {
    for (;;) {
      const next = nextPart(newest);
      const dueMs = next.segment * SEGMENT_MS + (next.part + 1) * PART_MS;
      const waitMs = dueMs - Date.now();
      if (waitMs > 0) {
        timer = setTimeout(make, waitMs);
        return;
      }
      newest = next;
      for (const rendition of renditions) {
        const part = partOf(rendition.grid, next);
        rendition.kept.push(part);
        if (rendition.kept.length > KEPT_PARTS) rendition.kept.shift();
        for (const response of rendition.feeds) send(rendition, response, part);
      }
      channel.onPart?.(next);
    }
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://channel');
    const [, , id = '', file = ''] = pathname.slice(CHANNEL_PREFIX.length).split('/');
    if (id === 'channel.json') {
      const firstSegment = defined(renditions[0]?.kept[0], 'a part').segment;
      response.end(JSON.stringify({ ...CHANNEL, firstSegment }));
      return;
    }
    const rendition = renditions.find((candidate) => candidate.id === id);
    if (rendition === undefined || file !== 'feed') {
      others += 1;
      response.writeHead(404).end();
      return;
    }
    const from = Number(searchParams.get('from') ?? 0);
    response.write(rendition.header);
    for (const part of rendition.kept) if (part.segment >= from) send(rendition, response, part);
    response.write(encodeFeedHeader({ kind: 'heartbeat', state: 'on_air' }));
    rendition.feeds.add(response);
    response.once('close', () => rendition.feeds.delete(response));
  }

  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const beat = setInterval(() => {
    const heartbeat = encodeFeedHeader({ kind: 'heartbeat', state: 'on_air' });
    for (const { feeds } of renditions) for (const response of feeds) response.write(heartbeat);
  }, HEARTBEAT_MS);
  const channel: FakeChannel = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    newest: () => newest,
    onPart: undefined,
    sent(from) {
      const names = [...counts].filter(([name]) => {
        const [segment = 0, part = 0] = (name.split(' ')[1] ?? '').split('.').map(Number);
        return segment > from.segment || (segment === from.segment && part >= from.part);
      });
      return new Map(names);
    },
    otherRequests: () => others,
    stop() {
      clearTimeout(timer);
      clearInterval(beat);
      server.close();
      server.closeAllConnections();
    },
  };
  make();
  return channel;
}
