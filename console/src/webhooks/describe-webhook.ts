// Words and colours for webhooks and their deliveries. Pure: the present is a parameter.

import type { DeliveryView, EventType, WebhookView } from '../../../src/contract/api/events.ts';
import { formatAge } from '../ui/format.ts';

export interface Look {
  readonly label: string;
  /** Class of the pill. */
  readonly tone: '' | 'good' | 'warn' | 'bad' | 'busy';
}

/** How a webhook is doing. */
export function webhookLook({ state, failingSinceMs }: WebhookView): Look {
  if (state === 'paused') return { label: 'Paused', tone: 'bad' };
  return failingSinceMs === null ? { label: 'Active', tone: 'good' } : { label: 'Failing', tone: 'warn' };
}

const DELIVERY_LOOKS: Readonly<Record<DeliveryView['state'], Look>> = {
  waiting: { label: 'Waiting', tone: '' },
  held: { label: 'Held back', tone: '' },
  sending: { label: 'Sending', tone: 'busy' },
  delivered: { label: 'Delivered', tone: 'good' },
  dead: { label: 'Given up', tone: 'bad' },
};

/** Where a delivery stands. */
export function deliveryLook({ state, attempts }: Pick<DeliveryView, 'state' | 'attempts'>): Look {
  if (state === 'waiting' && attempts > 0) return { label: 'Retrying', tone: 'warn' };
  return DELIVERY_LOOKS[state];
}

/** Why a delivery is not there yet, or when it is tried again; empty when all is said. */
export function deliveryNote(delivery: DeliveryView, isPaused: boolean, nowMs: number): string {
  const { state, reason, nextAttemptAtMs } = delivery;
  if (state !== 'waiting' || nextAttemptAtMs === null) return reason ?? '';
  if (isPaused) return 'Waits until the webhook is resumed.';
  const delayMs = nextAttemptAtMs - nowMs;
  const next = delayMs < 1_000 ? 'Next attempt now.' : `Next attempt in ${formatAge(delayMs)}.`;
  return reason === null ? next : `${reason} ${next}`;
}

/** "asset.ready" as people say it. */
export const EVENT_NAMES: Readonly<Record<EventType, string>> = {
  'asset.created': 'Uploaded',
  'asset.playable': 'Playable',
  'asset.ready': 'Ready',
  'asset.failed': 'Failed',
  'asset.retried': 'Processed again',
  'asset.renamed': 'Renamed',
  'asset.visibility_changed': 'Visibility changed',
  'asset.deleted': 'Deleted',
  'region.draining': 'Region drains',
  'region.restored': 'Region restored',
  'broadcast.on_air': 'Broadcast on air',
  'broadcast.interrupted': 'Broadcast interrupted',
  'broadcast.ended': 'Broadcast ended',
  'incident.opened': 'Incident opened',
  'incident.acknowledged': 'Incident acknowledged',
  'incident.severity_changed': 'Severity changed',
  'incident.resolved': 'Incident resolved',
  'incident.reopened': 'Incident reopened',
  'incident.merged': 'Incident merged',
  'webhook.test': 'Test',
};

/** Which events a webhook gets, in short. */
export function eventsText(eventTypes: readonly string[]): string {
  const [first, ...rest] = eventTypes;
  if (first === undefined) return 'All events';
  return rest.length === 0 ? first : `${first} and ${rest.length} more`;
}

/** The body as people read it. */
export function prettyJson(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
