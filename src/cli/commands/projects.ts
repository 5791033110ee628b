// meridian projects, presets: what there is to choose from, and how a project's uploads are encoded.

import { encodingSettingsSchema, presetNameSchema } from '#contract/encoding.ts';
import { MeridianError } from '#contract/errors.ts';
import { API_OPTIONS, type Command, type Invocation } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

/** `--preset NAME` of uploads and imports. */
export const PRESET_OPTION = {
  preset: {
    type: 'string',
    value: 'NAME',
    summary: 'How it is encoded: economy, standard or quality (default: that of the project)',
  },
} as const;

/** What `--preset` asks for, as the API takes it. */
export function presetGiven(invocation: Invocation): { preset?: (typeof presetNameSchema.options)[number] } {
  const text = invocation.text('preset');
  if (text === undefined) return {};
  const parsed = presetNameSchema.safeParse(text);
  if (!parsed.success)
    throw new MeridianError('invalid_request', {
      reason: `there is no preset ${text}; the presets are ${presetNameSchema.options.join(', ')}`,
    });
  return { preset: parsed.data };
}

const projectsCommand: Command = {
  name: 'projects',
  usage: 'projects [--json]',
  summary: 'List projects and how their uploads are encoded',
  options: API_OPTIONS,
  examples: ['meridian projects'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { projects } = await client.call('GET /v1/projects');
    const rows = await Promise.all(
      projects.map(async (project) => {
        const params = { projectId: project.id };
        return {
          ...project,
          encoding: await client.call('GET /v1/projects/{projectId}/encoding', { params }),
        };
      }),
    );
    if (invocation.isSet('json')) printJson(rows);
    else
      printTable(
        ['ID', 'NAME', 'ASSETS', 'PRESET', 'PER TITLE', 'CODECS'],
        rows.map(({ id, name, assetCount, encoding }) => [
          id,
          name,
          String(assetCount),
          encoding.preset,
          perTitleText(encoding.isPerTitle),
          encoding.codecs.join(', '),
        ]),
      );
    return 0;
  },
};

const presetsCommand: Command = {
  name: 'presets',
  usage: 'presets [--json]',
  summary: 'List the presets of encoding',
  options: API_OPTIONS,
  examples: ['meridian presets'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { presets } = await client.call('GET /v1/presets');
    if (invocation.isSet('json')) printJson(presets);
    else
      printTable(
        ['NAME', 'LINES', 'RUNGS', 'FRAMES A SECOND', 'BITS', 'SPEED', 'PER TITLE', 'WHAT FOR'],
        presets.map((preset) => [
          preset.name,
          preset.shortSides.join(' '),
          `up to ${preset.renditionsMax}`,
          `up to ${preset.frameRateMax}`,
          `${Math.round(preset.bitrateFactor * 100)} %`,
          preset.speed,
          preset.isPerTitle ? 'on' : 'off',
          preset.summary,
        ]),
      );
    return 0;
  },
};

const encodingCommand: Command = {
  name: 'projects encoding',
  usage: 'projects encoding PROJECT [--preset NAME] [--per-title on|off|preset] [--codecs LIST] [--json]',
  summary: 'Show or set how future uploads of a project are encoded',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    preset: { type: 'string', value: 'NAME', summary: 'economy, standard or quality' },
    'per-title': {
      type: 'string',
      value: 'WHEN',
      summary: 'on, off, or preset: whether a probe of each video decides its rungs',
    },
    codecs: {
      type: 'string',
      value: 'LIST',
      summary: 'h264, and av1 or hevc beside it, with commas between',
    },
  },
  examples: [
    'meridian projects encoding default',
    'meridian projects encoding default --preset economy',
    'meridian projects encoding films --preset quality --codecs h264,av1',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { projectId: invocation.positionals[0] ?? '' };
    const current = await client.call('GET /v1/projects/{projectId}/encoding', { params });
    const perTitle = invocation.text('per-title');
    const codecs = invocation.text('codecs')?.split(',');
    if (perTitle !== undefined && !Object.hasOwn(PER_TITLE, perTitle))
      throw new MeridianError('invalid_request', { reason: '--per-title takes on, off or preset' });
    const parsed = encodingSettingsSchema.safeParse({
      preset: presetGiven(invocation).preset ?? current.preset,
      isPerTitle: perTitle === undefined ? current.isPerTitle : PER_TITLE[perTitle],
      codecs: codecs ?? current.codecs,
    });
    if (!parsed.success)
      throw new MeridianError('invalid_request', {
        reason: `--codecs: ${parsed.error.issues[0]?.message ?? ''}`,
      });
    const isChange = ['preset', 'per-title', 'codecs'].some((name) => invocation.text(name) !== undefined);
    const settings = isChange
      ? await client.call('PUT /v1/projects/{projectId}/encoding', { params, body: parsed.data })
      : current;
    if (invocation.isSet('json')) printJson(settings);
    else
      printTable(
        ['PRESET', 'PER TITLE', 'CODECS'],
        [[settings.preset, perTitleText(settings.isPerTitle), settings.codecs.join(', ')]],
      );
    return 0;
  },
};

const PER_TITLE: Readonly<Record<string, boolean | null>> = { on: true, off: false, preset: null };

function perTitleText(isPerTitle: boolean | null): string {
  return Object.entries(PER_TITLE).find(([, value]) => value === isPerTitle)?.[0] ?? '';
}

export const projectCommands: readonly Command[] = [projectsCommand, encodingCommand, presetsCommand];
