// meridian channels … and meridian notifications …: where people are told, and what was said to whom.

import { formatDurationMs } from '#base/duration.ts';
import type { ChannelSettings, NotificationView } from '#contract/api/notifications.ts';
import type { ApiClient } from '#contract/client.ts';
import { API_OPTIONS, type Command, type Invocation, LIMIT_OPTION, limitOf, refuse } from '../command.ts';
import { openControl } from '../control-access.ts';
import { printJson, printTable } from '../output.ts';

/** How often a test is asked whether it has ended, and for how long: an attempt ends within 12 s. */
const TEST_POLL_MS = 200;
const TEST_MS_MAX = 15_000;

function write(line: string): void {
  process.stdout.write(`${line}\n`);
}

function settingsOf(invocation: Invocation): ChannelSettings {
  const [, kind = '', target = ''] = invocation.positionals;
  switch (kind) {
    case 'webhook':
    case 'slack':
    case 'alertmanager':
      return { kind, url: target };
    case 'pagerduty':
      return {
        kind,
        routingKey: target,
        url: invocation.text('url') ?? 'https://events.pagerduty.com/v2/enqueue',
      };
    case 'email':
      return { kind, server: invocation.text('server') ?? 'default', to: target.split(',') };
    default:
      throw refuse(`"${kind}" is no kind of channel: webhook, slack, pagerduty, alertmanager or email`);
  }
}

export const channelsListCommand: Command = {
  name: 'channels list',
  usage: 'channels list [--json]',
  summary: 'List channels, and whether they work',
  options: API_OPTIONS,
  examples: ['meridian channels list'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { channels } = await client.call('GET /v1/notification-channels');
    if (invocation.isSet('json')) printJson(channels);
    else if (channels.length === 0) write('There are no channels yet: `meridian channels add` makes one.');
    else
      printTable(
        ['ID', 'NAME', 'KIND', 'TO', 'ALERTS', 'WAITING', 'GIVEN UP', 'STATE'],
        channels.map((channel) => [
          channel.id,
          channel.name,
          channel.kind,
          channel.target,
          channel.alerts === null ? 'none' : channel.alerts.matchers.join(' ') || 'all',
          String(channel.waitingCount),
          String(channel.deadCount),
          channel.failingSinceMs === null
            ? 'well'
            : `failing since ${new Date(channel.failingSinceMs).toISOString()}`,
        ]),
      );
    return 0;
  },
};

export const channelsAddCommand: Command = {
  name: 'channels add',
  usage: 'channels add NAME KIND TARGET [--url URL] [--server NAME] [--alerts] [--matcher MATCHER] [--json]',
  summary:
    'Add a channel: webhook, slack, alertmanager (TARGET: address), pagerduty (routing key) or email (addresses)',
  positionals: [3, 3],
  options: {
    ...API_OPTIONS,
    url: { type: 'string', value: 'URL', summary: 'Of a paging service that speaks as PagerDuty does' },
    server: {
      type: 'string',
      value: 'NAME',
      summary: 'Of e-mail: a server of notifications.mailServers (default: default)',
    },
    alerts: { type: 'boolean', summary: 'Send it every alert, not only what on-call sends' },
    matcher: {
      type: 'string',
      value: 'MATCHER',
      summary: 'Send it the alerts that match, e.g. severity=page',
    },
  },
  examples: [
    'meridian channels add ops slack https://hooks.slack.com/services/T0/B0/xyz --matcher severity=page',
    'meridian channels add mail email ann@example.com,bob@example.com --server main',
    'meridian channels add pager pagerduty 0123456789abcdef0123456789abcdef',
  ],
  async run(invocation) {
    const matcher = invocation.text('matcher');
    const matchers = matcher === undefined ? [] : [matcher];
    const body = {
      name: invocation.positionals[0] ?? '',
      settings: settingsOf(invocation),
      alerts: matcher !== undefined || invocation.isSet('alerts') ? { matchers } : null,
    };
    const { client } = await openControl(invocation);
    const made = await client.call('POST /v1/notification-channels', { body });
    if (invocation.isSet('json')) printJson(made);
    else {
      write(`Added ${made.channel.id}.`);
      if (made.secret !== null) write(`Signing secret (shown only this once): ${made.secret}`);
      write(`Try it: meridian channels test ${made.channel.id}`);
    }
    return 0;
  },
};

async function ended(client: ApiClient, params: { notificationId: number }) {
  const deadlineMs = performance.now() + TEST_MS_MAX;
  for (;;) {
    const shown = await client.call('GET /v1/notifications/{notificationId}', { params });
    if (shown.notification.endedAtMs !== null || performance.now() > deadlineMs) return shown;
    await new Promise((resolve) => setTimeout(resolve, TEST_POLL_MS));
  }
}

