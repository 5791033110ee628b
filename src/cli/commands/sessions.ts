// meridian sessions …: who watches, how it goes, and one viewing second by second.

import { formatDurationMs } from '#base/duration.ts';
import type { Viewing, ViewingStep } from '#contract/telemetry.ts';
import { API_OPTIONS, type Command, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23);
}

const kbps = (value: number | null): string => (value === null ? '' : `${Math.round(value)} kbit/s`);

function stallsText({ stalls, stallMs }: Viewing): string {
  return stalls === 0 ? '' : `${stalls} (${formatDurationMs(Math.round(stallMs))})`;
}

const sessionsListCommand: Command = {
  name: 'sessions list',
  usage: 'sessions list [--region ID] [--site ID] [--content ID] [--troubled] [--limit N] [--json]',
  summary: 'List viewings, newest first: where they are served from, how long they waited, what went wrong',
  options: {
    ...API_OPTIONS,
    region: { type: 'string', value: 'ID', summary: 'Only those served from this region' },
    site: { type: 'string', value: 'ID', summary: 'Only those served from this site' },
    content: { type: 'string', value: 'ID', summary: 'Only of this project/asset or project/broadcast' },
    troubled: { type: 'boolean', summary: 'Only those with stalls, errors or bad requests' },
    ...LIMIT_OPTION,
  },
  examples: ['meridian sessions list --troubled', 'meridian sessions list --site dublin-1 --json'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const query = {
      regionId: invocation.text('region'),
      siteId: invocation.text('site'),
      contentId: invocation.text('content'),
      isTroubled: invocation.isSet('troubled') ? ('true' as const) : undefined,
      limit: limitOf(invocation),
    };
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const { sessions } = await client.call('GET /v1/viewer-sessions', { query: Object.fromEntries(given) });
    if (invocation.isSet('json')) printJson(sessions);
    else if (sessions.length === 0) write('There are no such viewings.');
    else
      printTable(
        ['SESSION', 'CONTENT', 'SITE', 'STATE', 'START', 'PLAYED', 'STALLS', 'BAD', 'BITRATE', 'LAST HEARD'],
        sessions.map((session) => [
          session.sid,
          session.contentId ?? '',
          session.siteId,
          session.state,
          session.startupMs === null ? '' : formatDurationMs(Math.round(session.startupMs)),
          formatDurationMs(Math.round(session.playMs)),
          stallsText(session),
          session.badRequests === 0 ? '' : `${session.badRequests} of ${session.requests}`,
          kbps(session.bitrateKbps),
          timeText(session.updatedAtMs),
        ]),
      );
    return 0;
  },
};

const ms = (value: number | null): string => (value === null ? '' : `${Math.round(value)} ms`);

const rowOf = ({ atMs, kind, text, siteId, bufferedMs, bitrateKbps, latencyMs }: ViewingStep): string[] => [
  timeText(atMs),
  kind,
  text,
  siteId ?? '',
  ms(latencyMs),
  ms(bufferedMs),
  kbps(bitrateKbps),
];

const sessionsShowCommand: Command = {
  name: 'sessions show',
  usage: 'sessions show SESSION [--json]',
  summary:
    'Show one viewing second by second: states, requests with the site that was asked, pathways, errors',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian sessions show 5d0f0a1c', 'meridian sessions show 5d0f0a1c --json | jq .steps'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { sid: invocation.positionals[0] ?? '' };
    const found = await client.call('GET /v1/viewer-sessions/{sid}', { params });
    if (invocation.isSet('json')) {
      printJson(found);
      return 0;
    }
    const { session, steps } = found;
    write(`${session.contentId ?? 'unknown content'}, ${session.client}, ${session.state}`);
    write(
      `start ${ms(session.startupMs)}, played ${formatDurationMs(Math.round(session.playMs))}, ` +
        `${session.stalls} stalls, ${session.badRequests} of ${session.requests} requests bad, ` +
        `${session.pathwayChanges} changes of pathway`,
    );
    printTable(['AT', 'KIND', 'WHAT', 'SITE', 'TOOK', 'BUFFER', 'BITRATE'], steps.map(rowOf));
    return 0;
  },
};

const sessionsQueryCommand: Command = {
  name: 'sessions query',
  usage: 'sessions query SQL [--from TIME] [--to TIME] [--json]',
  summary: 'Ask the history of ended viewings in SQL: one SELECT over the table `sessions`',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    from: {
      type: 'string',
      value: 'TIME',
      summary: 'ISO 8601; its day is the first (default: six days before)',
    },
    to: { type: 'string', value: 'TIME', summary: 'ISO 8601; its day is the last (default: now)' },
  },
  examples: [
    'meridian sessions query "select regionId, count(*), quantile_cont(startupMs, 0.95) from sessions group by all"',
    'meridian sessions query "select * from sessions where errors >= 1" --from 2027-01-01 --json',
  ],
  async run(invocation) {
    const timeOf = (name: 'from' | 'to'): number | undefined => {
      const text = invocation.text(name);
      const atMs = text === undefined ? undefined : Date.parse(text);
      if (Number.isNaN(atMs)) throw refuse(`--${name}: "${text}" is not a time such as 2027-01-31T20:00:00Z`);
      return atMs;
    };
    const [fromMs, toMs] = [timeOf('from'), timeOf('to')];
    const { client } = await openControl(invocation);
    const answer = await client.call('GET /v1/viewer-sessions/history', {
      query: {
        sql: invocation.positionals[0] ?? '',
        ...(fromMs === undefined ? {} : { fromMs }),
        ...(toMs === undefined ? {} : { toMs }),
      },
    });
    if (invocation.isSet('json')) printJson(answer);
    else {
      printTable(
        answer.columns.map(({ name }) => name),
        answer.rows.map((row) =>
          row.map((value) => (typeof value === 'object' ? JSON.stringify(value) : String(value))),
        ),
      );
      if (answer.isCut) write('\nThere are more rows than are shown; aggregate, or add a limit.');
    }
    return 0;
  },
};

export const sessionCommands: readonly Command[] = [
  sessionsListCommand,
  sessionsShowCommand,
  sessionsQueryCommand,
];
