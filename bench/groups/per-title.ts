// Per title against the fixed ladder, on real footage: both ladders of the standard preset are encoded as a job does,
// each rendition is scaled to the size in which it is watched and compared with the source by SSIM (of brightness, in
// dB), and the row is how many bits per title saves at equal quality. VMAF is not in every FFmpeg; SSIM is.
//
// The bench takes six seconds of each file, the soak the whole files. Files that are not there are left out, and
// without any the row fails.

import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { defined } from '#base/assert.ts';
import type { LeasedJob } from '#contract/jobs.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { videoGraph } from '#platform/ffmpeg/recipe.ts';
import { resolveEngine } from '#platform/ffmpeg/resolve-engine.ts';
import { silentLog } from '#platform/log.ts';
import { type JobPlan, planJob } from '../../src/region/encoder/plan-job.ts';
import { footage } from '../../test/support/media.ts';
import type { BenchContext } from '../context.ts';
import { type RatePoint, rateRatio, usefulPoints } from '../ladder/rate-quality.ts';
import { type Group, type Row, rounded } from '../row.ts';

const runFile = promisify(execFile);

/** Film, screen, street, music clip, phone, and a clip in HEVC; with where the excerpt of each begins. */
const FILES: readonly (readonly [name: string, atSeconds: number])[] = [
  ['kelloggs.mp4', 4],
  ['screencast.mp4', 10],
  ['pedestrians.avi', 20],
  ['music-vp8-vorbis.webm', 10],
  ['rotated-phone.mp4', 0],
  ['hevc-1080p.mp4', 0],
];
const EXCERPT_SECONDS = 6;

interface Ladder {
  readonly points: readonly RatePoint[];
  readonly planMs: number;
  readonly isFitted: boolean;
}

async function excerpt(path: string, atSeconds: number, directory: string): Promise<string> {
  const target = join(directory, `source${extname(path)}`);
  const span = ['-ss', String(atSeconds), '-t', String(EXCERPT_SECONDS)];
  await runFile('ffmpeg', ['-v', 'error', ...span, '-i', path, '-map', '0:V:0', '-c', 'copy', target]);
  return target;
}

/** Encodes the ladder of a file and judges each rendition. */
async function measure(
  engine: Engine,
  inputPath: string,
  isPerTitle: boolean,
  directory: string,
): Promise<Ladder> {
  const workDirectory = join(directory, isPerTitle ? 'per-title' : 'fixed');
  await mkdir(workDirectory);
  const encoding = { preset: 'standard', isPerTitle, codecs: ['h264'] };
  const job = { id: 'bench', encoding } as unknown as LeasedJob;
  const never = new AbortController().signal;
  const startedAtMs = performance.now();
  const plan = await planJob(job, { inputPath, workDirectory }, { engine, log: silentLog }, never);
  const planMs = performance.now() - startedAtMs;
  const video = defined(plan.video, 'a video');
  const { timelineStartMs, segmentDurationMs } = plan;
  const encode = engine.encode({
    ...{ inputPath, workDirectory, video, audio: [], timelineStartMs, segmentDurationMs, niceness: 0 },
  });
  const fileOf = (id: string): string => join(workDirectory, `${id}.mp4`);
  await Promise.all(
    [...encode.outputs].map(([id, stream]) => pipeline(stream, createWriteStream(fileOf(id)))),
  );
  await encode.done;
  const seconds = (video.frameCount * video.frameRate.denominator) / video.frameRate.numerator;
  const points: RatePoint[] = [];
  for (const { id } of video.outputs) {
    const { size } = await stat(fileOf(id));
    points.push({
      bitrateBps: (size * 8) / seconds,
      quality: await similarity(inputPath, fileOf(id), video),
    });
  }
  return { points, planMs, isFitted: plan.encoding.isPerTitle };
}

/** SSIM in dB of a rendition, scaled to the largest size, with the frames that were encoded. */
async function similarity(
  source: string,
  rendition: string,
  video: NonNullable<JobPlan['video']>,
): Promise<number> {
  // Both ladders have the same largest rung, since per title never drops it.
  const largest = defined(video.outputs[0], 'a rung');
  const { width, height } = largest;
  const upright = { ...video, outputs: [largest] };
  const reference = videoGraph(`[0:${video.streamIndex}]`, { ...upright, rotationDegrees: 0 });
  const graph = [
    reference,
    '[v0]setpts=N/TB/30[reference]',
    `[1:v]setpts=N/TB/30,scale=${width}:${height}:flags=bicubic,format=yuv420p[seen]`,
    '[seen][reference]ssim',
  ].join(';');
  const inputs = ['-i', source, '-i', rendition];
  const { stderr } = await runFile('ffmpeg', [
    ...['-hide_banner', '-nostats', ...inputs, '-filter_complex', graph, '-f', 'null', '-'],
  ]);
  const found = /SSIM Y:([\d.]+)/.exec(stderr)?.[1];
  return -10 * Math.log10(Math.max(1e-6, 1 - Number(defined(found, 'what the filter found'))));
}

const shown = (points: readonly RatePoint[]): string =>
  points
    .map(({ bitrateBps, quality }) => `${Math.round(bitrateBps / 1_000)}k ${quality.toFixed(1)}dB`)
    .join(', ');

async function measureAll(context: BenchContext, isWhole: boolean): Promise<readonly Row[]> {
  const engine = await resolveEngine(process.env, silentLog);
  const saved: { name: string; percent: number; stored: number }[] = [];
  for (const [name, atSeconds] of FILES) {
    const path = footage(name);
    if (path === undefined) continue;
    const directory = await mkdtemp(join(tmpdir(), 'meridian-bench-per-title-'));
    try {
      const source = isWhole ? path : await excerpt(path, atSeconds, directory);
      const fixed = await measure(engine, source, false, directory);
      const fitted = await measure(engine, source, true, directory);
      const ratio = rateRatio(fitted.points, fixed.points);
      const sum = ({ points }: Ladder): number =>
        points.reduce((total, { bitrateBps }) => total + bitrateBps, 0);
      context.note(`${name}: fixed ${shown(usefulPoints(fixed.points))}`);
      context.note(
        `${name}: per title ${shown(usefulPoints(fitted.points))}, planned ${Math.round(fitted.planMs - fixed.planMs)} ms later${fitted.isFitted ? '' : ', too late to be fitted'}`,
      );
      // Ladders without a quality in common cannot be compared: nothing is claimed.
      const percent = ratio === null ? 0 : 100 * (1 - ratio);
      saved.push({ name, percent, stored: 100 * (1 - sum(fitted) / sum(fixed)) });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  const mean = (of: (one: (typeof saved)[number]) => number): number =>
    saved.reduce((sum, one) => sum + of(one), 0) / saved.length;
  return [
    {
      name: isWhole ? 'per-title-whole-bits-saved' : 'per-title-bits-saved',
      value: rounded(
        mean(({ percent }) => percent),
        1,
      ),
      unit: '% at equal SSIM',
      op: '>=',
      goal: 15,
      peer: `the fixed ladder; ${saved.map(({ name, percent }) => `${name} ${rounded(percent)}`).join(', ')}; whole ladders are ${rounded(mean(({ stored }) => stored))} % smaller`,
    },
  ];
}

export const perTitleGroup: Group = {
  names: ['per-title-bits-saved'],
  budgetMs: 150_000,
  run: (context) => measureAll(context, false),
};

export const perTitleSoakGroup: Group = {
  names: ['per-title-whole-bits-saved'],
  budgetMs: 900_000,
  run: (context) => measureAll(context, true),
};
