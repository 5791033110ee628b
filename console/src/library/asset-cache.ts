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
function reuse(known: readonly AssetView[], asset: AssetView): AssetView {
  const old = known.find(({ id }) => id === asset.id);
  return old !== undefined && JSON.stringify(old) === JSON.stringify(asset) ? old : asset;
}

/** Index of the first asset that is older than `id`; the list is sorted, newest first. */
function firstOlder(assets: readonly AssetView[], id: string): number {
  let low = 0;
  let high = assets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((assets[middle]?.id ?? '') < id) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Merges a page that was asked for with `before` (null: from the newest on).
 * @returns the same list when nothing changed
 */
export function mergePage(list: AssetList | undefined, before: string | null, page: AssetPage): AssetList {
  const known = list?.assets ?? [];
  const last = page.assets[page.assets.length - 1]?.id ?? before;
  // The page covers what is older than `before` down to its last asset; to the very end when it is the last page.
  const start = before === null ? 0 : firstOlder(known, before);
  const end = page.nextBefore === null || last === null ? known.length : firstOlder(known, last);
  const covered = known.slice(start, end);
  const fresh = page.assets.map((asset) => reuse(covered, asset));
  const isOldest = end === known.length;
  const nextBefore = isOldest || list === undefined ? page.nextBefore : list.nextBefore;
  const isSame =
    list !== undefined &&
    list.nextBefore === nextBefore &&
    fresh.length === covered.length &&
    fresh.every((asset, index) => asset === covered[index]);
  return isSame ? list : { assets: [...known.slice(0, start), ...fresh, ...known.slice(end)], nextBefore };
}

/** Puts one changed asset in its place. */
export function replaceAsset(list: AssetList, asset: AssetView): AssetList {
  return { ...list, assets: list.assets.map((old) => (old.id === asset.id ? asset : old)) };
}

/** Takes one asset out. */
export function removeAsset(list: AssetList, assetId: string): AssetList {
  return { ...list, assets: list.assets.filter(({ id }) => id !== assetId) };
}
