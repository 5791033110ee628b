// The same question as of the modelled world (self-discovery.ts), asked of a real one: three regions of processes, virtual
// viewers, and an edge whose answers go wrong on their way to them. Each kind has a world of its own, since a budget that
// is burnt stays burnt for an hour.

import { defined } from '#base/assert.ts';
import type { Swarm } from '#viewer/swarm/swarm.ts';
import { FAULT_KINDS, type FaultKind } from '../../test/scenarios/discovery/fault-kinds.ts';
import { BAD, formulaOf, startStage, startViewers, waitUntilWatched } from '../../test/story/stage.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { BenchContext } from '../context.ts';
import { type Group, type Row, rounded } from '../row.ts';

/** Those that players count as bad requests: the formula is of these. */
const KINDS = ['media comes eight seconds late', 'every answer is an error'];
const VIEWERS = 150;
/** From a bad request to a page beyond the formula: the player's giving up and its batch, the slice, the report, the round. */
const BEATS_MS = 20_000;
/** Nobody waits longer to be told. */
const PATIENCE_MS = 180_000;
const NEVER = { startsAtMs: Number.POSITIVE_INFINITY } as const;

interface Found {
  readonly name: string;
  readonly detectionMs: number;
  readonly formulaMs: number;
  /** Places of pages that are not the one that is bad. */
  readonly misplaced: readonly string[];
}

async function discover({ at, name }: FaultKind): Promise<Found> {
  const stage = await startStage();
  const { client } = stage.world;
  let swarm: Swarm | undefined;
  const pages = async () => {
    const { alerts } = await client.call('GET /v1/alerts', { query: { state: 'firing' } });
    return alerts.filter(({ severity }) => severity === 'page');
  };
  const isThere = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
    labels.site === BAD.siteId || labels.region === BAD.regionId;
  try {
    swarm = await startViewers(stage, VIEWERS);
    await waitUntilWatched(stage);
    stage.front.setFaults(at(0).answers);
    const faultAtMs = Date.now();
    const { startsAtMs } = await waitFor(
      'the page, or the end of patience',
      async () => (await pages()).find(isThere) ?? (Date.now() - faultAtMs > PATIENCE_MS ? NEVER : undefined),
      2 * PATIENCE_MS,
    );
    const { formulaMs } = await formulaOf(stage, faultAtMs, Math.min(startsAtMs, Date.now()));
    const misplaced = (await pages()).filter((one) => !isThere(one)).map(({ labels }) => labels.site ?? '?');
    return { name, detectionMs: startsAtMs - faultAtMs, formulaMs, misplaced };
  } finally {
    swarm?.stop();
    await swarm?.ended;
    await stage.remove();
  }
}

/** Without a bad request there is no formula, and nothing to be in time by. */
const isInTime = ({ detectionMs, formulaMs }: Found): boolean =>
  Number.isFinite(formulaMs) && detectionMs <= formulaMs + BEATS_MS;
const inSeconds = (ms: number): string => (ms / 1_000).toFixed(1);

async function run(context: BenchContext): Promise<readonly Row[]> {
  // The shared world would be a neighbour.
  await context.close();
  const found: Found[] = [];
  for (const name of KINDS) {
    const kind = FAULT_KINDS.find((one) => one.name === name);
    const one = await discover(defined(kind, `a kind of fault named ${name}`));
    context.note(
      `${name}: paged after ${inSeconds(one.detectionMs)} s, formula ${inSeconds(one.formulaMs)} s`,
    );
    found.push(one);
  }
  const misplaced = found.flatMap((one) => one.misplaced);
  return [
    {
      name: 'self-discovery-world-found',
      value: rounded((found.filter(isInTime).length / found.length) * 100, 1),
      unit: '% of faults',
      op: '>=',
      goal: 95,
      peer: found
        .map(
          (one) => `${one.name}: ${inSeconds(one.detectionMs)} s, burn table ${inSeconds(one.formulaMs)} s`,
        )
        .join('; '),
    },
    {
      name: 'self-discovery-world-misplaced',
      value: misplaced.length,
      unit: 'pages that name another place',
      op: '==',
      goal: 0,
      peer: misplaced.length === 0 ? 'none' : misplaced.join('; '),
    },
  ];
}

/** Two kinds in worlds of real processes, for a soak: some two minutes each. */
export const selfDiscoveryWorldGroup: Group = {
  names: ['self-discovery-world-found', 'self-discovery-world-misplaced'],
  budgetMs: 600_000,
  run,
};
