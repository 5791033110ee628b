// The origin role: keeps a region's media and serves it to edges, from its own store alone; takes in what other
// regions copy here; follows the asset records of control; keeps the store whole (keeper/).

import {
  ORIGIN_PREFIX,
  PEER_MEDIA_PREFIX,
  PEER_OBJECTS_PREFIX,
  PEER_RECORDS_PREFIX,
} from '#contract/peer-api.ts';
import { createMediaReader } from '../shared/media-store.ts';
import type { NodeContext, Role } from '../shared/node-context.ts';
import { createKeeper } from './keeper/keeper.ts';
import { createOriginObjects } from './origin-objects.ts';
import { createPeerMedia, createPeerRecords } from './peer-documents.ts';
import { createPeerObjects } from './peer-objects.ts';
import { createRecordBook } from './record-book.ts';
import { createRecordFeed } from './record-feed.ts';

/** Creates the origin of a node. */
export function createOrigin(context: NodeContext): Role {
  const { store, clock, log, metrics, config, region, world } = context;
  const corruptions = metrics.counter('origin_corruptions_total', 'Objects found with a wrong checksum');
  const records = createRecordBook(store, clock, (place) => keeper.touch(place));
  const keeper = createKeeper(context, records);
  const media = createMediaReader({
    store,
    clock,
    onCorruption(key) {
      corruptions.value += 1;
      log.warn({ key }, 'an object is damaged; another copy is used');
      keeper.onCorruption(key);
    },
  });
  const feed = createRecordFeed(context, records);
  const stopping = new AbortController();
  let running: Promise<unknown> | undefined;
  const bytesMax = (): number => world.current()?.policies.uploadBytesMax ?? config.limits.uploadBytesMax;

  return {
    name: 'origin',
    async start() {
      running ??= Promise.all([feed.run(stopping.signal), keeper.run(stopping.signal)]);
    },
    async stop() {
      stopping.abort();
      await running;
    },
    notReadyReason: () => (running === undefined ? 'the origin has not started' : null),
    routes: {
      [ORIGIN_PREFIX]: createOriginObjects({ regionId: region.id, records, media }),
      [PEER_OBJECTS_PREFIX]: createPeerObjects(store, records, bytesMax),
      [PEER_RECORDS_PREFIX]: createPeerRecords(records),
      [PEER_MEDIA_PREFIX]: createPeerMedia(store, records),
    },
  };
}
