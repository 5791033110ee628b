// Walks a region's store asset by asset, in the order of the keys. Only what has the form of an asset's key is seen.

import type { ObjectInfo, ObjectStore } from '#platform/objects/object-store.ts';

export interface StoredAsset {
  /** `project/asset`: also the order of the walk. */
  readonly place: string;
  readonly projectId: string;
  readonly assetId: string;
  readonly objects: readonly ObjectInfo[];
}

const KEY = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(ast_[0-9a-z]{26})\//;
/** More objects than any asset of ours has: a day of video in ten renditions has 15,000. */
const OBJECTS_MAX = 100_000;

/** Yields the assets of a store whose place comes after `after`. */
export async function* walkStore(store: ObjectStore, after = ''): AsyncGenerator<StoredAsset> {
  let current: { place: string; projectId: string; assetId: string; objects: ObjectInfo[] } | undefined;
  for await (const info of store.list('')) {
    const [, projectId, assetId] = KEY.exec(info.key) ?? [];
    if (projectId === undefined || assetId === undefined) continue;
    const place = `${projectId}/${assetId}`;
    if (place <= after) continue;
    if (current?.place !== place) {
      if (current !== undefined) yield current;
      current = { place, projectId, assetId, objects: [] };
    }
    if (current.objects.length < OBJECTS_MAX) current.objects.push(info);
  }
  if (current !== undefined) yield current;
}

/** One asset as it lies in the store now. */
export async function readStoredAsset(store: ObjectStore, place: string): Promise<StoredAsset> {
  const [projectId = '', assetId = ''] = place.split('/');
  const objects: ObjectInfo[] = [];
  for await (const info of store.list(`${place}/`)) objects.push(info);
  return { place, projectId, assetId, objects };
}
