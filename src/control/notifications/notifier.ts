// Tells people and paging services: at least once, with a key that stays the same, in order per subject, for a day. A
// notification is a row before anybody is told, in the transaction of what it tells of when there is one; the loop that
// sends is that of every outbox (control/outbox).

import { assert } from '#base/assert.ts';
import { formatDurationMs } from '#base/duration.ts';
import { MeridianError } from '#contract/errors.ts';
import type { Notification } from '#core/notification/notification.ts';
import { type DeliveryPolicy, decideDelivery, isDelivered } from '#core/webhook/delivery.ts';
import type { ControlContext } from '../context.ts';
import type { ControlDatabase, ControlTransaction } from '../database/schema.ts';
import {
  chanceOf,
  createOutbox,
  type Finished,
  type Outbox,
  type OutboxDependencies,
} from '../outbox/outbox.ts';
import type { SendResult } from '../outbox/send.ts';
import type { ChannelSender } from './channel-sender.ts';
import {
  DETAILS_BYTES_MAX,
  KEY_MAX,
  REFUSED_ATTEMPTS_MAX,
  SUBJECT_MAX,
  TEXT_MAX,
  TITLE_MAX,
} from './limits.ts';
import {
  type ClaimedNotification,
  claimNotifications,
  lockChannel,
  readDueChannels,
  type SettledNotification,
  settleNotification,
  takeBackLost,
} from './queue.ts';

export interface OutgoingNotification extends Notification {
  /** Id or name of a channel: rotas are written by people. */
  readonly channelId: string;
}

export interface Notifier {
  /**
   * Puts a notification into the outbox, in the caller's transaction when there is one; one with the same key and channel
   * is already there and stays as it is.
   * @throws not_found when there is no such channel
   */
  send(message: OutgoingNotification, transaction?: ControlTransaction): Promise<void>;
  readonly outbox: Outbox<ClaimedNotification>;
}

/** People wait for these: tried again after a second, then up to once a minute, for a day. */
const NOTIFICATION_POLICY: DeliveryPolicy = {
  backoff: { baseMs: 1_000, delayMsMax: 60_000 },
  retryMsMax: 24 * 3_600_000,
  pauseAfterMs: Number.POSITIVE_INFINITY,
  quietMsMax: 0,
};

/** Answers that say that the receiver will never take this message. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);
/** Replies of SMTP (RFC 5321 section 4.2.1) that begin with 5 are for ever, but these ask for what somebody can mend. */
const MAIL_MENDABLE: ReadonlySet<number> = new Set([530, 534, 535, 538]);

function isRefusal({ settings }: ClaimedNotification['channel'], status: number | null): boolean {
  if (status === null) return false;
  return settings.kind === 'email' ? status >= 500 && !MAIL_MENDABLE.has(status) : REFUSALS.has(status);
}

/** Creates the notifier; nothing is sent until its outbox runs. */
export function createNotifier(dependencies: OutboxDependencies, sender: ChannelSender): Notifier {
  const { context } = dependencies;
  const { database } = context;
  const outbox = createOutbox<ClaimedNotification>(dependencies, {
    what: 'notifications',
    due: (nowMs) => readDueChannels(database, nowMs),
    claim: (claim) => claimNotifications(database, claim),
    targetOf: ({ channel }) => channel.id,
    subjectOf: ({ notification }) => notification.lane,
    send: sender,
    tellsOfHealth: ({ notification }, result) => !isTest(notification.message) || isDelivered(result),
    settle: (channelId, finished) => settle(context, channelId, finished),
    takeBackLost: (now) => takeBackLost(database, now),
  });
  return {
    outbox,
    async send(message, transaction) {
      await enqueue(transaction ?? database, message, context.clock.nowMs());
      outbox.wake();
    },
  };
}

