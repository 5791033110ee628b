// Starting on a fresh data directory and again, and what the idle world takes of the machine's memory.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { BenchContext } from '../context.ts';
import { type Group, type Row, rounded } from '../row.ts';

/** Caches of a start are collected and the beats have settled by then. */
const IDLE_MS = 30_000;

/** The process and everything that it started, and what those started. */
function familyOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      parents.set(pid, Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      // It has just ended.
    }
  }
  const family = [root];
  for (const member of family) for (const [pid, parent] of parents) if (parent === member) family.push(pid);
  return family;
}

/** Proportional set size: shared pages count once, divided among those who share them. */
function pssKilobytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
}

function idleMemory(rootPid: number, context: BenchContext): number {
  let total = 0;
  const parts: string[] = [];
  for (const pid of familyOf(rootPid)) {
    const kilobytes = pssKilobytes(pid);
    total += kilobytes;
    const name = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    if (kilobytes > 5_000) parts.push(`${(kilobytes / 1_024).toFixed(0)} MB ${name.slice(0, 60)}`);
  }
  context.note(parts.join('; '));
  return total / 1_024;
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const first = await context.world();
  const startFirstMs = first.startMs;
  context.note(`ready after ${rounded(startFirstMs)} ms`);
  await delay(IDLE_MS);
  const pid = first.process.pid;
  if (pid === undefined) throw new Error('the world has no process id');
  const memoryMb = idleMemory(pid, context);
  const later = await context.restartWorld();
  const peer = 'ready line of meridian up';
  return [
    { name: 'start-first-ms', value: rounded(startFirstMs), unit: 'ms', op: '<=', goal: 15_000, peer },
    { name: 'start-later-ms', value: rounded(later.startMs), unit: 'ms', op: '<=', goal: 6_000, peer },
    {
      name: 'idle-memory-mb',
      value: rounded(memoryMb),
      unit: 'MB PSS',
      op: '<=',
      goal: 700,
      peer: 'control, PostgreSQL, three regions, supervisor',
    },
  ];
}

export const startGroup: Group = {
  names: ['start-first-ms', 'start-later-ms', 'idle-memory-mb'],
  budgetMs: 110_000,
  run,
};
