// The assets that the console has seen, newest first, merged from pages. Pure: pages go in, a list comes out.
// A page replaces exactly the stretch that it covers, so that deleted assets vanish and the rest stays.
// Identifiers sort by creation, so the order needs no field of its own.

import type { AssetView } from '../../../src/contract/api/assets.ts';

export interface AssetPage {
  readonly assets: readonly AssetView[];
  readonly nextBefore: string | null;
}

export interface AssetList {
  readonly assets: readonly AssetView[];
  /** Ask for assets before this one to get more; null when all are here. */
  readonly nextBefore: string | null;
}

/** Same content, same object: rows that did not change are not drawn again. */
function reuse(known: ReadonlyMap<string, AssetView>, asset: AssetView): AssetView {
  const old = known.get(asset.id);
  return old !== undefined && JSON.stringify(old) === JSON.stringify(asset) ? old : asset;
}

/**
 * Merges a page that was asked for with `before` (null: from the newest on).
 * @returns the same list when nothing changed
 */
export function mergePage(list: AssetList | undefined, before: string | null, page: AssetPage): AssetList {
  const known = new Map((list?.assets ?? []).map((asset) => [asset.id, asset]));
  const last = page.assets[page.assets.length - 1]?.id ?? before;
  // The page covers everything older than `before` down to its last asset; down to the end when it is the last page.
  const isCovered = (id: string): boolean =>
    (before === null || id < before) && (page.nextBefore === null || last === null || id >= last);
  const assets = [
    ...(list?.assets ?? []).filter(({ id }) => !isCovered(id)),
    ...page.assets.map((asset) => reuse(known, asset)),
  ].sort((left, right) => (left.id < right.id ? 1 : left.id > right.id ? -1 : 0));
  const isOldest = last === null || !assets.some(({ id }) => id < last);
  const nextBefore = isOldest || list === undefined ? page.nextBefore : list.nextBefore;
  const isSame =
    list !== undefined &&
    list.nextBefore === nextBefore &&
    list.assets.length === assets.length &&
    list.assets.every((asset, index) => asset === assets[index]);
  return isSame ? list : { assets, nextBefore };
}

/** Puts one changed asset in its place. */
export function replaceAsset(list: AssetList, asset: AssetView): AssetList {
  return { ...list, assets: list.assets.map((old) => (old.id === asset.id ? asset : old)) };
}

/** Takes one asset out. */
export function removeAsset(list: AssetList, assetId: string): AssetList {
  return { ...list, assets: list.assets.filter(({ id }) => id !== assetId) };
}
