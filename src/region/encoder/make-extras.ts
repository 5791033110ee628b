// What helps people find their way in a video, made from its smallest rendition once that is complete: the storyboard,
// and a preview of three moments. Both read some segments of our own, so they cost seconds and are as safe as
// playing. A video without them is still a video: failures are logged, the time is bounded.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaDocument, Rendition } from '#contract/media.ts';
import { splitJpegs } from '#media/jpeg/clean-jpeg.ts';
import { videoRenditions } from '#media/rendition.ts';
import { planStoryboard, segmentAt, segmentTimes } from '#media/storyboard/storyboard.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import type { Log } from '#platform/log.ts';
import type { MediaReader } from '../shared/media-store.ts';
import type { MediaWriter } from '../shared/media-writer.ts';
import { ENCODER_NICENESS, EXTRAS_MS_MAX, PREVIEW_LONG_SIDE, PREVIEW_MOMENTS } from './limits.ts';

export interface ExtrasDependencies {
  readonly engine: Engine;
  readonly media: MediaReader;
  readonly log: Log;
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** Makes storyboard and preview of a complete document and hands them to the writer. */
export async function addExtras(
  document: MediaDocument,
  writer: MediaWriter,
  dependencies: ExtrasDependencies,
): Promise<void> {
  const smallest = videoRenditions(document.renditions).at(-1);
  if (smallest === undefined) return;
  const signal = AbortSignal.any([dependencies.signal, AbortSignal.timeout(EXTRAS_MS_MAX)]);
  const bounded = { ...dependencies, signal };
  const attempt = async (what: string, make: () => Promise<void>): Promise<void> => {
    try {
      await make();
    } catch (error) {
      if (!dependencies.signal.aborted)
        dependencies.log.warn({ asset: document.assetId, error: String(error) }, `no ${what} could be made`);
    }
  };
  await Promise.all([
    attempt('storyboard', () => addStoryboard(document, smallest, writer, bounded)),
    attempt('preview', () => addPreview(document, smallest, writer, bounded)),
  ]);
}

/** Writes an init and some segments of a rendition into one file. */
export async function collectSegments(
  document: MediaDocument,
  renditionId: string,
  segments: readonly number[],
  { media, signal }: { media: Pick<MediaReader, 'readInit' | 'readSegment'>; signal: AbortSignal },
  path: string,
): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    const init = await media.readInit(document, renditionId);
    if (init === undefined) throw new Error(`the init of ${renditionId} is missing`);
    await file.write(init);
    for (const segment of segments) {
      signal.throwIfAborted();
      const data = await media.readSegment(document, renditionId, segment);
      if (data === undefined) throw new Error(`segment ${segment} of ${renditionId} is missing`);
      await file.write(data);
    }
  } finally {
    await file.close();
  }
}

async function addStoryboard(
  document: MediaDocument,
  rendition: Rendition,
  writer: MediaWriter,
  dependencies: ExtrasDependencies,
): Promise<void> {
  const plan = planStoryboard({ ...document, rendition });
  if (plan === null) return;
  const { engine, directory, signal } = dependencies;
  const inputPath = join(directory, 'storyboard.mp4');
  await collectSegments(document, rendition.id, plan.segments, dependencies, inputPath);
  const { tileWidth, tileHeight, columns, rows, sheetCount } = plan.board;
  const sheets = splitJpegs(
    await engine.storyboard({
      inputPath,
      workDirectory: directory,
      ...{ tileWidth, tileHeight, columns, rows, signal },
      niceness: ENCODER_NICENESS,
    }),
  );
  if (sheets.length !== sheetCount)
    throw new Error(`${sheets.length} sheets came out instead of ${sheetCount}`);
  await writer.putStoryboard(
    plan.board,
    sheets.map((sheet) => Buffer.from(sheet)),
  );
}

async function addPreview(
  document: MediaDocument,
  rendition: Rendition,
  writer: MediaWriter,
  dependencies: ExtrasDependencies,
): Promise<void> {
  const { width, height, frameRate } = rendition;
  if (width === undefined || height === undefined || frameRate === undefined) return;
  const { engine, directory, signal } = dependencies;
  const { startsMs, endMs } = segmentTimes(rendition, document.timelineStartMs);
  const segments = PREVIEW_MOMENTS.map(
    (share) => rendition.firstSegment + segmentAt(startsMs, endMs * share),
  );
  const inputPath = join(directory, 'preview-input.mp4');
  await collectSegments(document, rendition.id, [...new Set(segments)], dependencies, inputPath);
  const scale = Math.min(1, PREVIEW_LONG_SIDE / Math.max(width, height));
  const even = (value: number): number => Math.max(2, Math.round((value * scale) / 2) * 2);
  const film = await engine.preview({
    inputPath,
    workDirectory: directory,
    ...{ width: even(width), height: even(height), frameRate, signal },
    niceness: ENCODER_NICENESS,
  });
  await writer.putPreview(film);
}
