// The asset records of a region: the highest revision wins, whoever brings it; a tombstone removes the media and
// stays itself, unless it says that the deletion may still be undone. Changes of one asset happen one after another.

import { type AssetRecord, assetRecordSchema } from '#contract/media.ts';
import type { Clock } from '#platform/clock.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { assetPrefix, recordKey } from '../shared/keys.ts';
import { MediaCache } from '../shared/media-cache.ts';
import { keepRecord, readRecord } from '../shared/records.ts';
import { RECORD_MS, RECORDS_MAX } from './limits.ts';

export interface RecordBook {
  get(projectId: string, assetId: string): Promise<AssetRecord | undefined>;
  /** Keeps a record when it is newer; tells whether it was. A tombstone's media is gone when this resolves, unless it keeps it. */
  apply(record: AssetRecord): Promise<boolean>;
}

/** Parses a record; undefined when it is not one. */
export function parseRecord(value: unknown): AssetRecord | undefined {
  return assetRecordSchema.safeParse(value).data;
}

/** Creates the records of a region's store. `onPurged` is told of assets (`project/asset`) whose bytes have gone. */
export function createRecordBook(
  store: ObjectStore,
  clock: Clock,
  onPurged: (place: string) => void = () => {},
): RecordBook {
  const known = new MediaCache<AssetRecord | undefined>(RECORDS_MAX);
  /** The last change of each asset that is being changed. */
  const changes = new Map<string, Promise<unknown>>();

  function get(projectId: string, assetId: string): Promise<AssetRecord | undefined> {
    const key = recordKey(projectId, assetId);
    const nowMs = clock.nowMs();
    const cached = known.get(key, nowMs);
    if (cached !== undefined) return cached;
    const reading = readRecord(store, projectId, assetId);
    known.set(key, reading, nowMs, RECORD_MS);
    return reading.then((record) => {
      // A record may arrive at any moment, so its absence is not remembered.
      if (record === undefined) known.delete(key);
      return record;
    });
  }

  /** Removes everything but the record; tells whether there was anything. */
  async function purge(projectId: string, assetId: string): Promise<boolean> {
    const kept = recordKey(projectId, assetId);
    let isAnything = false;
    for await (const { key } of store.list(assetPrefix(projectId, assetId))) {
      if (key === kept) continue;
      isAnything = true;
      await store.delete(key);
    }
    return isAnything;
  }

  async function change(record: AssetRecord): Promise<boolean> {
    const { projectId, assetId } = record;
    const isKept = await keepRecord(store, record);
    known.delete(recordKey(projectId, assetId));
    // Also when nothing changed: an earlier removal may have been cut short.
    const current = isKept ? record : await readRecord(store, projectId, assetId);
    if (current?.isDeleted && current.keepsBytes !== true) {
      const isAnything = await purge(projectId, assetId);
      if (isAnything || isKept) onPurged(`${projectId}/${assetId}`);
    }
    return isKept;
  }

  return {
    get,
    async apply(record) {
      const key = recordKey(record.projectId, record.assetId);
      const previous = changes.get(key) ?? Promise.resolve();
      const next = previous.catch(() => undefined).then(() => change(record));
      changes.set(key, next);
      try {
        return await next;
      } finally {
        if (changes.get(key) === next) changes.delete(key);
      }
    },
  };
}
