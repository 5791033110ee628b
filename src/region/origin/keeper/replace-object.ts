// Replaces a damaged object by a good copy of another region. The good bytes are here and checked before the bad ones
// are set aside, since bad bytes may be all that is left. Set aside means: moved to the asset's quarantine on a disk; in
// a bucket they are overwritten, since a move there is a copy.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ORIGIN_PREFIX, PEER_OBJECTS_PREFIX } from '#contract/peer-api.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import type { AttemptObject } from '../../shared/attempt-objects.ts';
import { quarantinePrefix } from '../../shared/keys.ts';
import { parseDocument } from '../../shared/media-store.ts';
import { parseRecord, type RecordBook } from '../record-book.ts';
import type { PeerFetch } from './peer-fetch.ts';
import type { StoredAsset } from './walk-store.ts';

export interface ReplaceDependencies {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly records: RecordBook;
  readonly peers: PeerFetch;
  /** For files on their way. */
  readonly directory: string;
}

export interface Damaged {
  readonly asset: StoredAsset;
  readonly key: string;
  /** Of the bytes that lie there, when they could be read. */
  readonly sha256: string | null;
  readonly expected: AttemptObject | undefined;
  /** Regions that are said to hold it. */
  readonly holders: readonly string[];
}

/** Moves an object out of the way; on a disk only. */
async function quarantine(
  { store, clock }: ReplaceDependencies,
  { asset, key, sha256 }: Damaged,
): Promise<void> {
  const path = store.localPath(key);
  if (path === undefined || sha256 === null) return;
  const name = key.slice(asset.place.length + 1).replaceAll('/', '-');
  const target = `${quarantinePrefix(asset.projectId, asset.assetId)}${name}-${clock.nowMs()}`;
  await store.adoptFile(target, path, { sha256, isHashed: true });
}

/** Resolves to the region whose copy was taken. Throws when there is none. */
export async function replaceObject(
  dependencies: ReplaceDependencies,
  damaged: Damaged,
  signal: AbortSignal,
): Promise<string> {
  const { key, asset } = damaged;
  if (key === `${asset.place}/record.json`) return replaceRecord(dependencies, damaged, signal);
  if (key.endsWith('/media.json')) return replaceDocument(dependencies, damaged, signal);
  const { store, records, peers, directory, clock } = dependencies;
  const file = join(directory, `scrub-${clock.nowMs()}`);
  try {
    const regionIds = peers.otherRegions(damaged.holders);
    const fetched = await peers.toFile(key, file, damaged.expected ?? {}, regionIds, signal);
    if ((await records.get(asset.projectId, asset.assetId))?.isDeleted) return fetched.regionId;
    await quarantine(dependencies, damaged);
    await store.adoptFile(key, file, { sha256: fetched.sha256, isHashed: true });
    return fetched.regionId;
  } finally {
    await rm(file, { force: true });
  }
}

async function replaceDocument(
  dependencies: ReplaceDependencies,
  damaged: Damaged,
  signal: AbortSignal,
): Promise<string> {
  const { store, peers } = dependencies;
  for (const regionId of peers.otherRegions()) {
    const bytes = await peers.toMemory(`${PEER_OBJECTS_PREFIX}${damaged.key}`, regionId, signal);
    const document = bytes === undefined ? undefined : parseDocument(bytes);
    if (bytes === undefined || document?.assetId !== damaged.asset.assetId) continue;
    await quarantine(dependencies, damaged);
    await store.put(damaged.key, bytes);
    return regionId;
  }
  throw new Error('no region has the document');
}

/** The newest record of the other regions; control's feed brings a newer one if there is one. */
async function replaceRecord(
  dependencies: ReplaceDependencies,
  damaged: Damaged,
  signal: AbortSignal,
): Promise<string> {
  const { peers, records } = dependencies;
  const path = `${ORIGIN_PREFIX}${damaged.asset.place}/record`;
  const answers = await Promise.all(
    peers.otherRegions().map(async (regionId) => {
      const bytes = await peers.toMemory(path, regionId, signal);
      return {
        regionId,
        record: bytes === undefined ? undefined : parseRecord(JSON.parse(bytes.toString('utf8'))),
      };
    }),
  );
  const [newest] = answers
    .flatMap(({ regionId, record }) => (record === undefined ? [] : [{ regionId, record }]))
    .sort((left, right) => right.record.revision - left.record.revision);
  if (newest === undefined) throw new Error('no region has the record');
  await quarantine(dependencies, damaged);
  await records.apply(newest.record);
  return newest.regionId;
}
