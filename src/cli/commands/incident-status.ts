// meridian incidents publish, public: what the status page of every edge tells.

import { noticeImpactSchema, noticeStateSchema } from '#contract/status.ts';
import { API_OPTIONS, type Command, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson } from '../output.ts';

const publishCommand: Command = {
  name: 'incidents publish',
  usage:
    'incidents publish INCIDENT STATE [--text TEXT] [--title TEXT] [--impact KIND] [--regions LIST] [--json]',
  summary: 'Tell the public of an incident on the status page; what is left out stays, or a template says it',
  positionals: [2, 2],
  options: {
    ...API_OPTIONS,
    text: {
      type: 'string',
      value: 'TEXT',
      summary: 'What viewers notice, and what is done; no names, no guesses',
    },
    title: { type: 'string', value: 'TEXT', summary: 'Heading of the notice' },
    impact: { type: 'string', value: 'KIND', summary: 'degraded or outage' },
    regions: {
      type: 'string',
      value: 'LIST',
      summary: 'Region ids, e.g. dublin,singapore; "all": everywhere',
    },
  },
  examples: [
    'meridian incidents publish inc_01jd0000000000000000000000 identified --text "A cable was cut near Dublin."',
  ],
  async run(invocation) {
    const [incidentId = '', word] = invocation.positionals;
    const state = noticeStateSchema.safeParse(word);
    if (!state.success) throw refuse(`a state is ${noticeStateSchema.options.join(', ')}`);
    const impact = noticeImpactSchema.optional().safeParse(invocation.text('impact'));
    if (!impact.success) throw refuse('--impact is degraded or outage');
    const [text, title, regions] = ['text', 'title', 'regions'].map((name) => invocation.text(name));
    const { client } = await openControl(invocation);
    const { updates } = await client.call('POST /v1/incidents/{incidentId}/status-updates', {
      params: { incidentId },
      body: {
        state: state.data,
        ...(impact.data === undefined ? {} : { impact: impact.data }),
        ...(text === undefined ? {} : { text }),
        ...(title === undefined ? {} : { title }),
        ...(regions === undefined ? {} : { regionIds: regions === 'all' ? [] : regions.split(',') }),
      },
    });
    if (invocation.isSet('json')) printJson(updates);
    else process.stdout.write(`Every edge shows it under /status in a moment: ${updates[0]?.text}\n`);
    return 0;
  },
};

const publicCommand: Command = {
  name: 'incidents public',
  usage: 'incidents public [--json]',
  summary: 'Show what the public is told now',
  options: API_OPTIONS,
  examples: ['meridian incidents public'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const status = await client.call('GET /v1/status');
    if (invocation.isSet('json')) printJson(status);
    else if (status.notices.length === 0)
      process.stdout.write('Everything works, as far as the public is told.\n');
    else
      for (const { title, impact, regionIds, updates } of status.notices) {
        process.stdout.write(`${title} (${impact}, ${regionIds.join(', ') || 'everywhere'})\n`);
        for (const { atMs, state, text } of updates)
          process.stdout.write(`  ${new Date(atMs).toISOString().slice(0, 16)}  ${state}: ${text}\n`);
      }
    return 0;
  },
};

export const incidentStatusCommands: readonly Command[] = [publishCommand, publicCommand];
