// Channels and notifications for people.

import { makeId } from '#base/ids.ts';
import type { notificationRoutes } from '#contract/api/notifications.ts';
import { MeridianError } from '#contract/errors.ts';
import { requireMatchers } from '../alerting/matcher-text.ts';
import { recordAudit } from '../audit/audit.ts';
import type { ControlContext } from '../context.ts';
import type { ControlTransaction } from '../database/schema.ts';
import { makeWebhookSecret } from '../events/cloud-event.ts';
import type { Call, Handlers } from '../http/call.ts';
import {
  checkChannel,
  notificationView,
  readChannels,
  requireChannel,
  requireNotification,
} from './channels.ts';
import { ATTEMPTS_SHOWN_MAX, CHANNELS_MAX } from './limits.ts';
import type { Notifier } from './notifier.ts';

type NotificationRoutes = typeof notificationRoutes;

/** Routes of channels and notifications. */
export function createNotificationHandlers(
  context: ControlContext,
  notifier: Notifier,
): Handlers<NotificationRoutes> {
  const { clock, database, random } = context;
  return {
    async 'GET /v1/notification-channels'() {
      return {
        channels: await readChannels(database),
        mailServers: Object.keys(context.config.notifications.mailServers),
      };
    },
    'POST /v1/notification-channels': (call) => createChannel(context, call),
    'PATCH /v1/notification-channels/{channelId}': (call) => changeChannel(context, call),
    'DELETE /v1/notification-channels/{channelId}': (call) => removeChannel(context, call),
    async 'POST /v1/notification-channels/{channelId}/test'({ params, principal }) {
      const { id, name } = await requireChannel(database, params.channelId);
      const key = makeId('tst', clock.nowMs(), random(10));
      const message = {
        key,
        channelId: id,
        subjectId: key,
        title: `Test of the channel ${name}`,
        text: `${principal.name} asked whether this channel works. It does.`,
        severity: 'info',
        url: context.config.control.url ?? '',
        details: { isTest: true, atMs: clock.nowMs() },
      };
      const row = await database.transaction().execute(async (transaction) => {
        await notifier.send(message, transaction);
        await recordAudit(transaction, principal, clock.nowMs(), {
          action: 'channel.test',
          subject: id,
          projectId: null,
        });
        return transaction
          .selectFrom('notifications')
          .select('id')
          .where('channel_id', '=', id)
          .where('key', '=', key)
          .executeTakeFirstOrThrow();
      });
      notifier.outbox.wake();
      return { notificationId: row.id };
    },
    async 'GET /v1/notifications'({ query }) {
      let select = database.selectFrom('notifications').selectAll().orderBy('id', 'desc').limit(query.limit);
      if (query.channelId !== undefined) select = select.where('channel_id', '=', query.channelId);
      if (query.subjectId !== undefined) select = select.where('lane', '=', query.subjectId);
      if (query.state !== undefined) select = select.where('state', '=', query.state);
      if (query.before !== undefined) select = select.where('id', '<', query.before);
      return { notifications: (await select.execute()).map(notificationView) };
    },
    async 'GET /v1/notifications/{notificationId}'({ params }) {
      const row = await requireNotification(database, params.notificationId);
      const attempts = await database
        .selectFrom('notification_attempts')
        .selectAll()
        .where('notification_id', '=', row.id)
        .orderBy('number', 'desc')
        .limit(ATTEMPTS_SHOWN_MAX)
        .execute();
      return {
        notification: notificationView(row),
        text: row.message.text,
        attempts: attempts.reverse().map(({ number, at_ms, duration_ms, status, problem, answer }) => {
          return { number, atMs: at_ms, durationMs: duration_ms, status, problem, answer };
        }),
      };
    },
    'POST /v1/notifications/{notificationId}/retry': (call) => retry(context, notifier, call),
  };
}

async function createChannel(
  { clock, config, database, random }: ControlContext,
  { body, principal }: Call<NotificationRoutes['POST /v1/notification-channels']>,
) {
  checkChannel(body.settings, config.notifications);
  if (body.alerts !== null) requireMatchers(body.alerts.matchers);
  const nowMs = clock.nowMs();
  const id = makeId('chn', nowMs, random(10));
  const secret = body.settings.kind === 'webhook' ? makeWebhookSecret(random) : null;
  await database.transaction().execute(async (transaction) => {
    const count = await requireFreeName(transaction, body.name, id);
    if (count >= CHANNELS_MAX)
      throw new MeridianError('conflict', { reason: `There are ${CHANNELS_MAX} channels; remove one first` });
    await transaction
      .insertInto('notification_channels')
      .values({
        id,
        name: body.name,
        settings: JSON.stringify(body.settings),
        secret: secret ?? '',
        alert_matchers: body.alerts?.matchers ?? null,
        alert_group_by: body.alerts?.groupBy ?? [],
        state: 'active',
        created_at_ms: nowMs,
      })
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'channel.create',
      subject: id,
      projectId: null,
      details: { name: body.name, kind: body.settings.kind },
    });
  });
  return { channel: await requireChannel(database, id), secret };
}

