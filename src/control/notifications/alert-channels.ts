// Alerts that go out by themselves: channels that ask for some are told when they fire and when they resolve, grouped as
// they wish. What stays quiet is told when it speaks up, or never.

import { createHash } from 'node:crypto';
import { groupKeyOf } from '#core/alerting/book.ts';
import { type Matcher, matchesAll, parseMatcher } from '#core/alerting/matchers.ts';
import type { AlertView } from '../alerting/feed.ts';
import type { ControlContext } from '../context.ts';
import type { Notifier, OutgoingNotification } from './notifier.ts';
import type { ChannelRow } from './queue.ts';

/** Creates what listens to alerts. */
export function createAlertChannels(
  { config, database }: ControlContext,
  notifier: Notifier,
): (changed: readonly AlertView[]) => Promise<void> {
  return async (changed) => {
    const told = changed.filter(({ state }) => state !== 'suppressed');
    if (told.length === 0) return;
    const channels = await database
      .selectFrom('notification_channels')
      .selectAll()
      .where('state', '=', 'active')
      .where('alert_matchers', 'is not', null)
      .execute();
    const url = config.control.url ?? '';
    for (const channel of channels)
      for (const message of messagesOf(channel, told, url)) await notifier.send(message);
  };
}

function messagesOf(channel: ChannelRow, alerts: readonly AlertView[], url: string): OutgoingNotification[] {
  const matchers = (channel.alert_matchers ?? [])
    .map(parseMatcher)
    .filter((matcher): matcher is Matcher => typeof matcher !== 'string');
  const own = alerts.filter(({ labels, severity }) => matchesAll(matchers, { severity, ...labels }));
  const groups = Map.groupBy(own, ({ labels }) => groupKeyOf(labels, channel.alert_group_by));
  return [...groups].flatMap(([group, members]) =>
    // What fires and what resolves are two messages, so that either ends what it began.
    [...Map.groupBy(members, ({ state }) => state)].map(([state, ofState]) => ({
      key: keyOf(ofState),
      channelId: channel.id,
      subjectId: `alerts:${group}`,
      title: titleOf(state, ofState),
      text: ofState.map(lineOf).join('\n'),
      severity: ofState.some(({ severity }) => severity === 'page')
        ? 'page'
        : (ofState[0]?.severity ?? 'info'),
      url: url === '' ? '' : `${url}/alerts`,
      details: { status: state, alerts: ofState },
    })),
  );
}

/** The same alerts in the same state are told once, also when a crash makes control tell of them again. */
function keyOf(alerts: readonly AlertView[]): string {
  const states = alerts.map(({ id, state }) => `${id}:${state}`).sort();
  return `alerts:${createHash('sha256').update(states.join()).digest('hex')}`;
}

function titleOf(state: string, alerts: readonly AlertView[]): string {
  const [first] = alerts;
  const summary = first?.annotations.summary ?? first?.labels.alertname ?? 'Alert';
  const more = alerts.length > 1 ? ` (and ${alerts.length - 1} more)` : '';
  return `${state === 'resolved' ? 'Resolved' : 'Firing'}: ${summary}${more}`;
}

function lineOf({ annotations, labels }: AlertView): string {
  const summary = annotations.summary ?? labels.alertname ?? '';
  return annotations.description === undefined ? summary : `${summary}. ${annotations.description}`;
}
