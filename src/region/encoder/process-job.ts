// One processing job from source to complete asset: fetch, probe, plan, encode through the splitter into the store,
// count, copy. Nothing stands between the claim and FFmpeg but a probe; whatever a viewer does not wait for (poster,
// documents for other regions) happens beside the encoding.

import { MeridianError } from '#contract/errors.ts';
import type { LeasedJob } from '#contract/jobs.ts';
import { CmafError } from '#media/cmaf/cmaf-error.ts';
import { perSecond } from '#media/ladder/frame-rate.ts';
import { type EncodePlan, planLadder } from '#media/ladder/plan-ladder.ts';
import type { Clock } from '#platform/clock.ts';
import type { Encode, Engine, ProbeResult } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createMediaReader } from '../shared/media-store.ts';
import { MediaWriter, type WriterRendition } from '../shared/media-writer.ts';
import { FrameCountError } from './failure.ts';
import type { JobResult } from './jobs-client.ts';
import type { Lease } from './lease.ts';
import { levelAudio } from './level-audio.ts';
import { ENCODER_NICENESS, POSTER_MS_MAX } from './limits.ts';
import { addExtras } from './make-extras.ts';
import { makePoster } from './make-poster.ts';
import { packageOutput } from './package-output.ts';
import type { PeerMedia } from './peer-media.ts';
import { openSource } from './source.ts';

export interface ProcessDependencies {
  readonly engine: Engine;
  readonly store: ObjectStore;
  readonly peers: PeerMedia;
  readonly clock: Clock;
  readonly log: Log;
  readonly regionId: string;
  /** How many regions are to keep the renditions. */
  readonly renditionCopies: number;
}

/** Processes a leased job in `directory`, which exists and which the caller removes. */
export async function processJob(
  job: LeasedJob,
  directory: string,
  lease: Lease,
  dependencies: ProcessDependencies,
): Promise<JobResult> {
  const { engine, peers, log, clock, regionId, renditionCopies } = dependencies;
  const claimedAtMs = clock.monotonicMs();
  const ended = new AbortController();
  const signal = AbortSignal.any([lease.signal, ended.signal]);
  const inputPath = await openSource(job.record, directory, dependencies, signal);
  const paths = { inputPath, workDirectory: directory };
  const planned = planJob(await engine.probe(inputPath, { workDirectory: directory, signal }), job, log);
  const plan = { ...planned, audio: await levelAudio(planned.audio, job, paths, dependencies, signal) };
  lease.report({ stage: 'encoding', share: 0, durationMs: plan.durationMs });

  const writer = createWriter(job, plan, dependencies, signal);
  let poster: Promise<void> | undefined;
  let pushed: Promise<void> | undefined;
  const announced = writer.playable.then((document) => {
    lease.report({ isPlayable: true }, true);
    log.info({ job: job.id, sinceClaimMs: Math.round(clock.monotonicMs() - claimedAtMs) }, 'playable');
    pushed = peers.push(document, signal);
    poster = addPoster(writer, plan, paths, dependencies, signal);
  });
  try {
    await encode(plan, paths, writer, lease, engine);
    checkFrames(plan, writer);
    if (![...plan.audio, ...(plan.video?.outputs ?? [])].some(({ id }) => writer.frameCount(id) > 0))
      throw new MeridianError('media_unsupported', { reason: 'nothing could be decoded' });
    await writer.settle();
    await announced;
    await poster;
    const finished = await writer.finish();
    const reader = createMediaReader({ store: dependencies.store, clock });
    await addExtras(finished, writer, { engine, log, media: reader, directory, signal });
    const complete = await writer.setHolders([regionId]);
    lease.report({ stage: 'replicating', share: 0, durationMs: complete.durationMs }, true);
    await pushed;
    const copies = await peers.replicate(complete, renditionCopies - 1, signal);
    const media = await writer.setHolders([regionId, ...copies]);
    await peers.push(media, signal);
    return { media, copies: [...media.holders] };
  } finally {
    ended.abort();
    await Promise.allSettled([poster, pushed]);
  }
}

function planJob(probe: ProbeResult, job: LeasedJob, log: Log): EncodePlan {
  const result = planLadder(probe);
  if (result.kind === 'refused') throw new MeridianError('media_unsupported', { reason: result.reason });
  log.info({ job: job.id, reasons: result.reasons }, 'planned a video');
  return result.plan;
}