/** Refuses a name that another active channel has; resolves to how many others there are. */
async function requireFreeName(
  transaction: ControlTransaction,
  name: string,
  ownId: string,
): Promise<number> {
  const others = await transaction
    .selectFrom('notification_channels')
    .select('name')
    .where('state', '=', 'active')
    .where('id', '<>', ownId)
    .execute();
  if (others.some((other) => other.name === name))
    throw new MeridianError('conflict', { reason: `There is a channel "${name}" already` });
  return others.length;
}

/** What waits goes out by the settings of then: each attempt reads them anew. */
async function changeChannel(
  { clock, config, database }: ControlContext,
  { body, params, principal }: Call<NotificationRoutes['PATCH /v1/notification-channels/{channelId}']>,
) {
  const { name, settings, alerts } = body;
  const { id, kind } = await requireChannel(database, params.channelId);
  if (settings !== undefined && settings.kind !== kind)
    throw new MeridianError('conflict', {
      reason: `A channel keeps its kind, which is ${kind}; add another one instead`,
    });
  if (settings !== undefined) checkChannel(settings, config.notifications);
  if (alerts !== undefined && alerts !== null) requireMatchers(alerts.matchers);
  const changed = Object.entries(body).flatMap(([field, value]) => (value === undefined ? [] : [field]));
  if (changed.length > 0)
    await database.transaction().execute(async (transaction) => {
      if (name !== undefined) await requireFreeName(transaction, name, id);
      await transaction
        .updateTable('notification_channels')
        .set({
          ...(name === undefined ? {} : { name }),
          // What failed may have been the old address.
          ...(settings === undefined ? {} : { settings: JSON.stringify(settings), failing_since_ms: null }),
          ...(alerts === undefined
            ? {}
            : { alert_matchers: alerts?.matchers ?? null, alert_group_by: alerts?.groupBy ?? [] }),
        })
        .where('id', '=', id)
        .where('state', '=', 'active')
        .execute();
      await recordAudit(transaction, principal, clock.nowMs(), {
        action: 'channel.change',
        subject: id,
        projectId: null,
        details: { changed },
      });
    });
  return requireChannel(database, id);
}

async function removeChannel(
  { clock, database }: ControlContext,
  { params, principal }: Call<NotificationRoutes['DELETE /v1/notification-channels/{channelId}']>,
) {
  const nowMs = clock.nowMs();
  const { id, name } = await requireChannel(database, params.channelId);
  await database.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('notification_channels')
      .set({ state: 'removed', secret: '' })
      .where('id', '=', id)
      .execute();
    await transaction
      .updateTable('notifications')
      .set({ state: 'dead', ended_at_ms: nowMs, reason: 'The channel was removed.' })
      .where('channel_id', '=', id)
      .where('state', '=', 'waiting')
      .execute();
    await recordAudit(transaction, principal, nowMs, {
      action: 'channel.delete',
      subject: id,
      projectId: null,
      details: { name },
    });
  });
  return { isDeleted: true as const };
}

async function retry(
  { clock, database }: ControlContext,
  notifier: Notifier,
  { params, principal }: Call<NotificationRoutes['POST /v1/notifications/{notificationId}/retry']>,
) {
  const nowMs = clock.nowMs();
  const row = await database.transaction().execute(async (transaction) => {
    const { id, state } = await requireNotification(transaction, params.notificationId);
    if (state !== 'dead')
      throw new MeridianError('conflict', { reason: `This notification is ${state}; it was not given up` });
    const queued = await transaction
      .updateTable('notifications')
      .set({
        state: 'waiting',
        due_at_ms: nowMs,
        round_attempts: 0,
        first_attempt_at_ms: null,
        ended_at_ms: null,
        reason: null,
      })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await recordAudit(transaction, principal, nowMs, {
      action: 'notification.retry',
      subject: String(id),
      projectId: null,
    });
    return queued;
  });
  notifier.outbox.wake();
  return notificationView(row);
}
