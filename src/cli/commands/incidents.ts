// meridian incidents: what is wrong, who has it, what happened, what is left to do.

import { writeFile } from 'node:fs/promises';
import { formatDurationMs } from '#base/duration.ts';
import { incidentFilterSchema, severitySchema } from '#contract/api/incidents.ts';
import { API_OPTIONS, type Command, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { labelsFrom } from '../incident-options.ts';
import { printIncident, printTimeline, shown, time } from '../incident-text.ts';
import { printJson, printTable } from '../output.ts';
import { incidentChangeCommands } from './incident-changes.ts';

const EXAMPLE = 'inc_01jd0000000000000000000000';

const listCommand: Command = {
  name: 'incidents list',
  usage: 'incidents list [--state STATE] [--text TEXT] [--limit N] [--json]',
  summary: 'List incidents, newest first',
  options: {
    ...API_OPTIONS,
    ...LIMIT_OPTION,
    state: { type: 'string', value: 'STATE', summary: 'open, acknowledged, resolved, merged, live or ended' },
    text: { type: 'string', value: 'TEXT', summary: 'Only those whose title, labels or id have it' },
  },
  examples: ['meridian incidents list', 'meridian incidents list --state open --json'],
  async run(invocation) {
    const state = incidentFilterSchema.optional().safeParse(invocation.text('state'));
    if (!state.success) throw refuse(`--state is ${incidentFilterSchema.options.join(', ')}`);
    const text = invocation.text('text');
    const { client } = await openControl(invocation);
    const { incidents, nowMs } = await client.call('GET /v1/incidents', {
      query: {
        limit: limitOf(invocation),
        ...(state.data === undefined ? {} : { state: state.data }),
        ...(text === undefined ? {} : { text }),
      },
    });
    if (invocation.isSet('json')) printJson(incidents);
    else if (incidents.length === 0) process.stdout.write('There are none.\n');
    else
      printTable(
        ['ID', 'SEVERITY', 'STATE', 'AGE', 'ALERTS', 'COMMANDER', 'TITLE'],
        incidents.map((incident) => [
          incident.id,
          incident.severity,
          incident.state,
          formatDurationMs(nowMs - incident.openedAtMs),
          `${incident.firingCount} of ${incident.alertCount} fire`,
          incident.roles.commander ?? '',
          incident.title,
        ]),
      );
    return 0;
  },
};

const showCommand: Command = {
  name: 'incidents show',
  usage: 'incidents show INCIDENT [--json]',
  summary: 'Show an incident, its timeline and the changes that may have caused it',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: [`meridian incidents show ${EXAMPLE}`],
  async run(invocation) {
    const params = { incidentId: invocation.positionals[0] ?? '' };
    const { client } = await openControl(invocation);
    const incident = await client.call('GET /v1/incidents/{incidentId}', { params });
    const { entries } = await client.call('GET /v1/incidents/{incidentId}/timeline', { params });
    const { changes } = await client.call('GET /v1/incidents/{incidentId}/changes', {
      params,
      query: { limit: 5 },
    });
    if (invocation.isSet('json')) {
      printJson({ ...incident, timeline: entries, changes });
      return 0;
    }
    printIncident(incident);
    printTimeline(entries);
    if (changes.length > 0) {
      process.stdout.write('\nMay have caused it, the likeliest first:\n');
      for (const { atMs, kind, summary, actor, score } of changes)
        process.stdout.write(`  ${score.toFixed(2)}  ${time(atMs)}  ${kind}: ${summary} (${actor})\n`);
    }
    return 0;
  },
};

const openCommand: Command = {
  name: 'incidents open',
  usage: 'incidents open TITLE [--severity SEV] [--labels LIST] [--note TEXT] [--page POLICY] [--json]',
  summary: 'Open an incident by hand; alerts of the same place join it',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    severity: { type: 'string', value: 'SEV', summary: 'sev1 (worst) to sev4 (default sev3)' },
    labels: { type: 'string', value: 'LIST', summary: 'Where and what, e.g. region=dublin' },
    note: { type: 'string', value: 'TEXT', summary: 'First note of the timeline' },
    page: { type: 'string', value: 'POLICY', summary: 'Escalation policy (default: by the configuration)' },
  },
  examples: ['meridian incidents open "Pictures are green" --severity sev2 --labels region=dublin'],
  async run(invocation) {
    const severity = severitySchema.optional().safeParse(invocation.text('severity'));
    if (!severity.success) throw refuse('--severity is sev1, sev2, sev3 or sev4');
    const [note, escalationPolicyId] = [invocation.text('note'), invocation.text('page')];
    const { client } = await openControl(invocation);
    const incident = await client.call('POST /v1/incidents', {
      body: {
        title: invocation.positionals[0] ?? '',
        labels: labelsFrom(invocation),
        ...(severity.data === undefined ? {} : { severity: severity.data }),
        ...(note === undefined ? {} : { note }),
        ...(escalationPolicyId === undefined ? {} : { escalationPolicyId }),
      },
    });
    return shown(invocation, incident);
  },
};

