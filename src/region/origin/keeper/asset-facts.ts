// The record and the documents of a stored asset. Documents are remembered while their object has not changed, since the
// inventory passes by every minute.

import type { AssetRecord, MediaDocument } from '#contract/media.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { parseDocument } from '../../shared/media-store.ts';
import { readRecord } from '../../shared/records.ts';
import { attemptsOf } from './describe-asset.ts';
import { DOCUMENTS_KEPT } from './limits.ts';
import type { StoredAsset } from './walk-store.ts';

export interface AssetFacts {
  readonly record: AssetRecord | undefined;
  readonly documents: readonly MediaDocument[];
}

/** Creates the reader of facts. */
export function createAssetFacts(store: ObjectStore): (asset: StoredAsset) => Promise<AssetFacts> {
  const known = new Map<string, { stamp: string; document: MediaDocument | undefined }>();

  async function documentOf(key: string, stamp: string): Promise<MediaDocument | undefined> {
    const found = known.get(key);
    if (found?.stamp === stamp) return found.document;
    const bytes = await store.get(key);
    const document = bytes === undefined ? undefined : parseDocument(bytes);
    known.delete(key);
    known.set(key, { stamp, document });
    const oldest = known.keys().next();
    if (known.size > DOCUMENTS_KEPT && oldest.done !== true) known.delete(oldest.value);
    return document;
  }

  return async (asset) => {
    const infos = new Map(asset.objects.map((info) => [info.key, info]));
    const documents: MediaDocument[] = [];
    for (const { key } of attemptsOf(asset)) {
      const info = infos.get(key);
      const document = await documentOf(key, `${info?.bytes}-${info?.modifiedAtMs}`);
      if (document !== undefined) documents.push(document);
    }
    const record = await readRecord(store, asset.projectId, asset.assetId);
    return { record, documents };
  };
}
