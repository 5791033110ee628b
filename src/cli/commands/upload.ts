// meridian upload: sends a file to the nearest ingest that answers, shows progress, moves on when one dies.

import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AssetView } from '#contract/api/assets.ts';
import type { ApiClient } from '#contract/client.ts';
import { ERRORS, type ErrorCode, MeridianError } from '#contract/errors.ts';
import { type JobPriority, jobPrioritySchema } from '#contract/priority.ts';
import { MeridianApiError } from '../../../sdk/src/client.ts';
import { pathSource } from '../../../sdk/src/node.ts';
import { uploadWithGrant } from '../../../sdk/src/upload.ts';
import { API_OPTIONS, type Command, type Invocation } from '../command.ts';
import { openControl } from '../control-access.ts';
import { createProgress, formatBytes, type Progress, printJson } from '../output.ts';
import { PRESET_OPTION, presetGiven } from './projects.ts';

interface Grant {
  readonly grant: string;
  readonly expiresAtMs: number;
  readonly ingests: readonly { readonly regionId: string; readonly url: string }[];
}

/** How often a waiting upload asks about its processing. */
const POLL_MS = 500;

export const uploadCommand: Command = {
  name: 'upload',
  usage:
    'upload FILE [--name NAME] [--project ID] [--preset NAME] [--priority P] [--private] [--wait] [--json]',
  summary: 'Upload a video; a second region holds it before the upload counts as done',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    name: { type: 'string', value: 'NAME', summary: 'Name of the asset (default: the file name)' },
    project: { type: 'string', value: 'ID', summary: 'Project (default: default)' },
    ...PRESET_OPTION,
    private: { type: 'boolean', summary: 'Only playable with a playback token' },
    priority: { type: 'string', value: 'P', summary: 'Of its processing: high, normal (default) or low' },
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
  const priority = priorityOf(invocation.text('priority'));
  const wish = presetGiven(invocation);
  const own = invocation.text('grant');
  if (own !== undefined && wish.preset !== undefined)
    throw new MeridianError('invalid_request', { reason: 'the grant names its preset: leave out --preset' });
  const cacheKey = [
    projectId,
    visibility,
    ...Object.values(wish),
    ...(priority === 'normal' ? [] : [priority]),
  ].join('/');
  const cached = await readCache(cachePath);
  let grant: Grant;
  try {
    grant = await client.call('POST /v1/upload-grants', {
      body: { projectId, visibility, priority, ...wish },
    });
    await mkdir(dirname(cachePath), { recursive: true });
    await writeFile(cachePath, JSON.stringify({ ...cached, [cacheKey]: grant }), { mode: 0o600 });
  } catch (error) {
    const last = cached[cacheKey];
    const isAway = !(error instanceof MeridianError) || error.code === 'unavailable';
    if (!isAway || last === undefined || last.expiresAtMs < Date.now()) throw error;
    process.stderr.write('Control cannot be reached; using the last upload grant.\n');
    grant = last;
  }
  const first = invocation.text('ingest');
  const ingests = [...grant.ingests].sort(
    (a, b) => Number(b.regionId === first) - Number(a.regionId === first),
  );
  return { ...grant, ingests, ...(own === undefined ? {} : { grant: own }) };
}

function priorityOf(text: string | undefined): JobPriority {
  const priority = jobPrioritySchema.safeParse(text ?? 'normal');
  if (!priority.success)
    throw new MeridianError('invalid_request', {
      reason: `--priority ${text}: the priorities are ${jobPrioritySchema.options.join(', ')}`,
    });
  return priority.data;
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
  const uploaded = uploadWithGrant(
    grant,
    { ...(await pathSource(file)), bytes },
    {
      name,
      onProgress: (sent, total, regionId) =>
        progress.show(total === 0 ? 0 : sent / total, `${formatBytes(sent)} to ${regionId}`),
      onMove: (regionId) => progress.show(0, `${regionId} does not answer; trying the next region`),
    },
  );
  const { assetId } = await uploaded.catch((error: unknown) => {
    throw error instanceof MeridianApiError ? toMeridianError(error) : error;
  });
  return assetId;
}

/** The same error in the words of the command line. */
function toMeridianError(error: MeridianApiError): MeridianError {
  if (error.status > 0 && error.code in ERRORS)
    return new MeridianError(error.code as ErrorCode, error.details, { cause: error });
  return new MeridianError('unavailable', { what: 'An ingest' }, { cause: error });
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
