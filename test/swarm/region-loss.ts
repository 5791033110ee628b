// Hundreds of viewers watch three regions whose egress is capped so that any two of them carry one and a half times
// what all viewers need. Again and again a region dies (killed, or stopped and continued) at a moment drawn from a seed.

import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import type { AssetView } from '#contract/api/assets.ts';
import { NETWORKS, type Viewing } from '#viewer/swarm/profiles.ts';
import { startSwarm, type ViewerNow } from '#viewer/swarm/swarm.ts';
import { AMPLE_BUFFER_MS, type SwarmReport } from '#viewer/swarm/swarm-report.ts';
import { targetsOfAssets } from '#viewer/swarm/targets.ts';
import { worldIsWhole } from '../scenarios/failover.ts';
import type { CappedWorld } from './capped-world.ts';

/** What the regions that are left can carry, against what everybody needs. */
const HEADROOM = 1.5;
/** Each starts again when the video has ended, so that every loss finds some who have just begun. */
const VIEWING: Viewing = { kind: 'loop' };
/** A region with fewer viewers than this share is no victim. */
const VICTIM_SHARE_MIN = 0.15;
/** Viewers come evenly over this, so that their starts stay spread; the first region is lost while they come. */
const RAMP_MS = 20_000;
/** By then there is somebody to be hit. */
const FIRST_LOSS_AFTER_MS = 8_000;
/** Between the world being whole and the next fault: the moment is the seed's. */
const PAUSE_MS_MAX = 4_000;
/** A stopped region is away for longer than any race and any probe takes. */
const STOPPED_MS = 6_000;
/** What a fault does shows within this. */
const AFTER_MS = 4_000;

export type RegionLossOptions = {
  readonly world: CappedWorld;
  readonly asset: AssetView;
  readonly viewers: number;
  readonly phases: number;
  readonly seed: number;
  readonly onPhase?: (text: string) => void;
};

export type RegionLossResult = {
  readonly report: SwarmReport;
  /** Viewers who were at the region that was lost, over all phases, and those of them with ample buffer. */
  readonly hits: number;
  readonly hitsWithAmpleBuffer: number;
};

/** Runs the scenario; the world is whole and uncapped again afterwards. */
export async function swarmUnderRegionLoss(options: RegionLossOptions): Promise<RegionLossResult> {
  const { world, asset, viewers, seed } = options;
  const chance = createPrng(seed);
  const targets = await targetsOfAssets(world.world.client, [asset.id]);
  const neededBps = (await meanBitrateOf(asset)) * viewers;
  const regions = world.world.regions;
  world.cap((neededBps * HEADROOM) / 8 / (regions.length - 1));
  const swarm = startSwarm({
    ...targets,
    viewers,
    arrival: { kind: 'ramp', durationMs: RAMP_MS },
    network: NETWORKS.none ?? [],
    viewing: VIEWING,
    seed,
  });
  let hits = 0;
  let hitsWithAmpleBuffer = 0;
  try {
    await delay(FIRST_LOSS_AFTER_MS);
    for (let phase = 0; phase < options.phases; phase += 1) {
      await worldIsWhole(world.world);
      await delay(chance() * PAUSE_MS_MAX);
      const viewersNow = swarm.viewersNow();
      const watched = regions.filter(
        ({ id }) => atRegion(viewersNow, id).length >= viewers * VICTIM_SHARE_MIN,
      );
      const region = defined(watched[Math.floor(chance() * watched.length)], 'a region with viewers');
      const signal = phase % 2 === 0 ? 'SIGKILL' : 'SIGSTOP';
      const hit = atRegion(viewersNow, region.id);
      hits += hit.length;
      hitsWithAmpleBuffer += hit.filter(({ report }) => report.bufferedMs > AMPLE_BUFFER_MS).length;
      world.world.signal(`${region.id}-1`, signal);
      await delay(signal === 'SIGSTOP' ? STOPPED_MS : AFTER_MS);
      if (signal === 'SIGSTOP') world.world.signal(`${region.id}-1`, 'SIGCONT');
      options.onPhase?.(
        describe(phase, seed, `${region.id} ${signal}, ${hit.length} viewers`, swarm.report()),
      );
    }
    await delay(AFTER_MS);
    return { report: swarm.report(), hits, hitsWithAmpleBuffer };
  } finally {
    swarm.stop();
    await swarm.ended;
    world.cap(Number.POSITIVE_INFINITY);
    await worldIsWhole(world.world);
  }
}

/** Those who watch, or have just begun to, from one of the region's sites. */
function atRegion(viewers: readonly ViewerNow[], regionId: string): readonly ViewerNow[] {
  return viewers.filter(({ report }) => report.pathwayId.startsWith(`${regionId}-`));
}

function describe(phase: number, seed: number, what: string, report: SwarmReport): string {
  const { stalls, viewers, switches, self } = report;
  return [
    `phase ${phase + 1}, seed ${seed}: ${what};`,
    `${stalls.count} stalls, longest ${stalls.longestMs} ms, ${stalls.withAmpleBuffer} over 3 s of buffer,`,
    `${viewers.lost} lost, ${switches.pathway} pathway switches,`,
    `swarm ${Math.round(self.cpuShare * 100)} % CPU, loop held up to ${self.loopDelayMsMax} ms`,
  ].join(' ');
}

/** Mean of the richest rendition with its sound: what a viewer needs who sees the best. */
async function meanBitrateOf(asset: AssetView): Promise<number> {
  const address = defined(asset.playlists[0], 'a playlist').hls;
  const text = await (await fetch(address)).text();
  const rates = [...text.matchAll(/AVERAGE-BANDWIDTH=(\d+)/g)].map((match) => Number(match[1]));
  return Math.max(...rates);
}
