// Where in the world something happens, told by its labels, and how far apart two such places are. A label that names
// a node implies its site, and a site its region, as long as the topology knows them.

export type Labels = Readonly<Record<string, string>>;

export interface Topology {
  /** Site → region. */
  readonly regionOfSite: ReadonlyMap<string, string>;
  /** Node → site. */
  readonly siteOfNode: ReadonlyMap<string, string>;
}

export interface Place {
  readonly region: string | null;
  readonly site: string | null;
  readonly node: string | null;
}

/** From the same node to another region; `world`: at least one of the two has no place of its own. */
export type Distance = 'node' | 'site' | 'region' | 'world' | 'elsewhere';

/** The place that labels name: `region`, `site` and `node`, or a runbook's `target`, the wider ones filled in. */
export function placeOf(labels: Labels, topology: Topology): Place {
  const { regionOfSite, siteOfNode } = topology;
  const { target } = labels;
  const node = labels.node ?? null;
  const targetSite = target !== undefined && regionOfSite.has(target) ? target : undefined;
  const site = labels.site ?? (node === null ? undefined : siteOfNode.get(node)) ?? targetSite ?? null;
  const isRegion = target !== undefined && [...regionOfSite.values()].includes(target);
  const targetRegion = isRegion ? target : undefined;
  const region =
    labels.region ?? (site === null ? undefined : regionOfSite.get(site)) ?? targetRegion ?? null;
  return { region, site, node };
}

/** How far apart two places are. Two sites of one region, or a site and its region, are a region apart. */
export function distanceOf(one: Place, other: Place): Distance {
  const isNowhere = (place: Place): boolean =>
    place.region === null && place.site === null && place.node === null;
  if (isNowhere(one) || isNowhere(other)) return 'world';
  if (one.node !== null && one.node === other.node) return 'node';
  if (one.site !== null && one.site === other.site) return 'site';
  if (one.region !== null && one.region === other.region) return 'region';
  return 'elsewhere';
}

/** Labels with the wider places filled in. */
export function withPlace(labels: Labels, topology: Topology): Record<string, string> {
  const { region, site } = placeOf(labels, topology);
  return { ...labels, ...(site === null ? {} : { site }), ...(region === null ? {} : { region }) };
}
