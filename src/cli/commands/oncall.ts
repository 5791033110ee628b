// meridian oncall: the rota as code, who has duty and why, what a page would do.

import type { DutyView } from '#contract/api/oncall.ts';
import { judgeDraft, readDraft } from '#control/oncall/drafts.ts';
import { API_OPTIONS, type Command, LIMIT_OPTION, limitOf } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';
import { oncallChangeCommands } from './oncall-changes.ts';
import {
  printFindings,
  readRotaFile,
  reasonText,
  requireTime,
  timeOf,
  timeText,
  write,
  ZONE_OPTION,
  zoneOf,
} from './oncall-parts.ts';

const DAY_MS = 86_400_000;
const AT_OPTION = {
  at: {
    type: 'string',
    value: 'TIME',
    summary: 'Another time than now, ISO 8601 or a duration from now such as 8h',
  },
} as const;
const NO_ROTA = 'There is no rota yet: `meridian oncall apply FILE` puts one in force.';

function why(duty: DutyView, zone: string): string {
  return duty.reasons.map((reason) => reasonText(reason, zone)).join('; ');
}

const nowCommand: Command = {
  name: 'oncall now',
  usage: 'oncall now [--at TIME] [--zone NAME] [--json]',
  summary: 'Show who has duty, until when, who comes next, and why',
  options: { ...API_OPTIONS, ...AT_OPTION, ...ZONE_OPTION },
  examples: ['meridian oncall now', 'meridian oncall now --at 2027-03-28T01:30:00Z --zone Europe/Dublin'],
  async run(invocation) {
    const zone = zoneOf(invocation);
    const { client } = await openControl(invocation);
    const atMs = timeOf(invocation, 'at', Date.now());
    const { duties } = await client.call('GET /v1/oncall/now', atMs === undefined ? {} : { query: { atMs } });
    if (invocation.isSet('json')) printJson(duties);
    else if (duties.length === 0) write(NO_ROTA);
    else
      printTable(
        ['SCHEDULE', 'ON CALL', 'UNTIL', 'NEXT', 'WHY'],
        duties.map((duty) => [
          duty.scheduleId,
          duty.userId ?? 'NOBODY',
          duty.untilMs === null ? 'for weeks' : timeText(duty.untilMs, zone),
          duty.next === null ? '' : (duty.next.userId ?? 'NOBODY'),
          why(duty, zone),
        ]),
      );
    return 0;
  },
};

const listCommand: Command = {
  name: 'oncall list',
  usage: 'oncall list [--limit N] [--json]',
  summary: 'List users, schedules and policies of the rota, and its versions',
  options: { ...API_OPTIONS, ...LIMIT_OPTION },
  examples: ['meridian oncall list', 'meridian oncall list --json | jq .rota.text -r > rota.yaml'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const rota = await client.call('GET /v1/oncall');
    const { versions } = await client.call('GET /v1/oncall/versions', {
      query: { limit: limitOf(invocation) },
    });
    if (invocation.isSet('json')) printJson({ rota, versions });
    else if (rota.current === null) write(NO_ROTA);
    else {
      printTable(
        ['SCHEDULE', 'NAME', 'LAYERS', 'PEOPLE'],
        rota.schedules.map(({ id, name, layers }) => [
          id,
          name,
          layers.map((layer) => `${layer.name} (${layer.timeZone})`).join(', '),
          [...new Set(layers.flatMap(({ userIds }) => userIds))].join(' '),
        ]),
      );
      printTable(
        ['POLICY', 'NAME', 'STEPS', 'REPEATS'],
        rota.policies.map(({ id, name, steps, repeats }) => [
          id === rota.defaultPolicyId ? `${id} (default)` : id,
          name,
          String(steps.length),
          String(repeats),
        ]),
      );
      printTable(
        ['VERSION', 'APPLIED', 'BY', 'COMMENT'],
        versions.map(({ version, appliedAtMs, actor, comment }) => [
          String(version),
          new Date(appliedAtMs).toISOString(),
          actor,
          comment,
        ]),
      );
    }
    return 0;
  },
};

