// Processes of a world are killed at random while videos are uploaded, processed, copied, watched and deleted and one
// region's disk rots; each kill takes what the process had not fsynced along. At the end three numbers must be 0:
// acknowledged uploads lost, deleted assets back, corrupt objects served.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import { createPrng } from '#base/prng.ts';
import type { PowerFault } from '#core/fault/catalogue.ts';
import { fastWorld } from '../../durability/support.ts';
import { underPowerCuts } from '../../fault/power-cuts.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createWorldFiles, type RunningWorld, startWorld } from '../../support/world.ts';
import { createKiller } from './killer.ts';
import { isGone, isSafe, settle } from './promises.ts';
import { createTally, keepBusy, living, remove, type Tally, watch } from './workload.ts';

/** How often the run tells where it is. */
const PROGRESS_KILLS = 25;

export interface KillsOptions {
  readonly kills: number;
  readonly seed: number;
  /** For a run that must find losses. */
  readonly lies?: PowerFault['lies'];
  readonly onProgress: (text: string) => void;
}

export interface KillsResult {
  readonly killed: Readonly<Record<string, number>>;
  readonly tally: Tally;
  /** What the killed processes had not fsynced, and lost. */
  readonly dropped: { readonly names: number; readonly files: number; readonly bytes: number };
  readonly found: number;
  readonly repaired: number;
  readonly lost: readonly string[];
  readonly back: readonly string[];
}

/** Runs one world under kills, from its start to the proof that it kept its promises. */
export async function underKills(options: KillsOptions): Promise<KillsResult> {
  const { kills, seed, onProgress } = options;
  const prng = createPrng(seed);
  const fast = fastWorld({ repairDelayMs: 3_000, deleteGraceMs: 2_000, replacedGraceMs: 4_000 });
  const files = await createWorldFiles({
    config: { ...fast.config, supervisor: { restartPauseMsMax: 250 } },
  });
  const { directory, dataDirectory } = files;
  const env = underPowerCuts({
    directory,
    root: dataDirectory,
    seed,
    script: '/src/cli/main.ts',
    // PostgreSQL keeps its own promise, with its own fsync.
    exclude: ['postgres'],
    lies: options.lies ?? [],
  });
  const started = await startWorld({ env }, files).catch((error: unknown) => {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  const killer = createKiller(started, { env }, prng);
  const tally = createTally();
  const killed: Record<string, number> = {};
  try {
    const ended = new AbortController();
    const busy = keepBusy(killer.world(), tally, createPrng(seed + 1), ended.signal);
    for (let count = 0, told = 0; count < kills; ) {
      for (const name of await killer.round()) {
        killed[name] = (killed[name] ?? 0) + 1;
        count += 1;
      }
      if (count < told + PROGRESS_KILLS) continue;
      told = count;
      onProgress(
        `${count} of ${kills} kills, seed ${seed}: ${tally.acknowledged.size} uploads acknowledged, ${tally.deleted.size} deleted, ${tally.objectsChecked} objects compared, ${tally.corrupt.length} corrupt`,
      );
    }
    ended.abort();
    await busy;
    await killer.whenWhole();
    return { killed, tally, dropped: droppedIn(directory), ...(await judge(killer.world(), tally)) };
  } finally {
    await killer.world().remove();
  }
}

async function judge(world: RunningWorld, tally: Tally) {
  for (const id of tally.asked)
    await waitFor(`the deletion of ${id} to be answered`, async () => {
      await remove(world, tally, id);
      return true;
    });
  const lost = await settle(
    living(tally).map((id) => () => isSafe(world, defined(tally.acknowledged.get(id), id))),
  );
  const back = await settle([...tally.deleted].map((id) => () => isGone(world, id)));
  // What was served first may have been the corrupt one: every region says once more what it has.
  for (const id of living(tally))
    for (const [pick] of world.regions.entries()) await watch(world, tally, id, pick);
  const { findings } = await world.client.call('GET /v1/storage/scrub', { query: { limit: 200 } });
  const count = (wanted: string): number => findings.filter(({ kind }) => kind === wanted).length;
  return { lost, back, found: count('damaged'), repaired: count('repaired') };
}

function droppedIn(directory: string): KillsResult['dropped'] {
  const total = { names: 0, files: 0, bytes: 0 };
  for (const line of readFileSync(join(directory, 'journals/losses.jsonl'), 'utf8').trim().split('\n')) {
    const { undone } = JSON.parse(line) as { undone: typeof total };
    total.names += undone.names;
    total.files += undone.files;
    total.bytes += undone.bytes;
  }
  return total;
}
