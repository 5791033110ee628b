// meridian alerts …: what fires and why, what is kept quiet, and who may send alerts in; rules have a file of their own.

import { formatDurationMs, parseDurationMs } from '#base/duration.ts';
import type { SilenceView } from '#contract/api/alerts.ts';
import { type RecurrenceBody, recurrenceSchema, WEEKDAYS } from '#contract/recurrence.ts';
import { parseDays } from '#contract/rota.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';
import { alertsRulesCommand } from './alert-rules.ts';

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .filter(([name]) => name !== 'alertname')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

type AlertState = 'firing' | 'suppressed' | 'resolved' | 'live';

export const alertsListCommand: Command = {
  name: 'alerts list',
  usage: 'alerts list [--state STATE] [--matcher MATCHER] [--limit N] [--json]',
  summary: 'List alerts, newest first; those that fire unless another state is asked for',
  options: {
    ...API_OPTIONS,
    state: { type: 'string', value: 'STATE', summary: 'live (default), firing, suppressed or resolved' },
    matcher: { type: 'string', value: 'MATCHER', summary: 'e.g. region=dublin, slo=vod-*, site!=dublin-1' },
    ...LIMIT_OPTION,
  },
  examples: [
    'meridian alerts list',
    "meridian alerts list --state resolved --matcher 'region=dublin|singapore'",
  ],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const matcher = invocation.text('matcher');
    const { alerts } = await client.call('GET /v1/alerts', {
      query: {
        limit: limitOf(invocation),
        state: (invocation.text('state') ?? 'live') as AlertState,
        ...(matcher === undefined ? {} : { matcher }),
      },
    });
    if (invocation.isSet('json')) printJson(alerts);
    else if (alerts.length === 0) write('There are no such alerts.');
    else
      printTable(
        ['ID', 'SINCE', 'STATE', 'SEVERITY', 'ALERT', 'LABELS', 'SUMMARY'],
        alerts.map((alert) => [
          alert.id,
          new Date(alert.startsAtMs).toISOString(),
          alert.state,
          alert.severity,
          alert.labels.alertname ?? '',
          labelText(alert.labels),
          alert.annotations.summary ?? '',
        ]),
      );
    return 0;
  },
};

export const alertsShowCommand: Command = {
  name: 'alerts show',
  usage: 'alerts show ALERT [--json]',
  summary: 'Show one alert: the numbers that were compared, and why it is quiet when it is',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian alerts show alt_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { alertId: invocation.positionals[0] ?? '' };
    const alert = await client.call('GET /v1/alerts/{alertId}', { params });
    if (invocation.isSet('json')) {
      printJson(alert);
      return 0;
    }
    const { startsAtMs, pendingSinceMs, endsAtMs } = alert;
    write(`${alert.labels.alertname ?? ''} ${labelText(alert.labels)}: ${alert.state}, ${alert.severity}`);
    for (const [name, value] of Object.entries(alert.annotations)) write(`${name}: ${value}`);
    if (alert.quietReason !== null) write(`quiet: ${alert.quietReason}`);
    write(
      `held from ${new Date(pendingSinceMs).toISOString()}, fired at ${new Date(startsAtMs).toISOString()}`,
    );
    if (endsAtMs !== null)
      write(
        `resolved at ${new Date(endsAtMs).toISOString()}, after ${formatDurationMs(endsAtMs - startsAtMs)}`,
      );
    if (alert.evidence.length > 0) {
      write('');
      printTable(
        ['MEASURED', 'VALUE', 'LIMIT'],
        alert.evidence.map(({ name, value, limit, unit }) => [
          name,
          `${Number(value.toPrecision(4))}${unit}`,
          `${Number(limit.toPrecision(4))}${unit}`,
        ]),
      );
    }
    return 0;
  },
};

