// Filters of a list out of its address: `?action=runbook.&subject=drain-region`. Pure.

export type Filters<N extends string> = Partial<Record<N, string>>;

/** Filters of the detail of a route; null: it is no list of filters. */
export function readFilters<N extends string>(detail: string | null, names: readonly N[]): Filters<N> | null {
  if (detail === null) return {};
  if (!detail.startsWith('?')) return null;
  const given = new URLSearchParams(detail.slice(1));
  const filters: Filters<N> = {};
  for (const name of names) {
    const value = given.get(name);
    if (value !== null && value !== '') filters[name] = value;
  }
  return filters;
}
