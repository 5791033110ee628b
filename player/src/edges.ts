// The edges a page knows: from its attribute, from /player/edges.json of the edge that served it, or from what an
// earlier visit kept, so that a page whose own region died a moment ago still finds another one.

export type Edge = {
  readonly pathwayId: string;
  readonly regionId: string;
  readonly name: string;
  readonly baseUrl: string;
};

export type EdgeList = { readonly edges: readonly Edge[]; readonly group: string | undefined };

const STORAGE_KEY = 'meridian-edges';
/** More edges than this are never asked; a start races a few, not a fleet. */
const EDGES_MAX = 16;
/** A page may not hang on this list: two seconds, then what is known must do. */
const LOAD_MAX_MS = 2_000;
/** A probe that takes longer comes from a region nobody would choose. */
const PROBE_MAX_MS = 2_000;

/** Base address without a trailing slash; undefined when it is none. */
function baseOf(text: string): string | undefined {
  if (!URL.canParse(text, location.href)) return undefined;
  return new URL(text, location.href).href.replace(/\/+$/, '');
}

/** Edges named by the `edges` attribute: base addresses separated by commas. */
export function edgesFromAttribute(value: string): readonly Edge[] {
  return value
    .split(',')
    .flatMap((part) => baseOf(part.trim()) ?? [])
    .map((baseUrl) => ({
      pathwayId: baseUrl,
      regionId: new URL(baseUrl).host,
      name: new URL(baseUrl).host,
      baseUrl,
    }));
}

/** Reads an edge list of unknown origin; whatever is not an edge is left out. */
export function readEdgeList(value: unknown): EdgeList {
  if (typeof value !== 'object' || value === null) return { edges: [], group: undefined };
  const list = 'edges' in value && Array.isArray(value.edges) ? value.edges : [];
  const edges = list.slice(0, EDGES_MAX).flatMap((entry: unknown): readonly Edge[] => {
    if (typeof entry !== 'object' || entry === null || !('baseUrl' in entry)) return [];
    const baseUrl = typeof entry.baseUrl === 'string' ? baseOf(entry.baseUrl) : undefined;
    if (baseUrl === undefined) return [];
    const text = (name: string, otherwise: string): string => {
      const field: unknown = Reflect.get(entry, name);
      return typeof field === 'string' ? field : otherwise;
    };
    const regionId = text('regionId', new URL(baseUrl).host);
    return [{ pathwayId: text('pathwayId', baseUrl), regionId, name: text('name', regionId), baseUrl }];
  });
  return { edges, group: 'group' in value && typeof value.group === 'string' ? value.group : undefined };
}

/** What an earlier visit kept. */
export function rememberedEdges(): EdgeList {
  try {
    return readEdgeList(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? 'null'));
  } catch {
    return { edges: [], group: undefined };
  }
}

/** Asks the page's own edge for the list and keeps it; falls back on what an earlier visit kept. */
export async function loadEdges(): Promise<EdgeList> {
  try {
    const response = await fetch('/player/edges.json', { signal: AbortSignal.timeout(LOAD_MAX_MS) });
    if (!response.ok) return rememberedEdges();
    const list = readEdgeList(await response.json());
    if (list.edges.length > 0) localStorage.setItem(STORAGE_KEY, JSON.stringify(list));
    return list.edges.length > 0 ? list : rememberedEdges();
  } catch {
    return rememberedEdges();
  }
}

/** Round trip to each edge that answers, nearest first. */
export async function probeEdges(
  edges: readonly Edge[],
): Promise<readonly { readonly edge: Edge; readonly roundTripMs: number }[]> {
  const probed = await Promise.all(
    edges.map(async (edge) => {
      try {
        // The first request pays for the connection; the second measures the path.
        await probe(edge);
        return [{ edge, roundTripMs: await probe(edge) }];
      } catch {
        return [];
      }
    }),
  );
  return probed.flat().sort((a, b) => a.roundTripMs - b.roundTripMs);
}

async function probe(edge: Edge): Promise<number> {
  const startedAtMs = performance.now();
  await fetch(`${edge.baseUrl}/probe`, {
    cache: 'no-store',
    mode: 'no-cors',
    signal: AbortSignal.timeout(PROBE_MAX_MS),
  });
  return performance.now() - startedAtMs;
}
