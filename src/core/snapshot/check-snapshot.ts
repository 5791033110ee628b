// Whether a node may adopt a snapshot. The control plane that signed it may be confused, restored from a backup or
// in the middle of a bad rollout; a node that serves well with what it has must not follow it into the abyss.
// Refused: what is not newer by (term, sequence); what is too large; what contradicts itself; what takes away too
// many pathways or every key at once. Pure; the signature and the shape are checked before.

/** The parts of a snapshot that the checker reads; the contract's snapshot fits. */
export interface SnapshotView {
  readonly term: number;
  readonly sequence: number;
  readonly removalIsMeant: boolean;
  readonly regions: readonly { readonly id: string }[];
  readonly sites: readonly { readonly id: string; readonly regionId: string }[];
  readonly nodes: readonly { readonly id: string; readonly siteId: string; readonly regionId: string }[];
  readonly pathways: readonly {
    readonly id: string;
    readonly regionId: string;
    readonly siteId: string | null;
  }[];
  readonly steering: {
    readonly groups: readonly {
      readonly id: string;
      readonly order: readonly string[];
      readonly shares: readonly { readonly pathwayId: string; readonly share: number }[];
    }[];
  };
  readonly keys: readonly { readonly id: string }[];
}

export interface SnapshotLimits {
  /** Bytes of the signed text. */
  readonly bytesMax: number;
  /** Share of the pathways that may go away at once without being marked as meant. */
  readonly removalShareMax: number;
  /** Rows of any one list: more cannot be true, and would make every reader slow. */
  readonly rowsMax: number;
}

/** Equal to the contract's limits; 10,000 nodes of 100 bytes already fill a snapshot. */
export const DEFAULT_SNAPSHOT_LIMITS: SnapshotLimits = {
  bytesMax: 1 << 20,
  removalShareMax: 0.3,
  rowsMax: 10_000,
};

export type SnapshotRefusalCode =
  | 'not_newer'
  | 'too_large'
  | 'too_many_rows'
  | 'contradiction'
  | 'mass_removal'
  | 'no_keys';

export type SnapshotVerdict =
  | { readonly isAccepted: true }
  | { readonly isAccepted: false; readonly code: SnapshotRefusalCode; readonly reason: string };

/** Positive when `left` is newer. A higher term wins whatever the sequence says. */
export function compareVersions(
  left: { readonly term: number; readonly sequence: number },
  right: { readonly term: number; readonly sequence: number },
): number {
  return left.term - right.term || left.sequence - right.sequence;
}

/**
 * Judges a snapshot against the one in force.
 * @param bytes size of the signed text, 0 when it does not travel
 */
export function checkSnapshot(
  next: SnapshotView,
  current: SnapshotView | null,
  bytes = 0,
  limits: SnapshotLimits = DEFAULT_SNAPSHOT_LIMITS,
): SnapshotVerdict {
  const refuse = (code: SnapshotRefusalCode, reason: string): SnapshotVerdict => ({
    isAccepted: false,
    code,
    reason,
  });
  if (current !== null && compareVersions(next, current) <= 0)
    return refuse(
      'not_newer',
      `(${next.term}, ${next.sequence}) is not newer than (${current.term}, ${current.sequence})`,
    );
  if (bytes > limits.bytesMax) return refuse('too_large', `${bytes} bytes are more than ${limits.bytesMax}`);
  const lists = ['regions', 'sites', 'nodes', 'pathways', 'keys'] as const;
  const long = lists.find((list) => next[list].length > limits.rowsMax);
  if (long !== undefined)
    return refuse('too_many_rows', `${next[long].length} ${long} are more than ${limits.rowsMax}`);
  const contradiction = findContradiction(next);
  if (contradiction !== null) return refuse('contradiction', contradiction);
  if (current === null) return { isAccepted: true };
  if (current.keys.length > 0 && next.keys.length === 0)
    return refuse('no_keys', `all ${current.keys.length} keys would go away`);
  return checkRemoval(next, current, limits);
}

function checkRemoval(next: SnapshotView, current: SnapshotView, limits: SnapshotLimits): SnapshotVerdict {
  const kept = new Set(next.pathways.map(({ id }) => id));
  const removed = current.pathways.filter(({ id }) => !kept.has(id)).length;
  const isTooMuch = removed > current.pathways.length * limits.removalShareMax;
  if (!isTooMuch || next.removalIsMeant) return { isAccepted: true };
  const limit = `${Math.round(limits.removalShareMax * 100)} %`;
  const reason = `${removed} of ${current.pathways.length} pathways would go away, more than ${limit}, and it is not marked as meant`;
  return { isAccepted: false, code: 'mass_removal', reason };
}

function findContradiction(next: SnapshotView): string | null {
  for (const list of ['regions', 'sites', 'nodes', 'pathways', 'keys'] as const) {
    const seen = new Set<string>();
    for (const { id } of next[list]) {
      if (seen.has(id)) return `${list} name ${id} twice`;
      seen.add(id);
    }
  }
  return findLostPlace(next) ?? findUnknownPathway(next);
}

function findLostPlace(next: SnapshotView): string | null {
  const regions = new Set(next.regions.map(({ id }) => id));
  const sites = new Map(next.sites.map(({ id, regionId }) => [id, regionId]));
  for (const site of next.sites)
    if (!regions.has(site.regionId)) return `site ${site.id} lies in unknown region ${site.regionId}`;
  for (const node of next.nodes) {
    const regionId = sites.get(node.siteId);
    if (regionId === undefined) return `node ${node.id} lies at unknown site ${node.siteId}`;
    if (regionId !== node.regionId)
      return `node ${node.id} says region ${node.regionId}, its site ${node.siteId} says ${regionId}`;
  }
  for (const pathway of next.pathways) {
    if (!regions.has(pathway.regionId))
      return `pathway ${pathway.id} lies in unknown region ${pathway.regionId}`;
    if (pathway.siteId === null) continue;
    const regionId = sites.get(pathway.siteId);
    if (regionId === undefined) return `pathway ${pathway.id} lies at unknown site ${pathway.siteId}`;
    if (regionId !== pathway.regionId)
      return `pathway ${pathway.id} says region ${pathway.regionId}, its site ${pathway.siteId} says ${regionId}`;
  }
  return null;
}

function findUnknownPathway(next: SnapshotView): string | null {
  const pathways = new Set(next.pathways.map(({ id }) => id));
  const groups = new Set<string>();
  for (const group of next.steering.groups) {
    if (groups.has(group.id)) return `steering plans group ${group.id} twice`;
    groups.add(group.id);
    for (const pathwayId of group.order)
      if (!pathways.has(pathwayId)) return `steering orders unknown pathway ${pathwayId}`;
    for (const { pathwayId } of group.shares)
      if (!pathways.has(pathwayId)) return `steering gives a share to unknown pathway ${pathwayId}`;
  }
  return null;
}
