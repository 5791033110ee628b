// meridian upload: sends a file to the nearest ingest that answers, shows progress, moves on when one dies.

import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as tus from 'tus-js-client';
import type { AssetView } from '#contract/api/assets.ts';
import type { ApiClient } from '#contract/client.ts';
import { MeridianError } from '#contract/errors.ts';
import { API_OPTIONS, type Command, type Invocation } from '../command.ts';
import { openControl } from '../control-access.ts';
import { createProgress, formatBytes, type Progress, printJson } from '../output.ts';

interface Grant {
  readonly grant: string;
  readonly expiresAtMs: number;
  readonly ingests: readonly { readonly regionId: string; readonly url: string }[];
}

/** Pauses before the same ingest is tried again: a restarted process is back within them, a dead region is left. */
const RETRY_DELAYS_MS = [200, 600, 1_200];
/** How often a waiting upload asks about its processing. */
const POLL_MS = 500;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
  '.avi': 'video/x-msvideo',
  '.ts': 'video/mp2t',
};

export const uploadCommand: Command = {
  name: 'upload',
  usage: 'upload FILE [--name NAME] [--project ID] [--private] [--wait] [--json]',
  summary: 'Upload a video; a second region holds it before the upload counts as done',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    name: { type: 'string', value: 'NAME', summary: 'Name of the asset (default: the file name)' },
    project: { type: 'string', value: 'ID', summary: 'Project (default: default)' },
    private: { type: 'boolean', summary: 'Only playable with a playback token' },
    wait: { type: 'boolean', summary: 'Wait until the video is processed' },
    grant: {
      type: 'string',
      value: 'GRANT',
      summary: 'Use this upload grant instead of asking control for one',
    },
    ingest: { type: 'string', value: 'REGION', summary: 'Try this region first' },
  },
  examples: [
    'meridian upload holiday.mp4',
    'meridian upload talk.mov --private --wait',
    'meridian upload clip.mp4 --wait --json | jq .playlists',
  ],
  run: runUpload,
};

async function runUpload(invocation: Invocation): Promise<number> {
  const file = invocation.positionals[0] ?? '';
  const info = await stat(file).catch(() => undefined);
  if (info === undefined || !info.isFile())
    throw new MeridianError('invalid_request', { reason: `there is no file ${file}` });
  if (info.size === 0) throw new MeridianError('media_empty');
  const { client, loaded } = await openControl(invocation);
  const grant = await obtainGrant(client, invocation, join(loaded.dataDirectory, 'upload-grant.json'));
  const isQuiet = invocation.isSet('json');
  const progress = createProgress();
  const assetId = await uploadFile(
    file,
    info.size,
    invocation.text('name') ?? basename(file),
    grant,
    progress,
  );
  progress.end();
  const asset = invocation.isSet('wait') ? await waitForAsset(client, assetId, progress) : undefined;
  if (isQuiet) {
    printJson(
      asset === undefined
        ? { id: assetId }
        : {
            id: assetId,
            stage: asset.stage,
            watchUrl: asset.watchUrl,
            playlists: Object.fromEntries(asset.playlists.map(({ regionId, hls }) => [regionId, hls])),
            dash: Object.fromEntries(asset.playlists.map(({ regionId, dash }) => [regionId, dash])),
          },
    );
  } else if (asset === undefined)
    process.stdout.write(`${assetId} is safe in its regions and will be processed now.\n`);
  else process.stdout.write(`${assetId} is ready: ${asset.watchUrl}\n`);
  return 0;
}

