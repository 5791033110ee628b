// What the shape of meridian.yaml cannot say: values that contradict each other. Pure, so that the console can check
// a configuration before anybody saves it.

import { z } from 'zod';
import { nearestWord } from '../base/nearest.ts';
import type { Config } from './config.ts';

export interface ConfigContradiction {
  /** Where in the file; a missing key's place is its parent. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const cidrSchema = z.union([z.cidrv4(), z.cidrv6()]);

/** Every contradiction in a configuration that has the right shape; empty when there is none. */
export function findContradictions(config: Config): ConfigContradiction[] {
  return [
    ...findRepeatedIds(config),
    ...findRepeatedPorts(config),
    ...findSharedUdpPorts(config),
    ...findSharedBuckets(config),
    ...findBadViewerGroups(config),
    ...findBadDelays(config),
    ...findBadSignIn(config),
  ];
}

/** Identifiers name regions and sites everywhere: in keys, tokens, pathways and metrics. */
function findRepeatedIds(config: Config): ConfigContradiction[] {
  const regions = repeated(
    config.regions.map(({ id }, index) => ({ value: id, path: ['regions', index, 'id'] })),
    (id) => `two regions have the id "${id}"`,
  );
  const sites = repeated(
    config.regions.flatMap((region, index) =>
      region.sites.map(({ id }, at) => ({ value: id, path: ['regions', index, 'sites', at, 'id'] })),
    ),
    (id) => `two sites have the id "${id}"; a site is also a pathway, so its id is unique in the world`,
  );
  return [...regions, ...sites];
}

/** Everything listens on one host; port 0 asks for any free one. */
function findRepeatedPorts(config: Config): ConfigContradiction[] {
  const ports = [
    { value: config.supervisor.port, path: ['supervisor', 'port'] },
    { value: config.control.port, path: ['control', 'port'] },
    ...config.regions.flatMap((region, index) =>
      region.sites.flatMap((site, at) =>
        (['edge', 'ingest', 'node'] as const).map((name) => ({
          value: site.ports[name],
          path: ['regions', index, 'sites', at, 'ports', name],
        })),
      ),
    ),
  ];
  return repeated(
    ports.filter(({ value }) => value !== 0),
    (port, first) => `port ${port} is also used by ${formatConfigPath(first)}`,
  );
}

/** Each site listens on the whole of its ranges; browsers send media to a UDP port of their own. */
function findSharedUdpPorts(config: Config): ConfigContradiction[] {
  const ranges = config.regions.flatMap((region, index) =>
    region.sites.flatMap(({ srtPorts, whip }, at) => {
      const site = ['regions', index, 'sites', at];
      return [
        ...(srtPorts === undefined ? [] : [{ ...srtPorts, path: [...site, 'srtPorts'] }]),
        ...(whip?.udpPorts === undefined ? [] : [{ ...whip.udpPorts, path: [...site, 'whip', 'udpPorts'] }]),
      ];
    }),
  );
  return ranges.flatMap(({ first, count, path }, index) => {
    if (first + count > 65_536) return [{ path, message: `port ${first + count - 1} is past 65535` }];
    const other = ranges
      .slice(0, index)
      .find((range) => range.first < first + count && first < range.first + range.count);
    if (other === undefined) return [];
    return [{ path, message: `these ports overlap with ${formatConfigPath(other.path)}` }];
  });
}

/** Losing one region must not take another's media with it, and their keys would collide. */
function findSharedBuckets(config: Config): ConfigContradiction[] {
  const buckets = config.regions.flatMap(({ objects }, index) =>
    objects.kind === 's3'
      ? [{ value: objects.endpoint.replace(/\/+$/, ''), path: ['regions', index, 'objects', 'endpoint'] }]
      : [],
  );
  return repeated(
    buckets,
    (_, first) => `${formatConfigPath(first)} names the same bucket; each region has its own`,
  );
}

function findBadViewerGroups(config: Config): ConfigContradiction[] {
  const regionIds = config.regions.map(({ id }) => id);
  const found: ConfigContradiction[] = [];
  const networks: { value: string; path: (string | number)[] }[] = [];
  for (const [index, { regionId, cidrs }] of config.viewerGroups.entries()) {
    if (!regionIds.includes(regionId)) {
      const nearest = nearestWord(regionId, regionIds);
      const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
      found.push({
        path: ['viewerGroups', index, 'regionId'],
        message: `there is no region "${regionId}"${hint}`,
      });
    }
    for (const [at, cidr] of cidrs.entries()) {
      const path = ['viewerGroups', index, 'cidrs', at];
      if (cidrSchema.safeParse(cidr).success) networks.push({ value: cidr, path });
      else
        found.push({ path, message: `"${cidr}" is not a network such as 203.0.113.0/24 or 2001:db8::/32` });
    }
  }
  return [
    ...found,
    ...repeated(networks, (cidr, first) => `the network ${cidr} is already in ${formatConfigPath(first)}`),
  ];
}

function findBadDelays({ wan }: Config): ConfigContradiction[] {
  if (wan.delayMsMin <= wan.delayMsMax) return [];
  const message = `the shortest delay (${wan.delayMsMin} ms) is longer than the longest (${wan.delayMsMax} ms)`;
  return [{ path: ['wan', 'delayMsMin'], message }];
}

/** A path as people write it: `regions[0].sites[1].id`. */
export function formatConfigPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

interface Placed<T> {
  readonly value: T;
  readonly path: readonly (string | number)[];
}

/** One contradiction for every value that an earlier place already has. */
function repeated<T>(
  places: readonly Placed<T>[],
  describe: (value: T, first: readonly (string | number)[]) => string,
): ConfigContradiction[] {
  const first = new Map<T, readonly (string | number)[]>();
  const found: ConfigContradiction[] = [];
  for (const { value, path } of places) {
    const earlier = first.get(value);
    if (earlier === undefined) first.set(value, path);
    else found.push({ path, message: describe(value, earlier) });
  }
  return found;
}

/** A provider over plain http could be anybody's, and a role in a region that is not there would be none. */
function findBadSignIn({ access: { oidc }, regions }: Config): ConfigContradiction[] {
  if (oidc === undefined) return [];
  const { protocol, hostname } = new URL(oidc.issuer);
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
  const insecure =
    protocol === 'http:' && !isLoopback
      ? [{ path: ['access', 'oidc', 'issuer'], message: 'the provider must be reached by https' }]
      : [];
  return [
    ...insecure,
    ...oidc.roles.flatMap((rule, index): ConfigContradiction[] => {
      const path = ['access', 'oidc', 'roles', index, 'regions'];
      if (rule.regions === undefined) return [];
      if (rule.role !== 'operator' || rule.project !== undefined)
        return [{ path, message: 'only operators of the whole installation are limited to regions' }];
      return rule.regions
        .filter((id) => !regions.some((region) => region.id === id))
        .map((id) => ({ path, message: `there is no region "${id}"` }));
    }),
  ];
}
