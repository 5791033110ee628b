// A whole world whose edges viewers reach only through caps on their egress: the public address of each edge is its
// cap's, and control, playlists and steering name it so.

import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { createWorldFiles, type RunningWorld, startWorld } from '../support/world.ts';
import { type EgressCap, startEgressCap } from './egress-cap.ts';

export type CappedWorld = {
  readonly world: RunningWorld;
  /** The same cap for each region. */
  readonly cap: (bytesPerSecond: number) => void;
  readonly remove: () => Promise<void>;
};

type SiteConfig = { readonly ports: { readonly edge: number }; edgeUrl?: string };

/** Starts a world of three regions; nothing is capped until `cap` is called. */
export async function startCappedWorld(): Promise<CappedWorld> {
  const files = await createWorldFiles();
  const config = parse(readFileSync(files.configPath, 'utf8')) as {
    regions: { sites: SiteConfig[] }[];
  };
  const caps: EgressCap[] = [];
  for (const site of config.regions.flatMap(({ sites }) => sites)) {
    const cap = await startEgressCap(site.ports.edge);
    caps.push(cap);
    site.edgeUrl = `http://127.0.0.1:${cap.port}`;
  }
  writeFileSync(files.configPath, stringify(config));
  const closeCaps = async (): Promise<void> => {
    for (const cap of caps) await cap.close();
  };
  try {
    const world = await startWorld({}, files);
    return {
      world,
      cap: (bytesPerSecond) => {
        for (const each of caps) each.set(bytesPerSecond);
      },
      async remove() {
        await world.remove();
        await closeCaps();
      },
    };
  } catch (error) {
    await closeCaps();
    throw error;
  }
}
