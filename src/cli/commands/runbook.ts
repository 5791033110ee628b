// meridian runbook …: operating procedures: see, judge, try, start, decide, pause, cancel.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { formatDurationMs } from '#base/duration.ts';
import type { DryRunView, RunSummary, RunView } from '#contract/api/runbooks.ts';
import type { ApiClient } from '#contract/client.ts';
import { readRunbook } from '#control/runbooks/read-runbook.ts';
import { problemText } from '#platform/yaml-document.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { confirm } from '../confirm.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

/** How often a run that is watched is asked for. */
const WATCH_EVERY_MS = 500;
/** Positional arguments of a start: the runbook and sixteen parameters. */
const ARGUMENTS_MAX = 17;
const RUN_EXAMPLE = 'run_01jd0000000000000000000000';

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

const runOf = (invocation: Invocation): { runId: string } => ({ runId: invocation.positionals[0] ?? '' });
const bookOf = (invocation: Invocation): { runbookId: string } => ({
  runbookId: invocation.positionals[0] ?? '',
});

/** `target=dublin patience=5m`. */
function parametersOf(invocation: Invocation): Record<string, string> {
  return Object.fromEntries(
    invocation.positionals.slice(1).map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw refuse(`"${text}" is not a parameter such as target=dublin`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}

/** What a run touches, in lines. */
function radiusLines({
  siteIds,
  pausedRegionIds,
  broadcastIds,
  others,
  ...radius
}: RunView['radius']): string[] {
  const { viewerCount, viewerShare, egressBps, egressShare, capacityShare } = radius;
  return [
    ...(siteIds.length === 0
      ? []
      : [
          `Pathways that stop taking viewers: ${siteIds.join(', ')}`,
          `Viewers there: ${viewerCount} connections (${percent(viewerShare)} of all)`,
          `Traffic there: ${(egressBps / 1e6).toFixed(1)} Mbit/s (${percent(egressShare)} of all)`,
          `Capacity taken away: ${percent(capacityShare)}`,
        ]),
    ...(pausedRegionIds.length === 0 ? [] : [`Encoders that rest: ${pausedRegionIds.join(', ')}`]),
    ...(broadcastIds.length === 0 ? [] : [`Broadcasts that change over: ${broadcastIds.join(', ')}`]),
    ...others,
  ];
}

function printPlan(plan: DryRunView): void {
  const lines = radiusLines(plan.radius);
  write(`${plan.runbookId}, version ${plan.version}: what a run would do. Nothing was changed.\n`);
  write('Blast radius');
  for (const line of lines.length === 0 ? ['Touches no viewer'] : lines) write(`  ${line}`);
  write('\nGuards');
  for (const { isHeld, text } of plan.guards) write(`  ${isHeld ? 'ok  ' : 'NO  '} ${text}`);
  write('\nSteps');
  for (const [index, step] of plan.steps.entries()) {
    write(`  ${index + 1}. ${step.title} (${step.kind})`);
    for (const line of step.lines) write(`     ${line}`);
    for (const { text } of step.observations) write(`       now: ${text}`);
  }
  write(plan.isAllowed ? '\nA run may start.' : '\nA run may not start: see the guards.');
}

function standing(run: RunSummary): string {
  const stuck = run.isStuck ? ', stuck' : '';
  if (run.waitsFor === null) return run.status.replace('_', ' ');
  if (run.waitsFor === 'resume') return 'paused';
  const word = run.status === 'rolling_back' ? 'rolling back' : `${run.stepId ?? ''}: ${run.waitsFor}`;
  return `${word}${stuck}`;
}

function printRun(run: RunView): void {
  write(`${run.title} (${run.id}): ${standing(run)}`);
  if (run.failure !== null) write(run.failure);
  write('');
  printTable(
    ['STEP', 'STATE', 'TOOK', 'SEEN'],
    run.steps.map((step) => [
      step.id,
      step.isRolledBack ? `${step.state}, undone` : step.state,
      step.startedAtMs === null
        ? ''
        : formatDurationMs((step.endedAtMs ?? run.updatedAtMs) - step.startedAtMs),
      step.reason ?? step.observations.map(({ text }) => text).join('; '),
    ]),
  );
  const asking = run.steps.find(({ id }) => id === run.stepId && run.waitsFor === 'approval');
  if (asking !== undefined)
    write(`\n${asking.ask ?? ''}\nAnswer with: meridian runbook approve ${run.id}, or reject`);
  write('');
  for (const { atMs, text, actor } of run.journal)
    write(`${new Date(atMs).toISOString()}  ${text}${actor === null ? '' : `  (${actor})`}`);
}

function show(invocation: Invocation, run: RunView): number {
  if (invocation.isSet('json')) printJson(run);
  else printRun(run);
  return run.status === 'failed' || run.status === 'rolled_back' ? 1 : 0;
}

/** Follows a run until it ends or waits for a person, and says what happens. */
async function watch(client: ApiClient, runId: string, say: (line: string) => void): Promise<RunView> {
  let toldNumber = 0;
  for (;;) {
    const run = await client.call('GET /v1/runbook-runs/{runId}', { params: { runId } });
    for (const { atMs, number, text } of run.journal) {
      if (number > toldNumber) say(`${new Date(atMs).toISOString()}  ${text}`);
      toldNumber = Math.max(toldNumber, number);
    }
    const isWaitingForPerson = run.waitsFor === 'approval' || run.waitsFor === 'resume';
    if (run.waitsFor === null || isWaitingForPerson) return run;
    await delay(WATCH_EVERY_MS);
  }
}

const listCommand: Command = {
  name: 'runbook list',
  usage: 'runbook list [--json]',
  summary: 'List runbooks with their parameters and guards',
  options: API_OPTIONS,
  examples: ['meridian runbook list', 'meridian runbook list --json | jq -r .[].id'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { runbooks } = await client.call('GET /v1/runbooks');
    if (invocation.isSet('json')) printJson(runbooks);
    else
      printTable(
        ['ID', 'VERSION', 'TITLE', 'PARAMETERS', 'STARTS', 'GUARDS'],
        runbooks.map(({ id, version, title, parameters, policy }) => [
          id,
          String(version),
          title,
          Object.keys(parameters).join(' '),
          policy.isAutomatic ? 'by incidents too' : 'by people',
          `${policy.runsPerHourMax} an hour, ${percent(policy.viewerShareMax)} of viewers`,
        ]),
      );
    return 0;
  },
};

const showCommand: Command = {
  name: 'runbook show',
  usage: 'runbook show RUNBOOK [--yaml] [--json]',
  summary: 'Show a runbook: parameters, steps, how each is undone',
  positionals: [1, 1],
  options: { ...API_OPTIONS, yaml: { type: 'boolean', summary: 'Print its text' } },
  examples: ['meridian runbook show drain-region', 'meridian runbook show drain-region --yaml > mine.yaml'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const book = await client.call('GET /v1/runbooks/{runbookId}', { params: bookOf(invocation) });
    if (invocation.isSet('json')) printJson(book);
    else if (invocation.isSet('yaml')) process.stdout.write(book.text);
    else {
      write(`${book.title} (${book.id}, version ${book.version})\n\n${book.description}\n`);
      for (const [name, spec] of Object.entries(book.parameters))
        write(
          `  ${name}: ${spec.description}${spec.default === undefined ? '' : ` (default ${spec.default})`}`,
        );
      for (const [index, step] of book.steps.entries()) {
        write(`\n${index + 1}. ${step.title} (${step.kind})`);
        for (const line of step.lines) write(`   ${line}`);
      }
    }
    return 0;
  },
};

const lintCommand: Command = {
  name: 'runbook lint',
  usage: 'runbook lint FILE [--json]',
  summary: 'Judge the YAML of a runbook; needs no running Meridian',
  positionals: [1, 1],
  options: { json: { type: 'boolean', summary: 'Print JSON for scripts' } },
  examples: ['meridian runbook lint mine.yaml'],
  async run(invocation) {
    const file = invocation.positionals[0] ?? '';
    const read = readRunbook(await readText(file));
    const problems = read.isGood ? [] : read.problems;
    if (invocation.isSet('json')) printJson(problems);
    else if (read.isGood)
      write(`${file}: ${read.source.sample.id}, version ${read.source.sample.version}, is sound.`);
    else for (const problem of problems) write(`${file}, ${problemText(problem)}`);
    return problems.length === 0 ? 0 : 1;
  },
};

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw refuse(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

const saveCommand: Command = {
  name: 'runbook save',
  usage: 'runbook save FILE [--json]',
  summary: 'Save a version of a runbook, higher than the one in force',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian runbook save mine.yaml'],
  async run(invocation) {
    const file = invocation.positionals[0] ?? '';
    const text = await readText(file);
    const read = readRunbook(text);
    if (!read.isGood) throw refuse(`${file}: ${read.problems.map(problemText).join('; ')}`);
    const { client } = await openControl(invocation);
    const params = { runbookId: read.source.sample.id };
    const book = await client.call('PUT /v1/runbooks/{runbookId}', { params, body: { text } });
    if (invocation.isSet('json')) printJson(book);
    else write(`Version ${book.version} of ${book.id} is in force.`);
    return 0;
  },
};

const policyCommand: Command = {
  name: 'runbook policy',
  usage: 'runbook policy RUNBOOK [--automatic yes|no] [--runs-per-hour N] [--viewer-share N] [--json]',
  summary: 'Show the guards of a runbook, or change them',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    automatic: {
      type: 'string',
      value: 'yes|no',
      summary: 'Whether incidents may start it without a person',
    },
    'runs-per-hour': { type: 'string', value: 'N', summary: 'How often it may run' },
    'viewer-share': { type: 'string', value: 'N', summary: 'Share of all viewers that it may touch, 0 to 1' },
  },
  examples: [
    'meridian runbook policy drain-region',
    'meridian runbook policy drain-region --automatic no --viewer-share 0.4',
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = bookOf(invocation);
    const book = await client.call('GET /v1/runbooks/{runbookId}', { params });
    const automatic = invocation.text('automatic');
    if (automatic !== undefined && automatic !== 'yes' && automatic !== 'no')
      throw refuse('--automatic is yes or no');
    const numberOf = (name: string): number | undefined => {
      const text = invocation.text(name);
      return text === undefined ? undefined : Number(text);
    };
    const body = {
      isAutomatic: automatic === undefined ? book.policy.isAutomatic : automatic === 'yes',
      runsPerHourMax: numberOf('runs-per-hour') ?? book.policy.runsPerHourMax,
      viewerShareMax: numberOf('viewer-share') ?? book.policy.viewerShareMax,
    };
    const isChange = ['automatic', 'runs-per-hour', 'viewer-share'].some((name) => invocation.text(name));
    const { policy } = isChange
      ? await client.call('PUT /v1/runbooks/{runbookId}/policy', { params, body })
      : book;
    if (invocation.isSet('json')) printJson(policy);
    else {
      write(`Incidents may ${policy.isAutomatic ? '' : 'not '}start ${book.id} without a person.`);
      write(
        `At most ${policy.runsPerHourMax} runs an hour, and ${percent(policy.viewerShareMax)} of all viewers.`,
      );
    }
    return 0;
  },
};

const dryRunCommand: Command = {
  name: 'runbook dry-run',
  usage: 'runbook dry-run RUNBOOK [NAME=VALUE…] [--json]',
  summary: 'Show what a run would do and whom it would touch; changes nothing',
  positionals: [1, ARGUMENTS_MAX],
  options: API_OPTIONS,
  examples: ['meridian runbook dry-run drain-region target=dublin'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const plan = await client.call('POST /v1/runbooks/{runbookId}/dry-run', {
      params: bookOf(invocation),
      body: { parameters: parametersOf(invocation) },
    });
    if (invocation.isSet('json')) printJson(plan);
    else printPlan(plan);
    return plan.isAllowed ? 0 : 1;
  },
};

const startCommand: Command = {
  name: 'runbook start',
  usage: 'runbook start RUNBOOK [NAME=VALUE…] [--incident ID] [--wait] [--json]',
  summary: 'Start a run, or find the open one with the same parameters',
  positionals: [1, ARGUMENTS_MAX],
  options: {
    ...API_OPTIONS,
    incident: { type: 'string', value: 'ID', summary: 'Incident on whose timeline it is told' },
    wait: { type: 'boolean', summary: 'Follow it until it ends or waits for a person' },
  },
  examples: ['meridian runbook start drain-region target=dublin --wait'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const started = await client.call('POST /v1/runbooks/{runbookId}/runs', {
      params: bookOf(invocation),
      body: { parameters: parametersOf(invocation), incidentId: invocation.text('incident') ?? null },
    });
    if (!invocation.isSet('wait')) return show(invocation, started);
    const say = invocation.isSet('json') ? (): void => undefined : write;
    const run = await watch(client, started.id, say);
    if (invocation.isSet('json')) return show(invocation, run);
    write(`${run.title} (${run.id}): ${standing(run)}`);
    return run.status === 'failed' || run.status === 'rolled_back' ? 1 : 0;
  },
};

const runsCommand: Command = {
  name: 'runbook runs',
  usage: 'runbook runs [RUN] [--runbook ID] [--status STATUS] [--limit N] [--json]',
  summary: 'List runs, newest first; of one run, every step, what was seen and what was done',
  positionals: [0, 1],
  options: {
    ...API_OPTIONS,
    runbook: { type: 'string', value: 'ID', summary: 'Only of this runbook' },
    status: {
      type: 'string',
      value: 'STATUS',
      summary: 'running, rolling_back, succeeded, failed, rolled_back or cancelled',
    },
    ...LIMIT_OPTION,
  },
  examples: ['meridian runbook runs --status running', `meridian runbook runs ${RUN_EXAMPLE}`],
  async run(invocation) {
    const { client } = await openControl(invocation);
    if (invocation.positionals.length > 0)
      return show(
        invocation,
        await client.call('GET /v1/runbook-runs/{runId}', { params: runOf(invocation) }),
      );
    const query = {
      limit: limitOf(invocation),
      runbookId: invocation.text('runbook'),
      status: invocation.text('status') as RunSummary['status'],
    };
    const { runs } = await client.call('GET /v1/runbook-runs', { query });
    if (invocation.isSet('json')) printJson(runs);
    else if (runs.length === 0) write('There are no such runs.');
    else
      printTable(
        ['ID', 'WHEN', 'RUNBOOK', 'PARAMETERS', 'STEPS', 'STANDS', 'BY'],
        runs.map((run) => [
          run.id,
          new Date(run.createdAtMs).toISOString(),
          run.runbookId,
          Object.entries(run.parameters)
            .map(([name, value]) => `${name}=${value}`)
            .join(' '),
          `${run.doneCount} of ${run.stepCount}`,
          standing(run),
          run.isAutomatic ? `${run.actor}, by itself` : run.actor,
        ]),
      );
    return 0;
  },
};

/** `approve` and `reject`: they differ in a word. */
function decisionCommand(verb: 'approve' | 'reject', summary: string): Command {
  return {
    name: `runbook ${verb}`,
    usage: `runbook ${verb} RUN [STEP] [--note TEXT] [--json]`,
    summary,
    positionals: [1, 2],
    options: {
      ...API_OPTIONS,
      note: { type: 'string', value: 'TEXT', summary: 'Why; it stands in the journal of the run' },
    },
    examples: [
      `meridian runbook ${verb} ${RUN_EXAMPLE}`,
      `meridian runbook ${verb} ${RUN_EXAMPLE} --note "the provider confirmed it"`,
    ],
    async run(invocation) {
      const { client } = await openControl(invocation);
      const params = runOf(invocation);
      const run = await client.call('GET /v1/runbook-runs/{runId}', { params });
      const stepId = invocation.positionals[1] ?? run.stepId;
      if (stepId === null) throw refuse(`the run is over: it has ${run.status.replace('_', ' ')}`);
      const body = { stepId, isApproved: verb === 'approve', note: invocation.text('note') ?? '' };
      return show(invocation, await client.call('POST /v1/runbook-runs/{runId}/decide', { params, body }));
    },
  };
}

/** `pause` and `resume`. */
function stateCommand(verb: 'pause' | 'resume', summary: string): Command {
  return {
    name: `runbook ${verb}`,
    usage: `runbook ${verb} RUN [--json]`,
    summary,
    positionals: [1, 1],
    options: API_OPTIONS,
    examples: [`meridian runbook ${verb} ${RUN_EXAMPLE}`],
    async run(invocation) {
      const { client } = await openControl(invocation);
      return show(
        invocation,
        await client.call(`POST /v1/runbook-runs/{runId}/${verb}`, { params: runOf(invocation) }),
      );
    },
  };
}

const cancelCommand: Command = {
  name: 'runbook cancel',
  usage: 'runbook cancel RUN [--undo] [--yes] [--json]',
  summary: 'End a run where it stands, or undo what it did first',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    undo: { type: 'boolean', summary: 'Undo its actions, newest first' },
    yes: { type: 'boolean', summary: 'Do not ask' },
  },
  examples: [`meridian runbook cancel ${RUN_EXAMPLE} --undo --yes`],
  async run(invocation) {
    const params = runOf(invocation);
    const isUndone = invocation.isSet('undo');
    const question = `Cancel ${params.runId}${isUndone ? ' and undo what it did' : ' and leave what it did'}?`;
    const isSure = invocation.isSet('yes') || (await confirm(question, 'say --yes to cancel a run'));
    if (!isSure) return 1;
    const { client } = await openControl(invocation);
    return show(
      invocation,
      await client.call('POST /v1/runbook-runs/{runId}/cancel', { params, body: { isUndone } }),
    );
  },
};

/** In the order of the help. */
export const runbookCommands: readonly Command[] = [
  listCommand,
  showCommand,
  dryRunCommand,
  startCommand,
  runsCommand,
  decisionCommand('approve', 'Let a run go on that waits for a decision'),
  decisionCommand('reject', 'Fail the step that waits for a decision'),
  stateCommand('pause', 'Pause a run: nothing new is begun, and its timeouts stand still'),
  stateCommand('resume', 'Go on with a paused run'),
  cancelCommand,
  lintCommand,
  saveCommand,
  policyCommand,
];