/** Writes a notification, unless there is one with its key. */
export async function enqueue(
  database: ControlDatabase | ControlTransaction,
  { channelId, ...message }: OutgoingNotification,
  nowMs: number,
): Promise<void> {
  assert(message.key.length <= KEY_MAX && message.subjectId.length <= SUBJECT_MAX, 'keys are short');
  const channel = await database
    .selectFrom('notification_channels')
    .select('id')
    .where((where) => where.or([where('id', '=', channelId), where('name', '=', channelId)]))
    .where('state', '=', 'active')
    .executeTakeFirst();
  if (channel === undefined) throw new MeridianError('not_found', { what: `channel ${channelId}` });
  await database
    .insertInto('notifications')
    .values({
      channel_id: channel.id,
      key: message.key,
      lane: message.subjectId,
      message: JSON.stringify(bounded(message)),
      state: 'waiting',
      created_at_ms: nowMs,
      due_at_ms: nowMs,
    })
    .onConflict((conflict) => conflict.columns(['channel_id', 'key']).doNothing())
    .execute();
}

function bounded(message: Notification): Notification {
  const details =
    JSON.stringify(message.details).length > DETAILS_BYTES_MAX
      ? { status: message.details.status, note: 'The details were too large.' }
      : message.details;
  return {
    ...message,
    title: message.title.slice(0, TITLE_MAX),
    text: message.text.slice(0, TEXT_MAX),
    details,
  };
}

/** Whether somebody only wanted to see whether the channel works. */
export function isTest({ details }: Notification): boolean {
  return details.isTest === true;
}

async function settle(
  context: ControlContext,
  channelId: string,
  finished: readonly Finished<ClaimedNotification>[],
): Promise<void> {
  await context.database.transaction().execute(async (transaction) => {
    const channel = await lockChannel(transaction, channelId);
    if (channel === undefined) return;
    let failingSinceMs = channel.failing_since_ms;
    let lastSuccessAtMs = channel.last_success_at_ms;
    for (const { claimed, result, atMs, durationMs } of finished) {
      const { notification } = claimed;
      const next = nextOf(context, claimed, result, atMs + durationMs);
      const isOurs = await settleNotification(transaction, {
        ...result,
        atMs,
        durationMs,
        notification,
        next,
      });
      count(context, channel.settings.kind, isOurs ? next.kind : 'lost');
      if (isDelivered(result)) {
        failingSinceMs = null;
        lastSuccessAtMs = atMs;
      } else if (!isTest(notification.message)) failingSinceMs ??= atMs;
    }
    await transaction
      .updateTable('notification_channels')
      .set({ failing_since_ms: failingSinceMs, last_success_at_ms: lastSuccessAtMs })
      .where('id', '=', channelId)
      .execute();
  });
}

function nextOf(
  { random }: ControlContext,
  { channel, notification }: ClaimedNotification,
  result: SendResult,
  nowMs: number,
): SettledNotification['next'] {
  const firstAtMs = notification.first_attempt_at_ms ?? nowMs;
  const tried = { attempts: notification.round_attempts, firstAtMs };
  const decision = decideDelivery(result, tried, nowMs, chanceOf(random), NOTIFICATION_POLICY);
  if (decision.kind === 'delivered') return decision;
  const problem = result.problem ?? '';
  if (isTest(notification.message)) return { kind: 'dead', reason: `${problem} A test is sent only once.` };
  if (isRefusal(channel, result.status) && tried.attempts >= REFUSED_ATTEMPTS_MAX)
    return { kind: 'dead', reason: `The receiver refuses this message. ${problem}` };
  if (decision.kind === 'retry') return { kind: 'retry', dueAtMs: Math.round(nowMs + decision.delayMs) };
  const spent = `${tried.attempts} attempts in ${formatDurationMs(nowMs - firstAtMs)}`;
  return { kind: 'dead', reason: `Given up after ${spent}. The last one: ${problem}` };
}

function count({ metrics }: ControlContext, kind: string, outcome: string): void {
  metrics.counter('control_notification_attempts_total', 'Attempts at channels by what followed', {
    kind,
    outcome,
  }).value += 1;
}
