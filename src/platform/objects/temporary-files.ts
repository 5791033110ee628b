// Names for files that are still being written, from which a later process can tell whether the writer lives.
// A process number alone may be reused, so the name also carries when the process started; and numbers mean nothing
// across containers, so it carries the namespace that they were given in. See proc_pid_stat(5), pid_namespaces(7).

import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../clock.ts';
import { isMissing } from '../disk.ts';

/** A file of another container is taken for abandoned when nobody has written to it for this long. */
const FOREIGN_AGE_MS = 3_600_000;

export interface TemporaryNames {
  /** A name that nobody else uses. */
  next(): string;
}

// One count for the process: two stores on one directory must not share names either.
let count = 0;

/** Creates the names of this process. */
export async function createTemporaryNames(): Promise<TemporaryNames> {
  const space = await namespaceOf();
  const startedAt = await startTicksOf(process.pid);
  return {
    next() {
      count += 1;
      return `${space}-${process.pid}-${startedAt ?? 0}-${count}.tmp`;
    },
  };
}

/** Removes what dead processes left in the directory; returns how many files that were. */
export async function removeAbandoned(directory: string): Promise<number> {
  const space = await namespaceOf();
  let removed = 0;
  for (const name of await readdir(directory)) {
    const match = /^(\d+)-(\d+)-(\d+)-\d+\.tmp$/.exec(name);
    const path = join(directory, name);
    const isAbandoned =
      match?.[1] === space
        ? String((await startTicksOf(Number(match[2]))) ?? 'none') !== match[3]
        : await isOld(path);
    if (!isAbandoned) continue;
    await rm(path, { force: true, recursive: true });
    removed += 1;
  }
  return removed;
}

async function isOld(path: string): Promise<boolean> {
  try {
    return systemClock.nowMs() - (await stat(path)).mtimeMs > FOREIGN_AGE_MS;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** When a process started, in ticks since the machine did; undefined when there is no such process. */
async function startTicksOf(pid: number): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may itself hold spaces; the start is the 22nd.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return Number(fields[19]);
  } catch {
    return undefined;
  }
}

/** The number of the namespace in which process numbers are given here. */
async function namespaceOf(): Promise<string> {
  const link = await readlink('/proc/self/ns/pid').catch(() => '');
  return /\d+/.exec(link)?.[0] ?? '0';
}
