// meridian changes: what was changed, by whom, and what may have broken something.

import { type ChangeView, changeKindSchema } from '#contract/api/changes.ts';
import type { ApiClient } from '#contract/client.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { labelsFrom, labelsTextFrom, timeFrom } from '../incident-options.ts';
import { time } from '../incident-text.ts';
import { printJson, printTable } from '../output.ts';

const LABELS_OPTION = {
  labels: { type: 'string', value: 'LIST', summary: 'e.g. region=dublin,site=dublin-1' },
} as const;

function rowOf({ atMs, kind, actor, labels, summary, movement }: ChangeView): string[] {
  const place = labels.node ?? labels.site ?? labels.region ?? labels.project ?? '';
  const others = movement === null ? '' : ` (${movement.count} plans since ${time(movement.firstAtMs)})`;
  return [time(atMs), kind, place, actor, `${summary}${others}`];
}

function kindFrom(invocation: Invocation): ChangeView['kind'] | undefined {
  const kind = changeKindSchema.optional().safeParse(invocation.text('kind'));
  if (!kind.success) throw refuse(`--kind is ${changeKindSchema.options.join(', ')}`);
  return kind.data;
}

const listCommand: Command = {
  name: 'changes',
  usage: 'changes [--kind KIND] [--labels LIST] [--from TIME] [--to TIME] [--limit N] [--json]',
  summary: 'List changes, newest first: deploys, settings, drains, runbooks, steering plans',
  options: {
    ...API_OPTIONS,
    ...LIMIT_OPTION,
    ...LABELS_OPTION,
    kind: { type: 'string', value: 'KIND', summary: changeKindSchema.options.join(', ') },
    from: { type: 'string', value: 'TIME', summary: 'ISO 8601, e.g. 2027-01-31T20:00:00Z' },
    to: { type: 'string', value: 'TIME', summary: 'Exclusive' },
  },
  examples: ['meridian changes', 'meridian changes --kind deploy --labels region=dublin --json'],
  async run(invocation) {
    const [kind, labels] = [kindFrom(invocation), labelsTextFrom(invocation)];
    const [fromMs, toMs] = [timeFrom(invocation, 'from'), timeFrom(invocation, 'to')];
    const { client } = await openControl(invocation);
    const { changes } = await client.call('GET /v1/changes', {
      query: {
        limit: limitOf(invocation),
        ...(kind === undefined ? {} : { kind }),
        ...(labels === undefined ? {} : { labels }),
        ...(fromMs === undefined ? {} : { fromMs }),
        ...(toMs === undefined ? {} : { toMs }),
      },
    });
    if (invocation.isSet('json')) printJson(changes);
    else if (changes.length === 0) process.stdout.write('There are none.\n');
    else printTable(['AT (UTC)', 'KIND', 'WHERE', 'WHO', 'WHAT'], changes.map(rowOf));
    return 0;
  },
};

const nearCommand: Command = {
  name: 'changes near',
  usage: 'changes near [TIME] [--labels LIST] [--limit N] [--json]',
  summary: 'Rank the changes that may have broken something at a time (default: now), with the reasons',
  positionals: [0, 1],
  options: { ...API_OPTIONS, ...LIMIT_OPTION, ...LABELS_OPTION },
  examples: ['meridian changes near 2027-01-31T20:00:00Z --labels site=dublin-1'],
  async run(invocation) {
    const [text] = invocation.positionals;
    const atMs = text === undefined ? Date.now() : Date.parse(text);
    if (Number.isNaN(atMs)) throw refuse(`"${text}" is not a time such as 2027-01-31T20:00:00Z`);
    const labels = labelsTextFrom(invocation);
    const { client } = await openControl(invocation);
    const { changes } = await client.call('GET /v1/changes/near', {
      query: { atMs, limit: limitOf(invocation), ...(labels === undefined ? {} : { labels }) },
    });
    if (invocation.isSet('json')) printJson(changes);
    else if (changes.length === 0) process.stdout.write('Nothing was changed in the two hours before.\n');
    else
      printTable(
        ['CLOSENESS', 'AT (UTC)', 'KIND', 'WHERE', 'WHO', 'WHAT', 'BECAUSE'],
        changes.map((change) => [
          change.score.toFixed(2),
          ...rowOf(change),
          change.reasons
            .map(({ code, subject, values }) => `${code} ${subject} ×${(values.weight ?? 1).toFixed(2)}`)
            .join(', '),
        ]),
      );
    return 0;
  },
};

