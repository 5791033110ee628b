// What tests of access know of objectives, alerts and channels: who may reach for them, and what each change is called.

import type { alertRoutes } from '#contract/api/alerts.ts';
import type { notificationRoutes } from '#contract/api/notifications.ts';
import type { sloRoutes } from '#contract/api/slos.ts';
import { waitFor } from '../support/wait-for.ts';
import type { TestControl } from './support.ts';

type Key = keyof typeof sloRoutes | keyof typeof alertRoutes | keyof typeof notificationRoutes;

interface Arguments {
  readonly params?: object;
  readonly query?: object;
  readonly body?: object;
}

export interface AlertThings {
  readonly sloYaml: string;
  readonly silenceId: string;
  readonly senderId: string;
  readonly channelId: string;
  readonly notificationId: number;
}

/** A name that nobody has, so that a test fails at once. */
const UNKNOWN_URL = 'http://nobody.invalid/hook';

/** A silence, a sender, a channel, and a notification that was given up. */
export async function makeAlertThings({ admin }: TestControl): Promise<AlertThings> {
  const { yaml } = await admin.call('GET /v1/slos/{name}', { params: { name: 'vod-playback' } });
  const silence = await admin.call('POST /v1/silences', {
    body: { matchers: ['region=singapore'], durationMs: 600_000, comment: 'known' },
  });
  const { sender } = await admin.call('POST /v1/alert-senders', { body: { name: 'old' } });
  const { channel } = await admin.call('POST /v1/notification-channels', {
    body: { name: 'old', settings: { kind: 'webhook', url: UNKNOWN_URL } },
  });
  const params = { channelId: channel.id };
  const sent = await admin.call('POST /v1/notification-channels/{channelId}/test', { params });
  await waitFor('the test of the channel to end', async () => {
    const shown = await admin.call('GET /v1/notifications/{notificationId}', { params: sent });
    return shown.notification.state === 'dead';
  });
  return { sloYaml: yaml, silenceId: silence.id, senderId: sender.id, ...params, ...sent };
}

/** An id of nothing. */
function noId(prefix: string): string {
  return `${prefix}_${'0'.repeat(26)}`;
}

/** What an admin of one project gets: all of it belongs to the installation. */
export const ALERT_ACCESS: Record<Key, ['wrong_project' | 'wrong_credential', () => Arguments]> = {
  'GET /v1/slos': ['wrong_project', () => ({})],
  'PUT /v1/slos': ['wrong_project', () => ({ body: { yaml: 'kind: SLO' } })],
  'POST /v1/slos/lint': ['wrong_project', () => ({ body: { yaml: 'kind: SLO' } })],
  'GET /v1/slos/{name}': ['wrong_project', () => ({ params: { name: 'vod-playback' } })],
  'DELETE /v1/slos/{name}': ['wrong_project', () => ({ params: { name: 'vod-playback' } })],
  'GET /v1/slos/{name}/history': [
    'wrong_project',
    () => ({ params: { name: 'vod-playback' }, query: { fromMs: 0, toMs: 5_000, stepMs: 5_000 } }),
  ],
  'GET /v1/alerts': ['wrong_project', () => ({})],
  'GET /v1/alerts/{alertId}': ['wrong_project', () => ({ params: { alertId: noId('alt') } })],
  'GET /v1/silences': ['wrong_project', () => ({})],
  'POST /v1/silences': [
    'wrong_project',
    () => ({ body: { matchers: ['region=dublin'], durationMs: 60_000, comment: 'x' } }),
  ],
  'DELETE /v1/silences/{silenceId}': ['wrong_project', () => ({ params: { silenceId: noId('sil') } })],
  'GET /v1/alert-rules': ['wrong_project', () => ({})],
  'PUT /v1/alert-rules': [
    'wrong_project',
    () => ({
      body: {
        kind: 'absence',
        name: 'X',
        severity: 'info',
        summary: 'x',
        series: 'node_up',
        silentMs: 30_000,
      },
    }),
  ],
  'DELETE /v1/alert-rules/{name}': ['wrong_project', () => ({ params: { name: 'RegionLost' } })],
  'GET /v1/alert-senders': ['wrong_project', () => ({})],
  'POST /v1/alert-senders': ['wrong_project', () => ({ body: { name: 'x' } })],
  'DELETE /v1/alert-senders/{senderId}': ['wrong_project', () => ({ params: { senderId: noId('snd') } })],
  // Senders have tokens of their own: any other is as good as none.
  'POST /v1/alerts/alertmanager': ['wrong_credential', () => ({ body: { alerts: [] } })],
  'POST /v1/alerts/pagerduty/v2/enqueue': [
    'wrong_credential',
    () => ({ body: { routing_key: 'made up', event_action: 'resolve', dedup_key: 'x' } }),
  ],
  'POST /v1/alerts/cloudevents': [
    'wrong_credential',
    () => ({ body: { specversion: '1.0', id: 'x', source: 'x', type: 'x' } }),
  ],
  'GET /v1/notification-channels': ['wrong_project', () => ({})],
  'POST /v1/notification-channels': [
    'wrong_project',
    () => ({ body: { name: 'x', settings: { kind: 'webhook', url: UNKNOWN_URL } } }),
  ],
  'PATCH /v1/notification-channels/{channelId}': [
    'wrong_project',
    () => ({ params: { channelId: noId('chn') }, body: { name: 'x' } }),
  ],
  'DELETE /v1/notification-channels/{channelId}': [
    'wrong_project',
    () => ({ params: { channelId: noId('chn') } }),
  ],
  'POST /v1/notification-channels/{channelId}/test': [
    'wrong_project',
    () => ({ params: { channelId: noId('chn') } }),
  ],
  'GET /v1/notifications': ['wrong_project', () => ({})],
  'GET /v1/notifications/{notificationId}': ['wrong_project', () => ({ params: { notificationId: 1 } })],
  'POST /v1/notifications/{notificationId}/retry': [
    'wrong_project',
    () => ({ params: { notificationId: 1 } }),
  ],
};