/** Asks control for a grant; while control is away the last one, if it still holds, is as good. */
async function obtainGrant(client: ApiClient, invocation: Invocation, cachePath: string): Promise<Grant> {
  const projectId = invocation.text('project') ?? 'default';
  const visibility = invocation.isSet('private') ? ('private' as const) : ('public' as const);
  const cacheKey = `${projectId}/${visibility}`;
  const cached = await readCache(cachePath);
  let grant: Grant;
  try {
    grant = await client.call('POST /v1/upload-grants', { body: { projectId, visibility } });
    await mkdir(dirname(cachePath), { recursive: true });
    await writeFile(cachePath, JSON.stringify({ ...cached, [cacheKey]: grant }), { mode: 0o600 });
  } catch (error) {
    const last = cached[cacheKey];
    const isAway = !(error instanceof MeridianError) || error.code === 'unavailable';
    if (!isAway || last === undefined || last.expiresAtMs < Date.now()) throw error;
    process.stderr.write('Control cannot be reached; using the last upload grant.\n');
    grant = last;
  }
  const own = invocation.text('grant');
  const first = invocation.text('ingest');
  const ingests = [...grant.ingests].sort(
    (a, b) => Number(b.regionId === first) - Number(a.regionId === first),
  );
  return { ...grant, ingests, ...(own === undefined ? {} : { grant: own }) };
}

async function readCache(path: string): Promise<Record<string, Grant>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, Grant>;
  } catch {
    return {};
  }
}

/** Sends the file to one ingest after another until one has it; resolves to the asset's id. */
export async function uploadFile(
  file: string,
  bytes: number,
  name: string,
  grant: Grant,
  progress: Progress,
): Promise<string> {
  let lastError: unknown;
  for (const ingest of grant.ingests) {
    try {
      return await uploadTo(ingest, file, bytes, name, grant.grant, progress);
    } catch (error) {
      if (error instanceof MeridianError && error.status < 500 && error.code !== 'draining') throw error;
      lastError = error;
      progress.show(0, `${ingest.regionId} does not answer; trying the next region`);
    }
  }
  throw new MeridianError('unavailable', { what: 'An ingest' }, { cause: lastError });
}

function uploadTo(
  ingest: { regionId: string; url: string },
  file: string,
  bytes: number,
  name: string,
  grant: string,
  progress: Progress,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(createReadStream(file), {
      endpoint: ingest.url,
      uploadSize: bytes,
      retryDelays: RETRY_DELAYS_MS,
      headers: { authorization: `Bearer ${grant}` },
      metadata: {
        filename: name,
        filetype: CONTENT_TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
      },
      onProgress: (sent, total) =>
        progress.show(total === 0 ? 0 : sent / total, `${formatBytes(sent)} to ${ingest.regionId}`),
      onError: (error) => reject(toMeridianError(error)),
      onSuccess: () => resolve(upload.url?.split('/').at(-1) ?? ''),
    });
    upload.start();
  });
}

/** The problem that an ingest answered with, or the error itself. */
function toMeridianError(error: Error | tus.DetailedError): Error {
  const body = 'originalResponse' in error ? error.originalResponse?.getBody() : undefined;
  if (body === undefined || body === '') return error;
  try {
    const problem = JSON.parse(body) as {
      code?: ConstructorParameters<typeof MeridianError>[0];
      details?: Record<string, string>;
    };
    return problem.code === undefined
      ? error
      : new MeridianError(problem.code, problem.details ?? {}, { cause: error });
  } catch {
    return error;
  }
}

/** Follows the processing to its end. */
export async function waitForAsset(
  client: ApiClient,
  assetId: string,
  progress: Progress,
): Promise<AssetView> {
  for (;;) {
    const asset = await client
      .call('GET /v1/assets/{assetId}', { params: { assetId } })
      .catch((error: unknown) => {
        // Registration takes a moment, and control may be away for a while: neither loses the upload.
        if (error instanceof MeridianError && !['not_found', 'unavailable'].includes(error.code)) throw error;
        return undefined;
      });
    if (asset?.stage === 'ready') {
      progress.end();
      return asset;
    }
    if (asset?.stage === 'failed')
      throw new MeridianError('media_unsupported', { reason: asset.failure?.message ?? 'processing failed' });
    progress.show(asset?.progress ?? 0, asset === undefined ? 'waiting for control' : asset.stage);
    await delay(POLL_MS);
  }
}