export const channelsTestCommand: Command = {
  name: 'channels test',
  usage: 'channels test CHANNEL [--json]',
  summary: 'Send a test, and say what came of it',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian channels test chn_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { channelId: invocation.positionals[0] ?? '' };
    const sent = await client.call('POST /v1/notification-channels/{channelId}/test', { params });
    const { notification } = await ended(client, sent);
    if (invocation.isSet('json')) printJson(notification);
    else
      write(
        notification.state === 'delivered'
          ? 'It arrived.'
          : (notification.reason ?? 'It is still on its way.'),
      );
    return notification.state === 'delivered' ? 0 : 1;
  },
};

export const channelsRemoveCommand: Command = {
  name: 'channels remove',
  usage: 'channels remove CHANNEL [--json]',
  summary: 'Remove a channel; what waits for it is given up',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian channels remove chn_01jd0000000000000000000000'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { channelId: invocation.positionals[0] ?? '' };
    const answer = await client.call('DELETE /v1/notification-channels/{channelId}', { params });
    if (invocation.isSet('json')) printJson(answer);
    else write(`Removed ${params.channelId}.`);
    return 0;
  },
};

export const notificationsListCommand: Command = {
  name: 'notifications list',
  usage: 'notifications list [--channel CHANNEL] [--subject ID] [--state STATE] [--limit N] [--json]',
  summary: 'List what was said to whom, newest first',
  options: {
    ...API_OPTIONS,
    channel: { type: 'string', value: 'CHANNEL', summary: 'Only through this channel' },
    subject: { type: 'string', value: 'ID', summary: 'Only about this, e.g. an incident' },
    state: { type: 'string', value: 'STATE', summary: 'waiting, sending, delivered or dead' },
    ...LIMIT_OPTION,
  },
  examples: ['meridian notifications list --state dead'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const { notifications } = await client.call('GET /v1/notifications', {
      query: {
        limit: limitOf(invocation),
        channelId: invocation.text('channel'),
        subjectId: invocation.text('subject'),
        state: invocation.text('state') as NotificationView['state'],
      },
    });
    if (invocation.isSet('json')) printJson(notifications);
    else if (notifications.length === 0) write('There are no such notifications.');
    else
      printTable(
        ['ID', 'WHEN', 'ABOUT', 'TITLE', 'STATE', 'ATTEMPTS', 'REASON'],
        notifications.map((one) => [
          String(one.id),
          new Date(one.createdAtMs).toISOString(),
          one.subjectId,
          one.title,
          one.state,
          String(one.attempts),
          one.reason ?? '',
        ]),
      );
    return 0;
  },
};

export const notificationsShowCommand: Command = {
  name: 'notifications show',
  usage: 'notifications show NOTIFICATION [--json]',
  summary: 'Show one of them with every attempt',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian notifications show 4711'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { notificationId: invocation.positionals[0] ?? '' };
    const shown = await client.call('GET /v1/notifications/{notificationId}', { params });
    if (invocation.isSet('json')) {
      printJson(shown);
      return 0;
    }
    const { notification, text, attempts } = shown;
    write(`${notification.title}: ${notification.state}`);
    if (notification.reason !== null) write(notification.reason);
    write(`\n${text}\n`);
    printTable(
      ['ATTEMPT', 'WHEN', 'STATUS', 'TOOK', 'ANSWER'],
      attempts.map((attempt) => [
        String(attempt.number),
        new Date(attempt.atMs).toISOString(),
        attempt.status === null ? '-' : String(attempt.status),
        formatDurationMs(attempt.durationMs),
        (attempt.problem ?? attempt.answer.split('\n')[0] ?? '').slice(0, 120),
      ]),
    );
    return 0;
  },
};

export const notificationsRetryCommand: Command = {
  name: 'notifications retry',
  usage: 'notifications retry NOTIFICATION [--json]',
  summary: 'Send once more what was given up',
  positionals: [1, 1],
  options: API_OPTIONS,
  examples: ['meridian notifications retry 4711'],
  async run(invocation) {
    const { client } = await openControl(invocation);
    const params = { notificationId: invocation.positionals[0] ?? '' };
    const notification = await client.call('POST /v1/notifications/{notificationId}/retry', { params });
    if (invocation.isSet('json')) printJson(notification);
    else write(`${notification.id} goes out again.`);
    return 0;
  },
};

/** In the order of the help. */
export const notificationCommands: readonly Command[] = [
  channelsListCommand,
  channelsAddCommand,
  channelsTestCommand,
  channelsRemoveCommand,
  notificationsListCommand,
  notificationsShowCommand,
  notificationsRetryCommand,
];