/** Routes that change nothing although they are no GET, and what other systems send. */
export const ALERT_NO_CHANGES: readonly string[] = [
  'POST /v1/slos/lint',
  'POST /v1/alerts/alertmanager',
  'POST /v1/alerts/pagerduty/v2/enqueue',
  'POST /v1/alerts/cloudevents',
];

/** Each change, the action that its audit row carries, and with what it is made. */
export const ALERT_CHANGES: [Key, string, (things: AlertThings) => Arguments][] = [
  ['PUT /v1/slos', 'slo.apply', ({ sloYaml }) => ({ body: { yaml: sloYaml } })],
  ['DELETE /v1/slos/{name}', 'slo.delete', () => ({ params: { name: 'vod-playback' } })],
  [
    'POST /v1/silences',
    'silence.create',
    () => ({ body: { matchers: ['region=dublin'], durationMs: 60_000, comment: 'known' } }),
  ],
  ['DELETE /v1/silences/{silenceId}', 'silence.end', ({ silenceId }) => ({ params: { silenceId } })],
  [
    'PUT /v1/alert-rules',
    'alert-rule.apply',
    () => ({
      body: {
        kind: 'absence',
        name: 'X',
        severity: 'info',
        summary: 'x',
        series: 'node_up',
        silentMs: 30_000,
      },
    }),
  ],
  ['DELETE /v1/alert-rules/{name}', 'alert-rule.delete', () => ({ params: { name: 'X' } })],
  ['POST /v1/alert-senders', 'alert-sender.create', () => ({ body: { name: 'new' } })],
  [
    'DELETE /v1/alert-senders/{senderId}',
    'alert-sender.delete',
    ({ senderId }) => ({ params: { senderId } }),
  ],
  [
    'POST /v1/notification-channels',
    'channel.create',
    () => ({ body: { name: 'new', settings: { kind: 'webhook', url: UNKNOWN_URL } } }),
  ],
  [
    'PATCH /v1/notification-channels/{channelId}',
    'channel.change',
    ({ channelId }) => ({ params: { channelId }, body: { name: 'renamed' } }),
  ],
  [
    'POST /v1/notification-channels/{channelId}/test',
    'channel.test',
    ({ channelId }) => ({ params: { channelId } }),
  ],
  [
    'POST /v1/notifications/{notificationId}/retry',
    'notification.retry',
    ({ notificationId }) => ({ params: { notificationId } }),
  ],
  [
    'DELETE /v1/notification-channels/{channelId}',
    'channel.delete',
    ({ channelId }) => ({ params: { channelId } }),
  ],
];
