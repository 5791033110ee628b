// meridian incidents ack, note, role and so on: what people do to an incident, which is shown afterwards.

import { type IncidentDetail, incidentRoleSchema, severitySchema } from '#contract/api/incidents.ts';
import type { ApiClient } from '#contract/client.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { timeFrom } from '../incident-options.ts';
import { shown } from '../incident-text.ts';

const EXAMPLE = 'inc_01jd0000000000000000000000';

interface Change {
  readonly word: string;
  /** What follows the incident, e.g. ROLE PERSON. */
  readonly rest?: string;
  readonly positionals?: readonly [number, number];
  readonly summary: string;
  readonly options?: Command['options'];
  readonly example: string;
  call(client: ApiClient, incidentId: string, invocation: Invocation): Promise<IncidentDetail>;
}

/** A command that changes one incident and shows it afterwards. */
function changing({ word, rest, positionals, summary, options = {}, example, call }: Change): Command {
  return {
    name: `incidents ${word}`,
    usage: `incidents ${word} INCIDENT${rest === undefined ? '' : ` ${rest}`} [--json]`,
    summary,
    positionals: positionals ?? [1, 1],
    options: { ...API_OPTIONS, ...options },
    examples: [`meridian incidents ${word} ${EXAMPLE}${example === '' ? '' : ` ${example}`}`],
    async run(invocation) {
      const { client } = await openControl(invocation);
      return shown(invocation, await call(client, invocation.positionals[0] ?? '', invocation));
    },
  };
}

const changes: readonly Change[] = [
  {
    word: 'ack',
    summary: 'Take an incident: nobody else is paged',
    example: '',
    call: (client, incidentId) =>
      client.call('POST /v1/incidents/{incidentId}/acknowledge', { params: { incidentId } }),
  },
  {
    word: 'note',
    rest: 'TEXT',
    positionals: [2, 2],
    summary: 'Add a note to the timeline',
    example: '"It is the new encoder"',
    call: (client, incidentId, { positionals }) =>
      client.call('POST /v1/incidents/{incidentId}/notes', {
        params: { incidentId },
        body: { text: positionals[1] ?? '' },
      }),
  },
  {
    word: 'role',
    rest: 'ROLE [PERSON]',
    positionals: [2, 3],
    summary: 'Make somebody commander, scribe or communications; without a name, nobody',
    example: 'commander Ada',
    call: (client, incidentId, { positionals: [, name, person] }) => {
      const role = incidentRoleSchema.safeParse(name);
      if (!role.success) throw refuse(`a role is ${incidentRoleSchema.options.join(', ')}`);
      return client.call('PUT /v1/incidents/{incidentId}/roles/{role}', {
        params: { incidentId, role: role.data },
        body: { person: person ?? null },
      });
    },
  },
  {
    word: 'set',
    rest: '[--severity SEV] [--title TEXT] [--began TIME]',
    summary: 'Change severity, title, or when users began to feel it',
    options: {
      severity: {
        type: 'string',
        value: 'SEV',
        summary: 'sev1 (worst) to sev4; it is no longer judged then',
      },
      title: { type: 'string', value: 'TEXT', summary: 'A better title' },
      began: { type: 'string', value: 'TIME', summary: 'ISO 8601, e.g. 2027-01-31T20:00:00Z' },
    },
    example: '--severity sev1',
    call: (client, incidentId, invocation) => {
      const severity = severitySchema.optional().safeParse(invocation.text('severity'));
      if (!severity.success) throw refuse('--severity is sev1, sev2, sev3 or sev4');
      const [title, began] = [invocation.text('title'), timeFrom(invocation, 'began')];
      return client.call('PATCH /v1/incidents/{incidentId}', {
        params: { incidentId },
        body: {
          ...(severity.data === undefined ? {} : { severity: severity.data }),
          ...(title === undefined ? {} : { title }),
          ...(began === undefined ? {} : { impactStartedAtMs: began }),
        },
      });
    },
  },
  {
    word: 'escalate',
    rest: 'REASON [--page POLICY]',
    positionals: [2, 2],
    summary: 'Page again, by another escalation policy if one is named',
    options: { page: { type: 'string', value: 'POLICY', summary: 'Escalation policy' } },
    example: '"Nobody answers" --page managers',
    call: (client, incidentId, invocation) => {
      const escalationPolicyId = invocation.text('page');
      return client.call('POST /v1/incidents/{incidentId}/escalate', {
        params: { incidentId },
        body: {
          reason: invocation.positionals[1] ?? '',
          ...(escalationPolicyId === undefined ? {} : { escalationPolicyId }),
        },
      });
    },
  },
  {
    word: 'merge',
    rest: 'INTO',
    positionals: [2, 2],
    summary: 'Merge an incident into another one, which gets its alerts and timeline',
    example: 'inc_01je0000000000000000000000',
    call: (client, incidentId, { positionals }) =>
      client.call('POST /v1/incidents/{incidentId}/merge', {
        params: { incidentId },
        body: { into: positionals[1] ?? '' },
      }),
  },
  {
    word: 'resolve',
    rest: 'REASON',
    positionals: [2, 2],
    summary: 'Resolve an incident; pages stop',
    example: '"Rolled back"',
    call: (client, incidentId, { positionals }) =>
      client.call('POST /v1/incidents/{incidentId}/resolve', {
        params: { incidentId },
        body: { reason: positionals[1] ?? '' },
      }),
  },
  {
    word: 'reopen',
    rest: 'REASON',
    positionals: [2, 2],
    summary: 'Reopen a resolved incident; people are paged again',
    example: '"Still green"',
    call: (client, incidentId, { positionals }) =>
      client.call('POST /v1/incidents/{incidentId}/reopen', {
        params: { incidentId },
        body: { reason: positionals[1] ?? '' },
      }),
  },
  {
    word: 'todo',
    rest: 'TITLE --owner PERSON --due TIME',
    positionals: [2, 2],
    summary: 'Note what is to be done, by whom and until when',
    options: {
      owner: { type: 'string', value: 'PERSON', summary: 'Who does it' },
      due: { type: 'string', value: 'TIME', summary: 'ISO 8601, e.g. 2027-02-28' },
    },
    example: '"Look at pictures before a rollout" --owner Grace --due 2027-02-28',
    call: (client, incidentId, invocation) => {
      const [owner, dueAtMs] = [invocation.text('owner'), timeFrom(invocation, 'due')];
      if (owner === undefined || dueAtMs === undefined)
        throw refuse('an action item needs --owner and --due');
      return client.call('POST /v1/incidents/{incidentId}/action-items', {
        params: { incidentId },
        body: { title: invocation.positionals[1] ?? '', owner, dueAtMs },
      });
    },
  },
];

export const incidentChangeCommands: readonly Command[] = changes.map(changing);