const itemsCommand: Command = {
  name: 'incidents items',
  usage: 'incidents items [--owner PERSON] [--limit N] [--json]',
  summary: 'List the action items that are open, what is due first',
  options: {
    ...API_OPTIONS,
    ...LIMIT_OPTION,
    owner: { type: 'string', value: 'PERSON', summary: 'Only what this person does' },
  },
  examples: ['meridian incidents items --owner Grace'],
  async run(invocation) {
    const owner = invocation.text('owner');
    const { client } = await openControl(invocation);
    const { actionItems } = await client.call('GET /v1/action-items', {
      query: { limit: limitOf(invocation), ...(owner === undefined ? {} : { owner }) },
    });
    if (invocation.isSet('json')) printJson(actionItems);
    else if (actionItems.length === 0) process.stdout.write('Nothing is left to do.\n');
    else
      printTable(
        ['ITEM', 'DUE', 'OWNER', 'TITLE', 'INCIDENT'],
        actionItems.map(({ id, dueAtMs, isOverdue, owner: person, title, incidentId }) => [
          String(id),
          `${time(dueAtMs).slice(0, 10)}${isOverdue ? ' (overdue)' : ''}`,
          person,
          title,
          incidentId,
        ]),
      );
    return 0;
  },
};

const doneCommand: Command = {
  name: 'incidents done',
  usage: 'incidents done ITEM [--dropped] [--json]',
  summary: 'Finish an action item, or drop it',
  positionals: [1, 1],
  options: { ...API_OPTIONS, dropped: { type: 'boolean', summary: 'It will not be done' } },
  examples: ['meridian incidents done 12'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const item = await client.call('PATCH /v1/action-items/{itemId}', {
      params: { itemId: invocation.positionals[0] ?? '' },
      body: { state: invocation.isSet('dropped') ? 'dropped' : 'done' },
    });
    if (invocation.isSet('json')) printJson(item);
    else process.stdout.write(`Item ${item.id} is ${item.state}: ${item.title}\n`);
    return 0;
  },
};

const postmortemCommand: Command = {
  name: 'incidents postmortem',
  usage: 'incidents postmortem INCIDENT [--output FILE] [--json]',
  summary: 'Draft the postmortem from the timeline, as Markdown with pictures',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    output: { type: 'string', value: 'FILE', summary: 'Write it there (default: print it)' },
  },
  examples: [`meridian incidents postmortem ${EXAMPLE} --output postmortem.md`],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const postmortem = await client.call('GET /v1/incidents/{incidentId}/postmortem', {
      params: { incidentId: invocation.positionals[0] ?? '' },
    });
    const path = invocation.text('output');
    if (path !== undefined) await writeFile(path, postmortem.markdown);
    if (invocation.isSet('json')) printJson(postmortem);
    else if (path === undefined) process.stdout.write(postmortem.markdown);
    else process.stdout.write(`Wrote ${path}.\n`);
    return 0;
  },
};

export const incidentCommands: readonly Command[] = [
  listCommand,
  showCommand,
  openCommand,
  ...incidentChangeCommands,
  itemsCommand,
  doneCommand,
  postmortemCommand,
];
