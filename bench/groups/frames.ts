// Every frame of the real footage, in every rendition, from every region.

import { countEverywhere, type FrameCount, goodFiles, isExact } from '../../test/scenarios/frames.ts';
import type { BenchContext } from '../context.ts';
import type { Group, Row } from '../row.ts';

function describe(file: string, counts: readonly FrameCount[]): string {
  const wrong = counts.filter((count) => !isExact(count));
  const renditions = [...new Set(counts.map(({ renditionId, frames }) => `${renditionId} ${frames}`))].join(
    ', ',
  );
  return `${file} (${counts[0]?.source} frames): ${renditions}; ${wrong.length} of ${counts.length} wrong`;
}

async function run(context: BenchContext): Promise<readonly Row[]> {
  const world = await context.world();
  const counts = await countEverywhere(world, goodFiles(), (file, own) => context.note(describe(file, own)));
  const wrong = counts.filter((count) => !isExact(count));
  for (const count of wrong) context.note(JSON.stringify(count));
  return [
    {
      name: 'frames-wrong',
      value: wrong.length,
      unit: `of ${counts.length} counts`,
      op: '==',
      goal: 0,
      peer: 'the plan, and what ffprobe finds in the source, within one frame',
    },
  ];
}

export const framesGroup: Group = { names: ['frames-wrong'], budgetMs: 180_000, run };
