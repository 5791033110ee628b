// meridian tokens …: credentials of people and programs for the API.

import { parseDurationMs } from '#base/duration.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

const ROLES = ['viewer', 'operator', 'admin'] as const;
type Role = (typeof ROLES)[number];

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

const listCommand: Command = {
  name: 'tokens',
  usage: 'tokens [--json]',
  summary: 'List API tokens: their role, where it counts, and when they end',
  options: API_OPTIONS,
  examples: ['meridian tokens'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { tokens } = await client.call('GET /v1/tokens');
    if (invocation.isSet('json')) printJson(tokens);
    else
      printTable(
        ['ID', 'NAME', 'ROLE', 'PROJECT', 'REGIONS', 'ENDS'],
        tokens.map(({ id, name, role, projectId, regionIds, expiresAtMs }) => [
          id,
          name,
          role,
          projectId ?? 'all',
          regionIds?.join(',') ?? 'all',
          expiresAtMs === null ? 'never' : new Date(expiresAtMs).toISOString(),
        ]),
      );
    return 0;
  },
};

/** What control is asked for; it knows best which regions there are and which roles may be limited to some. */
function bodyOf(invocation: Invocation) {
  const role = invocation.text('role') ?? 'viewer';
  if (!ROLES.includes(role as Role)) throw refuse(`--role: "${role}" is none of ${ROLES.join(', ')}`);
  const regions = invocation.text('regions');
  const regionIds = regions?.split(',').map((id) => id.trim());
  if (regionIds?.includes('')) throw refuse(`--regions: "${regions}" is no list such as dublin,singapore`);
  const ttl = invocation.text('for');
  const ttlMs = ttl === undefined ? null : parseDurationMs(ttl);
  if (ttlMs === undefined) throw refuse(`--for: "${ttl}" is no duration such as 12h or 90d`);
  return {
    name: invocation.positionals[0] ?? '',
    role: role as Role,
    projectId: invocation.text('project') ?? null,
    regionIds: regionIds ?? null,
    ttlMs,
  };
}

const createCommand: Command = {
  name: 'tokens create',
  usage: 'tokens create NAME [--role ROLE] [--regions LIST] [--project PROJECT] [--for DURATION] [--json]',
  summary: 'Make an API token, which is shown only once; an operator may be one of certain regions',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    role: { type: 'string', value: 'ROLE', summary: 'viewer (default), operator or admin' },
    regions: { type: 'string', value: 'LIST', summary: 'Regions that it may act on (default: all)' },
    project: { type: 'string', value: 'PROJECT', summary: 'The project that it belongs to (default: all)' },
    for: { type: 'string', value: 'DURATION', summary: 'How long it is valid, e.g. 90d (default: for ever)' },
  },
  examples: [
    'meridian tokens create "night shift" --role operator --regions dublin,singapore --for 12h',
    'meridian tokens create dashboards',
  ],
  async run(invocation) {
    const body = bodyOf(invocation);
    const { client } = await openControl(invocation);
    const made = await client.call('POST /v1/tokens', { body });
    if (invocation.isSet('json')) printJson(made);
    else {
      const where = made.view.regionIds === null ? '' : ` of ${made.view.regionIds.join(', ')}`;
      write(`Made ${made.view.id} (${made.view.role}${where}). Token (shown only this once): ${made.token}`);
    }
    return 0;
  },
};

const revokeCommand: Command = {
  name: 'tokens revoke',
  usage: 'tokens revoke TOKEN-ID [--json]',
  summary: 'Revoke an API token; whoever uses it is refused at once',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: [`meridian tokens revoke tok_${'0'.repeat(26)}`],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { tokenId: invocation.positionals[0] ?? '' };
    const answer = await client.call('DELETE /v1/tokens/{tokenId}', { params });
    if (invocation.isSet('json')) printJson(answer);
    else write(`Revoked ${params.tokenId}.`);
    return 0;
  },
};

/** In the order of the help. */
export const tokenCommands: readonly Command[] = [listCommand, createCommand, revokeCommand];
