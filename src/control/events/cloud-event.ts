// What is posted to a webhook: an event as CloudEvents 1.0 over HTTP, signed as Standard Webhooks asks.
//
// The signature covers id, time of sending and body; a receiver that checks them knows that the request is ours, new,
// and whole. The id is that of the event and stays the same in every repetition, so that receivers can tell them.
// In binary form the ce-* headers lie outside the signature; docs/webhooks.md says so.
// Sources: CloudEvents 1.0.2 and its HTTP binding (3.1 binary, 3.2 structured); standardwebhooks.com, "Signature scheme".

import { createHmac } from 'node:crypto';
import type { RandomBytes } from '../context.ts';

export interface OutgoingEvent {
  readonly id: string;
  readonly sequence: number;
  readonly type: string;
  readonly subject: string;
  readonly atMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface RenderedEvent {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const SECRET_PREFIX = 'whsec_';
/** Digits of the sequence: as text it must sort like the number (CloudEvents extension "sequence"). */
const SEQUENCE_DIGITS = 16;

/** Attributes and data in their form on the wire. The same event is always rendered to the same bytes. */
export function renderEvent(
  event: OutgoingEvent,
  source: string,
  format: 'structured' | 'binary',
): RenderedEvent {
  const attributes = {
    specversion: '1.0',
    id: event.id,
    source,
    type: event.type,
    subject: event.subject,
    time: new Date(event.atMs).toISOString(),
    sequence: String(event.sequence).padStart(SEQUENCE_DIGITS, '0'),
  };
  if (format === 'binary') {
    const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value] as const);
    return {
      contentType: 'application/json',
      headers: Object.fromEntries(headers),
      body: JSON.stringify(event.data),
    };
  }
  const envelope = { ...attributes, datacontenttype: 'application/json', data: event.data };
  const contentType = 'application/cloudevents+json; charset=utf-8';
  return { contentType, headers: {}, body: JSON.stringify(envelope) };
}

/** Makes a signing secret: 256 bits, as Standard Webhooks writes them. */
export function makeWebhookSecret(random: RandomBytes): string {
  return `${SECRET_PREFIX}${Buffer.from(random(32)).toString('base64')}`;
}

/** The value of webhook-signature: one signature per secret, so that a rotation never refuses anybody. */
export function signatureOf(
  secrets: readonly string[],
  { id, timestampSeconds, body }: { id: string; timestampSeconds: number; body: string },
): string {
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
      const content = `${id}.${timestampSeconds}.${body}`;
      return `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
    })
    .join(' ');
}