const tellCommand: Command = {
  name: 'changes tell',
  usage: 'changes tell SUMMARY [--kind KIND] [--labels LIST] [--at TIME] [--json]',
  summary: 'Tell of a change that was made elsewhere, e.g. by a pipeline',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    ...LABELS_OPTION,
    kind: { type: 'string', value: 'KIND', summary: 'deploy (default), config, drill or experiment' },
    at: { type: 'string', value: 'TIME', summary: 'ISO 8601 (default: now)' },
  },
  examples: ['meridian changes tell "CDN rules 12" --kind config --labels service=cdn'],
  async run(invocation) {
    const kind = kindFrom(invocation) ?? 'deploy';
    if (kind !== 'deploy' && kind !== 'config' && kind !== 'drill' && kind !== 'experiment')
      throw refuse(
        '--kind is deploy, config, drill or experiment; the others are recorded where they are made',
      );
    const atMs = timeFrom(invocation, 'at');
    const { client } = await openControl(invocation);
    const change = await client.call('POST /v1/changes', {
      body: {
        kind,
        summary: invocation.positionals[0] ?? '',
        labels: labelsFrom(invocation),
        ...(atMs === undefined ? {} : { atMs }),
      },
    });
    if (invocation.isSet('json')) printJson(change);
    else process.stdout.write(`Change ${change.id} is recorded.\n`);
    return 0;
  },
};

const revertCommand: Command = {
  name: 'changes revert',
  usage: 'changes revert CHANGE|--before TIME [--dry-run] [--json]',
  summary:
    'Take back a change of a setting: a project, an objective, a rule, a runbook, the rota, encoders, a throttle, a shift',
  positionals: [0, 1],
  options: {
    ...API_OPTIONS,
    before: { type: 'string', value: 'TIME', summary: 'The newest change of a setting before then' },
    'dry-run': { type: 'boolean', summary: 'Only show what would change' },
  },
  examples: [
    'meridian changes revert 1042 --dry-run',
    'meridian changes revert --before 2027-01-31T20:00:00Z',
  ],
  async run(invocation) {
    const [text] = invocation.positionals;
    const beforeMs = timeFrom(invocation, 'before');
    if ((text === undefined) === (beforeMs === undefined))
      throw refuse('say which change: its number, or --before TIME');
    if (text !== undefined && !/^[1-9]\d{0,14}$/.test(text))
      throw refuse(`"${text}" is not the number of a change`);
    const { client } = await openControl(invocation);
    const changeId = text === undefined ? await newestBefore(client, beforeMs ?? 0) : Number(text);
    const isDryRun = invocation.isSet('dry-run');
    const reverted = await client.call('POST /v1/changes/{changeId}/revert', {
      params: { changeId },
      query: { isDryRun: isDryRun ? 'true' : 'false' },
    });
    if (invocation.isSet('json')) printJson({ changeId, ...reverted });
    else {
      const nothing = isDryRun ? ' Nothing was changed.' : '';
      process.stdout.write(`Change ${changeId}. ${reverted.text}.${nothing}\n`);
      if (reverted.differences.length > 0)
        printTable(
          ['FIELD', 'FROM', 'TO'],
          reverted.differences.map(({ field, from, to }) => [field, from ?? '–', to ?? '–']),
        );
    }
    return 0;
  },
};

/** The newest change of a setting before a moment. */
async function newestBefore(client: ApiClient, beforeMs: number): Promise<number> {
  const { changes } = await client.call('GET /v1/changes', {
    query: { kind: 'config', toMs: beforeMs, limit: 1 },
  });
  const [newest] = changes;
  if (newest === undefined) throw refuse('--before: no setting was changed before then');
  return newest.id;
}

export const changeCommands: readonly Command[] = [listCommand, nearCommand, tellCommand, revertCommand];
