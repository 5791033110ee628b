// One attempt at one channel, in the receiver's own words.

import type { ChannelSettings } from '#contract/api/notifications.ts';
import {
  alertmanagerAlerts,
  alertmanagerBody,
  pagerDutyBody,
  slackBody,
} from '#core/notification/notification.ts';
import { signatureOf } from '../events/cloud-event.ts';
import type { Send, SendRequest, SendResult } from '../outbox/send.ts';
import type { MailSender } from './mail-sender.ts';
import type { ClaimedNotification } from './queue.ts';

/** Makes an attempt; never throws. */
export type ChannelSender = (
  claimed: ClaimedNotification,
  atMs: number,
  signal: AbortSignal,
) => Promise<SendResult>;

/** Creates the sender: mails by SMTP, everything else by HTTP. */
export function createChannelSender(send: Send, mail: MailSender): ChannelSender {
  return (claimed, atMs, signal) => {
    const { settings } = claimed.channel;
    return settings.kind === 'email'
      ? mail(claimed, settings, signal)
      : send(requestOf(claimed, settings, atMs), signal);
  };
}

function requestOf(
  { channel, notification }: ClaimedNotification,
  settings: Exclude<ChannelSettings, { kind: 'email' }>,
  atMs: number,
): SendRequest {
  const { message } = notification;
  const { url, body, headers } = ((): { url: string; body: string; headers: Record<string, string> } => {
    switch (settings.kind) {
      case 'slack':
        return { url: settings.url, body: JSON.stringify(slackBody(message)), headers: {} };
      case 'pagerduty':
        return {
          url: settings.url,
          body: JSON.stringify(pagerDutyBody(message, settings.routingKey)),
          headers: {},
        };
      case 'alertmanager':
        return {
          url: settings.url,
          body: JSON.stringify(
            isAlertmanagerItself(settings.url)
              ? alertmanagerAlerts(message)
              : alertmanagerBody(message, channel.name),
          ),
          headers: {},
        };
      case 'webhook':
        return signed(settings.url, JSON.stringify(message), message.key, channel.secret, atMs);
    }
  })();
  return {
    url,
    body,
    headers: {
      ...headers,
      'content-type': 'application/json',
      'user-agent': 'Meridian-Notifications/1',
      'idempotency-key': message.key,
      'meridian-attempt': String(notification.attempts),
    },
  };
}

/** An Alertmanager takes alerts as Prometheus sends them; everything else takes its webhook. */
function isAlertmanagerItself(url: string): boolean {
  return new URL(url).pathname.endsWith('/api/v2/alerts');
}

/** As webhooks are signed (Standard Webhooks); the id is the key. */
function signed(url: string, body: string, key: string, secret: string, atMs: number) {
  const timestampSeconds = Math.floor(atMs / 1_000);
  const headers = {
    'webhook-id': key,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': signatureOf([secret], { id: key, timestampSeconds, body }),
  };
  return { url, body, headers };
}
