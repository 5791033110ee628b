// Brings the source to where FFmpeg can read it: the region's own object where it lies on disk, else a temporary copy
// from the store or from another region. FFmpeg itself never opens the network (law 9).

import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MeridianError } from '#contract/errors.ts';
import type { AssetRecord } from '#contract/media.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { sourceKey } from '../shared/keys.ts';
import type { PeerMedia } from './peer-media.ts';

/** Returns a path of the source; copies go into `directory`, which the caller removes. */
export async function openSource(
  record: AssetRecord,
  directory: string,
  dependencies: { store: ObjectStore; peers: PeerMedia; regionId: string },
  signal: AbortSignal,
): Promise<string> {
  const { store, peers, regionId } = dependencies;
  const { source } = record;
  if (source.bytes === 0) throw new MeridianError('media_empty');
  const key = sourceKey(record.projectId, record.assetId, record.version);
  const info = await store.head(key);
  if (info !== undefined && info.bytes === source.bytes) {
    const path = store.localPath(key);
    if (path !== undefined) return path;
  }
  const file = join(directory, 'source');
  if (info !== undefined && info.bytes === source.bytes) {
    const found = await store.stream(key);
    if (found !== undefined) {
      await pipeline(found.body, createWriteStream(file, { mode: 0o600 }), { signal });
      return file;
    }
  }
  const regionIds = source.regionIds.filter((id) => id !== regionId);
  await peers.fetch(key, file, { regionIds, bytes: source.bytes, sha256: source.sha256 }, signal);
  return file;
}
