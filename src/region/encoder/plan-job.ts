// Plans a job: probes the source, decides the ladder by the preset, fits it to the video where that is asked for, adds
// the codecs that are wanted, measures the loudness. The plan is a plain value that survives JSON, so that whoever
// encodes (this process, or others a piece each) needs nothing else to know what comes out: it is the same for the
// whole file, whichever part of it is encoded where.

import { DEFAULT_PRESET, type EncodingReport } from '#contract/encoding.ts';
import { MeridianError } from '#contract/errors.ts';
import type { LeasedJob } from '#contract/jobs.ts';
import { addCodecFamilies } from '#media/ladder/codec-families.ts';
import {
  type EncodePlan,
  type PlannedAudio,
  type PlanReason,
  planLadder,
} from '#media/ladder/plan-ladder.ts';
import { type Preset, presetOf } from '#media/ladder/presets.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import { fitToVideo } from './fit-to-video.ts';
import { levelAudio } from './level-audio.ts';
import { PLAN_REASONS_MAX } from './limits.ts';

/** What is encoded and how, decided once for the whole file. */
export interface JobPlan extends EncodePlan {
  readonly audio: readonly (PlannedAudio & { readonly gainDb?: number })[];
  /** What people are told about it. */
  readonly encoding: EncodingReport;
  /** Of the source: whether it can be cut, and where its pictures begin. */
  readonly source: { readonly container: string; readonly startMs: number };
}

/** Where the source lies, and a directory for whatever reading it needs. */
export interface SourcePaths {
  readonly inputPath: string;
  readonly workDirectory: string;
}

export interface PlanDependencies {
  readonly engine: Engine;
  readonly log: Log;
}

/** Plans the encoding of a job's source, or throws why it is refused. */
export async function planJob(
  job: LeasedJob,
  paths: SourcePaths,
  dependencies: PlanDependencies,
  signal: AbortSignal,
): Promise<JobPlan> {
  const { engine, log } = dependencies;
  const wanted = job.encoding ?? { preset: DEFAULT_PRESET, isPerTitle: false, codecs: ['h264'] };
  const { name, preset } = presetOf(wanted.preset);
  const probe = await engine.probe(paths.inputPath, { workDirectory: paths.workDirectory, signal });
  const result = planLadder(probe, preset);
  if (result.kind === 'refused') throw new MeridianError('media_unsupported', { reason: result.reason });
  const fitted = wanted.isPerTitle
    ? await fitToVideo(result.plan, preset, paths, dependencies, signal)
    : { plan: result.plan, reasons: [], isFitted: false };
  const { plan, reasons } = withCodecs(fitted.plan, wanted.codecs, engine, preset);
  const all = [...result.reasons, ...fitted.reasons, ...reasons];
  log.info({ job: job.id, preset: name, reasons: all }, 'planned a video');
  const outputs = plan.video?.outputs ?? [];
  return {
    ...plan,
    audio: await levelAudio(plan.audio, job, paths, dependencies, signal),
    source: { container: probe.container, startMs: probe.video?.startMs ?? 0 },
    encoding: {
      preset: name,
      isPerTitle: fitted.isFitted,
      codecs: [...new Set(outputs.map(({ codec }) => codec ?? 'h264'))],
      reasons: all.slice(0, PLAN_REASONS_MAX).map((reason) => ({ ...reason, values: { ...reason.values } })),
    },
  };
}

function withCodecs(
  plan: EncodePlan,
  codecs: readonly string[],
  { videoCodecs }: Engine,
  { qualityFactor }: Preset,
): { plan: EncodePlan; reasons: readonly PlanReason[] } {
  if (plan.video === null) return { plan, reasons: [] };
  const { outputs, reasons } = addCodecFamilies(plan.video.outputs, codecs, videoCodecs, qualityFactor);
  return { plan: { ...plan, video: { ...plan.video, outputs } }, reasons };
}
