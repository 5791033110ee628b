// A small rota, and one of everything that can be changed about on-call.

import type { ApiClient } from '#contract/client.ts';

/** Ann and Bob change every midnight; Cat is asked when they are silent. */
export const SMALL_ROTA = `
users:
  ann: { name: Ann, timeZone: UTC, contacts: [ann-push] }
  bob: { name: Bob, timeZone: UTC, contacts: [bob-push] }
  cat: { name: Cat, timeZone: UTC, contacts: [cat-push] }
schedules:
  small:
    layers:
      - { name: All, users: [ann, bob], rotation: daily, handoff: 00:00 }
policies:
  small:
    steps:
      - notify: [{ schedule: small }]
      - notify: [{ user: cat }]
    lastResort: { notify: [{ channel: everybody }] }
`;

export interface OncallThings {
  readonly overrideId: string;
  readonly feedId: string;
  readonly pageId: string;
}

/** Puts the rota in force and makes an override, a feed and a page. */
export async function makeOncallThings(admin: ApiClient): Promise<OncallThings> {
  await admin.call('PUT /v1/oncall', { body: { text: SMALL_ROTA, isForced: true } });
  const fromMs = Date.now() + 86_400_000;
  const override = await admin.call('POST /v1/oncall/overrides', {
    body: { scheduleId: 'small', userId: 'cat', fromMs, untilMs: fromMs + 3_600_000 },
  });
  const { feed } = await admin.call('POST /v1/oncall/feeds', { body: { userId: 'ann' } });
  const page = await admin.call('POST /v1/oncall/escalations', { body: { title: 'Try' } });
  return { overrideId: override.id, feedId: feed.id, pageId: page.incidentId };
}

/** A channel for each that the shipped rota names; nothing listens there. */
export async function makeChannels(admin: ApiClient, text: string): Promise<void> {
  const names = new Set([...text.matchAll(/\b([a-z]+-(?:push|phone)|everybody)\b/g)].map(([name]) => name));
  for (const name of names)
    await admin.call('POST /v1/notification-channels', {
      body: { name, settings: { kind: 'webhook', url: 'http://nobody.invalid/hook' } },
    });
}
