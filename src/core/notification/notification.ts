// What is said to people and paging services, in the words of each kind of receiver. The same notification is always
// rendered to the same text, so that a repeated attempt can be told by its key and compared byte by byte.
//
// Sources: Slack, "Sending messages using incoming webhooks" and "Formatting text"; PagerDuty, "Events API v2"
// (summary at most 1,024 characters, dedup_key at most 255); Prometheus Alertmanager, "Webhook receiver", version 4.

import { type Evidence, fingerprintOf, type Labels } from '../alerting/alert.ts';

export interface Notification {
  /** The same in every attempt. */
  readonly key: string;
  /** What it is about; notifications of one subject arrive in their order. */
  readonly subjectId: string;
  readonly title: string;
  readonly text: string;
  /** sev1 to sev4, page, ticket or info. */
  readonly severity: string;
  readonly url: string;
  /** status: firing, acknowledged or resolved, and whatever else is worth telling; alerts: those that it is about. */
  readonly details: Readonly<Record<string, unknown>>;
}

/** An alert among the details. */
export interface NotifiedAlert {
  readonly fingerprint: string;
  readonly state: string;
  readonly severity?: string;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtMs: number;
  readonly endsAtMs: number | null;
  readonly evidence?: readonly Evidence[];
}

const SLACK_TEXT_MAX = 3_000;
const PAGERDUTY_SUMMARY_MAX = 1_024;
const PAGERDUTY_KEY_MAX = 255;

/** Whether the trouble is over. */
export function isResolved({ details }: Notification): boolean {
  return details.status === 'resolved';
}

/** One paragraph of Slack's markup; what has a meaning there is escaped. */
export function slackBody({ title, text, url }: Notification): object {
  const link = url === '' ? '' : `\n<${url.replace(/[<>|]/g, encodeURIComponent)}|Open in Meridian>`;
  const shown = `*${slackText(title)}*\n${slackText(text)}`;
  return { text: cut(shown, SLACK_TEXT_MAX) + link };
}

function slackText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

const PAGERDUTY_SEVERITIES: Readonly<Record<string, string>> = {
  sev1: 'critical',
  page: 'critical',
  sev2: 'error',
  sev3: 'warning',
  ticket: 'warning',
};

/** An event of PagerDuty's Events API v2. */
export function pagerDutyBody(notification: Notification, routingKey: string): object {
  const { details, severity, subjectId, text, title, url } = notification;
  const { status } = details;
  const action = status === 'resolved' ? 'resolve' : status === 'acknowledged' ? 'acknowledge' : 'trigger';
  return {
    routing_key: routingKey,
    event_action: action,
    dedup_key: cut(subjectId, PAGERDUTY_KEY_MAX),
    client: 'Meridian',
    ...(url === '' ? {} : { client_url: url }),
    payload: {
      summary: cut(title, PAGERDUTY_SUMMARY_MAX),
      source: 'meridian',
      severity: PAGERDUTY_SEVERITIES[severity] ?? 'info',
      custom_details: { text, ...details },
    },
  };
}

/** What Alertmanager's webhook receivers expect. A notification without alerts is one by itself. */
export function alertmanagerBody(notification: Notification, receiver: string): object {
  const alerts = alertsOf(notification);
  const common = (of: (alert: NotifiedAlert) => Readonly<Record<string, string>>) => {
    const [first, ...others] = alerts.map(of);
    return Object.fromEntries(
      Object.entries(first ?? {}).filter(([name, value]) => others.every((other) => other[name] === value)),
    );
  };
  return {
    version: '4',
    groupKey: notification.subjectId,
    truncatedAlerts: 0,
    status: isResolved(notification) ? 'resolved' : 'firing',
    receiver,
    groupLabels: { subject: notification.subjectId },
    commonLabels: common(({ labels }) => labels),
    commonAnnotations: common(({ annotations }) => annotations),
    externalURL: notification.url,
    alerts: alerts.map(({ endsAtMs, fingerprint, labels, annotations, startsAtMs }) => ({
      status: endsAtMs === null ? 'firing' : 'resolved',
      labels,
      annotations,
      startsAt: timeOf(startsAtMs),
      // The zero time of Go says that it has not ended.
      endsAt: endsAtMs === null ? '0001-01-01T00:00:00Z' : timeOf(endsAtMs),
      generatorURL: notification.url,
      fingerprint,
    })),
  };
}

/** A firing alert that nobody repeats ends at an Alertmanager by itself; this one is ended by us, or within a week. */
const ALERTMANAGER_KEEP_MS = 7 * 86_400_000;

/** What Alertmanager itself takes from Prometheus: POST /api/v2/alerts. Labels without a value are none there. */
export function alertmanagerAlerts(notification: Notification): readonly object[] {
  return alertsOf(notification).map(({ endsAtMs, labels, annotations, severity, startsAtMs }) => ({
    labels: {
      ...(severity === undefined ? {} : { severity }),
      ...Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
    },
    annotations,
    startsAt: timeOf(startsAtMs),
    endsAt: timeOf(endsAtMs ?? startsAtMs + ALERTMANAGER_KEEP_MS),
    ...(notification.url === '' ? {} : { generatorURL: notification.url }),
  }));
}

function alertsOf(notification: Notification): readonly NotifiedAlert[] {
  const { alerts, atMs } = notification.details;
  if (Array.isArray(alerts) && alerts.length > 0) return alerts as NotifiedAlert[];
  const labels = {
    alertname: 'Notification',
    severity: notification.severity,
    subject: notification.subjectId,
  };
  const startsAtMs = typeof atMs === 'number' ? atMs : 0;
  return [
    {
      fingerprint: fingerprintOf(labels),
      state: isResolved(notification) ? 'resolved' : 'firing',
      labels,
      annotations: { summary: notification.title, description: notification.text },
      startsAtMs,
      endsAtMs: isResolved(notification) ? startsAtMs : null,
    },
  ];
}

/** Plain text, for mail. */
export function plainText({ text, url }: Notification): string {
  return url === '' ? text : `${text}\n\n${url}\n`;
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`;
}
