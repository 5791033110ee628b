// Rows of channels and notifications, and how people see them.

import { sql } from 'kysely';
import type { ChannelSettings, ChannelView, NotificationView } from '#contract/api/notifications.ts';
import type { Config } from '#contract/config.ts';
import { MeridianError } from '#contract/errors.ts';
import { findForbiddenHost } from '#platform/http/guarded-lookup.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import { CHANNELS_MAX } from './limits.ts';
import type { ChannelRow, NotificationRow } from './queue.ts';

type Reader = ControlDatabase | ControlTransaction;

interface CountedChannel extends ChannelRow {
  readonly waiting: number;
  readonly dead: number;
}

/** Active channels by name; one of them when an id is given. */
export async function readChannels(database: Reader, channelId?: string): Promise<ChannelView[]> {
  let select = database
    .selectFrom('notification_channels')
    .selectAll()
    .select([
      countOf(sql`state in ('waiting', 'sending')`).as('waiting'),
      countOf(sql`state = 'dead'`).as('dead'),
    ])
    .where('state', '=', 'active')
    .orderBy('name')
    .limit(CHANNELS_MAX);
  if (channelId !== undefined) select = select.where('id', '=', channelId);
  return (await select.execute()).map(channelView);
}

function countOf(condition: ReturnType<typeof sql>) {
  return sql<number>`(select count(*) from notifications where channel_id = notification_channels.id and ${condition})`;
}

/** One channel. */
export async function requireChannel(database: Reader, channelId: string): Promise<ChannelView> {
  const [channel] = await readChannels(database, channelId);
  if (channel === undefined) throw new MeridianError('not_found', { what: 'such channel' });
  return channel;
}

function channelView(row: CountedChannel): ChannelView {
  return {
    id: row.id,
    name: row.name,
    kind: row.settings.kind,
    target: targetOf(row.settings),
    mail: row.settings.kind === 'email' ? { server: row.settings.server, to: row.settings.to } : null,
    alerts:
      row.alert_matchers === null ? null : { matchers: row.alert_matchers, groupBy: row.alert_group_by },
    waitingCount: row.waiting,
    deadCount: row.dead,
    failingSinceMs: row.failing_since_ms,
    lastSuccessAtMs: row.last_success_at_ms,
    createdAtMs: row.created_at_ms,
  };
}

/** Where it goes to. Paths and queries of such addresses are often the secret itself. */
function targetOf(settings: ChannelSettings): string {
  if (settings.kind === 'email') return `${settings.to.join(', ')} by ${settings.server}`;
  const { host, protocol, pathname } = new URL(settings.url);
  if (settings.kind === 'pagerduty') return `${host}, key …${settings.routingKey.slice(-4)}`;
  const isSecret = settings.kind === 'slack' || pathname.length > 40;
  return `${protocol}//${host}${isSecret ? '/…' : pathname}`;
}

/** Refuses mail servers that there are not, and addresses that can never work; names are judged at each attempt, by the address that they have then. */
export function checkChannel(
  settings: ChannelSettings,
  { allowPrivateAddresses, mailServers }: Config['notifications'],
): void {
  if (settings.kind === 'email') {
    if (Object.hasOwn(mailServers, settings.server)) return;
    const known = Object.keys(mailServers).join(', ') || 'none';
    throw new MeridianError('invalid_request', {
      reason: `body.settings.server: the configuration has no mail server ${settings.server} (it has: ${known}); \`notifications.mailServers\` names them`,
    });
  }
  const url = new URL(settings.url);
  if (url.username !== '' || url.password !== '')
    throw new MeridianError('invalid_request', {
      reason: 'body.settings.url: it must not contain a name and password',
    });
  const forbidden = allowPrivateAddresses ? undefined : findForbiddenHost(url);
  if (forbidden !== undefined)
    throw new MeridianError('invalid_request', {
      reason: `body.settings.url: ${forbidden.message}; \`notifications.allowPrivateAddresses\` would allow it`,
    });
}

export function notificationView(row: NotificationRow): NotificationView {
  return {
    id: row.id,
    channelId: row.channel_id,
    key: row.key,
    subjectId: row.lane,
    title: row.message.title,
    severity: row.message.severity,
    state: row.state,
    attempts: row.attempts,
    createdAtMs: row.created_at_ms,
    nextAttemptAtMs: row.state === 'waiting' ? row.due_at_ms : null,
    endedAtMs: row.ended_at_ms,
    reason: row.reason,
    lastStatus: row.last_status,
  };
}

/** One notification. */
export async function requireNotification(
  database: Reader,
  notificationId: number,
): Promise<NotificationRow> {
  const row = await database
    .selectFrom('notifications')
    .selectAll()
    .where('id', '=', notificationId)
    .executeTakeFirst();
  if (row === undefined) throw new MeridianError('not_found', { what: 'such notification' });
  return row;
}
