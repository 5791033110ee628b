// Per title: takes samples of the video and lets media/ladder fit the rungs to them. The first frame waits
// for this, so the samples have a limited time; without them in time the ladder is that of the preset.

import { fitLadder, planSamples, type SampledSize, sampledRungs } from '#media/ladder/fit-ladder.ts';
import { perSecond } from '#media/ladder/frame-rate.ts';
import type { EncodePlan, PlanReason } from '#media/ladder/plan-ladder.ts';
import type { Preset } from '#media/ladder/presets.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import { ENCODER_NICENESS } from './limits.ts';

/** The plan with rungs as this video needs them, and why. */
export async function fitToVideo(
  plan: EncodePlan,
  preset: Preset,
  paths: { readonly inputPath: string; readonly workDirectory: string },
  { engine, log }: { readonly engine: Engine; readonly log: Log },
  signal: AbortSignal,
): Promise<{ plan: EncodePlan; reasons: readonly PlanReason[]; isFitted: boolean }> {
  const { video } = plan;
  if (video === null) return { plan, reasons: [], isFitted: false };
  const sizes = sampledRungs(video.outputs);
  const framesPerSecond = perSecond(video.frameRate);
  const { atMs, frameCount } = planSamples(plan.durationMs, framesPerSecond);
  const late = AbortSignal.timeout(preset.samplingMsMax);
  const bounded = AbortSignal.any([signal, late]);
  const samples: SampledSize[][] = [];
  // One after the other, so that a machine that is too slow for all of them has one at least.
  for (const at of atMs) {
    const { streamIndex, rotationDegrees, frameRate } = video;
    try {
      const sampled = await engine.sample({
        ...{ ...paths, streamIndex, rotationDegrees, frameRate, frameCount, atMs: at },
        outputs: sizes.map(({ width, height }) => ({ width, height })),
        qualityFactor: preset.qualityFactor,
        niceness: ENCODER_NICENESS,
        signal: bounded,
      });
      const taken = sizes.flatMap(({ width, height }, index) => {
        const bytes = sampled[index];
        return bytes === undefined || bytes.keyFrameBytes === 0 ? [] : [{ width, height, ...bytes }];
      });
      // A sample past the last frame is empty.
      if (taken.length === sizes.length) samples.push(taken);
    } catch (error) {
      signal.throwIfAborted();
      if (late.aborted) break;
      log.info({ error: String(error) }, 'a sample of a video could not be taken');
    }
  }
  const { framesPerSegment, outputs } = video;
  const { rungs, reasons } = fitLadder(
    { rungs: outputs, samples, framesPerSegment, framesPerSecond },
    preset,
  );
  return {
    plan: { ...plan, video: { ...video, outputs: rungs } },
    reasons,
    isFitted: samples.length > 0,
  };
}
