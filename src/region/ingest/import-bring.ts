// Brings one file into the spool, and from there into the stores as an upload would be: the same spool, the same
// committer, the same promise. What has arrived stays on disk when a connection breaks or the process ends; the next
// request goes on from there if the server still has the same file, and begins anew if it has not.
// A file whose size the server does not tell is fetched aside first, since copies elsewhere are made by offset.

import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeridianError } from '#contract/errors.ts';
import type { Visibility } from '#contract/media.ts';
import { PEER_UPLOADS_PREFIX } from '#contract/peer-api.ts';
import type { NodeContext } from '../shared/node-context.ts';
import type { Committer } from './commit.ts';
import { ImportError, unreachable } from './import-error.ts';
import { openRemote, type RemoteMedia } from './import-fetch.ts';
import type { ImportGuard } from './import-guard.ts';
import { BREAK_PAUSE_MS_MAX, BREAK_PAUSE_MS_MIN, BREAKS_MAX } from './import-limits.ts';
import { DISK_RESERVE_BYTES, REPLICA_ANSWER_MS_MAX } from './limits.ts';
import { replicaPeers } from './replica-pump.ts';
import type { Spool, UploadInfo } from './spool.ts';

export interface BringRequest {
  readonly importId: string;
  readonly assetId: string;
  readonly projectId: string;
  readonly visibility: Visibility;
  readonly preset?: string | undefined;
  readonly fileName: string;
  /** Somebody may have begun this before: copies elsewhere may be of another state of the file. */
  readonly isRepeated: boolean;
  /** Where to fetch it now; signed addresses differ each time. */
  address(): Promise<string>;
  readonly guard: ImportGuard;
  /** Largest file that the project may still have; undefined: as the installation allows. */
  readonly bytesMax: number | undefined;
  /** The only state of the file that is wanted; null: any. */
  readonly etag: string | null;
  readonly signal: AbortSignal;
  onProgress(receivedBytes: number, totalBytes: number | null): void;
}

export interface BringDependencies {
  readonly context: NodeContext;
  readonly spool: Spool;
  readonly committer: Committer;
  /** For files of unknown size. */
  readonly directory: string;
}

/** Metadata of a spooled import: what the next request asks to be unchanged. */
const VALIDATOR = 'import-validator';

/** Fetches and keeps a file; resolves to its size. */
export async function bring(request: BringRequest, dependencies: BringDependencies): Promise<number> {
  const { clock } = dependencies.context;
  const { committer, spool } = dependencies;
  let breaks = 0;
  for (;;) {
    const before = await spool.info(request.assetId);
    if (before !== undefined && !(await committer.recover(before)))
      await forget(request.assetId, dependencies);
    const known = await spool.info(request.assetId);
    if (known !== undefined && known.finished !== null) return known.bytes;
    const offset = known === undefined ? 0 : await spool.offset(known);
    if (known !== undefined && offset === known.bytes) {
      request.signal.throwIfAborted();
      await committer.commit(known);
      return known.bytes;
    }
    try {
      await fetchOnce(request, dependencies, known, offset);
    } catch (error) {
      request.signal.throwIfAborted();
      const isBreak = error instanceof ImportError && error.isRetryable;
      const after = await spool.info(request.assetId);
      const hasMoved = after !== undefined && (await spool.offset(after)) > offset;
      breaks = hasMoved ? 1 : breaks + 1;
      if (!isBreak || breaks >= BREAKS_MAX) throw error;
      await clock.sleep(Math.min(BREAK_PAUSE_MS_MAX, BREAK_PAUSE_MS_MIN * 2 ** (breaks - 1)), request.signal);
    }
  }
}

/** Forgets what has arrived, here and, as far as it answers, elsewhere. */
export async function forget(
  assetId: string,
  { committer, context, spool }: BringDependencies,
): Promise<void> {
  committer.drop(assetId);
  await spool.remove(assetId);
  const peers = replicaPeers(context, context.world.current());
  await Promise.allSettled(
    peers.map(async ({ nodeUrl }) => {
      const response = await context.transport.request({
        method: 'DELETE',
        url: `${nodeUrl}${PEER_UPLOADS_PREFIX}${assetId}`,
        headersTimeoutMs: REPLICA_ANSWER_MS_MAX,
      });
      response.body.resume();
    }),
  );
}

