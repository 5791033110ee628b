// CPU time of a ladder: our engine, splitter and store against one plain ffmpeg process with the same settings. Both
// sides take turns, so that whatever else the machine does meets both; the row is the median of the rounds' ratios.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { clip } from '../../test/support/media.ts';
import type { BenchContext } from '../context.ts';
import type { LadderResult } from '../ladder/ladder-process.ts';
import { type Group, median, type Row, rounded } from '../row.ts';

const ROUNDS = 3;
/** Long enough that starting the processes does not count, short enough for six encodes on two cores. */
const SECONDS = 12;
const SCRIPT = fileURLToPath(new URL('../ladder/ladder-process.ts', import.meta.url));
const runFile = promisify(execFile);

async function measure(side: 'ours' | 'plain', file: string): Promise<LadderResult> {
  const directory = await mkdtemp(join(tmpdir(), 'meridian-bench-ladder-'));
  try {
    const { stdout } = await runFile(process.execPath, [SCRIPT, side, file, directory]);
    return JSON.parse(stdout) as LadderResult;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const file = clip({ seconds: SECONDS });
  const ratios: number[] = [];
  const ours: number[] = [];
  const plain: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Who goes first changes, so that a machine that slows down favours nobody.
    const isOursFirst = round % 2 === 0;
    const early = isOursFirst ? await measure('ours', file) : undefined;
    const peer = await measure('plain', file);
    const own = early ?? (await measure('ours', file));
    if (own.frames !== peer.frames) throw new Error(`${own.frames} frames against ${peer.frames}`);
    ours.push(own.cpuSeconds);
    plain.push(peer.cpuSeconds);
    ratios.push(own.cpuSeconds / peer.cpuSeconds);
    context.note(
      `ours ${own.cpuSeconds.toFixed(2)} s CPU, ${own.wallSeconds.toFixed(1)} s; ffmpeg ${peer.cpuSeconds.toFixed(2)} s CPU, ${peer.wallSeconds.toFixed(1)} s`,
    );
  }
  return [
    {
      name: 'ladder-cpu-ratio',
      value: rounded(median(ratios), 3),
      unit: 'of ffmpeg CPU',
      op: '<=',
      goal: 1.1,
      peer: `one ffmpeg, same renditions: ${rounded(median(plain), 2)} s; ours: ${rounded(median(ours), 2)} s`,
    },
  ];
}

export const ladderGroup: Group = { names: ['ladder-cpu-ratio'], budgetMs: 120_000, run };
