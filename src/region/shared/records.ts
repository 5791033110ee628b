// Asset records in a region's store: the highest revision wins, whoever brings it.

import { type AssetRecord, assetRecordSchema } from '#contract/media.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { recordKey } from './keys.ts';

/** The record of an asset, or undefined when this region has none (or an unreadable one). */
export async function readRecord(
  store: ObjectStore,
  projectId: string,
  assetId: string,
): Promise<AssetRecord | undefined> {
  const bytes = await store.get(recordKey(projectId, assetId));
  if (bytes === undefined) return undefined;
  try {
    return assetRecordSchema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Keeps a record unless the store has one of the same or a higher revision; tells whether it was kept. */
export async function keepRecord(store: ObjectStore, record: AssetRecord): Promise<boolean> {
  const current = await readRecord(store, record.projectId, record.assetId);
  if (current !== undefined && current.revision >= record.revision) return false;
  await store.put(recordKey(record.projectId, record.assetId), Buffer.from(JSON.stringify(record)));
  return true;
}
