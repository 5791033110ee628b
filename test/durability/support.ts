// A world whose keeper works in seconds, and what tests look at in it.

import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { waitFor } from '../support/wait-for.ts';
import { type RunningWorld, startWorld } from '../support/world.ts';

/** Seconds instead of minutes; everything else as people have it. */
export const FAST = {
  repairDelayMs: 3_000,
  inventoryMs: 500,
  scrubBytesPerSecond: 50_000_000,
  scrubEveryMs: 500,
  deleteGraceMs: 4_000,
  replacedGraceMs: 3_000,
};

/** Options of a world with a quick keeper. */
export function fastWorld(changes: Partial<typeof FAST> = {}): { config: Record<string, unknown> } {
  return { config: { durability: { ...FAST, ...changes }, wan: { enabled: false } } };
}

/** Starts three regions with a quick keeper. */
export function startFastWorld(changes: Partial<typeof FAST> = {}): Promise<RunningWorld> {
  return startWorld(fastWorld(changes));
}

export const storeOf = (world: RunningWorld, regionId: string): string =>
  join(world.dataDirectory, 'regions', regionId);

/** Files of an asset in a region's store, by path within the asset. */
export function filesOf(
  world: RunningWorld,
  regionId: string,
  asset: Pick<AssetView, 'id' | 'projectId'>,
): string[] {
  const directory = join(storeOf(world, regionId), asset.projectId, asset.id);
  return globSync('**/*', { cwd: directory, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();
}

export function copiesOf(world: RunningWorld, assetId: string) {
  return world.client.call('GET /v1/assets/{assetId}/copies', { params: { assetId } });
}

/** Regions that hold a class of the served version, whole, by their own reports. */
export async function holdersOf(
  world: RunningWorld,
  assetId: string,
  of: 'source' | 'renditions',
): Promise<string[]> {
  const { copies, servedVersion, servedAttempt } = await copiesOf(world, assetId);
  return copies
    .filter(
      (copy) =>
        copy.class === of &&
        copy.version === servedVersion &&
        copy.attempt === (of === 'source' ? 0 : servedAttempt) &&
        copy.isComplete &&
        copy.damagedObjects === 0 &&
        copy.lostAtMs === null &&
        copy.reportedAtMs !== null,
    )
    .map(({ regionId }) => regionId)
    .sort();
}

/** Waits until as many regions report a class as the policy asks for. */
export function waitForCopies(
  world: RunningWorld,
  assetId: string,
  of: 'source' | 'renditions',
  count: number,
) {
  return waitFor(
    `${count} copies of ${of}`,
    async () => {
      const holders = await holdersOf(world, assetId, of);
      return holders.length >= count ? holders : undefined;
    },
    60_000,
  );
}

/** SHA-256 of every segment and init of the asset as one edge serves them, by address below the version. */
export async function digestMedia(edgeUrl: string, asset: AssetView): Promise<Map<string, string>> {
  const base = `${edgeUrl}/m/${asset.projectId}/${asset.id}/v${asset.version}/`;
  const digests = new Map<string, string>();
  for (const { id } of asset.renditions) {
    const playlistUrl = new URL(`${id}/index.m3u8`, base);
    const text = await fetchText(playlistUrl);
    const names = [...text.matchAll(/URI="([^"]+)"/g)].map((match) => defined(match[1], 'an address'));
    names.push(...text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
    for (const name of names) {
      const url = new URL(name, playlistUrl);
      const response = await fetch(url);
      if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      digests.set(url.href.slice(base.length), createHash('sha256').update(bytes).digest('hex'));
    }
  }
  return digests;
}

async function fetchText(url: URL): Promise<string> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

export function sha256OfFile(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Whether a process still runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
