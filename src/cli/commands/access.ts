// meridian access: breaking the glass, and the recovery codes that are made for it.

import { parseDurationMs } from '#base/duration.ts';
import type { BreakGlassView } from '#contract/api/break-glass.ts';
import { createApiClient } from '#contract/client.ts';
import { API_OPTIONS, type Command, type Invocation, refuse } from '../command.ts';
import { controlUrlOf, loadConfigFor, openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

const GLASS_EXAMPLE = `glass_${'0'.repeat(26)}`;

const breakCommand: Command = {
  name: 'access break-glass',
  usage: 'access break-glass --reason TEXT [--for DURATION] [--code CODE --name NAME] [--json]',
  summary: 'Become admin for a while, in front of everybody: whoever is on call is paged',
  options: {
    ...API_OPTIONS,
    reason: { type: 'string', value: 'TEXT', summary: 'Why; stands in the page and in the audit trail' },
    for: {
      type: 'string',
      value: 'DURATION',
      summary: 'How long at most, e.g. 20m (default 30m, at most 1h)',
    },
    code: { type: 'string', value: 'CODE', summary: 'A recovery code instead of a token' },
    name: { type: 'string', value: 'NAME', summary: 'Who you are; with --code' },
  },
  examples: [
    'meridian access break-glass --reason "dublin burns and nobody else is awake"',
    'meridian access break-glass --reason "the provider is away" --code 7KQ2M-0F8XA-P3D6T-9XW4T --name Ada',
  ],
  async run(invocation) {
    const reason = invocation.text('reason');
    if (reason === undefined) throw refuse('--reason is missing; say why, in a sentence');
    const ttl = invocation.text('for');
    const ttlMs = ttl === undefined ? undefined : parseDurationMs(ttl);
    if (ttl !== undefined && ttlMs === undefined) throw refuse(`--for: "${ttl}" is no duration such as 20m`);
    const body = { reason, ...(ttlMs === undefined ? {} : { ttlMs }) };
    const code = invocation.text('code');
    if (code !== undefined) return recover(invocation, body, code);
    const { client } = await openControl(invocation);
    const view = await client.call('POST /v1/break-glass', { body });
    if (invocation.isSet('json')) printJson(view);
    else write(begun(view));
    return 0;
  },
};

async function recover(
  invocation: Invocation,
  request: { reason: string; ttlMs?: number },
  code: string,
): Promise<number> {
  const name = invocation.text('name');
  if (name === undefined) throw refuse('--name is missing; a recovery code does not say who uses it');
  const { config } = await loadConfigFor(invocation);
  const baseUrl = invocation.text('control') ?? process.env.MERIDIAN_CONTROL ?? controlUrlOf(config);
  const client = createApiClient({ baseUrl, fetch });
  const answer = await client.call('POST /v1/break-glass/recover', { body: { ...request, code, name } });
  if (invocation.isSet('json')) printJson(answer);
  else {
    write(begun(answer.view));
    write(`\nexport MERIDIAN_TOKEN=${answer.token}`);
  }
  return 0;
}

function begun({ id, endsAtMs, pageId }: BreakGlassView): string {
  const page =
    pageId === null ? 'Nobody could be paged: tell them yourself.' : 'Whoever is on call was paged.';
  return `You are admin until ${new Date(endsAtMs).toISOString()}. ${page}\nEnd it early with \`meridian access end-glass ${id}\`.`;
}

const listCommand: Command = {
  name: 'access glass',
  usage: 'access glass [--json]',
  summary: 'List who is admin behind broken glass, and who was',
  options: API_OPTIONS,
  examples: ['meridian access glass'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const all = await client.call('GET /v1/break-glass');
    const rows = [...all.active, ...all.ended];
    if (invocation.isSet('json')) printJson(all);
    else if (rows.length === 0) write('Nobody ever broke the glass.');
    else
      printTable(
        ['ID', 'WHO', 'BY', 'SINCE', 'ENDS', 'WHY'],
        rows.map((row) => [
          row.id,
          row.name,
          row.how === 'code' ? 'recovery code' : 'own credential',
          new Date(row.startedAtMs).toISOString(),
          endOf(row),
          row.reason,
        ]),
      );
    return 0;
  },
};

function endOf({ endsAtMs, endedAtMs, endedBy }: BreakGlassView): string {
  if (endedAtMs === null) return `at ${new Date(endsAtMs).toISOString()}`;
  return `ended ${new Date(endedAtMs).toISOString()} by ${endedBy ?? 'its time'}`;
}

const endCommand: Command = {
  name: 'access end-glass',
  usage: 'access end-glass GLASS [--json]',
  summary: 'End a time behind broken glass early',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: [`meridian access end-glass ${GLASS_EXAMPLE}`],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { breakGlassId: invocation.positionals[0] ?? '' };
    const view = await client.call('POST /v1/break-glass/{breakGlassId}/end', { params });
    if (invocation.isSet('json')) printJson(view);
    else write(`${view.name} is no longer admin.`);
    return 0;
  },
};

const codesCommand: Command = {
  name: 'access recovery-codes',
  usage: 'access recovery-codes [--new] [--json]',
  summary: 'Show how many recovery codes are left, or make new ones, which are shown once',
  options: {
    ...API_OPTIONS,
    new: { type: 'boolean', summary: 'Make new ones; those from before count no longer' },
  },
  examples: ['meridian access recovery-codes', 'meridian access recovery-codes --new'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    if (invocation.isSet('new')) {
      const { codes } = await client.call('POST /v1/recovery-codes');
      if (invocation.isSet('json')) printJson(codes);
      else {
        for (const code of codes) write(code);
        write('\nWrite them on paper now; they are not shown again. Each counts once.');
      }
      return 0;
    }
    const { codes } = await client.call('GET /v1/recovery-codes');
    if (invocation.isSet('json')) printJson(codes);
    else {
      const left = codes.filter(({ usedAtMs }) => usedAtMs === null).length;
      write(`${left} of ${codes.length} recovery codes are left.`);
      if (left === 0) write('Make new ones with `meridian access recovery-codes --new`.');
    }
    return 0;
  },
};

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** In the order of the help. */
export const accessCommands: readonly Command[] = [breakCommand, listCommand, endCommand, codesCommand];
