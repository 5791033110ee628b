// Makes room for a new PostgreSQL: a server whose parent was killed is still shutting down for a moment, and after
// a power cut its lock file may name the process number of something else entirely.
// /proc tells the two apart, where PostgreSQL itself must assume the worst and would refuse to start.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { errorCode, isMissing } from '../disk.ts';

/** How long each stage gets: to end by itself, then after a fast, an immediate and a hard stop. */
const STAGES: readonly { readonly signal: NodeJS.Signals | null; readonly waitMs: number }[] = [
  { signal: null, waitMs: 2_000 },
  { signal: 'SIGINT', waitMs: 4_000 },
  { signal: 'SIGQUIT', waitMs: 2_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
];

/** How often to look; a fast shutdown takes about 100 ms. */
const LOOK_MS = 20;

/**
 * Returns when no server of this data directory runs any more, ending it if it must.
 * Only call it while holding the lock of the data directory, so that the server cannot be somebody's living one.
 */
export async function awaitOldPostmaster(dataDirectory: string): Promise<void> {
  const lockFile = join(dataDirectory, 'postmaster.pid');
  const pid = await readPid(lockFile);
  if (pid === undefined) return;
  for (const { signal, waitMs } of STAGES) {
    if (!(await isPostmasterOf(pid, dataDirectory))) break;
    if (signal !== null) sendSignal(pid, signal);
    const deadlineMs = systemClock.monotonicMs() + waitMs;
    while ((await isPostmasterOf(pid, dataDirectory)) && systemClock.monotonicMs() < deadlineMs)
      await systemClock.sleep(LOOK_MS);
  }
  if (await isPostmasterOf(pid, dataDirectory))
    throw new Error(`an earlier PostgreSQL (process ${pid}) of ${dataDirectory} does not end`);
  // PostgreSQL clears a stale lock file itself, and checks with it that no orphaned backend is left. Only when the
  // number now belongs to a stranger would it refuse to start.
  if (exists(pid)) await rm(lockFile, { force: true });
}

/** The process number in a postmaster.pid, or undefined when there is none. */
async function readPid(path: string): Promise<number | undefined> {
  try {
    const pid = Number.parseInt((await readFile(path, 'utf8')).split('\n')[0] ?? '', 10);
    return Number.isSafeInteger(pid) && pid > 1 ? pid : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Whether the process is a PostgreSQL that was started on this data directory. */
async function isPostmasterOf(pid: number, dataDirectory: string): Promise<boolean> {
  try {
    const [commandLine, status] = await Promise.all([
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    // A zombie has ended; its parent has just not looked yet.
    if (/^\d+ \(.*\) Z /.test(status)) return false;
    return commandLine.split('\0').includes(dataDirectory);
  } catch {
    return false;
  }
}

/** Whether any process has this number. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in between, which is what was wanted.
  }
}
