// Which edges of a site own an object: consistent hashing with bounded loads. Every node stands at many points of a
// circle; an object belongs to the first node after its own point, so that a node that joins or leaves moves only what
// lies before its points. A node whose load is past its bound is passed over for the moment, as a walker passes a full
// house. Whoever asks knows loads only from its own side; the bound therefore begins at a number that an idle site
// never reaches, or two askers would name two owners.
// Sources: Karger and others, "Consistent Hashing and Random Trees", STOC 1997; Mirrokni and others, "Consistent
// Hashing with Bounded Loads", SODA 2018.

import { hash32 } from '../../base/prng.ts';

export interface Ring {
  readonly nodeIds: readonly string[];
  /** Points of all nodes, ascending, and at the same index whose they are. */
  readonly points: Uint32Array;
  readonly owners: Uint16Array;
}

export interface RingPolicy {
  /** How many owners are named at most: the first is asked, the rest stand in for it. */
  readonly ownersMax: number;
  /** A node may carry this many times the mean load. */
  readonly loadFactor: number;
  /** A load that is never too much. */
  readonly loadMin: number;
}

export interface RingReason {
  readonly code: 'owner' | 'next' | 'past_bound';
  readonly subject: string;
  readonly values: { readonly load: number; readonly bound: number };
}

export interface Ownership {
  /** Best first; nodes past their bound come last. */
  readonly nodeIds: readonly string[];
  readonly reasons: readonly RingReason[];
}

/** 32 requests at once are a small part of what a node answers, and more than a site that is idle has under way. */
export const DEFAULT_RING_POLICY: RingPolicy = { ownersMax: 3, loadFactor: 1.25, loadMin: 32 };

/** With 512 points the shares of eight nodes differ by some 4 %; a lookup is a search in a few kilobytes. */
const POINTS_PER_NODE = 512;
/** More nodes than a site has; an index fits 16 bits. */
const NODES_MAX = 1_024;

/** A hash whose every bit depends on every character; FNV alone leaves the last ones in the low bits. */
export function ringHash(text: string): number {
  let hash = hash32(text);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Builds the ring of some nodes; their order does not matter. */
export function createRing(nodeIds: readonly string[]): Ring {
  const sorted = [...new Set(nodeIds)].sort().slice(0, NODES_MAX);
  const all = sorted.flatMap((id, index) =>
    Array.from({ length: POINTS_PER_NODE }, (_, point) => ({ at: ringHash(`${point}/${id}`), index })),
  );
  all.sort((left, right) => left.at - right.at || left.index - right.index);
  return {
    nodeIds: sorted,
    points: Uint32Array.from(all, ({ at }) => at),
    owners: Uint16Array.from(all, ({ index }) => index),
  };
}

/** The share of all objects that each node owns while no load moves any: the lengths of its arcs. */
export function ringShares(ring: Ring): ReadonlyMap<string, number> {
  const { nodeIds, points, owners } = ring;
  const lengths = new Map<string, number>();
  let before = (points.at(-1) ?? 0) - 2 ** 32;
  for (const [at, point] of points.entries()) {
    const id = nodeIds[owners[at] ?? 0] ?? '';
    lengths.set(id, (lengths.get(id) ?? 0) + (point - before) / 2 ** 32);
    before = point;
  }
  return lengths;
}

/** The owners of an object. `loads` are what each node carries now; a missing one carries nothing. */
export function owners(
  ring: Ring,
  key: string,
  loads: ReadonlyMap<string, number>,
  policy: RingPolicy = DEFAULT_RING_POLICY,
): Ownership {
  const count = ring.nodeIds.length;
  if (count === 0) return { nodeIds: [], reasons: [] };
  const bound = boundOf(ring, loads, policy);
  const within: string[] = [];
  const past: string[] = [];
  const seen = new Set<number>();
  const start = firstPointFrom(ring.points, ringHash(key));
  for (let step = 0; step < ring.points.length; step += 1) {
    const index = ring.owners[(start + step) % ring.points.length] ?? 0;
    if (seen.has(index)) continue;
    seen.add(index);
    const id = ring.nodeIds[index] ?? '';
    if ((loads.get(id) ?? 0) < bound) within.push(id);
    else past.push(id);
    if (within.length === policy.ownersMax || seen.size === count) break;
  }
  const nodeIds = [...within, ...past].slice(0, policy.ownersMax);
  const reasons = nodeIds.map((subject, index): RingReason => {
    const load = loads.get(subject) ?? 0;
    const code = load >= bound ? 'past_bound' : index === 0 ? 'owner' : 'next';
    return { code, subject, values: { load, bound } };
  });
  return { nodeIds, reasons };
}

/** What one node may carry: the mean with one request more, times the factor. */
function boundOf(ring: Ring, loads: ReadonlyMap<string, number>, policy: RingPolicy): number {
  let sum = 1;
  for (const id of ring.nodeIds) sum += loads.get(id) ?? 0;
  return Math.max(policy.loadMin, Math.ceil((policy.loadFactor * sum) / ring.nodeIds.length));
}

/** Index of the first point at or after a place of the circle. */
function firstPointFrom(points: Uint32Array, place: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return low === points.length ? 0 : low;
}
