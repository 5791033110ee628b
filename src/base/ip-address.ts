// Which addresses belong to the public internet. Whoever lets people name an address that this server then connects to
// (webhooks, ingest from a URL) asks here first, with the address that it will really connect to, so that nobody can
// reach the machine itself, its neighbours, or a cloud's metadata service through us.
//
// What is not known to be public is refused: of IPv6 only 2000::/3 is given out at all. Addresses that carry an IPv4
// address inside (mapped, NAT64, 6to4, ISATAP) are judged by that one, since that is where packets end.
// Only canonical text is understood: four decimal numbers, or RFC 4291 groups. The other spellings of IPv4 (octal, hex,
// one number) are turned into this one by the WHATWG URL parser; handed in directly they are no address, and refused.
// Sources: IANA special-purpose address registries (RFC 6890 with updates), RFC 4291, 6052, 8215, 3056, 5214, 4380.

export type AddressKind =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'shared'
  | 'multicast'
  | 'metadata'
  | 'documentation'
  | 'reserved';

type Range = readonly [network: string, bits: number, kind: AddressKind];

/** The first range that holds an address decides. */
const IPV4_RANGES: readonly Range[] = [
  // The metadata services of the big clouds; those outside link-local ranges would pass for something else.
  ['169.254.169.254', 32, 'metadata'],
  ['169.254.170.2', 32, 'metadata'],
  ['100.100.100.200', 32, 'metadata'],
  ['168.63.129.16', 32, 'metadata'],
  ['192.0.0.192', 32, 'metadata'],
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

const IPV6_RANGES: readonly Range[] = [
  ['fd00:ec2::254', 128, 'metadata'],
  ['fd20:ce::254', 128, 'metadata'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['fc00::', 7, 'private'],
  // Site-local (RFC 3879), given up but still private where it is used.
  ['fec0::', 10, 'private'],
  ['fe80::', 10, 'link-local'],
  ['ff00::', 8, 'multicast'],
  // Local-use NAT64 (RFC 8215): it leads into the operator's own network.
  ['64:ff9b:1::', 48, 'private'],
  ['2001:db8::', 32, 'documentation'],
  ['3fff::', 20, 'documentation'],
  // Teredo, benchmarking, ORCHID and the rest of the protocol assignments.
  ['2001::', 23, 'reserved'],
  ['2000::', 3, 'public'],
  ['::', 0, 'reserved'],
];

/** Where an IPv4 address lies inside an IPv6 one: the network, its length, and the bit at which the address ends. */
const EMBEDDINGS: readonly (readonly [network: string, bits: number, end: number])[] = [
  ['::ffff:0:0', 96, 128],
  ['::ffff:0:0:0', 96, 128],
  ['64:ff9b::', 96, 128],
  ['2002::', 16, 48],
];

/** What an address is; undefined when the text is no address. A zone (`%eth0`) is ignored. */
export function addressKind(text: string): AddressKind | undefined {
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return kindIn(IPV4_TABLE, ipv4, 32);
  const ipv6 = parseIpv6(text.replace(/%.*$/, ''));
  return ipv6 === undefined ? undefined : kindOfIpv6(ipv6);
}

/** Whether text is an address of the public internet. What is no address at all is not. */
export function isPublicAddress(text: string): boolean {
  return addressKind(text) === 'public';
}

/** The address in the host of a parsed URL, without brackets; undefined when the host is a name. */
export function addressOfHost(hostname: string): string | undefined {
  const text = hostname.replace(/^\[(.*)\]$/, '$1');
  return addressKind(text) === undefined ? undefined : text;
}

/** Four decimal numbers without leading zeros, as one number. */
function parseIpv4(text: string): bigint | undefined {
  if (!/^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(text)) return undefined;
  let value = 0n;
  for (const part of text.split('.')) {
    if (Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

/** RFC 4291 text, also with an IPv4 tail, as one number. */
function parseIpv6(text: string): bigint | undefined {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  let groupsText = text;
  if (tail?.[1] !== undefined && tail[2] !== undefined) {
    const ipv4 = parseIpv4(tail[2]);
    if (ipv4 === undefined) return undefined;
    groupsText = `${tail[1]}${(ipv4 >> 16n).toString(16)}:${(ipv4 & 0xffffn).toString(16)}`;
  }
  const halves = groupsText.split('::');
  if (halves.length > 2 || !groupsText.includes(':')) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const given = left.length + right.length;
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined;
  const groups = [...left, ...Array.from({ length: 8 - given }, () => '0'), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

interface ParsedRange {
  readonly value: bigint;
  readonly bits: number;
  readonly kind: AddressKind;
}

function parseRanges(
  ranges: readonly Range[],
  parse: (text: string) => bigint | undefined,
): readonly ParsedRange[] {
  return ranges.map(([network, bits, kind]) => ({ value: parse(network) ?? 0n, bits, kind }));
}

const IPV4_TABLE = parseRanges(IPV4_RANGES, parseIpv4);
const IPV6_TABLE = parseRanges(IPV6_RANGES, parseIpv6);
const EMBEDDING_TABLE = EMBEDDINGS.map(([network, bits, end]) => ({
  value: parseIpv6(network) ?? 0n,
  bits,
  end,
}));

function isWithin(address: bigint, network: bigint, bits: number, width: number): boolean {
  const shift = BigInt(width - bits);
  return address >> shift === network >> shift;
}

function kindIn(table: readonly ParsedRange[], address: bigint, width: number): AddressKind {
  return table.find(({ value, bits }) => isWithin(address, value, bits, width))?.kind ?? 'public';
}

function kindOfIpv6(address: bigint): AddressKind {
  const embedding = EMBEDDING_TABLE.find(({ value, bits }) => isWithin(address, value, bits, 128));
  if (embedding !== undefined) {
    const ipv4 = (address >> BigInt(128 - embedding.end)) & 0xffff_ffffn;
    return kindIn(IPV4_TABLE, ipv4, 32);
  }
  const kind = kindIn(IPV6_TABLE, address, 128);
  // ISATAP: any prefix, then 0000:5efe or 0200:5efe and an IPv4 address.
  const isIsatap = ((address >> 32n) & 0xfdff_ffffn) === 0x5efen;
  return kind === 'public' && isIsatap ? kindIn(IPV4_TABLE, address & 0xffff_ffffn, 32) : kind;
}
