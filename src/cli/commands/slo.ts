// meridian slo …: objectives, how much of their budgets is left, and how fast they burn.

import { readFile } from 'node:fs/promises';
import { formatDurationMs } from '#base/duration.ts';
import type { BudgetView, SloView } from '#contract/api/slos.ts';
import type { ApiClient } from '#contract/client.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

const PAGE = 200;

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function readText(invocation: Invocation): Promise<string> {
  const path = invocation.positionals[0] ?? '';
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw refuse(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function allSlos(client: ApiClient): Promise<SloView[]> {
  const found: SloView[] = [];
  for (;;) {
    const after = found.at(-1)?.name;
    const query = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { slos } = await client.call('GET /v1/slos', { query });
    found.push(...slos);
    if (slos.length < PAGE) return found;
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function place({ labels }: BudgetView): string {
  const values = Object.values(labels);
  return values.length === 0 ? 'all' : values.join(' / ');
}

/** The tier that burns fastest against its limit. */
function worstTier({ tiers }: BudgetView): string {
  const [worst] = [...tiers].sort((left, right) => right.longBurn / right.limit - left.longBurn / left.limit);
  if (worst === undefined) return 'no events yet';
  return `${worst.longBurn.toFixed(2)} of ${worst.limit.toFixed(1)} in ${worst.name}, ${worst.verdict}`;
}

function budgetRows({ objectives }: SloView): string[][] {
  return objectives.flatMap(({ name, target, budgets }) =>
    budgets.map((budget) => [
      name,
      place(budget),
      percent(target),
      percent(Math.max(0, 1 - budget.usedShare)),
      String(Math.round(budget.events)),
      worstTier(budget),
    ]),
  );
}

const HEADINGS = ['OBJECTIVE', 'PLACE', 'TARGET', 'BUDGET LEFT', 'EVENTS', 'BURN'];

export const sloListCommand: Command = {
  name: 'slo list',
  usage: 'slo list [--json]',
  summary: 'List objectives with their budgets',
  options: API_OPTIONS,
  examples: ['meridian slo list', 'meridian slo list --json | jq -r .[].name'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const slos = await allSlos(client);
    if (invocation.isSet('json')) printJson(slos);
    else {
      const rows = slos.flatMap((slo) => {
        const budgets = budgetRows(slo);
        return budgets.length > 0 ? budgets : [[slo.name, '-', '', '', '0', 'no events yet']];
      });
      printTable(HEADINGS, rows);
    }
    return 0;
  },
};

export const sloShowCommand: Command = {
  name: 'slo show',
  usage: 'slo show SLO [--json]',
  summary: 'Show one objective: budgets, and every tier of their burn with its limit',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian slo show vod-playback'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { name: invocation.positionals[0] ?? '' };
    const { slo, yaml } = await client.call('GET /v1/slos/{name}', { params });
    if (invocation.isSet('json')) {
      printJson({ slo, yaml });
      return 0;
    }
    write(`${slo.displayName} (${slo.name}, ${slo.origin}): ${slo.description}`);
    for (const objective of slo.objectives) {
      const { method, periodMs, sliceMs, target } = objective;
      const slices = method === 'Occurrences' ? '' : `, slices of ${formatDurationMs(sliceMs)}`;
      write(`${objective.name}: ${percent(target)} of ${formatDurationMs(periodMs)} by ${method}${slices}`);
      write('');
      printTable(
        ['PLACE', 'BUDGET LEFT', 'TIER', 'SEVERITY', 'LONG', 'SHORT', 'LIMIT', 'EVENTS', 'VERDICT'],
        objective.budgets.flatMap((budget) =>
          budget.tiers.map((tier) => [
            place(budget),
            percent(Math.max(0, 1 - budget.usedShare)),
            tier.name,
            budget.isWatched ? tier.severity : '(not watched)',
            tier.longBurn.toFixed(2),
            tier.shortBurn.toFixed(2),
            tier.limit.toFixed(2),
            String(Math.round(tier.events)),
            tier.verdict,
          ]),
        ),
      );
    }
    return 0;
  },
};

export const sloApplyCommand: Command = {
  name: 'slo apply',
  usage: 'slo apply FILE [--json]',
  summary: 'Add or replace objectives from an OpenSLO file; all of them, or none when one is wrong',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian slo apply objectives.yaml'],
  async run(invocation) {
    const yaml = await readText(invocation);
    const { client } = await openControl(invocation);
    const answer = await client.call('PUT /v1/slos', { body: { yaml } });
    if (invocation.isSet('json')) printJson(answer);
    else {
      for (const { document, path, message } of answer.warnings)
        write(`warning: ${document} ${path}: ${message}`);
      write(`Applied ${answer.applied.join(', ')}.`);
    }
    return 0;
  },
};

export const sloLintCommand: Command = {
  name: 'slo lint',
  usage: 'slo lint FILE [--json]',
  summary: 'Say what is wrong with an OpenSLO file, and how soon each objective would notice an outage',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian slo lint objectives.yaml'],
  async run(invocation) {
    const yaml = await readText(invocation);
    const { client } = await openControl(invocation);
    const answer = await client.call('POST /v1/slos/lint', { body: { yaml } });
    if (invocation.isSet('json')) printJson(answer);
    else {
      for (const { severity, document, path, message } of answer.problems)
        write(`${severity}: ${document} ${path}: ${message}`);
      for (const { name, tiers } of answer.slos)
        for (const tier of tiers)
          write(
            `${name}: ${tier.severity} over ${tier.name} from a burn of ${tier.burn.toFixed(2)} on; a total outage after ${formatDurationMs(tier.outageDetectedMs)}`,
          );
    }
    return answer.isValid ? 0 : 1;
  },
};

export const sloExportCommand: Command = {
  name: 'slo export',
  usage: 'slo export [SLO] [--json]',
  summary: 'Print objectives as OpenSLO: one, or all',
  positionals: [0, 1],
  options: API_OPTIONS,
  examples: ['meridian slo export > objectives.yaml', 'meridian slo export vod-playback'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const [asked] = invocation.positionals;
    const names = asked === undefined ? (await allSlos(client)).map(({ name }) => name) : [asked];
    const documents: string[] = [];
    for (const name of names)
      documents.push((await client.call('GET /v1/slos/{name}', { params: { name } })).yaml.trimEnd());
    if (invocation.isSet('json')) printJson(documents);
    else write(documents.join('\n---\n'));
    return 0;
  },
};

export const sloRemoveCommand: Command = {
  name: 'slo remove',
  usage: 'slo remove SLO [--json]',
  summary: 'Remove an objective; its alerts resolve',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian slo remove startup-time'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { name: invocation.positionals[0] ?? '' };
    const answer = await client.call('DELETE /v1/slos/{name}', { params });
    if (invocation.isSet('json')) printJson(answer);
    else write(`Removed ${params.name}.`);
    return 0;
  },
};

/** In the order of the help. */
export const sloCommands: readonly Command[] = [
  sloListCommand,
  sloShowCommand,
  sloApplyCommand,
  sloLintCommand,
  sloExportCommand,
  sloRemoveCommand,
];
