// Control, database and one region held down together: the scenario of test/scenarios/outage.ts.

import { outage } from '../../test/scenarios/outage.ts';
import { clip } from '../../test/support/media.ts';
import type { BenchContext } from '../context.ts';
import { type Group, type Row, rounded } from '../row.ts';

async function run(context: BenchContext): Promise<readonly Row[]> {
  const result = await outage({
    world: await context.world(),
    browser: (await context.browser()).context,
    asset: await context.asset(),
    file: clip({ seconds: 6, width: 640, height: 360 }),
    note: context.note,
  });
  if (result.playbackFatal !== null) context.note(`the playing page failed: ${result.playbackFatal}`);
  if (result.uploadError !== '') context.note(`the upload failed: ${result.uploadError}`);
  const peer = `control, PostgreSQL and ${result.regionId} held down`;
  const yes = (name: string, isSo: boolean): Row => ({
    name,
    value: isSo ? 1 : 0,
    unit: 'of 1',
    op: '==',
    goal: 1,
    peer,
  });
  return [
    {
      name: 'outage-playback-stall-ms',
      value: result.playbackFatal === null ? result.playbackStallMs : Number.MAX_SAFE_INTEGER,
      unit: 'ms',
      op: '<=',
      goal: 500,
      peer,
    },
    { name: 'outage-new-page-ms', value: rounded(result.newPageMs), unit: 'ms', op: '<=', goal: 3_000, peer },
    yes('outage-private-playback', result.isPrivatePlaying),
    yes('outage-upload', result.isUploadAccepted),
    {
      name: 'outage-steering-names-dead',
      value: result.steeringNamesDead,
      unit: `of ${result.steeringAnswers} answers`,
      op: '==',
      goal: 0,
      peer,
    },
    {
      ...yes('outage-upload-appears', result.hasUploadAppeared),
      peer: `complete ${(result.appearMs / 1_000).toFixed(1)} s after the end of the outage`,
    },
  ];
}

export const outageGroup: Group = {
  names: [
    'outage-playback-stall-ms',
    'outage-new-page-ms',
    'outage-private-playback',
    'outage-upload',
    'outage-steering-names-dead',
    'outage-upload-appears',
  ],
  budgetMs: 180_000,
  run,
};
