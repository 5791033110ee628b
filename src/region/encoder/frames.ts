// Takes single frames of complete videos for whoever chooses a poster: a second, small loop of the encoder that waits for
// requests at control, one at a time. The frame comes from the largest rendition, so that it looks as the video
// does; one segment of it is read, from this region's store or from another region.

import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import { type MediaDocument, mediaDocumentSchema } from '#contract/media.ts';
import { type FrameAnswer, type FrameRequest, nodeRoutes } from '#contract/node-api.ts';
import { ORIGIN_PREFIX } from '#contract/peer-api.ts';
import { videoRenditions } from '#media/rendition.ts';
import { segmentTimes } from '#media/storyboard/storyboard.ts';
import type { Engine } from '#platform/ffmpeg/engine.ts';
import { readBody } from '#platform/http/node-transport.ts';
import { createMediaReader, type MediaReader } from '../shared/media-store.ts';
import type { NodeContext } from '../shared/node-context.ts';
import {
  CONTROL_ANSWER_BYTES_MAX,
  CONTROL_TIMEOUT_MS,
  FRAME_MS_MAX,
  FRAME_WAIT_MS,
  PEER_HEADERS_MS_MAX,
  POSTER_LONG_SIDE_MAX,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
  SEGMENT_BYTES_MAX,
} from './limits.ts';
import { collectSegments } from './make-extras.ts';

type FrameContext = Pick<
  NodeContext,
  'clock' | 'config' | 'dataDirectory' | 'log' | 'region' | 'store' | 'transport' | 'world'
>;

/** Serves requests for frames until the signal aborts. */
export async function serveFrames(context: FrameContext, engine: Engine, signal: AbortSignal): Promise<void> {
  const { clock, log } = context;
  const control = createFrameClient(context);
  let failures = 0;
  while (!signal.aborted) {
    try {
      const request = await control.claim(signal);
      failures = 0;
      if (request !== null)
        await control.answer(request, await takeFrame(context, engine, request, signal), signal);
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      if (failures === 1) log.debug({ error: String(error) }, 'control has no requests for frames');
      const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** (failures - 1));
      await clock.sleep(waitMs, signal).catch(() => undefined);
    }
  }
}

