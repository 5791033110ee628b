// What the console's fake control plane answers about alerts, silences, rules and notifications, from lists that tests
// may fill.

import type { z } from 'zod';
import { makeId } from '#base/ids.ts';
import type { alertRoutes, alertViewSchema, SilenceView } from '#contract/api/alerts.ts';
import type {
  ChannelSettings,
  ChannelView,
  NotificationView,
  notificationRoutes,
} from '#contract/api/notifications.ts';
import { MeridianError } from '#contract/errors.ts';
import { recurrenceView, toRecurrence } from '#contract/recurrence.ts';
import type { RouteInput, RouteResult } from '#contract/route.ts';
import { matchesAll, parseMatcher } from '#core/alerting/matchers.ts';
import { occurrenceFrom } from '#core/alerting/recurrence.ts';
import type { AlertRule } from '../../console/src/alerts/describe-alert.ts';

type Routes = Omit<typeof alertRoutes, SenderKeys> & typeof notificationRoutes;
type SenderKeys =
  | 'GET /v1/alert-senders'
  | 'POST /v1/alert-senders'
  | 'DELETE /v1/alert-senders/{senderId}'
  | 'POST /v1/alerts/alertmanager'
  | 'POST /v1/alerts/pagerduty/v2/enqueue'
  | 'POST /v1/alerts/cloudevents';
type Handlers = { [K in keyof Routes]: (given: RouteInput<Routes[K]>) => RouteResult<Routes[K]> };
export type FakeAlert = z.infer<typeof alertViewSchema>;

export interface FakeAlerts {
  /** Newest first. */
  list: FakeAlert[];
  silences: SilenceView[];
  rules: AlertRule[];
  channels: ChannelView[];
  /** Newest first. */
  notifications: NotificationView[];
}

/** An alert that fires. */
export function makeAlert(nowMs: number, changes: Partial<FakeAlert> = {}): FakeAlert {
  return {
    id: makeId('alt', changes.startsAtMs ?? nowMs, new Uint8Array(10)),
    fingerprint: '00000000000000aa',
    state: 'firing',
    severity: 'page',
    source: 'slo',
    labels: { alertname: 'SloBurn', slo: 'vod-playback', region: 'dublin' },
    annotations: { summary: 'Requests of vod-playback fail or come late' },
    evidence: [{ name: 'burn 1 h', value: 38.2, limit: 14.4, unit: 'x' }],
    quietReason: null,
    pendingSinceMs: (changes.startsAtMs ?? nowMs) - 5_000,
    startsAtMs: nowMs,
    endsAtMs: null,
    ...changes,
  };
}

function fits(text: string, labels: Readonly<Record<string, string>>): boolean {
  const matcher = parseMatcher(text);
  return typeof matcher !== 'string' && matchesAll([matcher], labels);
}

/** Handlers of alerts and notifications. */
export function alertHandlers(state: FakeAlerts, others: () => readonly FakeAlert[]): Handlers {
  const find = <T extends { readonly id: unknown }>(list: readonly T[], id: unknown): T => {
    const found = list.find((each) => each.id === id);
    if (found === undefined) throw new MeridianError('not_found', { what: `${id}` });
    return found;
  };
  return {
    'GET /v1/alerts': ({ query }) => ({
      alerts: [...state.list, ...others()]
        .filter(
          (alert) =>
            query.state === undefined ||
            (query.state === 'live' ? alert.state !== 'resolved' : alert.state === query.state),
        )
        .filter(({ labels }) => query.matcher === undefined || fits(query.matcher, labels))
        .filter(({ id }) => query.before === undefined || id < query.before)
        .slice(0, query.limit),
    }),
    'GET /v1/alerts/{alertId}': ({ params }) => find(state.list, params.alertId),
    'GET /v1/silences': () => ({ silences: state.silences }),
    'POST /v1/silences': ({ body }) => {
      const matchers = body.matchers.map((text) => {
        const matcher = parseMatcher(text);
        if (typeof matcher === 'string') throw new MeridianError('invalid_request', { reason: matcher });
        return matcher;
      });
      const matching = state.list.filter(
        (alert) => alert.state === 'firing' && matchesAll(matchers, alert.labels),
      );
      const nowMs = Date.now();
      const startsAtMs = body.startsAtMs ?? nowMs;
      const recurrence =
        body.recurrence === undefined ? null : toRecurrence(body.recurrence, body.durationMs ?? 0);
      const occurrence =
        recurrence === null ? undefined : occurrenceFrom({ recurrence, startsAtMs, endsAtMs: null }, nowMs);
      const silence: SilenceView = {
        id: makeId('sil', nowMs, new Uint8Array(10).fill(state.silences.length)),
        kind: body.kind,
        matchers: body.matchers,
        startsAtMs,
        endsAtMs: body.durationMs === null || recurrence !== null ? null : startsAtMs + body.durationMs,
        recurrence: recurrence === null ? null : recurrenceView(recurrence),
        occurrence:
          occurrence === undefined ? null : { startsAtMs: occurrence.fromMs, endsAtMs: occurrence.untilMs },
        isInForce: recurrence === null && startsAtMs <= nowMs,
        comment: body.comment,
        createdBy: 'admin',
        matchingAlerts: matching.length,
      };
      state.silences.push(silence);
      if (startsAtMs <= nowMs && recurrence === null)
        for (const alert of matching)
          Object.assign(alert, { state: 'suppressed', quietReason: `Silenced by admin: ${body.comment}` });
      return silence;
    },
    'DELETE /v1/silences/{silenceId}': ({ params }) => {
      const { comment } = find(state.silences, params.silenceId);
      state.silences = state.silences.filter(({ id }) => id !== params.silenceId);
      for (const alert of state.list)
        if (alert.quietReason === `Silenced by admin: ${comment}`)
          Object.assign(alert, { state: 'firing', quietReason: null });
      return { isDeleted: true };
    },
    'GET /v1/alert-rules': () => ({ rules: state.rules.map(ruleView) }),
    'PUT /v1/alert-rules': ({ body }) => {
      state.rules = [...state.rules.filter(({ name }) => name !== body.name), body];
      return ruleView(body);
    },
    'DELETE /v1/alert-rules/{name}': ({ params }) => {
      state.rules = state.rules.filter(({ name }) => name !== params.name);
      return { isDeleted: true };
    },
    ...notificationHandlers(state, find),
  };
}

