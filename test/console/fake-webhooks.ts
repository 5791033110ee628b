// Webhooks of the fake control plane: three that do well, fail and are paused, with deliveries in every state.

import { defined } from '#base/assert.ts';
import { makeId } from '#base/ids.ts';
import type { AttemptView, DeliveryView, eventRoutes, WebhookView } from '#contract/api/events.ts';
import { MeridianError } from '#contract/errors.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';

type EventRoutes = typeof eventRoutes;
export type WebhookHandlers = {
  [K in keyof EventRoutes]: (given: RouteInput<EventRoutes[K]>) => RouteResult<EventRoutes[K]>;
};

export interface FakeDelivery {
  view: DeliveryView;
  attempts: AttemptView[];
}

export interface FakeWebhook {
  view: WebhookView;
  /** Newest first. */
  deliveries: FakeDelivery[];
}

const bytes = (seed: number): Uint8Array =>
  Uint8Array.from({ length: 10 }, (_, index) => (seed * 37 + index * 91) % 256);

function makeWebhook(index: number, nowMs: number, changes: Partial<WebhookView>): WebhookView {
  return {
    id: makeId('whk', nowMs - 9e8 + index, bytes(index)),
    url: 'https://newsroom.example/hooks/meridian',
    description: '',
    projectId: null,
    eventTypes: [],
    format: 'structured',
    state: 'active',
    pausedReason: null,
    failingSinceMs: null,
    lastSuccessAtMs: nowMs - 40_000,
    waitingCount: 0,
    deadCount: 0,
    previousSecretUntilMs: null,
    createdAtMs: nowMs - 9e8,
    ...changes,
  };
}

const LOST = 'The endpoint answered with status 503.';

export function makeAttempt(number: number, atMs: number, status: number | null): AttemptView {
  const isGood = status !== null && status < 300;
  const problem = status === null ? 'No answer within 10 s.' : LOST;
  return {
    number,
    atMs,
    durationMs: status === null ? 10_000 : 42.5,
    status,
    problem: isGood ? null : problem,
    answer: isGood || status === null ? '' : 'upstream connect error: the database is being upgraded',
  };
}

export function makeDelivery(id: number, atMs: number, changes: Partial<DeliveryView> = {}): FakeDelivery {
  const view: DeliveryView = {
    id,
    eventId: makeId('evt', atMs, bytes(id)),
    type: 'asset.ready',
    subject: 'ast_01jd0000000000000000000000',
    state: 'delivered',
    attempts: 1,
    eventAtMs: atMs,
    nextAttemptAtMs: null,
    endedAtMs: atMs + 60,
    reason: null,
    lastStatus: 204,
    ...changes,
  };
  const attempts = Array.from({ length: view.attempts }, (_, index) => {
    const isLast = index === view.attempts - 1;
    const status = isLast && view.state === 'delivered' ? 204 : isLast ? 503 : null;
    return makeAttempt(index + 1, atMs + index * 60_000, status);
  });
  return { view, attempts };
}

/** Three webhooks; the second fails, the third is paused. */
export function makeWebhooks(nowMs: number): FakeWebhook[] {
  const dayMs = 86_400_000;
  const reason = `Given up after 21 attempts in 23.6 h. The last one: ${LOST}`;
  return [
    {
      view: makeWebhook(1, nowMs, { description: 'Newsroom', waitingCount: 1 }),
      deliveries: [
        makeDelivery(9, nowMs - 2_000, {
          state: 'sending',
          type: 'asset.playable',
          attempts: 0,
          endedAtMs: null,
          lastStatus: null,
        }),
        makeDelivery(8, nowMs - 40_000, { type: 'asset.created' }),
        makeDelivery(7, nowMs - 400_000, { type: 'region.restored', subject: 'dublin' }),
        makeDelivery(6, nowMs - 900_000, { type: 'region.draining', subject: 'dublin', attempts: 3 }),
        makeDelivery(5, nowMs - dayMs, { type: 'asset.visibility_changed' }),
        makeDelivery(4, nowMs - 2 * dayMs),
      ],
    },
    {
      view: makeWebhook(2, nowMs, {
        url: 'https://search.example/index/videos',
        description: 'Search index',
        eventTypes: ['asset.ready', 'asset.renamed', 'asset.deleted'],
        projectId: 'default',
        failingSinceMs: nowMs - 8_000_000,
        lastSuccessAtMs: nowMs - 9_000_000,
        waitingCount: 2,
        deadCount: 1,
      }),
      deliveries: [
        makeDelivery(3, nowMs - 60_000, {
          state: 'held',
          type: 'asset.renamed',
          attempts: 0,
          endedAtMs: null,
          lastStatus: null,
          reason: 'An earlier event of ast_01jd0000000000000000000000 has to be delivered first.',
        }),
        makeDelivery(2, nowMs - 8_000_000, {
          state: 'waiting',
          attempts: 4,
          endedAtMs: null,
          lastStatus: 503,
          reason: LOST,
          nextAttemptAtMs: nowMs + 1_500_000,
        }),
        makeDelivery(1, nowMs - 2 * dayMs, { state: 'dead', attempts: 21, lastStatus: 503, reason }),
      ],
    },
    {
      view: makeWebhook(3, nowMs, {
        url: 'https://old-cms.example/meridian?site=4',
        eventTypes: ['asset.failed'],
        state: 'paused',
        pausedReason: `Nothing was delivered for 72.0 h. The last attempt: ${LOST}`,
        failingSinceMs: nowMs - 3 * dayMs,
        lastSuccessAtMs: null,
        waitingCount: 1_204,
        deadCount: 310,
      }),
      deliveries: [],
    },
  ];
}

