// How much faster a long video is done when encoders of three regions share it than when one makes all. Each region's node is
// held to a part of a core, so that three of them fit into the machine beside everything else; for the second run
// the encoders of two regions are paused. The efficiency is the time of one over three times the time of three.
// Frames are counted from outside, at the edge, in both runs.

import { defined } from '#base/assert.ts';
import { timelinesOf } from '../../test/scenarios/timeline.ts';
import { createCpuCap } from '../../test/support/cpu-cap.ts';
import { type ClipOptions, clip } from '../../test/support/media.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { type RunningWorld, startWorld } from '../../test/support/world.ts';
import type { BenchContext } from '../context.ts';
import { type Group, type Row, rounded } from '../row.ts';

/** Three of them leave a quarter of two cores to control, the database and the kernel. */
const CORES_PER_NODE = 0.5;
const OTHER_REGIONS = ['dublin', 'los-angeles'];

interface Measure {
  readonly suffix: string;
  readonly media: ClipOptions & { readonly framesPerSecond: number };
  readonly efficiencyMin: number;
  readonly budgetMs: number;
}

async function pause(world: RunningWorld, isPaused: boolean): Promise<void> {
  for (const regionId of OTHER_REGIONS)
    await world.client.call('PUT /v1/regions/{regionId}/encoding', {
      params: { regionId },
      body: { isPaused },
    });
}

interface Done {
  readonly seconds: number;
  readonly regions: number;
  readonly wrongFrames: number;
}

/** Processes the file; the time is that of the job, from its lease to the complete asset. */
async function process(world: RunningWorld, file: string, measure: Measure): Promise<Done> {
  const { stdout } = await world.run('upload', file, '--json', '--ingest', 'singapore');
  const { id: assetId } = JSON.parse(stdout) as { id: string };
  const view = () => world.client.call('GET /v1/assets/{assetId}', { params: { assetId } });
  const asset = await waitFor(
    'the asset',
    async () => {
      const now = await view();
      if (now.stage === 'failed') throw new Error(now.failure?.message);
      return now.stage === 'ready' ? now : undefined;
    },
    measure.budgetMs,
  );
  const { jobs } = await world.client.call('GET /v1/jobs', { query: { assetId } });
  const { id: jobId } = defined(jobs[0], 'a job');
  const job = await world.client.call('GET /v1/jobs/{jobId}', { params: { jobId } });
  const begun = defined(
    job.placements.find(({ nodeId }) => nodeId !== null),
    'when it began',
  );
  const { framesPerSecond, seconds } = measure.media;
  const timelines = await timelinesOf(defined(asset.playlists[0], 'a playlist').hls, framesPerSecond);
  const wrong = timelines.map(
    ({ frames, duplicates, offGridMsMax }) =>
      Math.abs(frames - seconds * framesPerSecond) + duplicates + (offGridMsMax > 1.5 ? 1 : 0),
  );
  return {
    seconds: (defined(asset.readyAtMs, 'an end') - begun.atMs) / 1_000,
    regions: new Set(job.chunkList.map(({ regionId }) => regionId)).size,
    wrongFrames: wrong.reduce((sum, count) => sum + count, 0),
  };
}

async function run(context: BenchContext, measure: Measure): Promise<readonly Row[]> {
  const file = clip(measure.media);
  const world = await startWorld();
  const caps = world.regions.map(({ id }) => ({ id, cap: createCpuCap(id, CORES_PER_NODE) }));
  try {
    for (const { id, cap } of caps) cap.add(defined(world.pids()[`${id}-1`], `${id}-1`));
    const three = await process(world, file, measure);
    context.note(`three encoders: ${three.seconds.toFixed(1)} s, ${three.regions} regions took part`);
    await pause(world, true);
    const one = await process(world, file, measure);
    context.note(`one encoder: ${one.seconds.toFixed(1)} s`);
    const peer = `${rounded(one.seconds, 1)} s by one, ${rounded(three.seconds, 1)} s by three, ${CORES_PER_NODE} cores each`;
    return [
      {
        name: `shared-efficiency${measure.suffix}`,
        value: rounded(one.seconds / (3 * three.seconds), 2),
        unit: 'of three times as fast',
        op: '>=',
        goal: measure.efficiencyMin,
        peer,
      },
      {
        name: `shared-frames-wrong${measure.suffix}`,
        value: one.wrongFrames + three.wrongFrames,
        unit: 'frames',
        op: '==',
        goal: 0,
        peer: 'every frame once and at its place, in every rendition, as an edge serves it',
      },
    ];
  } finally {
    await world.remove();
    await Promise.all(caps.map(({ cap }) => cap.remove()));
  }
}

function group(measure: Measure): Group {
  const names = ['shared-efficiency', 'shared-frames-wrong'].map((name) => `${name}${measure.suffix}`);
  return { names, budgetMs: measure.budgetMs, run: (context) => run(context, measure) };
}

const FULL_HD = { width: 1_920, height: 1_080 };

/** Pictures that cost little: what is measured is the sharing. */
const CHEAP_PICTURES = 'smptehdbars';

/** Ninety-five seconds: starting, fetching and finishing weigh more than in a long video. */
export const sharedJobsGroup: Group = group({
  suffix: '',
  media: { ...FULL_HD, seconds: 95, frameRate: '10', framesPerSecond: 10, pictures: CHEAP_PICTURES },
  efficiencyMin: 0.6,
  budgetMs: 150_000,
});

/** Ten minutes of full HD. */
export const sharedJobsSoakGroup: Group = group({
  suffix: '-10min',
  media: { ...FULL_HD, seconds: 600, frameRate: '30', framesPerSecond: 30, pictures: CHEAP_PICTURES },
  efficiencyMin: 0.8,
  budgetMs: 3 * 3_600_000,
});
