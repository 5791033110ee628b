// The viewer group: the region whose plan a viewer follows. Told by the player (`g`, after measuring round trips),
// else by a header of a trusted proxy, else by the networks of the configuration (longest prefix), else it is the
// region that the viewer has reached.

import { isIPv4, isIPv6 } from 'node:net';
import { MeridianError } from '#contract/errors.ts';

/** Finds the region of an address; undefined when no network holds it. */
export type NetworkMatcher = (address: string) => string | undefined;

/** Networks of one prefix length: masked address → region. */
type Level = readonly [prefixLength: number, regions: Map<bigint, string>];

/** Address families differ in width, so each has its own levels. */
const WIDTHS = { 4: 32, 6: 128 } as const;

/** Compiles CIDR lists; a lookup is one map access per prefix length in use. */
export function compileNetworks(
  groups: readonly { readonly regionId: string; readonly cidrs: readonly string[] }[],
): NetworkMatcher {
  const levels = { 4: new Map<number, Map<bigint, string>>(), 6: new Map<number, Map<bigint, string>>() };
  for (const { regionId, cidrs } of groups) {
    for (const cidr of cidrs) {
      const [text = '', lengthText = ''] = cidr.split('/');
      const parsed = parseAddress(text);
      const length = lengthText === '' && parsed ? WIDTHS[parsed.family] : Number(lengthText);
      if (parsed === undefined || !Number.isInteger(length) || length < 0 || length > WIDTHS[parsed.family])
        throw new MeridianError('invalid_config', {
          reason: `'${cidr}' in viewerGroups of ${regionId} is not a network`,
        });
      const level = levels[parsed.family];
      const regions = level.get(length) ?? new Map<bigint, string>();
      regions.set(mask(parsed.value, length, WIDTHS[parsed.family]), regionId);
      level.set(length, regions);
    }
  }
  const sorted = { 4: longestFirst(levels[4]), 6: longestFirst(levels[6]) };
  return (address) => {
    if (sorted[4].length === 0 && sorted[6].length === 0) return undefined;
    const parsed = parseAddress(address);
    if (parsed === undefined) return undefined;
    for (const [length, regions] of sorted[parsed.family]) {
      const regionId = regions.get(mask(parsed.value, length, WIDTHS[parsed.family]));
      if (regionId !== undefined) return regionId;
    }
    return undefined;
  };
}

function longestFirst(levels: ReadonlyMap<number, Map<bigint, string>>): Level[] {
  return [...levels].sort(([left], [right]) => right - left);
}

function mask(value: bigint, length: number, width: number): bigint {
  return value >> BigInt(width - length);
}

function parseAddress(text: string): { family: 4 | 6; value: bigint } | undefined {
  // A dual-stack socket reports IPv4 viewers as mapped addresses.
  const plain = text.startsWith('::ffff:') && isIPv4(text.slice(7)) ? text.slice(7) : text;
  if (isIPv4(plain)) {
    const value = plain.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
    return { family: 4, value };
  }
  const withoutZone = plain.split('%')[0] ?? '';
  if (!isIPv6(withoutZone)) return undefined;
  return { family: 6, value: parseIPv6(withoutZone) };
}

function parseIPv6(text: string): bigint {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  const hex = tail === null ? text : `${tail[1]}${embeddedIPv4(tail[2] ?? '')}`;
  const [head = '', rest] = hex.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = rest === undefined || rest === '' ? [] : rest.split(':');
  const zeros = rest === undefined ? 0 : 8 - left.length - right.length;
  const parts = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return parts.reduce((sum, part) => (sum << 16n) | BigInt(`0x${part}`), 0n);
}

function embeddedIPv4(text: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

export interface ViewerHints {
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly remoteAddress: string | undefined;
}

export interface GroupFinder {
  /** What the viewer or its network tells; undefined when nothing does. */
  toldGroup(viewer: ViewerHints): string | undefined;
  /** The same, and the own region for lack of anything better. */
  groupOf(viewer: ViewerHints): string;
}

/** Creates the finder; `isKnown` tells which names are regions of ours. */
export function createGroupFinder(options: {
  trustedGroupHeader: string | undefined;
  networks: NetworkMatcher;
  ownRegionId: string;
  isKnown(regionId: string): boolean;
}): GroupFinder {
  const header = options.trustedGroupHeader?.toLowerCase();

  function toldGroup({ query, headers, remoteAddress }: ViewerHints): string | undefined {
    const told = query.get('g');
    if (told !== null && options.isKnown(told)) return told;
    const named = header === undefined ? undefined : headers[header];
    if (typeof named === 'string' && options.isKnown(named)) return named;
    const network = remoteAddress === undefined ? undefined : options.networks(remoteAddress);
    return network !== undefined && options.isKnown(network) ? network : undefined;
  }

  return { toldGroup, groupOf: (viewer) => toldGroup(viewer) ?? options.ownRegionId };
}
