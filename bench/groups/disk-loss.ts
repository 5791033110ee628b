// The disk of a region is deleted right after an acknowledged upload: the scenario of test/scenarios/disk-loss.ts.

import { loseDiskAfterUpload } from '../../test/scenarios/disk-loss.ts';
import { worldIsWhole } from '../../test/scenarios/failover.ts';
import { countFrames, videoPlaylists } from '../../test/scenarios/frames.ts';
import { clip } from '../../test/support/media.ts';
import type { BenchContext } from '../context.ts';
import type { Group, Row } from '../row.ts';

const SECONDS = 10;
const FRAMES = SECONDS * 30;

async function run(context: BenchContext): Promise<readonly Row[]> {
  const world = await context.world();
  const file = clip({ seconds: SECONDS, width: 640, height: 360 });
  const loss = await loseDiskAfterUpload(world, file);
  await worldIsWhole(world);
  const counts: number[] = [];
  for (const { hls } of loss.asset.playlists)
    for (const { url } of await videoPlaylists(hls)) counts.push(await countFrames(url));
  context.note(
    `${loss.regionId} lost its disk, ${loss.copies} copies at the acknowledgement; complete after ${Math.round(loss.readyMs)} ms; frames ${counts.join(', ')}`,
  );
  const isComplete = counts.length > 0 && counts.every((count) => count === FRAMES);
  return [
    {
      name: 'disk-loss-appears',
      value: isComplete ? 1 : 0,
      unit: 'of 1 assets',
      op: '==',
      goal: 1,
      peer: `complete ${(loss.readyMs / 1_000).toFixed(1)} s after the acknowledgement`,
    },
  ];
}

export const diskLossGroup: Group = { names: ['disk-loss-appears'], budgetMs: 150_000, run };
