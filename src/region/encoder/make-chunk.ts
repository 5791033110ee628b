// Encodes one chunk of a long video. A chunk is packaged by the same grid as the whole, so that its segments are those of
// the whole; it must have exactly the planned frames, or nothing of it counts.

import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '#base/assert.ts';
import type { ChunkPack, ChunkPlan, ChunkResult, ChunkSpan } from '#contract/jobs.ts';
import { appendDuration } from '#media/rendition.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { ObjectStore } from '#platform/objects/object-store.ts';
import type { SegmentSink, WriterInit, WriterSegment } from '../shared/media-writer.ts';
import { writePack } from '../shared/pack.ts';
import { FrameCountError } from './failure.ts';
import { ENCODER_NICENESS } from './limits.ts';
import { runEncode } from './run-encode.ts';

export interface ChunkTask {
  readonly engine: Engine;
  readonly plan: ChunkPlan;
  readonly span: ChunkSpan;
  readonly inputPath: string;
  /** A directory of this chunk alone; made when it is missing. */
  readonly directory: string;
  readonly sink: SegmentSink;
  readonly signal: AbortSignal;
  /** Told how much of the chunk is done, 0 to 1. */
  onShare(share: number): void;
}

/** Encodes a chunk into a sink and checks its frames. */
export async function makeChunk(task: ChunkTask): Promise<void> {
  const { engine, plan, span, inputPath, directory, signal } = task;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const frames = new Map(plan.video.outputs.map(({ id }) => [id, 0]));
  const sink: SegmentSink = {
    ...bound(task.sink),
    async addSegment(renditionId, segment) {
      await task.sink.addSegment(renditionId, segment);
      frames.set(renditionId, (frames.get(renditionId) ?? 0) + segment.frameCount);
    },
  };
  await runEncode({
    engine,
    request: {
      inputPath,
      workDirectory: directory,
      video: { ...plan.video, firstFrame: span.firstFrame, frameCount: span.frameCount },
      audio: [],
      timelineStartMs: plan.timelineStartMs,
      segmentDurationMs: plan.segmentDurationMs,
      niceness: ENCODER_NICENESS,
    },
    grid: plan,
    sink,
    signal,
    onSegment: () => task.onShare(Math.min(1, Math.min(...frames.values()) / span.frameCount)),
  });
  for (const [id, count] of frames)
    if (count !== span.frameCount) throw new FrameCountError(id, count, span.frameCount);
}

const bound = (sink: SegmentSink): SegmentSink => ({
  putInit: (...args) => sink.putInit(...args),
  addSegment: (...args) => sink.addSegment(...args),
  endRendition: (renditionId) => sink.endRendition(renditionId),
});

/** Millions of pixels in all renditions of so many frames. */
export function megapixelsOf(
  plan: {
    readonly video: { readonly outputs: readonly { readonly width: number; readonly height: number }[] };
  },
  frameCount: number,
): number {
  const pixels = plan.video.outputs.reduce((sum, { width, height }) => sum + width * height, 0);
  return (pixels * frameCount) / 1e6;
}

interface PackState {
  initSha256: string;
  timescale: number;
  open: WriterSegment[];
  openMs: number;
}

/** Keeps a chunk as packs in a store, under keys that `keyOf` names. Its memory is one open pack of each rendition. */
export class ChunkPacks implements SegmentSink {
  readonly #store: ObjectStore;
  readonly #packMs: number;
  readonly #keyOf: (renditionId: string, firstSegment: number) => string;
  readonly #states = new Map<string, PackState>();
  readonly #packs: ChunkPack[] = [];

  constructor(
    store: ObjectStore,
    packMs: number,
    keyOf: (renditionId: string, firstSegment: number) => string,
  ) {
    this.#store = store;
    this.#packMs = packMs;
    this.#keyOf = keyOf;
  }

  async putInit(renditionId: string, data: Uint8Array, { timescale }: WriterInit): Promise<void> {
    const initSha256 = createHash('sha256').update(data).digest('hex');
    this.#states.set(renditionId, { initSha256, timescale, open: [], openMs: 0 });
  }

  async addSegment(renditionId: string, segment: WriterSegment): Promise<void> {
    const state = this.#state(renditionId);
    state.open.push(segment);
    state.openMs += (segment.durationTicks * 1_000) / state.timescale;
    if (state.openMs >= this.#packMs) await this.#close(renditionId, state);
  }

  endRendition(): void {
    // The last pack is closed by `finish`.
  }

  /** Closes the last packs; returns what was made. */
  async finish(): Promise<ChunkResult> {
    for (const [renditionId, state] of this.#states) await this.#close(renditionId, state);
    const inits = [...this.#states].map(([renditionId, { initSha256 }]) => ({
      renditionId,
      sha256: initSha256,
    }));
    return { inits, packs: [...this.#packs] };
  }

  #state(renditionId: string): PackState {
    return defined(this.#states.get(renditionId), 'an init before the first segment');
  }

  async #close(renditionId: string, state: PackState): Promise<void> {
    const first = state.open[0];
    if (first === undefined) return;
    const segments = state.open;
    state.open = [];
    state.openMs = 0;
    const data = writePack(
      segments.map(({ number, data: bytes }) => ({
        segment: number,
        data: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      })),
    );
    const key = this.#keyOf(renditionId, first.number);
    const { bytes, sha256 } = await this.#store.put(key, data);
    this.#packs.push({ renditionId, key, bytes, sha256, ...timesOf(segments) });
  }
}

/** Where the segments of a pack lie. */
export function timesOf(
  segments: readonly Omit<WriterSegment, 'data'>[],
): Pick<ChunkPack, 'firstSegment' | 'firstTimeTicks' | 'durationRuns' | 'frameCount'> {
  const first = defined(segments[0], 'a segment of a pack');
  const durationRuns: [number, number][] = [];
  for (const { durationTicks } of segments) appendDuration(durationRuns, durationTicks);
  const frameCount = segments.reduce((sum, segment) => sum + segment.frameCount, 0);
  return { firstSegment: first.number, firstTimeTicks: first.startTicks, durationRuns, frameCount };
}

/** A chunk of its own needs a directory of its own. */
export const chunkDirectory = (directory: string, index: number): string => join(directory, `chunk-${index}`);
