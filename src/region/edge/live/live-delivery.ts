// The live side of an edge, assembled: a station for each broadcast that somebody watches, gone when nobody does.

import type { BroadcastRecord } from '#contract/live.ts';
import type { Counter } from '#platform/metrics.ts';
import type { Broadcasts } from '../../shared/broadcasts.ts';
import type { NodeContext } from '../../shared/node-context.ts';
import type { EdgeCounters } from '../counters.ts';
import type { HeldAnswer } from '../held-answer.ts';
import type { ObjectCache } from '../object-cache.ts';
import type { MediaCall } from '../playback.ts';
import type { SteeringView } from '../steering.ts';
import type { ViewerHints } from '../viewer-group.ts';
import type { Viewers } from '../viewers.ts';
import { createLiveManifests } from './live-manifests.ts';
import { LiveStation } from './live-station.ts';
import { createServeLive } from './serve-live.ts';
import { createWaitingRoom } from './waiting-room.ts';

export interface LiveDelivery {
  serve(call: MediaCall): Promise<void>;
  /** A playlist, or what many wait for; null when more is needed. Throws what refuses the request. */
  findHeld(path: string, token: string | null, query: string): Buffer | HeldAnswer | null;
  /** Leaves what nobody watches. */
  sweep(): void;
  stop(): Promise<void>;
}

export interface LiveDeliveryDependencies {
  readonly context: NodeContext;
  readonly broadcasts: Broadcasts;
  readonly cache: ObjectCache;
  readonly viewers: Viewers;
  readonly counters: EdgeCounters;
  steeringView(): SteeringView;
  groupOf(viewer: ViewerHints): string;
  checkToken(token: string, record: BroadcastRecord, nowMs: number): void;
  drainedAtMs(): number;
  bytesOf(projectId: string): Counter;
}

/** Creates the live side of an edge. */
export function createLiveDelivery(dependencies: LiveDeliveryDependencies): LiveDelivery {
  const { context, broadcasts } = dependencies;
  const { clock, log, metrics, region, transport, world } = context;
  const stations = new Map<string, LiveStation>();
  const room = createWaitingRoom(clock);
  const feeds = metrics.counter('edge_live_feeds_total', 'Feeds of live renditions opened');
  const changes = metrics.counter(
    'edge_live_changes_total',
    'Feeds opened in mid-stream, in place of another one',
  );
  const parts = metrics.counter('edge_live_parts_total', 'Parts received from channels');
  const bytes = metrics.counter('edge_live_bytes_total', 'Bytes of parts received from channels');
  const fetches = metrics.counter('edge_live_fetches_total', 'Init and older segments asked of channels');
  metrics.gauge('edge_live_waiting', 'Requests that wait for a part', () => room.count());
  metrics.gauge('edge_live_renditions', 'Live renditions that this edge follows', () =>
    [...stations.values()].reduce((sum, station) => sum + station.followed().length, 0),
  );

  function createStation(first: BroadcastRecord): LiveStation {
    const { projectId, broadcastId } = first;
    let known = first;
    const station: LiveStation = new LiveStation({
      clock,
      log,
      transport,
      ownRegionId: region.id,
      record() {
        // Gone from the list, it is what it was last: those who still watch read its end.
        known = broadcasts.find(projectId, broadcastId) ?? known;
        return known;
      },
      nodeUrlOf: (nodeId) => world.current()?.nodes.find(({ id }) => id === nodeId)?.nodeUrl,
      onFeed(isChange) {
        feeds.value += 1;
        if (isChange) changes.value += 1;
      },
      onPart(renditionId, part, data) {
        parts.value += 1;
        bytes.value += data.length;
        serving.keepPart(station, renditionId, part, data);
      },
      onForgotten: (renditionId, segment, partCount) =>
        serving.forgetParts(station, renditionId, segment, partCount),
      onFetch() {
        fetches.value += 1;
      },
    });
    return station;
  }

  const serving = createServeLive({
    ...dependencies,
    clock,
    room,
    manifests: createLiveManifests({ ...dependencies, clock }),
    stationOf(projectId, broadcastId) {
      const key = `${projectId}/${broadcastId}`;
      const running = stations.get(key);
      if (running !== undefined) return running;
      const record = broadcasts.find(projectId, broadcastId);
      if (record === undefined) return undefined;
      const station = createStation(record);
      stations.set(key, station);
      return station;
    },
  });

  return {
    serve: serving.serve,
    findHeld: serving.findHeld,
    sweep() {
      for (const [key, station] of stations) {
        station.sweep();
        if (station.isIdle) stations.delete(key);
      }
    },
    async stop() {
      await Promise.all([...stations.values()].map((station) => station.stop()));
    },
  };
}
