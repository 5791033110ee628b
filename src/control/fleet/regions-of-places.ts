// In which regions something acts that names regions, sites or nodes.

import type { Fleet } from './fleet.ts';

/** The regions of these places; null stands for everywhere. */
export function regionsOfPlaces(
  fleet: Pick<Fleet, 'sites' | 'node'>,
  places: readonly (string | null)[],
): ReadonlySet<string> {
  const regions = new Set<string>();
  for (const place of places) {
    const node = place === null ? undefined : fleet.node(place);
    const sites = fleet
      .sites()
      .filter(({ id, regionId }) => place === null || id === place || regionId === place);
    if (node !== undefined) regions.add(node.regionId);
    for (const { regionId } of sites) regions.add(regionId);
    // A place that is gone from the configuration is nobody's: its own name is asked for.
    if (place !== null && node === undefined && sites.length === 0) regions.add(place);
  }
  return regions;
}
