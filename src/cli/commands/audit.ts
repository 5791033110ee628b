// meridian audit: who changed what, and whether the trail is still what it was.

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { accessRoutes } from '#contract/api/access.ts';
import { sealedAuditRowSchema } from '#contract/api/audit.ts';
import type { ApiClient } from '#contract/client.ts';
import type { RouteResult } from '#contract/route.ts';
import { sha256Hex } from '#control/audit/seal.ts';
import {
  type AuditHead,
  type AuditProblem,
  CHAIN_START,
  checkHead,
  checkNoted,
  checkRows,
  headText,
  parseHead,
} from '#core/audit/chain.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

/** An export begins with a line of this form. */
const exportHeadSchema = z.object({
  form: z.literal('meridian-audit-export-1'),
  legacyPosition: z.number().int().nonnegative(),
});

type Entry = RouteResult<(typeof accessRoutes)['GET /v1/audit']>['entries'][number];

const listCommand: Command = {
  name: 'audit list',
  usage: 'audit list [--before ID] [--limit N] [--json]',
  summary: 'List who changed what, newest first',
  options: {
    ...API_OPTIONS,
    before: { type: 'string', value: 'ID', summary: 'Only entries before this one' },
    ...LIMIT_OPTION,
  },
  examples: ['meridian audit list', 'meridian audit list --limit 200 --json | jq -r .[].action'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const before = invocation.text('before');
    const query = { limit: limitOf(invocation), ...(before === undefined ? {} : { before }) };
    const { entries } = await client.call('GET /v1/audit', { query });
    if (invocation.isSet('json')) printJson(entries);
    else if (entries.length === 0) write('There are no entries.');
    else printTable(['ID', 'WHEN', 'WHO', 'WHAT', 'WHICH', 'DETAILS'], entries.map(lineOf));
    return 0;
  },
};

function lineOf(entry: Entry): string[] {
  return [
    String(entry.id),
    new Date(entry.atMs).toISOString(),
    entry.actor,
    entry.action,
    entry.subject,
    JSON.stringify(entry.details),
  ];
}

const exportCommand: Command = {
  name: 'audit export',
  usage: 'audit export [--json] > FILE',
  summary: 'Print the whole trail with its hashes, a line of JSON each, for `audit verify --file`',
  options: API_OPTIONS,
  examples: ['meridian audit export > audit.jsonl', 'meridian audit export --json | gzip > audit.jsonl.gz'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    for (let after = 0; ; ) {
      const { rows, legacyPosition } = await client.call('GET /v1/audit/chain', { query: { after } });
      if (after === 0) write(JSON.stringify({ form: 'meridian-audit-export-1', legacyPosition }));
      const last = rows.at(-1);
      if (last === undefined) return 0;
      write(rows.map((row) => JSON.stringify(row)).join('\n'));
      after = last.position;
    }
  },
};

interface Verdict {
  readonly isIntact: boolean;
  readonly checkedCount: number;
  readonly problem: AuditProblem | null;
  /** Where the chain ends, as people note it. */
  readonly head: string;
  /** Rows that are not sealed yet; null in an export, which has none of them. */
  readonly openCount: number | null;
}

const verifyCommand: Command = {
  name: 'audit verify',
  usage: 'audit verify [--file FILE] [--head HEAD] [--json]',
  summary:
    'Check that no row of the trail was changed, removed, inserted or cut off; exit code 1 when one was',
  options: {
    ...API_OPTIONS,
    file: { type: 'string', value: 'FILE', summary: 'Check an export instead; needs no running Meridian' },
    head: {
      type: 'string',
      value: 'HEAD',
      summary: 'A head that was noted earlier, POSITION:HASH; the chain must still hold it',
    },
  },
  examples: [
    'meridian audit verify',
    `meridian audit verify --head 1204:${'5f'.repeat(4)}…`,
    'meridian audit verify --file audit.jsonl --json',
  ],
  async run(invocation) {
    const noted = notedHead(invocation);
    const file = invocation.text('file');
    const verdict = file === undefined ? await verifyOnline(invocation, noted) : verifyFile(file, noted);
    if (invocation.isSet('json')) printJson(verdict);
    else printVerdict(verdict);
    return verdict.isIntact ? 0 : 1;
  },
};

function notedHead(invocation: Invocation): AuditHead | undefined {
  const text = invocation.text('head');
  if (text === undefined) return undefined;
  const head = parseHead(text);
  if (head === undefined || head.position === 0)
    throw refuse(
      '--head is POSITION:HASH as `meridian audit verify` prints it, with all 64 digits of the hash',
    );
  return head;
}

async function verifyOnline(invocation: Invocation, noted: AuditHead | undefined): Promise<Verdict> {
  const { client } = await openControl(invocation);
  let checkedCount = 0;
  for (let after = 0; ; ) {
    const page = await client.call('GET /v1/audit/verify', { query: { after } });
    checkedCount += page.checkedCount;
    if (page.problem === null && page.nextAfter !== null) {
      after = page.nextAfter;
      continue;
    }
    const problem =
      page.problem ?? (noted === undefined ? null : await notedProblem(client, page.head, noted));
    return {
      isIntact: problem === null,
      checkedCount,
      problem,
      head: headText(page.head),
      openCount: page.openCount,
    };
  }
}

async function notedProblem(
  client: ApiClient,
  end: AuditHead,
  noted: AuditHead,
): Promise<AuditProblem | null> {
  if (noted.position > end.position) return checkHead(end, noted, 'noted');
  const query = { after: noted.position - 1, limit: 1 };
  const { rows } = await client.call('GET /v1/audit/chain', { query });
  return checkNoted(rows[0]?.hash ?? '', noted, 'noted');
}

/** Checks an export; a head that the file carries would prove nothing, so only a noted one is asked for its end. */
export function verifyExport(text: string, noted: AuditHead | undefined): Verdict {
  const [first = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const { legacyPosition } = readLine(exportHeadSchema, first, 1);
  const rows = lines.map((line, index) => readLine(sealedAuditRowSchema, line, index + 2));
  const { check, problem } = checkRows(CHAIN_START, rows, { digest: sha256Hex, legacyPosition });
  let found = problem;
  if (found === null && noted !== undefined)
    found =
      noted.position > check.position
        ? checkHead(check, noted, 'noted')
        : checkNoted(rows[noted.position - 1]?.hash ?? '', noted, 'noted');
  return {
    isIntact: found === null,
    checkedCount: check.position,
    problem: found,
    head: headText(check),
    openCount: null,
  };
}

function verifyFile(file: string, noted: AuditHead | undefined): Verdict {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw refuse(`${file} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  return verifyExport(text, noted);
}

function readLine<T extends z.ZodType>(schema: T, line: string, number: number): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw refuse(`line ${number} of the export is not JSON; was the file cut off?`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw refuse(
      `line ${number} of the export is not what \`meridian audit export\` writes (${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message})`,
    );
  return parsed.data;
}

function printVerdict({ checkedCount, problem, head, openCount }: Verdict): void {
  if (problem === null) write(`The trail is intact: ${checkedCount} rows checked.`);
  else {
    write(`The trail is NOT intact. ${problem.message}.`);
    write(`First bad row: ${problem.position} (${problem.kind}); ${checkedCount} rows before it are right.`);
  }
  if (openCount !== null && openCount > 0) write(`${openCount} newer rows are not sealed yet.`);
  write(`Head: ${head}`);
  if (problem === null)
    write('Note it somewhere else; `--head` proves later that nothing before it was rewritten.');
}

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** In the order of the help. */
export const auditCommands: readonly Command[] = [listCommand, exportCommand, verifyCommand];
