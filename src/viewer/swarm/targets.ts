// What a swarm watches and where: assets by the control plane's knowledge, or one address at an edge. Either way the
// servers say themselves that they are Meridian edges: whoever does not answer with the list of its edges is not loaded.

import type { ApiClient } from '#contract/client.ts';
import { MeridianError } from '#contract/errors.ts';
import { EDGES_MAX } from './limits.ts';
import type { SwarmEdge } from './swarm.ts';

export type SwarmTargets = { readonly edges: readonly SwarmEdge[]; readonly paths: readonly string[] };

/** An edge that needs longer for its list is in no state to be loaded further. */
const ASK_MAX_MS = 5_000;

/** Assets as control knows them; private ones get a playback token. */
export async function targetsOfAssets(client: ApiClient, assetIds: readonly string[]): Promise<SwarmTargets> {
  const addresses: string[] = [];
  const paths: string[] = [];
  for (const assetId of assetIds) {
    const asset = await client.call('GET /v1/assets/{assetId}', { params: { assetId } });
    if (!asset.isPlayable)
      throw new MeridianError('conflict', { reason: `asset ${assetId} is not playable yet` });
    const { playlists } =
      asset.visibility === 'public'
        ? asset
        : await client.call('POST /v1/assets/{assetId}/playback-tokens', { params: { assetId }, body: {} });
    addresses.push(...playlists.map(({ hls }) => hls));
    const first = playlists[0];
    if (first === undefined) throw new MeridianError('not_found', { what: `region that serves ${assetId}` });
    paths.push(pathOf(first.hls));
  }
  return { edges: await edgesFrom(addresses), paths };
}

/** The multivariant playlist at one edge, without asking control. */
export async function targetsOfUrl(url: string): Promise<SwarmTargets> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new MeridianError('invalid_request', { reason: `${url} is not an http address` });
  return { edges: await edgesFrom([url]), paths: [pathOf(url)] };
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** The edges that the first answering one of the addresses names. */
async function edgesFrom(addresses: readonly string[]): Promise<readonly SwarmEdge[]> {
  for (const origin of new Set(addresses.map((address) => new URL(address).origin))) {
    const edges = readEdges(await getJson(`${origin}/player/edges.json`));
    // An edge that does not name itself is somebody else's, or a proxy that would be the bottleneck.
    if (edges.some(({ baseUrl }) => new URL(baseUrl).origin === origin)) return edges;
  }
  throw new MeridianError('not_found', { what: 'Meridian edge that answers at these addresses' });
}

async function getJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MAX_MS) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

function readEdges(value: unknown): readonly SwarmEdge[] {
  if (typeof value !== 'object' || value === null || !('edges' in value) || !Array.isArray(value.edges))
    return [];
  return value.edges.slice(0, EDGES_MAX).flatMap((entry: unknown): readonly SwarmEdge[] => {
    if (typeof entry !== 'object' || entry === null) return [];
    const text = (name: string): string => {
      const field: unknown = Reflect.get(entry, name);
      return typeof field === 'string' ? field : '';
    };
    const baseUrl = text('baseUrl').replace(/\/+$/, '');
    if (!URL.canParse(baseUrl)) return [];
    return [{ pathwayId: text('pathwayId') || baseUrl, regionId: text('regionId'), baseUrl }];
  });
}
