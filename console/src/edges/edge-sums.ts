// What the edges do together, and which objects are hot anywhere. Pure.

import type { EdgeView } from '../../../src/contract/api/edges.ts';
import type { Part } from '../ui/part.ts';

/** Where the objects of some edges came from. A fetch serves all who ask meanwhile, so the last two are of fetches. */
export function sourcesOf(edges: readonly EdgeView[]): readonly Part[] {
  const sum = (pick: (edge: EdgeView) => number): number =>
    edges.reduce((total, edge) => total + pick(edge), 0);
  const fetched = sum(({ objects }) => objects.fetchedPerSecond);
  const mates = sum(({ fetches }) => fetches.matePerSecond);
  const asked = mates + sum(({ fetches }) => fetches.originPerSecond);
  const mateShare = asked === 0 ? 0 : mates / asked;
  return [
    { label: 'Memory', value: sum(({ objects }) => objects.memoryPerSecond), hue: 'hue-0' },
    { label: 'Disk', value: sum(({ objects }) => objects.diskPerSecond), hue: 'hue-3' },
    { label: 'Mate', value: fetched * mateShare, hue: 'hue-2' },
    { label: 'Origin', value: fetched * (1 - mateShare), hue: 'hue-1' },
  ];
}

/** The share of objects that were at the edge, in memory or on disk; null without traffic. */
export function hitRatioOf(edges: readonly EdgeView[]): number | null {
  const [memory, disk, ...fetched] = sourcesOf(edges).map(({ value }) => value);
  const hits = (memory ?? 0) + (disk ?? 0);
  const all = hits + fetched.reduce((sum, value) => sum + value, 0);
  return all === 0 ? null : hits / all;
}

export interface HotObject {
  readonly path: string;
  readonly requestsPerSecond: number;
  readonly edges: number;
  /** What it is of, or null when the address has another form. */
  readonly assetId: string | null;
  /** The last parts of the address: rendition and segment. */
  readonly name: string;
}

const MEDIA_PATH = /^\/m\/[^/]+\/(ast_[0-9a-z]+)\/(?:v\d+\/)?(?:a\d+\/)?(.+)$/;

/** The hottest objects of all edges together, hottest first. */
export function hottestOf(edges: readonly EdgeView[], count: number): readonly HotObject[] {
  const found = new Map<string, { requestsPerSecond: number; edges: number }>();
  for (const edge of edges)
    for (const { path, requestsPerSecond } of edge.hotObjects) {
      const known = found.get(path) ?? { requestsPerSecond: 0, edges: 0 };
      known.requestsPerSecond += requestsPerSecond;
      known.edges += 1;
      found.set(path, known);
    }
  return [...found]
    .sort((one, other) => other[1].requestsPerSecond - one[1].requestsPerSecond)
    .slice(0, count)
    .map(([path, sums]) => {
      const match = MEDIA_PATH.exec(path);
      return { path, ...sums, assetId: match?.[1] ?? null, name: match?.[2] ?? path };
    });
}
