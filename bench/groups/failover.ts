// Region loss under three players: the scenario of test/scenarios/failover.ts, eight times in the bench (two of them
// while the buffers are still being filled) and forty times in the soak.

import {
  AMPLE_BUFFER_MS,
  type FailoverRun,
  failoverRuns,
  type PlayerOutcome,
} from '../../test/scenarios/failover.ts';
import {
  openPlayerPages,
  PLAYERS,
  type PlayerKind,
  startPlayerServer,
} from '../../test/support/page-player.ts';
import type { BenchContext } from '../context.ts';
import type { Group, Row } from '../row.ts';

const RUNS = 8;
const SOAK_RUNS = 40;
/** Any; a run that fails is repeated with the seed that it names. */
const SEED = Number(process.env.MERIDIAN_BENCH_SEED ?? 1);

const PLAYER_NAMES: Readonly<Record<PlayerKind, string>> = {
  hls: 'hls.js 1.7 in Meridian’s player',
  shaka: 'Shaka 5.2, recommended settings',
  dash: 'dash.js 5.2, recommended settings',
};

function describe({ number, regionId, players }: FailoverRun): string {
  const each = PLAYERS.map((kind) => {
    const { wasHit, ageMs, bufferedMs, longestStallMs, fatal, isPlaying } = players[kind];
    const trouble = [...fatal, ...(isPlaying ? [] : ['stuck'])].join(' ');
    return `${kind}${wasHit ? '' : ' (elsewhere)'} age ${ageMs} buffer ${bufferedMs} stall ${longestStallMs} ${trouble}`.trim();
  });
  return `run ${number + 1}, seed ${SEED}: ${regionId} killed; ${each.join(' | ')}`;
}

function rowsOf(kind: PlayerKind, runs: readonly FailoverRun[]): Row[] {
  const outcomes: readonly PlayerOutcome[] = runs.map(({ players }) => players[kind]);
  const hits = outcomes.filter(({ wasHit }) => wasHit).length;
  const starvedMs = Math.max(...outcomes.map(({ longestStarvedMs }) => longestStarvedMs));
  const peer = `${PLAYER_NAMES[kind]}; own region killed in ${hits} of ${runs.length}, longest with an empty buffer ${starvedMs} ms`;
  const common = { op: '<=' as const, goal: 0, peer };
  return [
    {
      ...common,
      name: `failover-${kind}-fatal`,
      value: outcomes.filter(({ fatal, isPlaying }) => fatal.length > 0 || !isPlaying).length,
      unit: 'runs',
      op: '==',
    },
    {
      ...common,
      name: `failover-${kind}-longest-stall-ms`,
      value: Math.max(...outcomes.map(({ longestStallMs }) => longestStallMs)),
      unit: 'ms',
      goal: 500,
    },
    {
      ...common,
      name: `failover-${kind}-stalls-with-buffer`,
      value: outcomes
        .filter(({ bufferedMs }) => bufferedMs > AMPLE_BUFFER_MS)
        .reduce((sum, { stalls }) => sum + stalls, 0),
      unit: 'stalls',
      op: '==',
    },
  ];
}

async function run(context: BenchContext, runs: number): Promise<readonly Row[]> {
  const world = await context.world();
  const asset = await context.asset();
  const browser = await context.browser();
  const server = await startPlayerServer();
  const pages = await openPlayerPages(browser.context, server);
  try {
    const done = await failoverRuns({
      world,
      asset,
      pages,
      runs,
      seed: SEED,
      onRun: (each) => context.note(describe(each)),
    });
    return PLAYERS.flatMap((kind) => rowsOf(kind, done));
  } finally {
    await pages.close();
    await server.close();
  }
}

const NAMES = PLAYERS.flatMap((kind) =>
  ['fatal', 'longest-stall-ms', 'stalls-with-buffer'].map((what) => `failover-${kind}-${what}`),
);

export const failoverGroup: Group = {
  names: NAMES,
  budgetMs: 200_000,
  run: (context) => run(context, RUNS),
};

/** The same with forty losses, for a soak. */
export const failoverSoakGroup: Group = {
  names: NAMES,
  budgetMs: 1_000_000,
  run: (context) => run(context, SOAK_RUNS),
};