/** `--every sun --at 02:00 --time-zone Europe/Dublin [--ends-on DATE]`; all of it or nothing. */
function recurrenceOf(invocation: Invocation): RecurrenceBody | undefined {
  const [every, startTime, timeZone] = ['every', 'at', 'time-zone'].map((name) => invocation.text(name));
  const endsOn = invocation.text('ends-on');
  if ([every, startTime, timeZone, endsOn].every((text) => text === undefined)) return undefined;
  if (every === undefined || startTime === undefined || timeZone === undefined)
    throw refuse('what comes again needs --every DAYS, --at TIME and --time-zone ZONE');
  const days = parseDays(every);
  if (days === undefined) throw refuse(`--every: "${every}" is no days such as mon-fri or sat, sun`);
  if (!invocation.isSet('maintenance')) throw refuse('only --maintenance comes again');
  const read = recurrenceSchema.safeParse({
    weekdays: days.map((day) => WEEKDAYS[day]),
    startTime: startTime.padStart(5, '0'),
    timeZone,
    endsOn: endsOn ?? null,
  });
  if (read.success) return read.data;
  const option = { startTime: '--at', timeZone: '--time-zone', endsOn: '--ends-on' };
  const [issue] = read.error.issues;
  throw refuse(`${option[issue?.path[0] as keyof typeof option]}: ${issue?.message}`);
}

/** From when to when, or when the next occurrence begins. */
function timesOf({ startsAtMs, endsAtMs, recurrence, occurrence }: SilenceView): [string, string, string] {
  const time = (atMs: number): string => new Date(atMs).toISOString();
  if (recurrence === null) return [time(startsAtMs), endsAtMs === null ? 'resolved' : time(endsAtMs), ''];
  const { weekdays, startTime, timeZone, durationMs } = recurrence;
  const until = endsAtMs === null ? '' : `, the last until ${time(endsAtMs)}`;
  return [
    occurrence === null ? 'never' : time(occurrence.startsAtMs),
    occurrence === null ? '' : time(occurrence.endsAtMs),
    `${weekdays.join(',')} ${startTime} ${timeZone} for ${formatDurationMs(durationMs)}${until}`,
  ];
}

function silenceBody(invocation: Invocation) {
  const duration = invocation.text('for');
  const isOpen = invocation.isSet('until-resolved');
  if ((duration === undefined) === !isOpen) throw refuse('give either --for DURATION or --until-resolved');
  const durationMs = duration === undefined ? null : parseDurationMs(duration);
  if (durationMs === undefined) throw refuse(`--for: "${duration}" is not a duration such as 30m, 2h or 1d`);
  const start = invocation.text('from');
  const startsAtMs = start === undefined ? undefined : Date.parse(start);
  if (Number.isNaN(startsAtMs)) throw refuse(`--from: "${start}" is not a time such as 2026-05-03T14:00:00Z`);
  const recurrence = recurrenceOf(invocation);
  return {
    ...(recurrence === undefined ? {} : { recurrence }),
    kind: invocation.isSet('maintenance') ? ('maintenance' as const) : ('silence' as const),
    matchers: [...invocation.positionals],
    durationMs,
    comment: invocation.text('comment') ?? 'no reason given',
    ...(startsAtMs === undefined ? {} : { startsAtMs }),
  };
}

export const alertsSilenceCommand: Command = {
  name: 'alerts silence',
  usage:
    'alerts silence MATCHER… (--for DURATION | --until-resolved) [--comment TEXT] [--maintenance] [--from TIME] [--every DAYS --at TIME --time-zone ZONE [--ends-on DATE]] [--json]',
  summary:
    'Keep alerts quiet for a time, or until they resolve; a maintenance window may begin later, or come again every week',
  positionals: [1, 10],
  options: {
    ...API_OPTIONS,
    for: { type: 'string', value: 'DURATION', summary: 'How long, e.g. 2h' },
    'until-resolved': { type: 'boolean', summary: 'It ends when what it matches has resolved' },
    comment: { type: 'string', value: 'TEXT', summary: 'Why; shown beside every alert that it keeps quiet' },
    maintenance: { type: 'boolean', summary: 'It is planned work' },
    from: { type: 'string', value: 'TIME', summary: 'When it begins (default: now)' },
    every: { type: 'string', value: 'DAYS', summary: 'It comes again: mon-fri; sat, sun; daily' },
    at: { type: 'string', value: 'TIME', summary: 'When each begins, on the wall of the time zone' },
    'time-zone': { type: 'string', value: 'ZONE', summary: 'e.g. Europe/Dublin' },
    'ends-on': { type: 'string', value: 'DATE', summary: 'The last day on which one may begin' },
  },
  examples: [
    'meridian alerts silence slo=vod-playback site=dublin-1 --until-resolved --comment "the disk is on its way"',
    'meridian alerts silence region=dublin --maintenance --from 2026-05-03T22:00:00Z --for 2h --comment "new switches"',
    'meridian alerts silence region=dublin --maintenance --every sun --at 02:00 --time-zone Europe/Dublin --for 2h --comment "weekly updates"',
  ],
  async run(invocation) {
    const body = silenceBody(invocation);
    const { client } = await openControl(invocation);
    const silence = await client.call('POST /v1/silences', { body });
    if (invocation.isSet('json')) printJson(silence);
    else {
      write(`${silence.id}: ${silence.matchingAlerts} alerts that fire now match.`);
      const [from, until, again] = timesOf(silence);
      if (again !== '') write(`${again}; next from ${from} until ${until}.`);
    }
    return 0;
  },
};