function ruleView(rule: AlertRule) {
  return { rule, origin: 'own' as const, updatedAtMs: 0, updatedBy: 'admin' };
}

/** What is shown of settings: no secret. */
function shownOf(settings: ChannelSettings): Pick<ChannelView, 'kind' | 'target' | 'mail'> {
  const { kind } = settings;
  if (kind !== 'email') return { kind, target: `https://${new URL(settings.url).host}/…`, mail: null };
  const { server, to } = settings;
  return { kind, target: `${to.join(', ')} by ${server}`, mail: { server, to } };
}

function notificationHandlers(
  state: FakeAlerts,
  find: <T extends { readonly id: unknown }>(list: readonly T[], id: unknown) => T,
): Pick<Handlers, keyof typeof notificationRoutes> {
  const requireName = (name: string, ownId: string | undefined): void => {
    if (state.channels.some((channel) => channel.name === name && channel.id !== ownId))
      throw new MeridianError('conflict', { reason: `There is a channel "${name}" already` });
  };
  return {
    'GET /v1/notification-channels': () => ({ channels: state.channels, mailServers: ['main'] }),
    'POST /v1/notification-channels': ({ body: { name, settings, alerts } }) => {
      requireName(name, undefined);
      const channel: ChannelView = {
        id: makeId('chn', Date.now(), new Uint8Array(10).fill(state.channels.length)),
        name,
        ...shownOf(settings),
        alerts,
        waitingCount: 0,
        deadCount: 0,
        failingSinceMs: null,
        lastSuccessAtMs: null,
        createdAtMs: Date.now(),
      };
      state.channels = [...state.channels, channel];
      return { channel, secret: settings.kind === 'webhook' ? 'whsec_shown_only_once' : null };
    },
    'PATCH /v1/notification-channels/{channelId}': ({ params, body: { name, settings, alerts } }) => {
      const channel = find(state.channels, params.channelId);
      if (name !== undefined) requireName(name, channel.id);
      return Object.assign(channel, {
        ...(name === undefined ? {} : { name }),
        ...(settings === undefined ? {} : shownOf(settings)),
        ...(alerts === undefined ? {} : { alerts }),
      });
    },
    'DELETE /v1/notification-channels/{channelId}': ({ params }) => {
      state.channels = state.channels.filter(({ id }) => id !== params.channelId);
      return { isDeleted: true };
    },
    'POST /v1/notification-channels/{channelId}/test': ({ params }) => {
      find(state.channels, params.channelId);
      return { notificationId: 1 };
    },
    'GET /v1/notifications': ({ query }) => ({
      notifications: state.notifications
        .filter((each) => query.state === undefined || each.state === query.state)
        .filter((each) => query.channelId === undefined || each.channelId === query.channelId)
        .filter(({ id }) => query.before === undefined || id < query.before)
        .slice(0, query.limit),
    }),
    'GET /v1/notifications/{notificationId}': ({ params }) => ({
      notification: find(state.notifications, params.notificationId),
      text: 'Requests of vod-playback fail or come late\nburn 1 h 38.2 of 14.4',
      attempts: [
        { number: 1, atMs: Date.now(), durationMs: 31, status: 500, problem: 'status 500', answer: 'oh no' },
      ],
    }),
    'POST /v1/notifications/{notificationId}/retry': ({ params }) =>
      Object.assign(find(state.notifications, params.notificationId), { state: 'waiting', reason: null }),
  };
}
