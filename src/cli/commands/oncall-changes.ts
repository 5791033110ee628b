// meridian oncall: changes for a while, calendars, and pages.

import { severitySchema } from '#contract/api/incidents.ts';
import type { EscalationView, OverrideView } from '#contract/api/oncall.ts';
import { API_OPTIONS, type Command, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { controlUrlOf, openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';
import { requireTime, timeOf, timeText, write, ZONE_OPTION, zoneOf } from './oncall-parts.ts';

const REASON_OPTION = {
  reason: { type: 'string', value: 'TEXT', summary: 'Why, for those who ask' },
} as const;

function overrideText(override: OverrideView, zone: string): string {
  const { scheduleId, userId, fromMs, untilMs, id } = override;
  return `${userId} has duty in ${scheduleId} from ${timeText(fromMs, zone)} to ${timeText(untilMs, zone)} (${id}).`;
}

const overrideCommand: Command = {
  name: 'oncall override',
  usage:
    'oncall override [SCHEDULE USER] [--from TIME] [--until TIME] [--reason TEXT] [--remove ID] [--zone NAME] [--json]',
  summary: 'Give a schedule to somebody for a while, take that back, or list what is given',
  positionals: [0, 2],
  options: {
    ...API_OPTIONS,
    ...REASON_OPTION,
    ...ZONE_OPTION,
    from: { type: 'string', value: 'TIME', summary: 'Start (default: now)' },
    until: { type: 'string', value: 'TIME', summary: 'End, ISO 8601 or a duration from now such as 8h' },
    remove: { type: 'string', value: 'ID', summary: 'Take back this override' },
  },
  examples: [
    'meridian oncall override primary jan --until 8h --reason "Lena is ill"',
    'meridian oncall override',
    'meridian oncall override --remove ovr_01jd0000000000000000000000',
  ],
  async run(invocation) {
    const zone = zoneOf(invocation);
    const [scheduleId, userId] = invocation.positionals;
    const overrideId = invocation.text('remove');
    const nowMs = Date.now();
    const { client } = await openControl(invocation);
    if (overrideId !== undefined) {
      await client.call('DELETE /v1/oncall/overrides/{overrideId}', { params: { overrideId } });
      if (invocation.isSet('json')) printJson({ isDeleted: true });
      else write(`${overrideId} counts no more.`);
      return 0;
    }
    if (scheduleId === undefined) {
      const { overrides } = await client.call('GET /v1/oncall/overrides');
      if (invocation.isSet('json')) printJson(overrides);
      else if (overrides.length === 0) write('Nothing is given away.');
      else for (const override of overrides) write(overrideText(override, zone));
      return 0;
    }
    if (userId === undefined) throw refuse('usage: meridian oncall override SCHEDULE USER --until TIME');
    const override = await client.call('POST /v1/oncall/overrides', {
      body: {
        scheduleId,
        userId,
        fromMs: timeOf(invocation, 'from', nowMs) ?? nowMs,
        untilMs: requireTime(invocation, 'until', nowMs),
        reason: invocation.text('reason') ?? '',
      },
    });
    if (invocation.isSet('json')) printJson(override);
    else write(overrideText(override, zone));
    return 0;
  },
};

const takeCommand: Command = {
  name: 'oncall take',
  usage: 'oncall take SCHEDULE USER [--until TIME] [--reason TEXT] [--zone NAME] [--json]',
  summary: 'Take the shift that runs now, to its end or to a time',
  positionals: [2, 2],
  options: {
    ...API_OPTIONS,
    ...REASON_OPTION,
    ...ZONE_OPTION,
    until: { type: 'string', value: 'TIME', summary: 'End (default: the end of the shift)' },
  },
  examples: [
    'meridian oncall take primary jan',
    'meridian oncall take primary jan --until 1h --reason Lunch',
  ],
  async run(invocation) {
    const zone = zoneOf(invocation);
    const [scheduleId = '', userId = ''] = invocation.positionals;
    const untilMs = timeOf(invocation, 'until', Date.now());
    const { client } = await openControl(invocation);
    const override = await client.call('POST /v1/oncall/schedules/{scheduleId}/take', {
      params: { scheduleId },
      body: {
        userId,
        reason: invocation.text('reason') ?? '',
        ...(untilMs === undefined ? {} : { untilMs }),
      },
    });
    if (invocation.isSet('json')) printJson(override);
    else write(overrideText(override, zone));
    return 0;
  },
};

const swapCommand: Command = {
  name: 'oncall swap',
  usage: 'oncall swap SCHEDULE --one TIME --other TIME [--reason TEXT] [--zone NAME] [--json]',
  summary: 'Swap two shifts; each is named by any time within it',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    ...REASON_OPTION,
    ...ZONE_OPTION,
    one: { type: 'string', value: 'TIME', summary: 'Within the one shift' },
    other: { type: 'string', value: 'TIME', summary: 'Within the other shift' },
  },
  examples: ['meridian oncall swap primary --one 2027-01-04T10:00:00Z --other 2027-01-11T10:00:00Z'],
  async run(invocation) {
    const zone = zoneOf(invocation);
    const nowMs = Date.now();
    const [scheduleId = ''] = invocation.positionals;
    const body = {
      oneAtMs: requireTime(invocation, 'one', nowMs),
      otherAtMs: requireTime(invocation, 'other', nowMs),
      reason: invocation.text('reason') ?? '',
    };
    const { client } = await openControl(invocation);
    const { overrides } = await client.call('POST /v1/oncall/schedules/{scheduleId}/swap', {
      params: { scheduleId },
      body,
    });
    if (invocation.isSet('json')) printJson(overrides);
    else for (const override of overrides) write(overrideText(override, zone));
    return 0;
  },
};

const icalCommand: Command = {
  name: 'oncall ical',
  usage: 'oncall ical [--schedule ID] [--user ID] [--close ID] [--json]',
  summary: 'Make the address of a calendar of a schedule or a person, close one, or list them',
  options: {
    ...API_OPTIONS,
    schedule: { type: 'string', value: 'ID', summary: 'A calendar of this schedule' },
    user: { type: 'string', value: 'ID', summary: 'A calendar of this person' },
    close: { type: 'string', value: 'ID', summary: 'Close this calendar' },
  },
  examples: ['meridian oncall ical --user jan', 'meridian oncall ical'],
  async run(invocation) {
    const scheduleId = invocation.text('schedule');
    const userId = invocation.text('user');
    const feedId = invocation.text('close');
    const { client, loaded } = await openControl(invocation);
    if (feedId !== undefined) {
      await client.call('DELETE /v1/oncall/feeds/{feedId}', { params: { feedId } });
      if (invocation.isSet('json')) printJson({ isDeleted: true });
      else write(`${feedId} is closed.`);
    } else if (scheduleId === undefined && userId === undefined) {
      const { feeds } = await client.call('GET /v1/oncall/feeds');
      if (invocation.isSet('json')) printJson(feeds);
      else if (feeds.length === 0)
        write('There are no calendars: `meridian oncall ical --user ID` makes one.');
      else
        printTable(
          ['ID', 'OF', 'MADE', 'BY'],
          feeds.map((feed) => [
            feed.id,
            feed.userId ?? feed.scheduleId ?? '',
            new Date(feed.createdAtMs).toISOString(),
            feed.createdBy,
          ]),
        );
    } else {
      const body = {
        ...(scheduleId === undefined ? {} : { scheduleId }),
        ...(userId === undefined ? {} : { userId }),
      };
      const { feed, path } = await client.call('POST /v1/oncall/feeds', { body });
      const url = `${invocation.text('control') ?? process.env.MERIDIAN_CONTROL ?? controlUrlOf(loaded.config)}${path}`;
      if (invocation.isSet('json')) printJson({ ...feed, url });
      else
        write(`${url}\nWhoever has this address sees the shifts; it is shown only this once (${feed.id}).`);
    }
    return 0;
  },
};

function printPage(page: EscalationView): void {
  const step =
    page.step > page.steps ? 'last resort' : `step ${page.step} of ${page.steps}, round ${page.round}`;
  const by = page.acknowledgedBy === null ? '' : ` by ${page.acknowledgedBy}`;
  write(`${page.title}  ${page.incidentId}\n  ${page.status}${by}, ${step}`);
}

const pagesCommand: Command = {
  name: 'oncall pages',
  usage: 'oncall pages [PAGE] [--limit N] [--json]',
  summary: 'List pages, newest first, or show whom one reached and why',
  positionals: [0, 1],
  options: { ...API_OPTIONS, ...LIMIT_OPTION },
  examples: ['meridian oncall pages', 'meridian oncall pages pag_01jd0000000000000000000000'],
  async run(invocation) {
    const [incidentId] = invocation.positionals;
    const { client } = await openControl(invocation);
    if (incidentId !== undefined) {
      const page = await client.call('GET /v1/oncall/escalations/{incidentId}', { params: { incidentId } });
      if (invocation.isSet('json')) printJson(page);
      else {
        printPage(page);
        printTable(
          ['AT', 'WHAT', 'STATE', 'PROBLEM'],
          page.entries.map(({ atMs, text, state, problem }) => [
            new Date(atMs).toISOString(),
            text,
            state,
            problem ?? '',
          ]),
        );
      }
      return 0;
    }
    const { escalations } = await client.call('GET /v1/oncall/escalations', {
      query: { limit: limitOf(invocation) },
    });
    if (invocation.isSet('json')) printJson(escalations);
    else if (escalations.length === 0) write('Nobody was paged yet.');
    else
      printTable(
        ['ID', 'STARTED', 'SEVERITY', 'STATUS', 'TAKEN BY', 'TITLE'],
        escalations.map((page) => [
          page.incidentId,
          new Date(page.startedAtMs).toISOString(),
          page.severity,
          page.status,
          page.acknowledgedBy ?? '',
          page.title,
        ]),
      );
    return 0;
  },
};

const pageCommand: Command = {
  name: 'oncall page',
  usage: 'oncall page TITLE [--policy ID] [--severity SEV] [--json]',
  summary: 'Page whoever has duty, without an incident; also to try whether pages arrive',
  positionals: [1, 1],
  options: {
    ...API_OPTIONS,
    policy: { type: 'string', value: 'ID', summary: 'Policy (default: the default policy)' },
    severity: { type: 'string', value: 'SEV', summary: 'sev1 to sev4 (default sev3)' },
  },
  examples: ['meridian oncall page "Only a try: please acknowledge"'],
  async run(invocation) {
    const [title = ''] = invocation.positionals;
    const severity = severitySchema.safeParse(invocation.text('severity') ?? 'sev3');
    if (!severity.success) throw refuse('--severity is sev1, sev2, sev3 or sev4');
    const policyId = invocation.text('policy');
    const { client } = await openControl(invocation);
    const page = await client.call('POST /v1/oncall/escalations', {
      body: { title, severity: severity.data, ...(policyId === undefined ? {} : { policyId }) },
    });
    if (invocation.isSet('json')) printJson(page);
    else printPage(page);
    return 0;
  },
};

const acknowledgeCommand: Command = {
  name: 'oncall acknowledge',
  usage: 'oncall acknowledge PAGE USER [--json]',
  summary: 'Say that somebody has taken a page; nobody else is paged',
  positionals: [2, 2],
  options: API_OPTIONS,
  examples: ['meridian oncall acknowledge pag_01jd0000000000000000000000 jan'],
  async run(invocation) {
    const [incidentId = '', userId = ''] = invocation.positionals;
    const { client } = await openControl(invocation);
    const page = await client.call('POST /v1/oncall/escalations/{incidentId}/acknowledge', {
      params: { incidentId },
      body: { userId },
    });
    if (invocation.isSet('json')) printJson(page);
    else printPage(page);
    return 0;
  },
};

export const oncallChangeCommands: readonly Command[] = [
  overrideCommand,
  takeCommand,
  swapCommand,
  icalCommand,
  pagesCommand,
  pageCommand,
  acknowledgeCommand,
];
