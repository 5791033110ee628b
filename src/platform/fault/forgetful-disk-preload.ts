// Loaded into a process under test (node --import): first undoes what its killed predecessor had not fsynced, then notes
// what this one writes. MERIDIAN_FAULT_DISK holds the options; processes of other programs are left alone. A process is
// told from others by its arguments, which it keeps over restarts. What was lost is added to `losses.jsonl`.

import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { createPrng, hash32 } from '#base/prng.ts';
import type { PowerFault } from '#core/fault/catalogue.ts';
import { drawLosses } from '#core/fault/unsynced-writes.ts';
import { decorateFiles } from './decorate-files.ts';
import { createNotes, LOG, readLog } from './forgetful-disk.ts';
import { undoUnsynced } from './undo-unsynced.ts';

export interface ForgetfulProcess {
  readonly root: string;
  readonly exclude: readonly string[];
  /** Folder of the logs of all processes; outside the root, on its file system. */
  readonly journals: string;
  readonly seed: number;
  readonly fault: PowerFault;
  /** Only processes whose script ends like this. */
  readonly script: string;
}

/** Killed half-way it is begun anew, and draws the same. */
function undoLastLife(options: ForgetfulProcess, journal: string, name: string): void {
  const log = readLog(journal);
  const lives = `${journal}.lives`;
  const life = existsSync(lives) ? Number(readFileSync(lives, 'utf8')) : 0;
  const losses = drawLosses(log, createPrng(hash32(`${options.seed}:${name}:${life}`)));
  const undone = undoUnsynced(journal, log, losses);
  rmSync(join(journal, LOG), { force: true });
  rmSync(journal, { recursive: true, force: true });
  writeFileSync(lives, String(life + 1));
  appendFileSync(
    join(options.journals, 'losses.jsonl'),
    `${JSON.stringify({ process: name, life, ...losses.reasons, undone })}\n`,
  );
}

async function begin(options: ForgetfulProcess): Promise<void> {
  const name = process.argv.slice(2).join(' ');
  const journal = join(options.journals, hash32(name).toString(36));
  mkdirSync(options.journals, { recursive: true, mode: 0o700 });
  if (existsSync(journal)) undoLastLife(options, journal, name);
  await decorateFiles(createNotes({ ...options, journal }), randomUUID());
  // Whoever ends by itself keeps its power: the system writes everything down.
  process.on('exit', () => rmSync(journal, { recursive: true, force: true }));
}

const given = process.env.MERIDIAN_FAULT_DISK;
const options = given === undefined ? undefined : (JSON.parse(given) as ForgetfulProcess);
if (options !== undefined && isMainThread && process.argv[1]?.endsWith(options.script)) await begin(options);