/** Handlers of every route of events. */
export function webhookHandlers(state: { webhooks: FakeWebhook[] }): WebhookHandlers {
  const find = (webhookId: string): FakeWebhook => {
    const found = state.webhooks.find(({ view }) => view.id === webhookId);
    if (found === undefined) throw new MeridianError('not_found', { what: 'such webhook' });
    return found;
  };
  const change = (webhookId: string, changes: Partial<WebhookView>): WebhookView => {
    const found = find(webhookId);
    found.view = { ...found.view, ...changes };
    return found.view;
  };
  const delivery = (webhookId: string, deliveryId: number): FakeDelivery => {
    const found = find(webhookId).deliveries.find(({ view }) => view.id === deliveryId);
    if (found === undefined) throw new MeridianError('not_found', { what: 'such delivery' });
    return found;
  };
  const again = (found: FakeDelivery): DeliveryView => {
    found.view = {
      ...found.view,
      state: 'waiting',
      nextAttemptAtMs: Date.now(),
      endedAtMs: null,
      reason: null,
    };
    return found.view;
  };
  return {
    'GET /v1/events': () => ({ events: [] }),
    'GET /v1/webhooks': () => ({ webhooks: state.webhooks.map(({ view }) => view) }),
    'POST /v1/webhooks': ({ body }) => {
      if (body.url.includes('127.0.0.1'))
        throw new MeridianError('invalid_request', {
          reason: 'body.url: 127.0.0.1 is not a public address (loopback)',
        });
      const webhook = makeWebhook(state.webhooks.length + 1, Date.now(), { ...body, lastSuccessAtMs: null });
      state.webhooks = [...state.webhooks, { view: webhook, deliveries: [] }];
      return { webhook, secret: 'whsec_shown_only_once' };
    },
    'GET /v1/webhooks/{webhookId}': ({ params }) => find(params.webhookId).view,
    'PATCH /v1/webhooks/{webhookId}': ({ params, body }) => {
      const given = Object.entries(body).filter(([, value]) => value !== undefined);
      return change(params.webhookId, Object.fromEntries(given));
    },
    'DELETE /v1/webhooks/{webhookId}': ({ params }) => {
      find(params.webhookId);
      state.webhooks = state.webhooks.filter(({ view }) => view.id !== params.webhookId);
      return { isDeleted: true };
    },
    'POST /v1/webhooks/{webhookId}/pause': ({ params }) =>
      change(params.webhookId, { state: 'paused', pausedReason: 'Paused by first admin.' }),
    'POST /v1/webhooks/{webhookId}/resume': ({ params }) =>
      change(params.webhookId, { state: 'active', pausedReason: null, failingSinceMs: null }),
    'POST /v1/webhooks/{webhookId}/rotate-secret': ({ params, body }) => ({
      webhook: change(params.webhookId, { previousSecretUntilMs: Date.now() + body.overlapMs }),
      secret: 'whsec_the_new_one',
    }),
    'POST /v1/webhooks/{webhookId}/test': ({ params }) => {
      const own = find(params.webhookId);
      const id = Math.max(0, ...own.deliveries.map(({ view }) => view.id)) + 100;
      const made = makeDelivery(id, Date.now(), {
        type: 'webhook.test',
        subject: params.webhookId,
        state: 'sending',
        attempts: 0,
        endedAtMs: null,
        lastStatus: null,
      });
      own.deliveries = [made, ...own.deliveries];
      return { deliveryId: id };
    },
    'GET /v1/webhooks/{webhookId}/deliveries': ({ params, query }) => ({
      deliveries: find(params.webhookId)
        .deliveries.map(({ view }) => view)
        .filter(({ id, state: of }) => (query.state ?? of) === of && id < (query.before ?? Infinity))
        .slice(0, query.limit),
    }),
    'GET /v1/webhooks/{webhookId}/deliveries/{deliveryId}': ({ params }) => {
      const { view, attempts } = delivery(params.webhookId, params.deliveryId);
      const { eventId: id, type, subject } = view;
      const data = { assetId: subject, name: 'Interview with the night crew', isPlayable: true };
      const body = { specversion: '1.0', id, source: 'urn:meridian:control', type, subject, data };
      return { delivery: view, attempts, body: JSON.stringify(body) };
    },
    'POST /v1/webhooks/{webhookId}/deliveries/{deliveryId}/replay': ({ params }) =>
      again(delivery(params.webhookId, params.deliveryId)),
    'POST /v1/webhooks/{webhookId}/replay': ({ params, body }) => {
      const wanted = find(params.webhookId).deliveries.filter(
        ({ view }) =>
          view.eventAtMs >= body.fromMs &&
          view.eventAtMs <= body.toMs &&
          (view.state === 'dead' || (body.which === 'all' && view.state === 'delivered')),
      );
      for (const one of wanted) again(one);
      return { count: wanted.length };
    },
  };
}

/** Ends the newest delivery of a webhook, as the receiver’s answer would. */
export function endNewest(webhook: FakeWebhook, status: number): void {
  const newest = defined(webhook.deliveries[0], 'a delivery');
  const attempt = makeAttempt(newest.view.attempts + 1, Date.now(), status);
  newest.attempts = [...newest.attempts, attempt];
  newest.view = {
    ...newest.view,
    state: status < 300 ? 'delivered' : 'dead',
    attempts: attempt.number,
    endedAtMs: Date.now(),
    lastStatus: status,
    reason: attempt.problem,
  };
}