const showCommand: Command = {
  name: 'oncall show',
  usage: 'oncall show SCHEDULE [--from TIME] [--until TIME] [--zone NAME] [--json]',
  summary: 'Show the shifts of a schedule',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    ...ZONE_OPTION,
    from: { type: 'string', value: 'TIME', summary: 'Start (default: now)' },
    until: { type: 'string', value: 'TIME', summary: 'End (default: in 7d)' },
  },
  examples: [
    'meridian oncall show primary',
    'meridian oncall show primary --until 30d --zone Asia/Singapore',
  ],
  async run(invocation) {
    const zone = zoneOf(invocation);
    const nowMs = Date.now();
    const { client } = await openControl(invocation);
    const fromMs = timeOf(invocation, 'from', nowMs) ?? nowMs;
    const untilMs = timeOf(invocation, 'until', nowMs) ?? fromMs + 7 * DAY_MS;
    const [scheduleId = ''] = invocation.positionals;
    const { shifts } = await client.call('GET /v1/oncall/shifts', {
      query: { scheduleId, fromMs, untilMs },
    });
    if (invocation.isSet('json')) printJson(shifts);
    else
      printTable(
        ['FROM', 'UNTIL', 'HOURS', 'ON CALL', 'BY'],
        shifts.map((shift) => [
          timeText(shift.fromMs, zone),
          timeText(shift.untilMs, zone),
          ((shift.untilMs - shift.fromMs) / 3_600_000).toFixed(1),
          shift.userId ?? 'NOBODY',
          shift.overrideId === null ? (shift.layer ?? '') : `override ${shift.overrideId}`,
        ]),
      );
    return 0;
  },
};

const applyCommand: Command = {
  name: 'oncall apply',
  usage: 'oncall apply FILE [--comment TEXT] [--based-on VERSION] [--force] [--json]',
  summary: 'Put a rota in force; one with errors is refused, line by line',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    comment: { type: 'string', value: 'TEXT', summary: 'What was changed, for the list of versions' },
    'based-on': {
      type: 'string',
      value: 'VERSION',
      summary: 'Refuse when another version than this one is in force (0: none)',
    },
    force: {
      type: 'boolean',
      summary: 'Also when minutes are uncovered, people are booked twice, or channels are missing',
    },
  },
  examples: ['meridian oncall apply rota.yaml --comment "Lena joins Europe"'],
  async run(invocation) {
    const [path = ''] = invocation.positionals;
    const text = readRotaFile(path);
    const { client } = await openControl(invocation);
    const basedOn = invocation.text('based-on');
    const answer = await client.call('PUT /v1/oncall', {
      body: {
        text,
        comment: invocation.text('comment') ?? '',
        isForced: invocation.isSet('force'),
        ...(basedOn === undefined ? {} : { basedOn: Number(basedOn) }),
      },
    });
    if (invocation.isSet('json')) printJson(answer);
    else {
      printFindings(path, answer.findings);
      write(`Version ${answer.current.version} of the rota is in force.`);
    }
    return 0;
  },
};

const lintCommand: Command = {
  name: 'oncall lint',
  usage: 'oncall lint [FILE] [--json]',
  summary:
    'Say what is wrong with a rota over the next 90 days; a FILE needs no control (which knows the channels), else the one in force',
  positionals: [0, 1],
  options: API_OPTIONS,
  examples: ['meridian oncall lint rota.yaml', 'meridian oncall lint'],
  async run(invocation) {
    const [path] = invocation.positionals;
    const findings =
      path === undefined
        ? (await (await openControl(invocation)).client.call('POST /v1/oncall/lint', { body: {} })).findings
        : lintText(readRotaFile(path));
    const isGood = findings.every(({ severity }) => severity !== 'error');
    if (invocation.isSet('json')) printJson({ isGood, findings });
    else {
      printFindings(path ?? 'the rota in force', findings);
      const warnings = findings.filter(({ severity }) => severity === 'warning').length;
      if (isGood)
        write(warnings === 0 ? 'Nothing is wrong.' : `No errors; ${warnings} things are worth a look.`);
    }
    return isGood ? 0 : 1;
  },
};

