// What a form of a notification channel holds, and what it asks for. Pure. Secrets are given, never shown: while a
// channel is changed, an empty address or key means the one that it has.

import type { ChannelSettings, ChannelView } from '../../../src/contract/api/notifications.ts';

export type ChannelKind = ChannelView['kind'];

export const CHANNEL_KINDS: Readonly<Record<ChannelKind, string>> = {
  webhook: 'Webhook',
  slack: 'Slack',
  email: 'E-mail',
  pagerduty: 'PagerDuty',
  alertmanager: 'Alertmanager',
};

export interface ChannelDraft {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly url: string;
  readonly routingKey: string;
  readonly server: string;
  /** A line each. */
  readonly to: string;
  /** Whether alerts go out here by themselves. */
  readonly takesAlerts: boolean;
  /** A line each. */
  readonly matchers: string;
  /** Names of labels, with commas. */
  readonly groupBy: string;
}

const GROUP_BY = 'alertname, region';

/** The draft of a new channel, or of one that there is. */
export function draftOf(channel: ChannelView | undefined): ChannelDraft {
  return {
    name: channel?.name ?? '',
    kind: channel?.kind ?? 'webhook',
    url: '',
    routingKey: '',
    server: channel?.mail?.server ?? '',
    to: channel?.mail?.to.join('\n') ?? '',
    takesAlerts: channel === undefined || channel.alerts !== null,
    matchers: channel === undefined ? 'severity=page' : (channel.alerts?.matchers.join('\n') ?? ''),
    groupBy: channel?.alerts?.groupBy.join(', ') ?? GROUP_BY,
  };
}

function partsOf(text: string, separator: RegExp): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** The settings; undefined: those that it has; null: something is missing. */
function settingsOf(draft: ChannelDraft, isNew: boolean): ChannelSettings | undefined | null {
  const { kind, server } = draft;
  const url = draft.url.trim();
  const routingKey = draft.routingKey.trim();
  if (kind === 'email') {
    const to = partsOf(draft.to, /[\n,]/);
    return server === '' || to.length === 0 ? null : { kind, server, to };
  }
  if (url === '' && routingKey === '' && !isNew) return undefined;
  if (kind !== 'pagerduty') return URL.canParse(url) ? { kind, url } : null;
  const isFit = routingKey !== '' && (url === '' || URL.canParse(url));
  return isFit ? { kind, routingKey, url: url === '' ? PAGERDUTY_URL : url } : null;
}

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

export interface ChannelChange {
  readonly name: string;
  readonly settings?: ChannelSettings;
  readonly alerts: { matchers: string[]; groupBy: string[] } | null;
}

/** What the draft asks for; null while something is missing. */
export function changeOf(draft: ChannelDraft, isNew: boolean): ChannelChange | null {
  const settings = settingsOf(draft, isNew);
  const name = draft.name.trim();
  if (settings === null || name === '') return null;
  return {
    name,
    ...(settings === undefined ? {} : { settings }),
    alerts: draft.takesAlerts
      ? { matchers: partsOf(draft.matchers, /\n/), groupBy: partsOf(draft.groupBy, /,/) }
      : null,
  };
}
