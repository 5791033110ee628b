// A long list that the console has seen in part, newest first, merged from pages. Pure: pages go in, a list comes out.
// A page replaces exactly the stretch that it covers, so that deleted items vanish and the rest stays.
// Identifiers sort by creation, so the order needs no field of its own.

/** Identifiers are texts that sort, or numbers that grow. */
export interface Listed {
  readonly id: string | number;
}

export interface Page<T extends Listed> {
  readonly items: readonly T[];
  readonly nextBefore: T['id'] | null;
}

export interface PagedList<T extends Listed> {
  readonly items: readonly T[];
  /** Ask for items before this one to get more; null when all are here. */
  readonly nextBefore: T['id'] | null;
}

/** Index of the first item that is older than `id`; the list is sorted, newest first. */
function firstOlder<T extends Listed>(items: readonly T[], id: T['id']): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = items[middle]?.id;
    if (found === undefined || found < id) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Merges a page that was asked for with `before` (null: from the newest on).
 * @returns the same list when nothing changed
 */
export function mergePage<T extends Listed>(
  list: PagedList<T> | undefined,
  before: T['id'] | null,
  page: Page<T>,
): PagedList<T> {
  const known = list?.items ?? [];
  const last = page.items.at(-1)?.id ?? before;
  // The page covers what is older than `before` down to its last item; to the very end when it is the last page.
  const start = before === null ? 0 : firstOlder(known, before);
  const end = page.nextBefore === null || last === null ? known.length : firstOlder(known, last);
  const covered = known.slice(start, end);
  // Same content, same object: rows that did not change are not drawn again.
  const old = new Map(covered.map((item) => [item.id, item]));
  const fresh = page.items.map((item) => {
    const same = old.get(item.id);
    return same !== undefined && JSON.stringify(same) === JSON.stringify(item) ? same : item;
  });
  const isOldest = end === known.length;
  const nextBefore = isOldest || list === undefined ? page.nextBefore : list.nextBefore;
  const isSame =
    list !== undefined &&
    list.nextBefore === nextBefore &&
    fresh.length === covered.length &&
    fresh.every((item, index) => item === covered[index]);
  return isSame ? list : { items: [...known.slice(0, start), ...fresh, ...known.slice(end)], nextBefore };
}

/** Puts one changed item in its place. */
export function replaceItem<T extends Listed>(list: PagedList<T>, item: T): PagedList<T> {
  return { ...list, items: list.items.map((old) => (old.id === item.id ? item : old)) };
}

/** Takes one item out. */
export function removeItem<T extends Listed>(list: PagedList<T>, id: T['id']): PagedList<T> {
  return { ...list, items: list.items.filter((item) => item.id !== id) };
}
