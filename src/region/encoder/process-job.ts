// One processing job from source to complete asset: fetch, probe, plan, encode through the splitter into the store (a
// long video together with other encoders), count, copy. Nothing stands between the claim and FFmpeg but a probe; whatever a viewer does not wait for (poster,
// documents for other regions) happens beside the encoding.

import { MeridianError } from '#contract/errors.ts';
import type { LeasedJob } from '#contract/jobs.ts';
import { planChunks } from '#core/chunks/plan-chunks.ts';
import { perSecond } from '#media/ladder/frame-rate.ts';
import type { Clock } from '#platform/clock.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import { createMediaReader } from '../shared/media-store.ts';
import { MediaWriter, packMsOf, type WriterRendition } from '../shared/media-writer.ts';
import { FrameCountError } from './failure.ts';
import type { JobResult } from './jobs-client.ts';
import type { Lease } from './lease.ts';
import { ENCODER_NICENESS, POSTER_MS_MAX } from './limits.ts';
import { addExtras } from './make-extras.ts';
import { makePoster } from './make-poster.ts';
import type { PeerMedia } from './peer-media.ts';
import { type JobPlan, planJob, type SourcePaths } from './plan-job.ts';
import { runEncode } from './run-encode.ts';
import {
  chunkPlanOf,
  type FetchedPacks,
  removeWaitingPacks,
  type ShareDependencies,
  shareJob,
} from './share-job.ts';
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
  /** What it takes to share long videos with others; absent: this node makes everything itself. */
  readonly sharing?: Pick<ShareDependencies, 'chunks' | 'recipe' | 'onMade'> | undefined;
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
  const plan = await planJob(job, paths, dependencies, signal);
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
    const fetched = await encode({ job, plan, ...paths, writer, lease }, dependencies);
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
    await removeWaitingPacks(fetched, dependencies, signal);
    return { media, copies: [...media.holders] };
  } finally {
    ended.abort();
    await Promise.allSettled([poster, pushed]);
  }
}

function createWriter(
  job: LeasedJob,
  plan: JobPlan,
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
    encoding: plan.encoding,
    signal,
  });
}

/** Share of the work that is done: that of the rendition that is farthest behind. */
function encodedShare(plan: JobPlan, writer: MediaWriter): number {
  const { video } = plan;
  const shares =
    video === null
      ? plan.audio.map(({ id }) => writer.publishedMs(id) / plan.durationMs)
      : video.outputs.map(({ id }) => writer.frameCount(id) / video.frameCount);
  return Math.min(1, ...shares);
}

interface EncodeWork {
  readonly job: LeasedJob;
  readonly plan: JobPlan;
  readonly inputPath: string;
  readonly workDirectory: string;
  readonly writer: MediaWriter;
  readonly lease: Lease;
}

/** Encodes everything into the writer, alone or together with others; returns what was fetched from them. */
async function encode(work: EncodeWork, dependencies: ProcessDependencies): Promise<readonly FetchedPacks[]> {
  const { job, plan, inputPath, workDirectory, writer, lease } = work;
  const { engine, log, clock, sharing } = dependencies;
  const { video, audio, timelineStartMs, segmentDurationMs } = plan;
  const startedAtMs = clock.monotonicMs();
  if (video !== null && sharing !== undefined) {
    const packMs = packMsOf(plan.durationMs);
    const { durationMs } = plan;
    const { frameCount, framesPerSegment } = video;
    const { container, startMs } = plan.source;
    const source = { durationMs, startMs, frameCount, framesPerSegment, segmentDurationMs, packMs };
    const { chunks, reason } = planChunks({ container, ...source });
    log.info({ job: job.id, reason }, 'decided whether encoders share a video');
    if (chunks.length > 0)
      return shareJob(
        {
          ...{ job, audio, inputPath, writer, directory: workDirectory, signal: lease.signal },
          plan: chunkPlanOf(plan, video, packMs),
          spans: chunks,
        },
        { ...dependencies, ...sharing },
      );
  }
  await runEncode({
    engine,
    request: {
      ...{ inputPath, workDirectory, video, audio, timelineStartMs, segmentDurationMs },
      niceness: ENCODER_NICENESS,
    },
    grid: plan,
    sink: writer,
    signal: lease.signal,
    onSegment: () => lease.report({ share: encodedShare(plan, writer) }),
  });
  if (video !== null) sharing?.onMade({ video }, video.frameCount, clock.monotonicMs() - startedAtMs);
  return [];
}

/** Every planned frame must be there exactly once; a retry is cheaper than a video with a hole. */
function checkFrames(plan: JobPlan, writer: MediaWriter): void {
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
  plan: JobPlan,
  paths: SourcePaths,
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
