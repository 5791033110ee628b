// The links between regions of one machine: every request to another region goes through a proxy with the delay of
// the real distance, one per address and started at first use. It decorates a transport's `resolve`: the URL keeps
// its authority (Host header, signature), only the place to connect to changes. Drills add faults per region.

import { hash32 } from '#base/prng.ts';
import type { Config } from '#contract/config.ts';
import type { WorldSnapshot } from '#contract/snapshot.ts';
import type { LinkFault } from '#core/fault/catalogue.ts';
import { linkDelayMs } from '#core/fault/link-delay.ts';
import type { Log } from '../log.ts';
import { createLinkProxy, type LinkProxy } from './link-proxy.ts';

export interface LinksOptions {
  readonly config: Pick<Config, 'host' | 'regions' | 'wan'>;
  readonly ownRegionId: string;
  /** The newest snapshot, for addresses that the configuration does not name. */
  readonly world?: () => WorldSnapshot | undefined;
  readonly seed?: number;
  readonly log: Log;
}

export interface Links {
  /** Where to connect for a URL: a proxy when it lies in another region, else the URL itself. */
  resolve(url: URL): Promise<URL>;
  /** Faults on the way to a region, besides the delay of the distance; an empty list heals it. */
  setFaults(toRegionId: string, faults: readonly LinkFault[]): Promise<void>;
  /** Resets live connections and frees the ports. */
  close(): Promise<void>;
}

/** Addresses with a proxy: three per site in a machine's world; past this something is wrong, and links are direct. */
const PROXIES_MAX = 256;

interface StartedLink {
  readonly regionId: string;
  readonly proxy: LinkProxy;
}

/** Creates the links of one process. */
export function createLinks(options: LinksOptions): Links {
  const { config, ownRegionId, log } = options;
  const seed = options.seed ?? 1;
  const links = new Map<string, Promise<StartedLink>>();
  const faults = new Map<string, readonly LinkFault[]>();
  const configured = configuredAddresses(config);
  let known: { snapshot: WorldSnapshot; addresses: Map<string, string> } | undefined;
  let isClosed = false;

  function regionOf(url: URL): string | undefined {
    const snapshot = options.world?.();
    if (snapshot !== undefined && known?.snapshot !== snapshot)
      known = { snapshot, addresses: snapshotAddresses(snapshot) };
    const authority = authorityOf(url);
    return known?.addresses.get(authority) ?? configured.get(authority);
  }

  function faultsOf(regionId: string): LinkFault[] {
    const drilled = faults.get(regionId) ?? [];
    if (!config.wan.enabled || regionId === ownRegionId) return [...drilled];
    const delayMs = linkDelayMs(config.regions, ownRegionId, regionId, config.wan);
    return [
      { kind: 'latency', direction: 'both', delayMs },
      { kind: 'jitter', direction: 'both', jitterMs: config.wan.jitterMs },
      ...drilled,
    ];
  }

  async function start(url: URL, regionId: string): Promise<StartedLink> {
    const proxy = await createLinkProxy({
      target: { host: url.hostname.replace(/^\[|\]$/g, ''), port: portOf(url) },
      seed: (seed + hash32(authorityOf(url))) >>> 0,
      faults: faultsOf(regionId),
    });
    return { regionId, proxy };
  }

  function linkTo(url: URL, regionId: string): Promise<StartedLink> {
    const authority = authorityOf(url);
    let link = links.get(authority);
    if (link === undefined) {
      link = start(url, regionId);
      links.set(authority, link);
    }
    return link;
  }

  return {
    async resolve(url) {
      const regionId = regionOf(url);
      if (isClosed || regionId === undefined) return url;
      const isPlain = !config.wan.enabled && faults.size === 0;
      if (regionId === ownRegionId || (isPlain && !links.has(authorityOf(url)))) return url;
      if (links.size >= PROXIES_MAX && !links.has(authorityOf(url))) return url;
      try {
        const { proxy } = await linkTo(url, regionId);
        const target = new URL(url);
        target.hostname = '127.0.0.1';
        target.port = String(proxy.port);
        return target;
      } catch (error) {
        links.delete(authorityOf(url));
        log.warn({ url: url.origin, error: String(error) }, 'a link could not be made; going direct');
        return url;
      }
    },
    async setFaults(toRegionId, next) {
      if (next.length === 0) faults.delete(toRegionId);
      else faults.set(toRegionId, next);
      for (const link of links.values()) {
        const { regionId, proxy } = await link;
        if (regionId === toRegionId) await proxy.setFaults(faultsOf(regionId));
      }
    },
    async close() {
      isClosed = true;
      const started = await Promise.allSettled(links.values());
      links.clear();
      for (const each of started) if (each.status === 'fulfilled') await each.value.proxy.close();
    },
  };
}

function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

function authorityOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

function configuredAddresses(config: LinksOptions['config']): Map<string, string> {
  const addresses = new Map<string, string>();
  for (const region of config.regions) {
    for (const site of region.sites) {
      for (const port of Object.values(site.ports)) addresses.set(`${config.host}:${port}`, region.id);
      for (const url of [site.edgeUrl, site.ingestUrl]) addAddress(addresses, url, region.id);
    }
  }
  return addresses;
}

function snapshotAddresses(snapshot: WorldSnapshot): Map<string, string> {
  const addresses = new Map<string, string>();
  for (const node of snapshot.nodes)
    for (const url of [node.nodeUrl, node.ingestUrl, node.edgeUrl]) addAddress(addresses, url, node.regionId);
  return addresses;
}

function addAddress(addresses: Map<string, string>, text: string | undefined, regionId: string): void {
  if (text !== undefined && URL.canParse(text)) addresses.set(authorityOf(new URL(text)), regionId);
}