function lintText(text: string) {
  const draft = readDraft(text);
  return 'findings' in draft ? draft.findings : judgeDraft(draft, [], Date.now(), null);
}

const simulateCommand: Command = {
  name: 'oncall simulate',
  usage: 'oncall simulate --at TIME [--file FILE] [--policy ID] [--zone NAME] [--json]',
  summary: 'Show who would be paged when, and why, if nobody acknowledged; also for a draft',
  options: {
    ...API_OPTIONS,
    ...AT_OPTION,
    ...ZONE_OPTION,
    file: { type: 'string', value: 'FILE', summary: 'A draft (default: the rota in force)' },
    policy: { type: 'string', value: 'ID', summary: 'Policy (default: the default policy)' },
  },
  examples: ['meridian oncall simulate --at 2027-03-28T00:30:00Z --file rota.yaml'],
  async run(invocation) {
    const zone = zoneOf(invocation);
    const file = invocation.text('file');
    const policyId = invocation.text('policy');
    const body = {
      atMs: requireTime(invocation, 'at', Date.now()),
      ...(file === undefined ? {} : { text: readRotaFile(file) }),
      ...(policyId === undefined ? {} : { policyId }),
    };
    const { client } = await openControl(invocation);
    const answer = await client.call('POST /v1/oncall/simulate', { body });
    if (invocation.isSet('json')) printJson(answer);
    else {
      for (const duty of answer.duties)
        write(`${duty.scheduleId}: ${duty.userId ?? 'NOBODY'}, because ${why(duty, zone)}`);
      printTable(
        ['AFTER', 'WHOM', 'BY', 'WHY'],
        answer.pages.map(({ atMs, kind, userId, channelId, reasons }) => [
          `${Math.round((atMs - answer.atMs) / 60_000)} min`,
          kind === 'nobody' ? 'NOBODY' : (userId ?? 'channel'),
          channelId ?? '',
          reasons.map((reason) => reasonText(reason, zone)).join('; '),
        ]),
      );
    }
    return 0;
  },
};

const fairnessCommand: Command = {
  name: 'oncall fairness',
  usage: 'oncall fairness [--schedule ID] [--from TIME] [--until TIME] [--json]',
  summary: 'Show hours, nights and weekends per person, by the wall clock of each',
  options: {
    ...API_OPTIONS,
    schedule: { type: 'string', value: 'ID', summary: 'Only this schedule (default: all together)' },
    from: { type: 'string', value: 'TIME', summary: 'Start (default: now)' },
    until: { type: 'string', value: 'TIME', summary: 'End (default: in 90d)' },
  },
  examples: ['meridian oncall fairness', 'meridian oncall fairness --schedule primary --until 365d'],
  async run(invocation) {
    const nowMs = Date.now();
    const fromMs = timeOf(invocation, 'from', nowMs) ?? nowMs;
    const untilMs = timeOf(invocation, 'until', nowMs) ?? fromMs + 90 * DAY_MS;
    const scheduleId = invocation.text('schedule');
    const { client } = await openControl(invocation);
    const { shares } = await client.call('GET /v1/oncall/fairness', {
      query: { fromMs, untilMs, ...(scheduleId === undefined ? {} : { scheduleId }) },
    });
    if (invocation.isSet('json')) printJson(shares);
    else if (shares.length === 0) write(NO_ROTA);
    else
      printTable(
        ['WHO', 'SHIFTS', 'HOURS', 'NIGHTS', 'WEEKENDS', 'LONGEST', 'OF AN EQUAL SHARE'],
        shares.map((share) => [
          share.userId,
          String(share.shifts),
          share.hours.toFixed(1),
          `${share.nights} (${share.nightHours.toFixed(0)} h)`,
          `${share.weekends} (${share.weekendHours.toFixed(0)} h)`,
          `${share.longestHours.toFixed(1)} h`,
          `${Math.round(share.ratio * 100)} %`,
        ]),
      );
    return 0;
  },
};

export const oncallCommands: readonly Command[] = [
  nowCommand,
  listCommand,
  showCommand,
  applyCommand,
  lintCommand,
  simulateCommand,
  fairnessCommand,
  ...oncallChangeCommands,
];
