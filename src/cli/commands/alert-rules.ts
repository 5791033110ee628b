// meridian alerts rules …: rules on thresholds and on silence, listed, shown as YAML, applied from a file, deleted.

import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import { formatDurationMs } from '#base/duration.ts';
import { alertRuleSchema } from '#contract/api/alerts.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { confirm } from '../confirm.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

type AlertRule = z.output<typeof alertRuleSchema>;

/** As many as control keeps; a longer file is something else. */
const RULES_PER_FILE_MAX = 200;

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Rules of a text: one, or a list of them, as YAML or JSON. The first mistake is named, with the rule that has it. */
export function readRules(text: string, path: string): readonly AlertRule[] {
  let given: unknown;
  try {
    given = parse(text);
  } catch (error) {
    throw refuse(
      `${path} is neither YAML nor JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length === 0 || list.length > RULES_PER_FILE_MAX)
    throw refuse(`${path} holds ${list.length} rules; give 1 to ${RULES_PER_FILE_MAX}`);
  return list.map((each, index) => {
    const read = alertRuleSchema.safeParse(each);
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    const field = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    throw refuse(
      `${path}: rule ${index + 1}: ${field}${issue?.message ?? 'is not valid'}; nothing was applied`,
    );
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw refuse(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function list(invocation: Invocation): Promise<void> {
  const { client } = await openControl(invocation);
  const { rules } = await client.call('GET /v1/alert-rules');
  if (invocation.isSet('json')) return printJson(rules);
  printTable(
    ['RULE', 'SEVERITY', 'SERIES', 'BY', 'WHEN', 'ORIGIN'],
    rules.map(({ rule, origin }) => [
      rule.name,
      rule.severity,
      rule.series,
      rule.by.join(' '),
      rule.kind === 'absence'
        ? `silent for ${formatDurationMs(rule.silentMs)}`
        : `${rule.measure} over ${formatDurationMs(rule.windowMs)} ${rule.op === 'gt' ? 'above' : 'below'} ${rule.limit}`,
      origin,
    ]),
  );
}

async function show(invocation: Invocation, name: string): Promise<void> {
  const { client } = await openControl(invocation);
  const { rules } = await client.call('GET /v1/alert-rules');
  const found = rules.find(({ rule }) => rule.name === name);
  if (found === undefined) throw refuse(`there is no rule ${name}; \`meridian alerts rules\` lists them`);
  if (invocation.isSet('json')) printJson(found);
  // What is printed can be changed and applied.
  else process.stdout.write(stringify(found.rule));
}

async function apply(invocation: Invocation): Promise<void> {
  const path = invocation.text('file');
  if (path === undefined) throw refuse('name the file with the rules: --file FILE');
  const rules = readRules(await readText(path), path);
  const { client } = await openControl(invocation);
  const applied = [];
  for (const body of rules) applied.push(await client.call('PUT /v1/alert-rules', { body }));
  if (invocation.isSet('json')) printJson(applied);
  else write(`Applied ${applied.map(({ rule }) => rule.name).join(', ')}.`);
}

/** Removes a rule; false when whoever was asked said no. */
async function remove(invocation: Invocation, name: string): Promise<boolean> {
  const question = `Remove ${name}? Nothing watches for it any more, and its alerts resolve.`;
  const isSure = invocation.isSet('yes') || (await confirm(question, 'say --yes to remove a rule'));
  if (!isSure) return false;
  const { client } = await openControl(invocation);
  const answer = await client.call('DELETE /v1/alert-rules/{name}', { params: { name } });
  if (invocation.isSet('json')) printJson(answer);
  else write(`Removed ${name}.`);
  return true;
}

export const alertsRulesCommand: Command = {
  name: 'alerts rules',
  usage: 'alerts rules [show NAME | apply --file FILE | delete NAME [--yes]] [--json]',
  summary:
    'List, show, apply or delete rules on thresholds and on silence; those on burn are the objectives (`meridian slo list`)',
  positionals: [0, 2],
  options: {
    ...API_OPTIONS,
    file: { type: 'string', value: 'FILE', summary: 'Of apply: one rule or a list of them, as YAML or JSON' },
    yes: { type: 'boolean', summary: 'Of delete: do not ask' },
  },
  examples: [
    'meridian alerts rules',
    'meridian alerts rules show RegionLost > region-lost.yaml',
    'meridian alerts rules apply --file region-lost.yaml',
    'meridian alerts rules delete RegionLost --yes',
  ],
  async run(invocation) {
    const [action, name] = invocation.positionals;
    const named = (): string => {
      if (name === undefined) throw refuse(`name the rule: \`meridian alerts rules ${action} NAME\``);
      return name;
    };
    switch (action) {
      case undefined:
        await list(invocation);
        return 0;
      case 'show':
        await show(invocation, named());
        return 0;
      case 'apply':
        await apply(invocation);
        return 0;
      case 'delete':
        return (await remove(invocation, named())) ? 0 : 1;
      default:
        throw refuse(`"${action}" is none of show, apply, delete`);
    }
  },
};
