// From an asset's objects in a store to what is reported of them: a holding per class, version and attempt.

import type { AssetRecord, MediaDocument } from '#contract/media.ts';
import type { Holding, LoneDocument, StorageClass } from '#contract/storage.ts';
import { objectsOf } from '../../shared/attempt-objects.ts';
import type { StoredAsset } from './walk-store.ts';

/** A holding as the walk sees it; the scrubber adds what it has read. */
export type SeenHolding = Omit<Holding, 'damagedObjects' | 'verifiedAtMs'>;

export interface ObjectPlace {
  readonly class: StorageClass;
  readonly version: number;
  readonly attempt: number;
}

const BELOW = /^v(\d{1,9})\/(?:source$|a(\d{1,9})\/)/;

/** Which holding an object counts to; null for the record. */
export function placeOfObject(asset: StoredAsset, key: string): ObjectPlace | null {
  const rest = key.slice(asset.place.length + 1);
  if (rest === 'record.json') return null;
  const match = BELOW.exec(rest);
  if (match === null) return { class: 'other', version: 0, attempt: 0 };
  const version = Number(match[1]);
  if (match[2] === undefined) return { class: 'source', version, attempt: 0 };
  return { class: 'renditions', version, attempt: Number(match[2]) };
}

/** Names a holding within an asset. */
export const placeName = (place: ObjectPlace): string => `${place.class}/v${place.version}/a${place.attempt}`;

/** Versions and attempts of which the store has a document. */
export function attemptsOf(asset: StoredAsset): { version: number; attempt: number; key: string }[] {
  return asset.objects.flatMap(({ key }) => {
    const match = /^v(\d{1,9})\/a(\d{1,9})\/media\.json$/.exec(key.slice(asset.place.length + 1));
    return match === null ? [] : [{ version: Number(match[1]), attempt: Number(match[2]), key }];
  });
}

/** What the region holds of an asset. A document alone, which every region has, is no holding. */
export function describeAsset(
  asset: StoredAsset,
  record: AssetRecord | undefined,
  documents: readonly MediaDocument[],
): SeenHolding[] {
  const { projectId, assetId } = asset;
  const sizes = new Map(asset.objects.map(({ key, bytes }) => [key, bytes]));
  const groups = new Map<string, { place: ObjectPlace; bytes: number; count: number }>();
  for (const { key, bytes } of asset.objects) {
    const place = placeOfObject(asset, key);
    if (place === null) continue;
    const name = placeName(place);
    const group = groups.get(name) ?? { place, bytes: 0, count: 0 };
    group.bytes += bytes;
    if (!key.endsWith('/media.json')) group.count += 1;
    groups.set(name, group);
  }
  return [...groups.values()].flatMap(({ place, bytes, count }): SeenHolding[] => {
    if (count === 0) return [];
    const document = documents.find(
      ({ version, attempt }) => version === place.version && attempt === place.attempt,
    );
    return [
      {
        projectId,
        assetId,
        ...place,
        bytes,
        isComplete: isComplete(place, bytes, sizes, record, document),
        documentRevision: place.class === 'renditions' ? (document?.revision ?? 0) : 0,
      },
    ];
  });
}

/**
 * Documents beside which nothing of their attempt lies, save the newest of the version that the record names: pushed to
 * every region when the attempt was made, and left over when it is outdone or its version replaced.
 */
export function loneDocumentsOf(
  asset: StoredAsset,
  record: AssetRecord | undefined,
  holdings: readonly SeenHolding[],
): LoneDocument[] {
  if (record === undefined) return [];
  const { projectId, assetId } = asset;
  const found = attemptsOf(asset);
  const newest = Math.max(
    ...found.filter(({ version }) => version === record.version).map(({ attempt }) => attempt),
  );
  return found
    .filter(
      ({ version, attempt }) => version < record.version || (version === record.version && attempt < newest),
    )
    .filter(
      ({ version, attempt }) =>
        !holdings.some(
          (each) => each.class === 'renditions' && each.version === version && each.attempt === attempt,
        ),
    )
    .map(({ version, attempt }) => ({ projectId, assetId, version, attempt }));
}

function isComplete(
  place: ObjectPlace,
  bytes: number,
  sizes: ReadonlyMap<string, number>,
  record: AssetRecord | undefined,
  document: MediaDocument | undefined,
): boolean {
  if (place.class === 'other') return true;
  // Of a version that is not served the record knows no length; a source is put whole or not at all.
  if (place.class === 'source') return record?.version !== place.version || bytes === record.source.bytes;
  if (document?.state !== 'complete') return false;
  return objectsOf(document).every(({ key, bytes: expected }) => {
    const found = sizes.get(key);
    return found !== undefined && (expected === undefined || found === expected);
  });
}
