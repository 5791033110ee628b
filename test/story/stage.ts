// A world in which one region's edges can be made to hurt their viewers while they call themselves healthy: Dublin stands
// behind a proxy that its viewers do not know of. What the platform makes of it is seen through its API alone.

import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { defined } from '#base/assert.ts';
import { NETWORKS } from '#viewer/swarm/profiles.ts';
import { type Swarm, startSwarm } from '#viewer/swarm/swarm.ts';
import { targetsOfAssets } from '#viewer/swarm/targets.ts';
import { clip } from '../support/media.ts';
import { waitFor } from '../support/wait-for.ts';
import { createWorldFiles, type RunningWorld, startWorld } from '../support/world.ts';
import { type EdgeFront, startEdgeFront } from './edge-front.ts';

export const BAD = { regionId: 'dublin', siteId: 'dublin-1' } as const;
/** Of the site's objective; what the shipped document says. */
const ERROR_BUDGET = 0.001;
/** The fast tier of the burn table: 14.4 times the budget within an hour (and within five minutes). */
const FAST = { windowMs: 3_600_000, burn: 14.4 } as const;
/** Everything must be seen from the player's telling to the alert within this: reports and rounds come every 5 s. */
export const STEP_MS = 5_000;

export interface Stage {
  readonly world: RunningWorld;
  readonly front: EdgeFront;
  remove(): Promise<void>;
}

/** A world whose Dublin edge stands behind a proxy, with these settings beside the usual ones. */
export async function startStage(config: Readonly<Record<string, unknown>> = {}): Promise<Stage> {
  const files = await createWorldFiles({ config });
  const written = parse(readFileSync(files.configPath, 'utf8')) as {
    regions: { id: string; sites: { ports: { edge: number }; edgeUrl?: string }[] }[];
  };
  const site = defined(written.regions.find(({ id }) => id === BAD.regionId)?.sites[0], 'the site');
  const front = await startEdgeFront(site.ports.edge);
  site.edgeUrl = `http://127.0.0.1:${front.port}`;
  writeFileSync(files.configPath, stringify(written));
  try {
    const world = await startWorld({}, files);
    return {
      world,
      front,
      async remove() {
        await world.stop();
        await world.remove();
        await front.close();
      },
    };
  } catch (error) {
    await front.close();
    throw error;
  }
}

/** Uploads a short video and has it watched; always somebody is new, who has heard of nothing. */
export async function startViewers({ world }: Stage, viewers: number): Promise<Swarm> {
  const asset = await world.upload(clip({ seconds: 30, width: 320, height: 180, frameRate: '15' }));
  return startSwarm({
    ...(await targetsOfAssets(world.client, [asset.id])),
    viewers,
    arrival: { kind: 'ramp', durationMs: 10_000 },
    network: NETWORKS.none ?? [],
    opensPages: true,
    viewing: { kind: 'swipe', leastMs: 10_000, mostMs: 30_000 },
    seed: 7,
  });
}

/** Until the platform has been told of viewers at the site who are well. */
export async function waitUntilWatched({ world }: Stage): Promise<void> {
  await waitFor(
    'viewers everywhere to be told of',
    async () => {
      const nowMs = Date.now();
      const slices = [...(await slicesOf(world, nowMs - 30_000, nowMs)).values()];
      return slices.filter(({ ok, bad }) => ok >= 20 && bad <= ok / 20).length >= 3;
    },
    90_000,
  );
}

/** Requests of viewers at the bad site by slice and outcome. */
export async function slicesOf({ client }: RunningWorld, fromMs: number, toMs: number) {
  const { points } = await client.call('GET /v1/telemetry/series', {
    query: {
      name: 'viewer_requests',
      labels: `site:${BAD.siteId}`,
      by: 'outcome',
      fromMs,
      toMs,
      stepMs: STEP_MS,
    },
  });
  const slices = new Map<number, { ok: number; bad: number }>();
  for (const { atMs, labels, count } of points) {
    const slice = slices.get(atMs) ?? { ok: 0, bad: 0 };
    if (labels.outcome === 'ok') slice.ok += count;
    else slice.bad += count;
    slices.set(atMs, slice);
  }
  return slices;
}

/** What the burn table says for the share of bad slices that was measured from a fault until somebody was paged. */
export async function formulaOf(
  { world }: Stage,
  faultAtMs: number,
  pagedAtMs: number,
): Promise<{ readonly errorRatio: number; readonly formulaMs: number }> {
  const slices = [...(await slicesOf(world, faultAtMs, pagedAtMs))].filter(([atMs]) => atMs >= faultAtMs);
  const errorRatio = slices.filter(([, { bad }]) => bad > 0).length / Math.max(1, slices.length);
  return { errorRatio, formulaMs: (FAST.windowMs * FAST.burn * ERROR_BUDGET) / errorRatio };
}
