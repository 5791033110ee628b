// A hundred low-latency viewers in all regions while the region of the primary channel is killed, or stands still: at a
// hold-back of one second and of two. The publisher is in another region, so that what is lost is a channel and an edge.

import { setTimeout as delay } from 'node:timers/promises';
import { defined } from '#base/assert.ts';
import { NETWORKS } from '#viewer/swarm/profiles.ts';
import { type Swarm, startSwarm } from '#viewer/swarm/swarm.ts';
import { targetsOfUrl } from '#viewer/swarm/targets.ts';
import { startPublisher } from '../../test/live/publisher.ts';
import { worldIsWhole } from '../../test/scenarios/failover.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { RunningWorld } from '../../test/support/world.ts';
import type { BenchContext } from '../context.ts';
import { makeBroadcast, type OnAir } from '../live/on-air.ts';
import { type Group, median, type Row, rounded } from '../row.ts';

const VIEWERS = Number(process.env.MERIDIAN_BENCH_VIEWERS ?? 100);
const SEED = Number(process.env.MERIDIAN_BENCH_SEED ?? 1);
const HOLD_BACKS = [
  { name: '1s', latency: 'ultra_low' },
  { name: '2s', latency: 'low' },
] as const;
const FAULTS = ['SIGKILL', 'SIGSTOP'] as const;
/** Viewers begin over this, then settle at the hold-back. */
const RAMP_MS = 4_000;
const SETTLE_MS = 8_000;
/** A stopped region is away for longer than any race and any probe takes. */
const STOPPED_MS = 6_000;
/** What a fault does shows within this, and the latency is back where it was. */
const AFTER_MS = 8_000;
const PUBLISHER_SECONDS = 600;

interface Loss {
  readonly regionId: string;
  readonly hit: number;
  readonly stalls: number;
  readonly stalledViewers: number;
  readonly longestStallMs: number;
  readonly lost: number;
  readonly latencyBeforeMs: number;
  readonly latencyAfterMs: number;
  readonly loopDelayMsMax: number;
}

function medianLatencyMs(swarm: Swarm): number {
  return median(swarm.viewersNow().flatMap(({ report }) => report.live?.latencyMs ?? []));
}

/** Breaks the primary's region once under a new swarm. */
async function loseOnce(
  world: RunningWorld,
  onAir: OnAir,
  fault: 'SIGKILL' | 'SIGSTOP',
  publisherRegionId: string,
): Promise<Loss> {
  await worldIsWhole(world);
  await onAir.started();
  const regionId = defined((await onAir.makers())[0], 'a primary channel');
  if (regionId === publisherRegionId) throw new Error(`the publisher is in ${regionId} too`);
  const swarm = startSwarm({
    ...(await targetsOfUrl(onAir.urlAt(publisherRegionId))),
    viewers: VIEWERS,
    arrival: { kind: 'ramp', durationMs: RAMP_MS },
    network: NETWORKS.none ?? [],
    viewing: { kind: 'full' },
    seed: SEED,
    isLive: true,
  });
  try {
    await waitFor('everybody to watch', () => swarm.report().startupMs.count === VIEWERS, 30_000);
    await delay(SETTLE_MS);
    const latencyBeforeMs = medianLatencyMs(swarm);
    const hit = swarm.viewersNow().filter(({ report }) => report.pathwayId === `${regionId}-1`).length;
    const brokenAtMs = performance.now();
    world.signal(`${regionId}-1`, fault);
    await delay(fault === 'SIGSTOP' ? STOPPED_MS : 0);
    if (fault === 'SIGSTOP') world.signal(`${regionId}-1`, 'SIGCONT');
    await delay(AFTER_MS);
    const stalls = swarm
      .viewersNow()
      .map(({ report }) => report.stalls.filter(({ atMs }) => atMs >= brokenAtMs - 1));
    const { viewers, self } = swarm.report();
    return {
      regionId,
      hit,
      stalls: stalls.flat().length,
      stalledViewers: stalls.filter(({ length }) => length > 0).length,
      longestStallMs: Math.max(0, ...stalls.flat().map(({ durationMs }) => durationMs)),
      lost: viewers.lost,
      latencyBeforeMs,
      latencyAfterMs: medianLatencyMs(swarm),
      loopDelayMsMax: self.loopDelayMsMax,
    };
  } finally {
    swarm.stop();
    await swarm.ended;
  }
}

function rowsOf(name: string, fault: 'SIGKILL' | 'SIGSTOP', loss: Loss): readonly Row[] {
  const changeMs = Math.abs(loss.latencyAfterMs - loss.latencyBeforeMs);
  const peer = `${VIEWERS} viewers, ${loss.hit} at ${loss.regionId}; ${loss.stalls} stalls of ${loss.stalledViewers} viewers, ${loss.lost} lost; median ${rounded(loss.latencyBeforeMs)} ms behind, then ${rounded(loss.latencyAfterMs)}; swarm's loop held up to ${loss.loopDelayMsMax} ms`;
  if (fault === 'SIGKILL')
    return [
      { name: `live-kill-${name}-stalls`, value: loss.stalls, unit: 'stalls', op: '==', goal: 0, peer },
      {
        name: `live-kill-${name}-latency-change`,
        value: rounded(changeMs),
        unit: 'ms',
        op: '<=',
        goal: 300,
        peer,
      },
    ];
  return [
    {
      name: `live-stop-${name}-longest-stall`,
      value: rounded(loss.longestStallMs),
      unit: 'ms',
      op: '<=',
      goal: name === '1s' ? 500 : 0,
      peer,
    },
  ];
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const world = await context.world();
  const rows: Row[] = [];
  for (const { name, latency } of HOLD_BACKS) {
    const onAir = await makeBroadcast(world, { name: `Loss at ${name}`, latency });
    const backup = defined((await onAir.makers())[1], 'a backup channel');
    const publisher = startPublisher(onAir.publishUrl(backup), { seconds: PUBLISHER_SECONDS });
    try {
      for (const fault of FAULTS) {
        const loss = await loseOnce(world, onAir, fault, backup);
        context.note(`${fault} at ${name}: ${JSON.stringify(loss)}`);
        rows.push(...rowsOf(name, fault, loss));
      }
    } finally {
      await publisher.stop();
      await onAir.end();
    }
  }
  return rows;
}

export const liveLossGroup: Group = {
  names: HOLD_BACKS.flatMap(({ name }) => [
    `live-kill-${name}-stalls`,
    `live-kill-${name}-latency-change`,
    `live-stop-${name}-longest-stall`,
  ]),
  budgetMs: 240_000,
  run,
};
