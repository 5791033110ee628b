// A broadcast on air in a bench's world: made, published to, watched, ended.

import { defined } from '#base/assert.ts';
import type { BroadcastView } from '#contract/api/live.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RunningWorld } from '../../test/support/world.ts';

/** Small pictures: what is measured is who makes and brings what, not how fast this machine encodes. */
export const SMALL_RUNGS = [
  { height: 360, bitrateBps: 600_000 },
  { height: 180, bitrateBps: 200_000 },
] as const;

/** A busy machine starts two encoders in this time. */
const ON_AIR_MS_MAX = 30_000;

export interface BroadcastOptions {
  readonly name: string;
  readonly latency: 'ultra_low' | 'low';
  /** Where the publisher is; channels are placed near it. */
  readonly publisherRegionId?: string;
  readonly rungs?: readonly { height: number; bitrateBps: number }[];
  readonly isRecorded?: boolean;
  readonly dvrWindowMs?: number;
}

export interface OnAir {
  readonly id: string;
  /** Regions with a channel as of now, the primary first. */
  makers(): Promise<readonly string[]>;
  /** RTMP address with the stream key. */
  publishUrl(regionId: string): string;
  /** What viewers open at the edge of a region. */
  urlAt(regionId: string, file?: string): string;
  /** Resolves once both channels have said that they are on air. */
  started(): Promise<void>;
  end(): Promise<void>;
}

/** Makes a broadcast; nobody publishes to it yet. */
export async function makeBroadcast(world: RunningWorld, options: BroadcastOptions): Promise<OnAir> {
  const { publisherRegionId = 'dublin', rungs = SMALL_RUNGS, ...rest } = options;
  const broadcast = await world.client.call('POST /v1/broadcasts', {
    body: { isRecorded: false, ...rest, publisherRegionId, rungs: [...rungs] },
  });
  const { id } = broadcast;
  const params = { broadcastId: id };
  const { addresses, streamKey } = await world.client.call('GET /v1/broadcasts/{broadcastId}/ingest', {
    params,
  });
  const view = (): Promise<BroadcastView> =>
    world.client.call('GET /v1/broadcasts/{broadcastId}', { params });
  const regionOf = (regionId: string) =>
    defined(
      world.regions.find((region) => region.id === regionId),
      regionId,
    );
  return {
    id,
    makers: async () => (await view()).schedule.channels.map(({ regionId }) => regionId),
    publishUrl(regionId) {
      const address = addresses.find(
        (candidate) => candidate.regionId === regionId && candidate.protocol === 'rtmp',
      );
      return `${defined(address, `an ingest in ${regionId}`).url}/${streamKey}`;
    },
    urlAt: (regionId, file = 'main.m3u8') => `${regionOf(regionId).edgeUrl}/l/default/${id}/${file}`,
    async started() {
      await waitFor(
        'both channels to be on air',
        async () => {
          const { state, reports } = await view();
          const made = reports.filter((report) => report.role === 'channel' && report.state === 'on_air');
          return state === 'on_air' && made.length === 2;
        },
        ON_AIR_MS_MAX,
      );
    },
    async end() {
      await world.client.call('POST /v1/broadcasts/{broadcastId}/end', { params });
    },
  };
}

/** A region that makes nothing of the broadcast. */
export async function regionBesides(world: RunningWorld, onAir: OnAir): Promise<string> {
  const makers = await onAir.makers();
  return defined(
    world.regions.find(({ id }) => !makers.includes(id)),
    'a region that does not make it',
  ).id;
}