async function fetchOnce(
  request: BringRequest,
  dependencies: BringDependencies,
  known: UploadInfo | undefined,
  offset: number,
): Promise<void> {
  const { spool } = dependencies;
  const validator = known?.metadata[VALIDATOR] ?? null;
  const media = await openRemote({
    url: await request.address(),
    guard: request.guard,
    signal: request.signal,
    resume: validator === null || offset === 0 ? null : { offset, validator },
  });
  try {
    checkState(request, media);
    const isSame = media.start === offset && media.bytes === known?.bytes && media.validator === validator;
    if (known !== undefined && media.start > 0) {
      if (isSame) return await append(request, dependencies, known, media);
      // It answered with a part of something else: the next request asks for the whole.
      await forget(request.assetId, dependencies);
      throw unreachable('the file has changed while it was fetched');
    }
    if (known !== undefined || request.isRepeated) await forget(request.assetId, dependencies);
    if (media.bytes === null) return await bringAside(request, dependencies, media);
    const info = await begin(request, dependencies, media, media.bytes);
    await append(request, dependencies, info, media);
    if ((await spool.offset(info)) < info.bytes) throw unreachable('the file broke off');
  } finally {
    media.body.destroy();
  }
}

function checkState({ etag }: BringRequest, media: RemoteMedia): void {
  const found = media.etag?.replaceAll('"', '') ?? null;
  if (etag !== null && found !== null && found !== etag)
    throw new ImportError('import_refused', { reason: 'the object has changed since it was listed' }, false);
}

async function begin(
  request: BringRequest,
  { committer, context, spool }: BringDependencies,
  media: Pick<RemoteMedia, 'contentType' | 'validator'>,
  bytes: number,
): Promise<UploadInfo> {
  await checkRoom(request, context, bytes);
  const info: UploadInfo = {
    id: request.assetId,
    projectId: request.projectId,
    visibility: request.visibility,
    ...(request.preset === undefined ? {} : { preset: request.preset }),
    bytes,
    fileName: request.fileName,
    contentType: media.contentType.slice(0, 127),
    createdAtMs: context.clock.nowMs(),
    isPartial: false,
    finished: null,
    metadata: { [VALIDATOR]: media.validator },
  };
  await spool.create(info);
  committer.begin(info);
  return info;
}

async function append(
  request: BringRequest,
  { committer, spool }: BringDependencies,
  info: UploadInfo,
  media: Pick<RemoteMedia, 'body' | 'start'>,
): Promise<void> {
  request.onProgress(media.start, info.bytes);
  await spool.append(info, media.start, media.body, {
    checksum: null,
    onProgress(position) {
      committer.advance(info.id, position);
      request.onProgress(position, info.bytes);
    },
  });
}

/** Fetches a file of unknown size aside, then hands it to the spool. */
async function bringAside(
  request: BringRequest,
  dependencies: BringDependencies,
  media: RemoteMedia,
): Promise<void> {
  const { context, directory } = dependencies;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, request.assetId);
  const limitBytes = sizeLimit(request, context);
  try {
    let bytes = 0;
    const file = await open(path, 'w', 0o600);
    try {
      for await (const chunk of media.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limitBytes) throw new MeridianError('upload_too_large', { limitBytes });
        await file.write(chunk);
        request.onProgress(bytes, null);
      }
    } finally {
      await file.close();
    }
    // Without a size nobody can tell a part from the whole, so it is never resumed.
    const info = await begin(request, dependencies, { ...media, validator: null }, bytes);
    await append(request, dependencies, info, { start: 0, body: createReadStream(path) });
  } finally {
    await rm(path, { force: true });
  }
}

function sizeLimit({ bytesMax = Number.MAX_SAFE_INTEGER }: BringRequest, context: NodeContext): number {
  const policy = context.world.current()?.policies.uploadBytesMax ?? Number.MAX_SAFE_INTEGER;
  return Math.min(context.config.limits.uploadBytesMax, policy, bytesMax);
}

async function checkRoom(request: BringRequest, context: NodeContext, bytes: number): Promise<void> {
  if (bytes === 0) throw new MeridianError('media_empty');
  const limitBytes = sizeLimit(request, context);
  if (bytes > limitBytes) throw new MeridianError('upload_too_large', { limitBytes });
  const free = await context.store.freeBytes();
  if (free !== undefined && free - DISK_RESERVE_BYTES < bytes)
    throw new MeridianError('storage_full', { where: `the ingest of ${context.region.name}` });
}
