// What other systems say, as alerts of ours. The labels come as they are, with those of the sender; what nobody would
// match by (custom details, links) becomes annotations.

import type { AlertmanagerWebhook, PagerDutyEvent, ReceivedCloudEvent } from '#contract/api/alerts.ts';
import { type AlertSeverity, type AlertSignal, KEEP_MS, type Labels } from '#core/alerting/alert.ts';
import type { SenderPrincipal } from '../access/principal.ts';
import type { Received } from './alerts.ts';

type Sender = Pick<SenderPrincipal, 'senderId' | 'name' | 'labels'>;

/** Labels and annotations longer than this are cut: they are shown, compared and indexed. */
const VALUE_MAX = 200;
const ANNOTATION_MAX = 2_000;

/** The words that Prometheus rules use for severity. */
const SEVERITIES: Readonly<Record<string, AlertSeverity>> = {
  page: 'page',
  critical: 'page',
  error: 'page',
  ticket: 'ticket',
  warning: 'ticket',
};

function severityOf(text: string | undefined): AlertSeverity {
  return SEVERITIES[text?.toLowerCase() ?? ''] ?? (text === undefined ? 'ticket' : 'info');
}

function cutAll(
  values: Readonly<Record<string, string | undefined>>,
  lengthMax: number,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value.slice(0, lengthMax)] as const],
    ),
  );
}

function signalOf(
  sender: Sender,
  labels: Readonly<Record<string, string | undefined>>,
  signal: Pick<AlertSignal, 'severity' | 'annotations' | 'isActive'>,
): AlertSignal {
  return {
    ...signal,
    labels: { ...cutAll(labels, VALUE_MAX), ...sender.labels, sender: sender.name.slice(0, VALUE_MAX) },
    evidence: [],
    afterMs: 0,
    // It waits already.
    keepMs: signal.isActive ? KEEP_MS : 0,
  };
}

/** Alerts of Alertmanager or Grafana. */
export function fromAlertmanager(sender: Sender, { alerts }: AlertmanagerWebhook): Received {
  const signals = alerts.map(({ status, labels, annotations, generatorURL }) => {
    const { severity, ...others } = labels;
    const shown = { summary: labels.alertname ?? 'Alert', ...annotations, link: generatorURL };
    return signalOf(sender, others, {
      severity: severityOf(severity),
      annotations: cutAll(shown, ANNOTATION_MAX),
      isActive: status === 'firing',
    });
  });
  return { senderId: sender.senderId, signals };
}

/** An event of PagerDuty's; `dedupKey` is its own or the one that it is given. Told apart by that key alone. */
export function fromPagerDuty(sender: Sender, event: PagerDutyEvent, dedupKey: string): Received {
  const { payload } = event;
  const labels = {
    alertname: payload?.class ?? 'PagerDuty',
    dedup_key: dedupKey,
    source: payload?.source,
    component: payload?.component,
    group: payload?.group,
  };
  const annotations = {
    summary: payload?.summary,
    client: event.client,
    link: event.client_url,
    details: payload?.custom_details === undefined ? undefined : JSON.stringify(payload.custom_details),
  };
  const signal = signalOf(sender, labels, {
    severity: severityOf(payload?.severity),
    annotations: cutAll(annotations, ANNOTATION_MAX),
    isActive: event.event_action === 'trigger',
  });
  return { senderId: sender.senderId, signals: [signal], identify: byKey };
}

function byKey(labels: Labels): Labels {
  return { sender: labels.sender ?? '', dedup_key: labels.dedup_key ?? '' };
}

/** A CloudEvent; those of one source and subject are one alert, until one comes whose type ends in .resolved. */
export function fromCloudEvent(
  sender: Sender,
  { source, subject, type, data }: ReceivedCloudEvent,
): Received {
  const labels = { ...data?.labels, alertname: type.replace(/\.resolved$/, ''), source, subject };
  const signal = signalOf(sender, labels, {
    severity: data?.severity ?? 'ticket',
    annotations: cutAll({ summary: data?.summary ?? `${type} of ${subject ?? source}` }, ANNOTATION_MAX),
    isActive: !type.endsWith('.resolved'),
  });
  return { senderId: sender.senderId, signals: [signal], identify: bySubject };
}

function bySubject({ alertname = '', sender = '', source = '', subject = '' }: Labels): Labels {
  return { alertname, sender, source, subject };
}