export const alertsSilencesCommand: Command = {
  name: 'alerts silences',
  usage: 'alerts silences [--json]',
  summary: 'List silences and maintenance windows, in force or to come',
  options: API_OPTIONS,
  examples: ['meridian alerts silences'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { silences } = await client.call('GET /v1/silences');
    if (invocation.isSet('json')) printJson(silences);
    else if (silences.length === 0) write('Nothing is silenced.');
    else
      printTable(
        ['ID', 'KIND', 'MATCHERS', 'FROM', 'UNTIL', 'AGAIN', 'ALERTS', 'BY', 'COMMENT'],
        silences.map((silence) => [
          silence.id,
          silence.kind,
          silence.matchers.join(' '),
          ...timesOf(silence),
          String(silence.matchingAlerts),
          silence.createdBy,
          silence.comment,
        ]),
      );
    return 0;
  },
};

export const alertsUnsilenceCommand: Command = {
  name: 'alerts unsilence',
  usage: 'alerts unsilence SILENCE [--json]',
  summary: 'End a silence now',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian alerts unsilence sil_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { silenceId: invocation.positionals[0] ?? '' };
    const answer = await client.call('DELETE /v1/silences/{silenceId}', { params });
    if (invocation.isSet('json')) printJson(answer);
    else write(`Ended ${params.silenceId}.`);
    return 0;
  },
};

export const alertsSendersCommand: Command = {
  name: 'alerts senders',
  usage: 'alerts senders [--add NAME | --remove SENDER] [--json]',
  summary: 'Systems that send alerts; a new one gets a token, which is shown only once',
  options: {
    ...API_OPTIONS,
    add: { type: 'string', value: 'NAME', summary: 'Let a system send alerts' },
    remove: { type: 'string', value: 'SENDER', summary: 'Take a system its token' },
  },
  examples: ['meridian alerts senders', 'meridian alerts senders --add prometheus'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const name = invocation.text('add');
    const senderId = invocation.text('remove');
    const isJson = invocation.isSet('json');
    if (name !== undefined) {
      const made = await client.call('POST /v1/alert-senders', { body: { name } });
      if (isJson) printJson(made);
      else write(`Added ${made.sender.id}. Token (shown only this once): ${made.token}`);
    } else if (senderId !== undefined) {
      const answer = await client.call('DELETE /v1/alert-senders/{senderId}', { params: { senderId } });
      if (isJson) printJson(answer);
      else write(`Removed ${senderId}.`);
    } else {
      const { senders } = await client.call('GET /v1/alert-senders');
      if (isJson) printJson(senders);
      else if (senders.length === 0) write('No other system sends alerts.');
      else
        printTable(
          ['ID', 'NAME', 'LABELS', 'LAST HEARD'],
          senders.map((sender) => [
            sender.id,
            sender.name,
            labelText(sender.labels),
            sender.lastUsedAtMs === null ? 'never' : new Date(sender.lastUsedAtMs).toISOString(),
          ]),
        );
    }
    return 0;
  },
};

/** In the order of the help. */
export const alertCommands: readonly Command[] = [
  alertsListCommand,
  alertsShowCommand,
  alertsSilenceCommand,
  alertsSilencesCommand,
  alertsUnsilenceCommand,
  alertsRulesCommand,
  alertsSendersCommand,
];
