// Many clients ask at once for a segment that nobody has asked for: how often does each region fetch it?

import { createHash } from 'node:crypto';
import { Agent, get } from 'node:http';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import type { RegionPorts } from '../../test/support/world.ts';
import type { BenchContext } from '../context.ts';
import type { Group, Row } from '../row.ts';

const CLIENTS = 500;

/** Requests that the region's edge has sent to origins that hold the asset. */
async function fetchesToHolders(region: RegionPorts, holders: readonly string[]): Promise<number> {
  const text = await (await fetch(`${region.nodeUrl}/metrics`)).text();
  let sum = 0;
  for (const [, to = '', value] of text.matchAll(/^edge_origin_fetches_total\{region="([^"]+)"\} (\d+)/gm))
    if (holders.includes(to)) sum += Number(value);
  return sum;
}

/** One client with a connection of its own; resolves to the checksum of what it got. */
function ask(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: new Agent({ keepAlive: false }) }, (response) => {
      const hash = createHash('sha256');
      response.on('data', (chunk: Buffer) => hash.update(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve(response.statusCode === 200 ? hash.digest('hex') : `${response.statusCode}`),
      );
    }).on('error', reject);
  });
}

/** Segment addresses of a media playlist; the multivariant one and this are warm afterwards. */
async function segmentsOf(asset: AssetView, region: RegionPorts): Promise<readonly string[]> {
  const base = `${region.edgeUrl}/m/${asset.projectId}/${asset.id}/v${asset.version}`;
  await (await fetch(`${base}/main.m3u8`)).text();
  const rendition = defined(
    asset.renditions.find(({ kind }) => kind === 'video'),
    'a video rendition',
  );
  const playlist = `${base}/${rendition.id}/index.m3u8`;
  const text = await (await fetch(playlist)).text();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => new URL(line, playlist).href);
}

async function measureRegion(
  asset: AssetView,
  region: RegionPorts,
): Promise<{ fetches: number; sums: string[] }> {
  const url = defined((await segmentsOf(asset, region)).at(-3), 'a segment near the end');
  const before = await fetchesToHolders(region, asset.mediaRegionIds);
  const sums = await Promise.all(Array.from({ length: CLIENTS }, () => ask(url)));
  return { fetches: (await fetchesToHolders(region, asset.mediaRegionIds)) - before, sums };
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const world = await context.world();
  const asset = await context.asset();
  const results = await Promise.all(world.regions.map((region) => measureRegion(asset, region)));
  const sums = new Set(results.flatMap((result) => result.sums));
  if (sums.size !== 1)
    throw new Error(`the clients received ${sums.size} different answers: ${[...sums].slice(0, 5)}`);
  context.note(
    `held by ${asset.mediaRegionIds}: ${results.map(({ fetches }) => fetches).join(', ')} fetches`,
  );
  return [
    {
      name: 'cold-object-fetches-per-region',
      value: Math.max(...results.map(({ fetches }) => fetches)),
      unit: 'fetches',
      op: '==',
      goal: 1,
      peer: `${CLIENTS} clients in each of ${world.regions.length} regions`,
    },
  ];
}

export const coldObjectGroup: Group = {
  names: ['cold-object-fetches-per-region'],
  budgetMs: 120_000,
  run,
};