function createWriter(
  job: LeasedJob,
  plan: EncodePlan,
  dependencies: ProcessDependencies,
  signal: AbortSignal,
): MediaWriter {
  const { store, clock, regionId } = dependencies;
  const { projectId, assetId, version } = job.record;
  const video = (plan.video?.outputs ?? []).map(
    (output): WriterRendition => ({
      id: output.id,
      kind: 'video',
      bitrateBps: output.bitrateBps,
      maxBitrateBps: output.maxBitrateBps,
      frameRate: plan.video === null ? undefined : perSecond(plan.video.frameRate),
    }),
  );
  const audio = plan.audio.map(
    (track): WriterRendition => ({
      id: track.id,
      kind: 'audio',
      bitrateBps: track.bitrateBps,
      maxBitrateBps: track.bitrateBps,
      language: track.language ?? undefined,
      name: track.name,
      isDefault: track.isDefault,
    }),
  );
  return new MediaWriter({
    store,
    clock,
    place: { projectId, assetId, version, attempt: job.attempt },
    regionId,
    timelineStartMs: plan.timelineStartMs,
    segmentDurationMs: plan.segmentDurationMs,
    durationMs: plan.durationMs,
    renditions: [...video, ...audio],
    signal,
  });
}

/** Share of the work that is done: that of the rendition that is farthest behind. */
function encodedShare(plan: EncodePlan, writer: MediaWriter): number {
  const { video } = plan;
  const shares =
    video === null
      ? plan.audio.map(({ id }) => writer.publishedMs(id) / plan.durationMs)
      : video.outputs.map(({ id }) => writer.frameCount(id) / video.frameCount);
  return Math.min(1, ...shares);
}

/** Runs the engine and packages its outputs; resolves when all are stored, rejects with the first cause. */
async function encode(
  plan: EncodePlan,
  paths: { inputPath: string; workDirectory: string },
  writer: MediaWriter,
  lease: Lease,
  engine: Engine,
): Promise<void> {
  const { signal } = lease;
  signal.throwIfAborted();
  const running = engine.encode({
    ...paths,
    video: plan.video,
    audio: plan.audio,
    timelineStartMs: plan.timelineStartMs,
    segmentDurationMs: plan.segmentDurationMs,
    niceness: ENCODER_NICENESS,
  });
  const kill = (): void => running.kill();
  signal.addEventListener('abort', kill);
  try {
    const failures: unknown[] = [];
    const outputs = [...running.outputs].map(([renditionId, output]) =>
      packageOutput(renditionId, output, writer, plan, () =>
        lease.report({ share: encodedShare(plan, writer) }),
      ).catch((error: unknown) => {
        failures.push(error);
        // An output that ends early tells that the engine has failed; what it has to say is the cause.
        if (!(error instanceof CmafError && error.kind === 'truncated')) running.kill();
      }),
    );
    const engineError = await outcome(running);
    await Promise.all(outputs);
    signal.throwIfAborted();
    const isKilled = engineError instanceof Error && engineError.name === 'AbortError';
    if (engineError !== undefined && !(isKilled && failures.length > 0)) throw engineError;
    if (failures.length > 0) throw failures[0];
  } finally {
    signal.removeEventListener('abort', kill);
    running.kill();
  }
}

/** The engine's error, or undefined when it ended well. */
async function outcome(running: Encode): Promise<unknown> {
  try {
    await running.done;
    return undefined;
  } catch (error) {
    return error ?? new Error('the engine failed');
  }
}

/** Every planned frame must be there exactly once; a retry is cheaper than a video with a hole. */
function checkFrames(plan: EncodePlan, writer: MediaWriter): void {
  if (plan.video === null) return;
  for (const { id } of plan.video.outputs) {
    const frameCount = writer.frameCount(id);
    if (frameCount !== plan.video.frameCount)
      throw new FrameCountError(id, frameCount, plan.video.frameCount);
  }
}

/** A video without a poster is still a video: failures are logged, the time is bounded. */
async function addPoster(
  writer: MediaWriter,
  plan: EncodePlan,
  paths: { inputPath: string; workDirectory: string },
  dependencies: ProcessDependencies,
  signal: AbortSignal,
): Promise<void> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(POSTER_MS_MAX)]);
    const jpeg = await makePoster(dependencies.engine, plan, paths, bounded);
    if (jpeg !== null) await writer.putPoster(jpeg);
  } catch (error) {
    if (!signal.aborted) dependencies.log.warn({ error: String(error) }, 'no poster could be made');
  }
}
