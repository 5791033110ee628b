// meridian import …: lets a region fetch media from an address or a bucket; shows how far it is; stops it.

import { setTimeout as delay } from 'node:timers/promises';
import type { ImportView } from '#contract/api/imports.ts';
import type { ApiClient } from '#contract/client.ts';
import { ERRORS, type ErrorCode, MeridianError } from '#contract/errors.ts';
import {
  API_OPTIONS,
  type Command,
  type Invocation,
  LIMIT_OPTION,
  limitOf,
  PROJECT_OPTION,
} from '../command.ts';
import { openControl } from '../control-access.ts';
import { createProgress, formatBytes, type Progress, printJson, printTable } from '../output.ts';
import { PRESET_OPTION, presetGiven } from './projects.ts';

/** How often a waiting import is asked about. */
const POLL_MS = 500;
/** `s3://source/prefix`: the source is a name under `imports.sources`. */
const BUCKET_ADDRESS = /^s3:\/\/([^/]+)\/?(.*)$/;

export const importCommand: Command = {
  name: 'import',
  usage:
    'import URL | s3://SOURCE/PREFIX [--name NAME] [--project ID] [--preset NAME] [--private] [--wait] [--json]',
  summary: 'Fetch a video from an address, or all media of a bucket, without sending it through this machine',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    name: { type: 'string', value: 'NAME', summary: 'Name of the asset (default: from the address)' },
    project: { type: 'string', value: 'ID', summary: 'Project (default: default)' },
    ...PRESET_OPTION,
    private: { type: 'boolean', summary: 'Only playable with a playback token' },
    wait: { type: 'boolean', summary: 'Wait until everything is fetched; exit code 1 if something failed' },
  },
  examples: [
    'meridian import https://media.example/talk.mp4 --wait',
    'meridian import s3://archive/talks/2026/ --private --wait',
  ],
  run: runImport,
};

async function runImport(invocation: Invocation): Promise<number> {
  const address = invocation.positionals[0] ?? '';
  const bucket = BUCKET_ADDRESS.exec(address);
  const name = invocation.text('name');
  const { client } = await openControl(invocation);
  const made = await client.call('POST /v1/imports', {
    body: {
      ...(bucket === null ? { url: address } : { s3: { source: bucket[1] ?? '', prefix: bucket[2] ?? '' } }),
      ...(name === undefined ? {} : { name }),
      ...presetGiven(invocation),
      projectId: invocation.text('project') ?? 'default',
      visibility: invocation.isSet('private') ? 'private' : 'public',
    },
  });
  if (!invocation.isSet('wait')) {
    if (invocation.isSet('json')) printJson(made);
    else process.stdout.write(`${made.id} waits for a region; \`meridian imports\` shows how far it is.\n`);
    return 0;
  }
  const progress = createProgress();
  const ended = await waitForImport(client, made.id, progress);
  progress.end();
  if (invocation.isSet('json')) printJson(ended);
  else if (ended.objects !== null) process.stdout.write(`${countsText(ended)}.\n`);
  if (ended.state !== 'done') throw failureOf(ended);
  if (ended.objects === null && !invocation.isSet('json'))
    process.stdout.write(`${ended.assetId} is safe in its regions and will be processed now.\n`);
  return (ended.objects?.failed ?? 0) > 0 ? 1 : 0;
}

async function waitForImport(client: ApiClient, importId: string, progress: Progress): Promise<ImportView> {
  for (;;) {
    const view = await client
      .call('GET /v1/imports/{importId}', { params: { importId } })
      .catch((error: unknown) => {
        // Control may be away for a while; the fetch goes on.
        if (error instanceof MeridianError && error.code !== 'unavailable') throw error;
        return undefined;
      });
    if (view !== undefined && !['waiting', 'running'].includes(view.state)) return view;
    if (view === undefined) progress.show(0, 'waiting for control');
    else progress.show(shareOf(view), labelOf(view));
    await delay(POLL_MS);
  }
}

function failureOf(view: ImportView): MeridianError {
  const { code = 'conflict', message = `The import was ${view.state}` } = view.failure ?? {};
  const isKnown = code in ERRORS;
  // The sentence of the failure already is the filled-in one; only what to do about it is looked up.
  const error = new MeridianError(isKnown ? (code as ErrorCode) : 'internal', {});
  error.message = message.replace(/\.?$/, '.');
  return error;
}

function shareOf({ objects, receivedBytes, totalBytes }: ImportView): number {
  if (objects !== null && objects.found > 0)
    return (objects.done + objects.failed + objects.skipped) / objects.found;
  return totalBytes === null || totalBytes === 0 ? 0 : Math.min(1, receivedBytes / totalBytes);
}

function labelOf(view: ImportView): string {
  if (view.objects !== null) return countsText(view);
  const from = view.nodeId === null ? 'waiting for a region' : `fetched by ${view.nodeId}`;
  const again = view.failure === null ? '' : ` (attempt ${view.attempt}: ${view.failure.message})`;
  return `${formatBytes(view.receivedBytes)} ${from}${again}`;
}

function countsText({ objects, receivedBytes }: ImportView): string {
  if (objects === null) return '';
  const { cancelled, done, failed, found, skipped } = objects;
  return [
    `${found} found`,
    `${done} imported (${formatBytes(receivedBytes)})`,
    `${skipped} imported before`,
    `${failed} failed`,
    ...(cancelled === 0 ? [] : [`${cancelled} cancelled`]),
  ].join(', ');
}

export const importsCommand: Command = {
  name: 'imports',
  usage: 'imports [IMPORT] [--project ID] [--limit N] [--json]',
  summary: 'List imports, newest first; of a bucket import, its objects',
  positionals: [0, 1],
  options: {
    ...API_OPTIONS,
    ...PROJECT_OPTION,
    ...LIMIT_OPTION,
  },
  examples: ['meridian imports', 'meridian imports imp_01jd0000000000000000000000 --json'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { imports } = await client.call('GET /v1/imports', {
      query: {
        projectId: invocation.text('project'),
        parentId: invocation.positionals[0],
        limit: limitOf(invocation),
      },
    });
    if (invocation.isSet('json')) printJson(imports);
    else if (imports.length === 0) process.stdout.write('There are no such imports.\n');
    else
      printTable(
        ['ID', 'FROM', 'STATE', 'RECEIVED', 'ASSET', 'DETAILS'],
        imports.map((view) => [
          view.id,
          view.location,
          view.state,
          view.totalBytes === null
            ? formatBytes(view.receivedBytes)
            : `${formatBytes(view.receivedBytes)} of ${formatBytes(view.totalBytes)}`,
          view.assetId ?? '',
          view.failure?.message ?? countsText(view),
        ]),
      );
    return 0;
  },
};

export const importCancelCommand: Command = {
  name: 'import cancel',
  usage: 'import cancel IMPORT [--json]',
  summary: 'Stop an import; what a bucket has already brought stays',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian import cancel imp_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const importId = invocation.positionals[0] ?? '';
    const view = await client.call('POST /v1/imports/{importId}/cancel', { params: { importId } });
    if (invocation.isSet('json')) printJson(view);
    else process.stdout.write(`${view.id} is cancelled.\n`);
    return 0;
  },
};