function createFrameClient({ config, transport, world }: FrameContext) {
  async function post(path: string, body: unknown, waitMs: number, signal: AbortSignal): Promise<unknown> {
    const base =
      world.current()?.controlUrl ?? config.control.url ?? `http://${config.host}:${config.control.port}`;
    const response = await transport.request({
      method: 'POST',
      url: `${base.replace(/\/$/, '')}/node/v1/frames/${path}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
      headersTimeoutMs: waitMs + CONTROL_TIMEOUT_MS,
    });
    const answer = await readBody(response.body, CONTROL_ANSWER_BYTES_MAX);
    if (response.status !== 200) throw new MeridianError('unavailable', { what: 'The control plane' });
    return JSON.parse(answer.toString('utf8'));
  }
  return {
    async claim(signal: AbortSignal): Promise<FrameRequest | null> {
      const { response } = nodeRoutes['POST /node/v1/frames/claim'];
      return response.parse(await post('claim', { waitMs: FRAME_WAIT_MS }, FRAME_WAIT_MS, signal)).request;
    },
    async answer({ requestId }: FrameRequest, answer: FrameAnswer, signal: AbortSignal): Promise<void> {
      await post(requestId, { answer }, 0, signal);
    },
  };
}

async function takeFrame(
  context: FrameContext,
  engine: Engine,
  request: FrameRequest,
  stopping: AbortSignal,
): Promise<FrameAnswer> {
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(FRAME_MS_MAX)]);
  const directory = join(context.dataDirectory, 'encoder', request.requestId);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const jpeg = await readFrame(context, engine, request, directory, signal);
    return { kind: 'frame', base64: jpeg.toString('base64') };
  } catch (error) {
    stopping.throwIfAborted();
    const isRefused = error instanceof MeridianError && error.code === 'conflict';
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    return { kind: 'failed', reason, isRefused };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function readFrame(
  context: FrameContext,
  engine: Engine,
  { record, atMs }: FrameRequest,
  directory: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const media = createWideReader(context, signal);
  const { projectId, assetId, version } = record;
  const document = await media.readDocument(projectId, assetId, version);
  const rendition = videoRenditions(document?.renditions ?? [])[0];
  if (document === undefined || rendition === undefined)
    throw new MeridianError('unavailable', { what: 'The video’s region' });
  const { startsMs, endMs } = segmentTimes(rendition, document.timelineStartMs);
  if (atMs >= endMs)
    throw new MeridianError('conflict', { reason: `The video ends at ${Math.floor(endMs)} ms` });
  const index = Math.max(
    0,
    startsMs.findLastIndex((startMs) => startMs <= atMs),
  );
  const inputPath = join(directory, 'segment.mp4');
  await collectSegments(
    document,
    rendition.id,
    [rendition.firstSegment + index],
    { media, signal },
    inputPath,
  );
  const { width = 2, height = 2, frameRate = 25 } = rendition;
  const scale = Math.min(1, POSTER_LONG_SIDE_MAX / Math.max(width, height));
  const even = (value: number): number => Math.max(2, Math.round((value * scale) / 2) * 2);
  const lastMs = (startsMs[index + 1] ?? endMs) - (startsMs[index] ?? 0) - 1_000 / frameRate;
  const insideMs = Math.min(atMs - (startsMs[index] ?? 0), lastMs);
  // Half a frame earlier, since a frame is shown until the next one begins and times are rounded.
  const seekMs = Math.max(0, Math.floor(insideMs - 500 / frameRate));
  return engine.poster({
    ...{ inputPath, workDirectory: directory, atMs: seekMs, signal },
    ...{ width: even(width), height: even(height) },
  });
}

/** Reads from the own store, and what is not there from the origins of other regions. */
function createWideReader(
  { clock, region, store, transport, world }: FrameContext,
  signal: AbortSignal,
): Pick<MediaReader, 'readDocument' | 'readInit' | 'readSegment'> {
  const own = createMediaReader({ store, clock });

  async function fetchFrom(path: string): Promise<Buffer | undefined> {
    const nodes = (world.current()?.nodes ?? []).filter(
      (node) => node.regionId !== region.id && node.isAlive && node.roles.includes('origin'),
    );
    for (const node of nodes) {
      try {
        const response = await transport.request({
          method: 'GET',
          url: `${node.nodeUrl}${ORIGIN_PREFIX}${path}`,
          headersTimeoutMs: PEER_HEADERS_MS_MAX,
          signal,
        });
        const body = await readBody(response.body, SEGMENT_BYTES_MAX);
        if (response.status === 200) return body;
      } catch {
        signal.throwIfAborted();
      }
    }
    return undefined;
  }
  const folder = (place: Parameters<MediaReader['readInit']>[0], renditionId: string): string =>
    `${place.projectId}/${place.assetId}/v${place.version}/a${place.attempt}/${renditionId}`;

  return {
    async readDocument(projectId, assetId, version): Promise<MediaDocument | undefined> {
      const known = await own.readDocument(projectId, assetId, version);
      if (known?.state === 'complete') return known;
      const body = await fetchFrom(`${projectId}/${assetId}/v${version}/media`);
      return body === undefined ? known : mediaDocumentSchema.parse(JSON.parse(body.toString('utf8')));
    },
    async readInit(place, renditionId) {
      return (await own.readInit(place, renditionId)) ?? fetchFrom(`${folder(place, renditionId)}/init.mp4`);
    },
    async readSegment(place, renditionId, segment) {
      return (
        (await own.readSegment(place, renditionId, segment)) ??
        fetchFrom(`${folder(place, renditionId)}/${segment}.m4s`)
      );
    },
  };
}
