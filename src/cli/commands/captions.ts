// meridian captions: caption tracks of an asset, from WebVTT and SubRip files.

import { readFile } from 'node:fs/promises';
import type { AssetView } from '#contract/api/assets.ts';
import { MeridianError } from '#contract/errors.ts';
import { type CaptionKind, captionKindSchema } from '#contract/media.ts';
import { CAPTION_BYTES_MAX } from '#media/captions/limits.ts';
import { API_OPTIONS, type Command, type Invocation, type OptionSpec, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { formatBytes, printJson, printTable } from '../output.ts';

const LANGUAGE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  language: { type: 'string', value: 'TAG', summary: 'Language, e.g. en or pt-BR (needed)' },
  kind: {
    type: 'string',
    value: 'KIND',
    summary: 'subtitles (default), or captions: with sounds and speakers, for those who do not hear',
  },
};

function languageOf(invocation: Invocation): string {
  const language = invocation.text('language');
  if (language === undefined) throw refuse('--language is needed, e.g. --language en');
  return language;
}

function kindOf(invocation: Invocation): CaptionKind {
  const kind = captionKindSchema.safeParse(invocation.text('kind') ?? 'subtitles');
  if (!kind.success) throw refuse('--kind is `subtitles` or `captions`');
  return kind.data;
}

/** The file's text; bytes that are not UTF-8 become a mark that control refuses with its line. */
async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new MeridianError('invalid_request', { reason: `${path} cannot be read` }, { cause: error });
  }
  if (bytes.length > CAPTION_BYTES_MAX)
    throw new MeridianError('captions_invalid', {
      line: 1,
      reason: `the file is larger than ${CAPTION_BYTES_MAX} bytes`,
    });
  return new TextDecoder().decode(bytes);
}

function printTracks(asset: AssetView, invocation: Invocation): void {
  if (invocation.isSet('json')) printJson(asset.captions);
  else if (asset.captions.length === 0)
    process.stdout.write(`${asset.name} has no captions: \`meridian captions add\` makes some.\n`);
  else
    printTable(
      ['LANGUAGE', 'KIND', 'LABEL', 'DEFAULT', 'CUES', 'SIZE'],
      asset.captions.map((track) => [
        track.language,
        track.kind,
        track.label,
        track.isDefault ? 'yes' : '',
        String(track.cueCount),
        formatBytes(track.bytes),
      ]),
    );
}

const addCommand: Command = {
  name: 'captions add',
  usage: 'captions add ASSET FILE --language TAG [--kind KIND] [--label TEXT] [--default] [--json]',
  summary: 'Add or replace a caption track from a WebVTT or SubRip file',
  positionals: [2, 2],
  options: {
    ...API_OPTIONS,
    ...LANGUAGE_OPTIONS,
    label: { type: 'string', value: 'TEXT', summary: 'Name in the menu (default: that of the language)' },
    default: { type: 'boolean', summary: 'Show it unless the viewer chooses otherwise' },
  },
  examples: [
    'meridian captions add ast_01jd0000000000000000000000 talk.srt --language en',
    'meridian captions add ast_01jd0000000000000000000000 talk.vtt --language en --kind captions --default',
  ],
  async run(invocation) {
    const [assetId = '', file = ''] = invocation.positionals;
    const language = languageOf(invocation);
    const label = invocation.text('label');
    const text = await readText(file);
    const { client } = await openControl(invocation);
    const asset = await client.call('PUT /v1/assets/{assetId}/captions/{language}', {
      params: { assetId, language },
      body: {
        text,
        kind: kindOf(invocation),
        isDefault: invocation.isSet('default'),
        ...(label === undefined ? {} : { label }),
      },
    });
    printTracks(asset, invocation);
    return 0;
  },
};

const listCommand: Command = {
  name: 'captions list',
  usage: 'captions list ASSET [--json]',
  summary: 'List the caption tracks of an asset',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian captions list ast_01jd0000000000000000000000'],
  async run(invocation) {
    const [assetId = ''] = invocation.positionals;
    const { client } = await openControl(invocation);
    printTracks(await client.call('GET /v1/assets/{assetId}', { params: { assetId } }), invocation);
    return 0;
  },
};

const removeCommand: Command = {
  name: 'captions remove',
  usage: 'captions remove ASSET --language TAG [--kind KIND] [--json]',
  summary: 'Remove a caption track',
  positionals: [1, 1],
  options: { ...API_OPTIONS, ...LANGUAGE_OPTIONS },
  examples: ['meridian captions remove ast_01jd0000000000000000000000 --language en'],
  async run(invocation) {
    const [assetId = ''] = invocation.positionals;
    const language = languageOf(invocation);
    const { client } = await openControl(invocation);
    const asset = await client.call('DELETE /v1/assets/{assetId}/captions/{language}', {
      params: { assetId, language },
      query: { kind: kindOf(invocation) },
    });
    printTracks(asset, invocation);
    return 0;
  },
};

export const captionCommands: readonly Command[] = [addCommand, listCommand, removeCommand];
