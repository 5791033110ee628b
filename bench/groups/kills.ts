// Random kills that take what was not fsynced along. MERIDIAN_SOAK_KILLS says how many, MERIDIAN_SOAK_SEED repeats the
// choices of a run, though not its timing. MERIDIAN_SOAK_LIES (files, folders) makes the disk lie about fsync: such a run
// must find losses, else the soak itself is blind.

import type { PowerFault } from '#core/fault/catalogue.ts';
import { type KillsResult, underKills } from '../../test/scenarios/kills/under-kills.ts';
import type { BenchContext } from '../context.ts';
import type { Group, Row } from '../row.ts';

const KILLS = Number(process.env.MERIDIAN_SOAK_KILLS ?? 1_000);
const SEED = Number(process.env.MERIDIAN_SOAK_SEED ?? Date.now() % 1_000_000);
const LIES = (process.env.MERIDIAN_SOAK_LIES ?? '')
  .split(',')
  .filter((word) => word !== '') as PowerFault['lies'];
/** A world lives through so many, so that what was promised is also looked at in between. */
const KILLS_OF_A_WORLD = 200;
/** A kill with its restart on two busy cores, and what a world takes besides. */
const KILL_MS_MAX = 8_000;
const WORLD_MS_MAX = 600_000;

const WORLDS = Math.ceil(KILLS / KILLS_OF_A_WORLD);

async function run(context: BenchContext): Promise<readonly Row[]> {
  await context.close();
  const results: KillsResult[] = [];
  for (let world = 0, left = KILLS; left > 0; world += 1, left -= KILLS_OF_A_WORLD) {
    const kills = Math.min(left, KILLS_OF_A_WORLD);
    const result = await underKills({
      kills,
      seed: SEED + world,
      lies: LIES,
      onProgress: (text) => context.note(text),
    });
    results.push(result);
    const { dropped, found, repaired, lost, back, killed } = result;
    context.note(
      `${JSON.stringify(killed)}; dropped ${dropped.names} names, ${dropped.bytes} bytes of ${dropped.files} files; ${result.tally.rotten} bits rotted, ${found} found, ${repaired} repaired`,
    );
    for (const problem of [...lost, ...back, ...result.tally.corrupt]) context.note(problem);
  }
  return rowsOf(results);
}

function rowsOf(results: readonly KillsResult[]): readonly Row[] {
  const sum = (count: (result: KillsResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const killed = sum((result) => Object.values(result.killed).reduce((total, count) => total + count, 0));
  const dropped = `${sum((result) => result.dropped.names)} names and ${sum((result) => result.dropped.files)} files not fsynced were dropped`;
  const row = (name: string, value: number, unit: string, peer: string): Row => ({
    name,
    value,
    unit,
    op: '==',
    goal: 0,
    peer,
  });
  return [
    row(
      'kills-acknowledged-uploads-lost',
      sum((result) => result.lost.length),
      'uploads',
      `${sum((result) => result.tally.acknowledged.size)} acknowledged, ${killed} kills, ${dropped}; seed ${SEED}`,
    ),
    row(
      'kills-deleted-assets-back',
      sum((result) => result.back.length),
      'assets',
      `${sum((result) => result.tally.deleted.size)} deleted`,
    ),
    row(
      'kills-corrupt-objects-served',
      sum((result) => result.tally.corrupt.length),
      'objects',
      `${sum((result) => result.tally.objectsChecked)} compared while ${sum((result) => result.tally.rotten)} bits rotted`,
    ),
  ];
}

export const killsGroup: Group = {
  names: ['kills-acknowledged-uploads-lost', 'kills-deleted-assets-back', 'kills-corrupt-objects-served'],
  budgetMs: KILLS * KILL_MS_MAX + WORLDS * WORLD_MS_MAX,
  run,
};
