// Region loss under a swarm: 300 virtual viewers, egress capped, four phases in the bench and twenty in the soak.

import { clip } from '../../test/support/media.ts';
import { startCappedWorld } from '../../test/swarm/capped-world.ts';
import { swarmUnderRegionLoss } from '../../test/swarm/region-loss.ts';
import type { BenchContext } from '../context.ts';
import { type Group, type Row, rounded } from '../row.ts';

const VIEWERS = Number(process.env.MERIDIAN_BENCH_VIEWERS ?? 300);
const SEED = Number(process.env.MERIDIAN_BENCH_SEED ?? 1);
const PHASES = 4;
const SOAK_PHASES = 20;
/** Small pictures: what is measured is who gets bytes from where, not how many bytes one machine can move. */
const CLIP = { seconds: 60, width: 320, height: 180 };

async function run(context: BenchContext, phases: number): Promise<readonly Row[]> {
  // The shared world has edges without caps; two worlds at once would measure each other.
  await context.close();
  const world = await startCappedWorld();
  try {
    const asset = await world.world.upload(clip(CLIP), '--name', 'swarm');
    const onPhase = (text: string): void => context.note(text);
    const result = await swarmUnderRegionLoss({
      world,
      asset,
      viewers: VIEWERS,
      phases,
      seed: SEED,
      onPhase,
    });
    const { stalls, viewers, viewings, startupMs, self, switches } = result.report;
    const peer = `${viewers.arrived} viewers, ${viewings.begun} viewings, ${phases} losses hit ${result.hits} (${result.hitsWithAmpleBuffer} with ample buffer); survivors at 1.5x`;
    const worst = stalls.worst[0];
    const cause =
      worst === undefined ? '' : `; worst from ${worst.pathwayId} asked with ${worst.bufferedMs} ms ahead`;
    return [
      {
        name: 'swarm-stalls-over-3s-of-buffer',
        value: stalls.withAmpleBuffer,
        unit: 'stalls',
        op: '==',
        goal: 0,
        peer,
      },
      {
        name: 'swarm-longest-stall-ms',
        value: rounded(stalls.longestMs),
        unit: 'ms',
        op: '<=',
        goal: 500,
        peer: `${stalls.count} stalls in ${stalls.viewings} viewings${cause}`,
      },
      {
        name: 'swarm-lost-viewers',
        value: viewers.lost,
        unit: 'viewers',
        op: '==',
        goal: 0,
        peer: `${switches.pathway} pathway switches; start-up p95 ${startupMs.p95} ms; swarm ${Math.round(self.cpuShare * 100)} % CPU, loop held up to ${self.loopDelayMsMax} ms`,
      },
    ];
  } finally {
    await world.remove();
  }
}

const NAMES = ['swarm-stalls-over-3s-of-buffer', 'swarm-longest-stall-ms', 'swarm-lost-viewers'];

export const swarmGroup: Group = {
  names: NAMES,
  budgetMs: 150_000,
  run: (context) => run(context, PHASES),
};

/** The same with twenty losses, for a soak. */
export const swarmSoakGroup: Group = {
  names: NAMES,
  budgetMs: 600_000,
  run: (context) => run(context, SOAK_PHASES),
};
